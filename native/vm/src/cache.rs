// SPDX-License-Identifier: MIT OR Apache-2.0
//! Recently used state blocks, shared by machines. Two generations a shard: when the young one has
//! used half of the shard's share, it becomes the old one and what was old goes. A hit in the old
//! generation moves the block to the young one. So memory is bounded, nothing is ever sorted, and
//! what is used at least once a generation stays.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cid::Cid;

use crate::ffi::CacheStats;

const SHARDS: usize = 16;
/// Wasm code is read once for compilation; keeping it would push state out.
const LARGEST_BLOCK: usize = 256 << 10;
/// What a map entry costs besides the data.
const ENTRY_OVERHEAD: u64 = 160;

/// CIDs are hashes already: mixing their words is enough.
#[derive(Default)]
struct CidHasher(u64);

impl Hasher for CidHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0u8; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

type Blocks = HashMap<Cid, Arc<[u8]>, BuildHasherDefault<CidHasher>>;

#[derive(Default)]
struct Shard {
    young: Blocks,
    old: Blocks,
    young_bytes: u64,
    old_bytes: u64,
}

impl Shard {
    fn insert(&mut self, cid: Cid, block: Arc<[u8]>, half: u64) {
        let cost = block.len() as u64 + ENTRY_OVERHEAD;
        if self.young.insert(cid, block).is_some() {
            return;
        }
        self.young_bytes += cost;
        if self.young_bytes > half {
            self.old = std::mem::take(&mut self.young);
            self.old_bytes = std::mem::take(&mut self.young_bytes);
        }
    }
}

pub struct Cache {
    shards: [Mutex<Shard>; SHARDS],
    half_of_shard: u64,
    hits: AtomicU64,
    misses: AtomicU64,
}

fn shard_index(cid: &Cid) -> usize {
    cid.hash()
        .digest()
        .last()
        .map_or(0, |byte| usize::from(*byte) % SHARDS)
}

impl Cache {
    pub fn new(capacity_bytes: u64) -> Self {
        Cache {
            shards: Default::default(),
            half_of_shard: capacity_bytes / (2 * SHARDS as u64),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// A thread that panicked inside left maps that are whole: nothing here can stop half-way.
    fn shard(&self, cid: &Cid) -> MutexGuard<'_, Shard> {
        self.shards[shard_index(cid)]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, cid: &Cid) -> Option<Arc<[u8]>> {
        let mut shard = self.shard(cid);
        if let Some(block) = shard.young.get(cid) {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return Some(block.clone());
        }
        if let Some(block) = shard.old.remove(cid) {
            shard.old_bytes -= block.len() as u64 + ENTRY_OVERHEAD;
            shard.insert(*cid, block.clone(), self.half_of_shard);
            self.hits.fetch_add(1, Ordering::Relaxed);
            return Some(block);
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        None
    }

    pub fn contains(&self, cid: &Cid) -> bool {
        let shard = self.shard(cid);
        shard.young.contains_key(cid) || shard.old.contains_key(cid)
    }

    pub fn insert(&self, cid: &Cid, data: &[u8]) {
        if data.len() <= LARGEST_BLOCK && (data.len() as u64) < self.half_of_shard {
            self.shard(cid)
                .insert(*cid, data.into(), self.half_of_shard);
        }
    }

    pub fn stats(&self) -> CacheStats {
        let bytes = |shard: &Mutex<Shard>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.young_bytes + shard.old_bytes
        };
        CacheStats {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            bytes: self.shards.iter().map(bytes).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cid_of(number: u64) -> Cid {
        let mut digest = [0u8; 32];
        digest[..8].copy_from_slice(&number.to_le_bytes());
        digest[31] = number as u8;
        Cid::new_v1(
            0x71,
            cid::multihash::Multihash::wrap(0xb220, &digest).unwrap(),
        )
    }

    #[test]
    fn stays_within_its_capacity_and_keeps_what_is_used() {
        let cache = Cache::new(1 << 20);
        let hot = cid_of(1 << 40);
        cache.insert(&hot, &[7; 100]);
        for number in 0..20_000 {
            cache.insert(&cid_of(number), &[0; 200]);
            assert!(cache.get(&hot).is_some());
        }
        assert!(cache.stats().bytes <= 1 << 20);
        assert!(cache.get(&cid_of(0)).is_none());
        assert!(cache.get(&cid_of(19_999)).is_some());
    }
}
