// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Filecoin virtual machine behind C++. The set-up (network configuration, kernel, flush) is
//! that of filecoin-ffi, so that results are Lotus' results to the byte; new here is that a batch of
//! messages crosses the language border once, that hot state blocks stay on this side, and that a
//! flush is one call.

mod cache;
mod host;
mod machine;
mod trace;

use std::sync::Arc;

use machine::{engine_new, machine_new, Engine, Machine};

pub(crate) use host::BlockSink;

#[cxx::bridge(namespace = "venus::native")]
mod ffi {
    struct BlockRef<'a> {
        cid: &'a [u8],
        data: &'a [u8],
    }

    /// `fault_type` 0 means no fault.
    struct FaultVerdict {
        fault_type: u8,
        target: u64,
        epoch: i64,
        gas_used: i64,
    }

    /// An amount of attoFIL, which never reaches 2^128.
    #[derive(Clone, Copy)]
    struct Amount {
        high: u64,
        low: u64,
    }

    struct MachineSettings<'a> {
        network_version: u32,
        chain_id: u64,
        epoch: i64,
        timestamp: u64,
        state_root: &'a [u8],
        base_fee: Amount,
        circulating_supply: Amount,
        tracing: bool,
        actor_debugging: bool,
        flush_all_blocks: bool,
        cache_writes: bool,
    }

    struct MessageIn<'a> {
        bytes: &'a [u8],
        chain_length: u64,
        implicit: bool,
    }

    struct Applied {
        exit_code: u32,
        return_value: Vec<u8>,
        gas_used: u64,
        penalty: Amount,
        miner_tip: Amount,
        base_fee_burn: Amount,
        over_estimation_burn: Amount,
        refund: Amount,
        gas_refund: u64,
        gas_burned: u64,
        /// Empty without events.
        events_root: Vec<u8>,
        /// The events' encodings one after another, and where each ends.
        events: Vec<u8>,
        event_ends: Vec<u32>,
        failure: String,
        exec_trace: Vec<u8>,
    }

    struct CacheStats {
        hits: u64,
        misses: u64,
        bytes: u64,
    }

    extern "Rust" {
        type BlockSink;
        fn put(self: &mut BlockSink, data: &[u8]);

        type Cache;
        fn cache_new(capacity_bytes: u64) -> Box<Cache>;
        fn stats(self: &Cache) -> CacheStats;

        type Engine;
        fn engine_new(concurrency: u32) -> Result<Box<Engine>>;
        fn warm_up(
            self: &Engine,
            network_version: u32,
            host: SharedPtr<VmHost>,
            manifest: &[u8],
        ) -> Result<()>;

        type Machine;
        unsafe fn machine_new<'a>(
            engine: &Engine,
            settings: &MachineSettings<'a>,
            host: SharedPtr<VmHost>,
            cache: *const Cache,
        ) -> Result<Box<Machine>>;
        unsafe fn execute<'a>(
            self: &mut Machine,
            messages: &[MessageIn<'a>],
        ) -> Result<Vec<Applied>>;
        fn flush(self: &mut Machine) -> Result<Vec<u8>>;
    }

    unsafe extern "C++" {
        include!("venus_native/vm_host.hpp");

        type VmHost;
        fn read_block(self: &VmHost, cid: &[u8], sink: &mut BlockSink) -> Result<bool>;
        fn has_block(self: &VmHost, cid: &[u8]) -> Result<bool>;
        unsafe fn write_blocks<'a>(self: &VmHost, blocks: &[BlockRef<'a>]) -> Result<()>;
        fn chain_randomness(self: &VmHost, epoch: i64) -> Result<[u8; 32]>;
        fn beacon_randomness(self: &VmHost, epoch: i64) -> Result<[u8; 32]>;
        fn verify_consensus_fault(
            self: &VmHost,
            header1: &[u8],
            header2: &[u8],
            extra: &[u8],
        ) -> Result<FaultVerdict>;
        fn tipset_cid(self: &VmHost, epoch: i64, sink: &mut BlockSink) -> Result<()>;
    }
}

/// C++'s share of a cache.
pub struct Cache(pub(crate) Arc<cache::Cache>);

impl Cache {
    fn stats(&self) -> ffi::CacheStats {
        self.0.stats()
    }
}

fn cache_new(capacity_bytes: u64) -> Box<Cache> {
    Box::new(Cache(Arc::new(cache::Cache::new(capacity_bytes))))
}
