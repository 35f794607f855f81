// SPDX-License-Identifier: MIT OR Apache-2.0
//! Engine and machine, with the settings of filecoin-ffi.

use std::sync::LazyLock;

use anyhow::Context;
use cid::Cid;
use cxx::SharedPtr;
use fvm::call_manager::DefaultCallManager;
use fvm::engine::MultiEngine;
use fvm::executor::{ApplyKind, ApplyRet, DefaultExecutor, Executor};
use fvm::kernel::filecoin::DefaultFilecoinKernel;
use fvm::machine::{DefaultMachine, Manifest, NetworkConfig};
use fvm_ipld_encoding::CborStore;
use fvm_shared::chainid::ChainID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::event::StampedEvent;
use fvm_shared::message::Message;
use fvm_shared::version::NetworkVersion;
use num_traits::ToPrimitive;
use venus_guard::{guard, refuse, Result};

use crate::ffi::{Amount, Applied, MachineSettings, MessageIn, VmHost};
use crate::host::{Host, Store};
use crate::trace::encode_trace;
use crate::Cache;

/// The deepest chain of calls a message may make needs about 36 MiB.
const STACK_SIZE: usize = 64 << 20;

static BIG_STACKS: LazyLock<yastl::Pool> = LazyLock::new(|| {
    yastl::Pool::with_config(
        machine_threads() as usize,
        yastl::ThreadConfig::new()
            .prefix("venus-vm")
            .stack_size(STACK_SIZE),
    )
});

/// On the smallest machine, too, a call for the API may run beside a tipset.
const FEWEST_THREADS: u32 = 4;

fn machine_threads() -> u32 {
    std::thread::available_parallelism()
        .map_or(FEWEST_THREADS, |count| count.get() as u32)
        .max(FEWEST_THREADS)
}

type VenusExecutor =
    DefaultExecutor<DefaultFilecoinKernel<DefaultCallManager<DefaultMachine<Store, Host>>>>;

pub struct Engine {
    engines: MultiEngine,
}

pub fn engine_new(concurrency: u32) -> Result<Box<Engine>> {
    guard(|| {
        let concurrency = match concurrency {
            0 => machine_threads(),
            count => count.min(256),
        };
        Ok(Box::new(Engine {
            engines: MultiEngine::new(concurrency),
        }))
    })
}

/// The FVM panics on versions it has no price list for.
fn network_config(network_version: u32) -> anyhow::Result<NetworkConfig> {
    if !(21..=29).contains(&network_version) {
        refuse!(
            Unsupported,
            "network version {network_version} is not executed, only 21 to 29"
        );
    }
    Ok(NetworkConfig::new(NetworkVersion::from(network_version)))
}

fn cid_from(bytes: &[u8], what: &str) -> anyhow::Result<Cid> {
    match Cid::try_from(bytes) {
        Ok(cid) => Ok(cid),
        Err(error) => refuse!(InvalidArgument, "{what}: {error}"),
    }
}

fn amount_in(amount: Amount) -> TokenAmount {
    TokenAmount::from_atto((u128::from(amount.high) << 64) | u128::from(amount.low))
}

fn amount_out(amount: &TokenAmount, what: &str) -> anyhow::Result<Amount> {
    let value = amount
        .atto()
        .to_u128()
        .with_context(|| format!("{what} of {} attoFIL", amount.atto()))?;
    Ok(Amount {
        high: (value >> 64) as u64,
        low: value as u64,
    })
}

impl Engine {
    pub fn warm_up(
        &self,
        network_version: u32,
        host: SharedPtr<VmHost>,
        manifest: &[u8],
    ) -> Result<()> {
        guard(|| {
            let config = network_config(network_version)?;
            let store = Store::new(Host::new(host)?, None, false);
            let manifest = cid_from(manifest, "actors manifest")?;
            let Some((version, actors)) = store.get_cbor::<(u32, Cid)>(&manifest)? else {
                refuse!(NotFound, "actors manifest {manifest} is not in the store");
            };
            let manifest = Manifest::load(&store, &actors, version)?;
            let engine = self.engines.get(&config)?.acquire();
            engine.preload_all(&store, manifest.builtin_actor_codes())?;
            Ok(())
        })
    }
}

pub struct Machine {
    executor: VenusExecutor,
}

