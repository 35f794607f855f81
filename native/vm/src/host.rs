// SPDX-License-Identifier: MIT OR Apache-2.0
//! The node's blockstore and externs as the FVM wants to see them.

use std::sync::Arc;

use anyhow::{anyhow, Context};
use cid::Cid;
use cxx::SharedPtr;
use fvm::externs::{Chain, Consensus, Externs, Rand};
use fvm_ipld_blockstore::Blockstore;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::consensus::{ConsensusFault, ConsensusFaultType};
use fvm_shared::EMPTY_ARR_CID;
use num_traits::FromPrimitive;

use crate::cache::Cache;
use crate::ffi::{BlockRef, VmHost};

/// Takes a block from C++ in one copy.
#[derive(Default)]
pub struct BlockSink(Option<Vec<u8>>);

impl BlockSink {
    pub fn put(&mut self, data: &[u8]) {
        self.0 = Some(data.to_vec());
    }
}

/// A handle on the C++ side that may travel with its machine from thread to thread.
#[derive(Clone)]
pub struct Host(SharedPtr<VmHost>);

// SAFETY: VmHost's implementation in src/bridge promises calls from any thread, one at a time for a
// machine; the reference count of a shared_ptr is atomic.
unsafe impl Send for Host {}
// SAFETY: as above, and its members are const.
unsafe impl Sync for Host {}

impl Host {
    pub fn new(host: SharedPtr<VmHost>) -> anyhow::Result<Self> {
        anyhow::ensure!(!host.is_null(), "no host");
        Ok(Host(host))
    }

    fn get(&self) -> &VmHost {
        &self.0
    }
}

/// The node's blockstore with the shared cache before it.
pub struct Store {
    host: Host,
    cache: Option<Arc<Cache>>,
    cache_writes: bool,
}

impl Store {
    pub fn new(host: Host, cache: Option<Arc<Cache>>, cache_writes: bool) -> Self {
        Store {
            host,
            cache,
            cache_writes,
        }
    }

    fn write(&self, blocks: &[BlockRef<'_>]) -> anyhow::Result<()> {
        // SAFETY: marked unsafe by cxx for the lifetime in its argument alone; the blocks outlive it.
        unsafe { self.host.get().write_blocks(blocks) }.context("write state blocks")
    }
}

impl Blockstore for Store {
    fn get(&self, cid: &Cid) -> anyhow::Result<Option<Vec<u8>>> {
        if let Some(block) = self.cache.as_ref().and_then(|cache| cache.get(cid)) {
            return Ok(Some(block.to_vec()));
        }
        let mut sink = BlockSink::default();
        let mut key = [0u8; CID_BUFFER];
        let found = self
            .host
            .get()
            .read_block(cid_bytes(cid, &mut key)?, &mut sink)
            .with_context(|| format!("read state block {cid}"))?;
        if !found {
            return Ok(None);
        }
        let block = sink
            .0
            .with_context(|| format!("no bytes for state block {cid}"))?;
        if let Some(cache) = &self.cache {
            cache.insert(cid, &block);
        }
        Ok(Some(block))
    }

    fn has(&self, cid: &Cid) -> anyhow::Result<bool> {
        if self.cache.as_ref().is_some_and(|cache| cache.contains(cid)) {
            return Ok(true);
        }
        let mut key = [0u8; CID_BUFFER];
        Ok(self.host.get().has_block(cid_bytes(cid, &mut key)?)?)
    }

    fn put_keyed(&self, cid: &Cid, block: &[u8]) -> anyhow::Result<()> {
        // Each new machine puts the empty array; once is enough for a chain.
        let known =
            *cid == EMPTY_ARR_CID && self.cache.as_ref().is_some_and(|cache| cache.contains(cid));
        if known {
            return Ok(());
        }
        self.put_many_keyed([(*cid, block)])
    }

    fn put_many_keyed<D, I>(&self, blocks: I) -> anyhow::Result<()>
    where
        Self: Sized,
        D: AsRef<[u8]>,
        I: IntoIterator<Item = (Cid, D)>,
    {
        let blocks: Vec<(Cid, Vec<u8>, D)> = blocks
            .into_iter()
            .map(|(cid, data)| (cid, cid.to_bytes(), data))
            .collect();
        if blocks.is_empty() {
            return Ok(());
        }
        let refs: Vec<BlockRef<'_>> = blocks
            .iter()
            .map(|(_, cid, data)| BlockRef {
                cid,
                data: data.as_ref(),
            })
            .collect();
        self.write(&refs)?;
        if let Some(cache) = self.cache.as_ref().filter(|_| self.cache_writes) {
            for (cid, _, data) in &blocks {
                cache.insert(cid, data.as_ref());
            }
        }
        Ok(())
    }
}

/// Version, codec, hash code and length are varints of at most 10 bytes; digests have up to 64.
const CID_BUFFER: usize = 104;

fn cid_bytes<'a>(cid: &Cid, buffer: &'a mut [u8; CID_BUFFER]) -> anyhow::Result<&'a [u8]> {
    let mut rest = &mut buffer[..];
    cid.write_bytes(&mut rest)
        .map_err(|error| anyhow!("CID of a state block: {error}"))?;
    let left = rest.len();
    Ok(&buffer[..CID_BUFFER - left])
}

impl Rand for Host {
    fn get_chain_randomness(&self, round: ChainEpoch) -> anyhow::Result<[u8; 32]> {
        self.get()
            .chain_randomness(round)
            .with_context(|| format!("chain randomness of epoch {round}"))
    }

    fn get_beacon_randomness(&self, round: ChainEpoch) -> anyhow::Result<[u8; 32]> {
        self.get()
            .beacon_randomness(round)
            .with_context(|| format!("beacon randomness of epoch {round}"))
    }
}

impl Consensus for Host {
    fn verify_consensus_fault(
        &self,
        h1: &[u8],
        h2: &[u8],
        extra: &[u8],
    ) -> anyhow::Result<(Option<ConsensusFault>, i64)> {
        let verdict = self
            .get()
            .verify_consensus_fault(h1, h2, extra)
            .context("verify consensus fault")?;
        if verdict.fault_type == 0 {
            return Ok((None, verdict.gas_used));
        }
        let fault_type = ConsensusFaultType::from_u8(verdict.fault_type)
            .with_context(|| format!("consensus fault type {}", verdict.fault_type))?;
        let fault = ConsensusFault {
            target: Address::new_id(verdict.target),
            epoch: verdict.epoch,
            fault_type,
        };
        Ok((Some(fault), verdict.gas_used))
    }
}

impl Chain for Host {
    fn get_tipset_cid(&self, epoch: ChainEpoch) -> anyhow::Result<Cid> {
        let mut sink = BlockSink::default();
        self.get()
            .tipset_cid(epoch, &mut sink)
            .with_context(|| format!("tipset CID of epoch {epoch}"))?;
        let bytes = sink
            .0
            .with_context(|| format!("no tipset CID for epoch {epoch}"))?;
        Ok(Cid::try_from(bytes)?)
    }
}

impl Externs for Host {}