/// # Safety
/// `cache` is null or points to a live Cache.
pub unsafe fn machine_new(
    engine: &Engine,
    settings: &MachineSettings<'_>,
    host: SharedPtr<VmHost>,
    cache: *const Cache,
) -> Result<Box<Machine>> {
    // SAFETY: as promised by the caller; the share taken here keeps it alive.
    let cache = unsafe { cache.as_ref() }.map(|cache| cache.0.clone());
    guard(|| {
        let mut network = network_config(settings.network_version)?;
        network.chain_id(ChainID::from(settings.chain_id));
        if settings.actor_debugging {
            network.enable_actor_debugging();
        }
        let state_root = cid_from(settings.state_root, "state root")?;
        let mut context = network.for_epoch(settings.epoch, settings.timestamp, state_root);
        context.set_base_fee(amount_in(settings.base_fee));
        context.set_circulating_supply(amount_in(settings.circulating_supply));
        if settings.tracing {
            context.enable_tracing();
        }
        if settings.flush_all_blocks {
            context.enable_flush_all_blocks();
        }
        let host = Host::new(host)?;
        let store = Store::new(host.clone(), cache, settings.cache_writes);
        let pool = engine.engines.get(&network)?;
        let machine = DefaultMachine::new(&context, store, host)?;
        let executor = VenusExecutor::new(pool, machine)?;
        Ok(Box::new(Machine { executor }))
    })
}

/// Lets a value cross to the big stack: the caller waits there, so nothing runs at the same time.
struct Lent<T>(T);

// SAFETY: only used while the lending thread is blocked in `Pool::scoped`, see `on_big_stack`.
unsafe impl<T> Send for Lent<T> {}

fn on_big_stack<T>(body: impl FnOnce() -> T) -> Option<T> {
    let mut result = None;
    let lent = Lent((body, &mut result));
    BIG_STACKS.scoped(|scope| {
        scope.execute(move || {
            let whole = lent;
            let (body, result) = whole.0;
            *result = Some(body());
        });
    });
    result
}

impl Machine {
    pub fn execute(&mut self, messages: &[MessageIn<'_>]) -> Result<Vec<Applied>> {
        let executor = &mut self.executor;
        let done = on_big_stack(move || {
            guard(|| {
                messages
                    .iter()
                    .map(|message| apply(executor, message))
                    .collect()
            })
        });
        done.unwrap_or_else(|| guard(|| refuse!(Internal, "no machine thread")))
    }

    pub fn flush(&mut self) -> Result<Vec<u8>> {
        guard(|| Ok(self.executor.flush()?.to_bytes()))
    }
}

fn apply(executor: &mut VenusExecutor, input: &MessageIn<'_>) -> anyhow::Result<Applied> {
    let message: Message = match fvm_ipld_encoding::from_slice(input.bytes) {
        Ok(message) => message,
        Err(error) => refuse!(Malformed, "message: {error}"),
    };
    let kind = match input.implicit {
        true => ApplyKind::Implicit,
        false => ApplyKind::Explicit,
    };
    let Ok(length) = usize::try_from(input.chain_length) else {
        refuse!(InvalidArgument, "length on chain {}", input.chain_length);
    };
    applied(executor.execute_message(message, kind, length)?)
}

fn applied(result: ApplyRet) -> anyhow::Result<Applied> {
    let (events, event_ends) = encode_events(&result.events)?;
    let receipt = result.msg_receipt;
    Ok(Applied {
        exit_code: receipt.exit_code.value(),
        return_value: receipt.return_data.into(),
        gas_used: receipt.gas_used,
        penalty: amount_out(&result.penalty, "penalty")?,
        miner_tip: amount_out(&result.miner_tip, "miner tip")?,
        base_fee_burn: amount_out(&result.base_fee_burn, "base fee burn")?,
        over_estimation_burn: amount_out(&result.over_estimation_burn, "over-estimation burn")?,
        refund: amount_out(&result.refund, "refund")?,
        gas_refund: result.gas_refund,
        gas_burned: result.gas_burned,
        events_root: receipt
            .events_root
            .map_or_else(Vec::new, |root| root.to_bytes()),
        events,
        event_ends,
        failure: result
            .failure_info
            .map_or_else(String::new, |info| info.to_string()),
        exec_trace: encode_trace(result.exec_trace),
    })
}

fn encode_events(events: &[StampedEvent]) -> anyhow::Result<(Vec<u8>, Vec<u32>)> {
    let mut bytes = Vec::new();
    let mut ends = Vec::with_capacity(events.len());
    for event in events {
        bytes.extend_from_slice(&fvm_ipld_encoding::to_vec(event)?);
        ends.push(u32::try_from(bytes.len())?);
    }
    Ok((bytes, ends))
}
