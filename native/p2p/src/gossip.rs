// SPDX-License-Identifier: MIT OR Apache-2.0
//! Gossip that waits for C++'s verdict, and its bounds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use libp2p::gossipsub::{MessageAcceptance, MessageId};
use libp2p::PeerId;

/// A message without a verdict for so long is ignored. Gossipsub itself forgets it after its history
/// (some ten seconds) and would no longer relay it.
const MAX_WAIT: Duration = Duration::from_secs(60);

pub struct Waiting {
    pub id: MessageId,
    pub source: PeerId,
    pub topic: usize,
    bytes: u64,
    since: Instant,
}

#[derive(Default)]
struct Inner {
    last: u64,
    waiting: BTreeMap<u64, Waiting>,
    judged: Vec<(Waiting, MessageAcceptance)>,
    bytes: u64,
}

pub struct Judge {
    inner: Mutex<Inner>,
    max: usize,
    max_bytes: u64,
    ignored: AtomicU64,
}

impl Judge {
    pub fn new(max: u32, max_bytes: u64) -> Self {
        Judge {
            inner: Mutex::default(),
            max: max as usize,
            max_bytes,
            ignored: AtomicU64::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// A token for a message that C++ shall judge; None when too many wait.
    pub fn admit(&self, id: MessageId, source: PeerId, topic: usize, bytes: usize) -> Option<u64> {
        let mut inner = self.lock();
        let bytes = bytes as u64;
        let count = inner.waiting.len() + inner.judged.len();
        if count >= self.max || inner.bytes + bytes > self.max_bytes {
            self.ignored.fetch_add(1, Relaxed);
            return None;
        }
        inner.bytes += bytes;
        inner.last += 1;
        let token = inner.last;
        let since = Instant::now();
        let waiting = Waiting {
            id,
            source,
            topic,
            bytes,
            since,
        };
        inner.waiting.insert(token, waiting);
        Some(token)
    }

    /// True when the swarm has something to fetch; an unknown token is nothing.
    pub fn report(&self, token: u64, verdict: MessageAcceptance) -> bool {
        let mut inner = self.lock();
        let Some(waiting) = inner.waiting.remove(&token) else {
            return false;
        };
        inner.judged.push((waiting, verdict));
        true
    }

    pub fn judged(&self) -> Vec<(Waiting, MessageAcceptance)> {
        let mut inner = self.lock();
        let judged = std::mem::take(&mut inner.judged);
        inner.bytes -= judged.iter().map(|(waiting, _)| waiting.bytes).sum::<u64>();
        judged
    }

    /// Ignores what waits too long; the last such token.
    pub fn expire(&self, now: Instant) -> Option<u64> {
        let mut inner = self.lock();
        let mut last = None;
        while let Some(oldest) = inner.waiting.first_entry() {
            if now.saturating_duration_since(oldest.get().since) < MAX_WAIT {
                break;
            }
            let (token, waiting) = oldest.remove_entry();
            last = Some(token);
            inner.judged.push((waiting, MessageAcceptance::Ignore));
            self.ignored.fetch_add(1, Relaxed);
        }
        last
    }

    pub fn ignored(&self) -> u64 {
        self.ignored.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(judge: &Judge, bytes: usize) -> Option<u64> {
        judge.admit(MessageId::from(vec![1]), PeerId::random(), 0, bytes)
    }

    #[test]
    fn the_bounds_hold_until_verdicts_are_fetched() {
        let judge = Judge::new(2, 100);
        assert_eq!(admit(&judge, 60), Some(1));
        assert_eq!(admit(&judge, 60), None);
        assert_eq!(admit(&judge, 40), Some(2));
        assert_eq!(admit(&judge, 0), None);
        assert!(judge.report(1, MessageAcceptance::Accept));
        assert!(!judge.report(1, MessageAcceptance::Accept));
        assert_eq!(admit(&judge, 0), None);
        assert_eq!(judge.judged().len(), 1);
        assert_eq!(admit(&judge, 60), Some(3));
        assert_eq!(judge.ignored(), 3);
    }

    #[test]
    fn who_is_not_judged_is_ignored_in_the_end() {
        let judge = Judge::new(2, 100);
        let token = admit(&judge, 60);
        assert_eq!(judge.expire(Instant::now()), None);
        assert_eq!(judge.expire(Instant::now() + MAX_WAIT), token);
        let judged = judge.judged();
        assert!(matches!(judged[..], [(_, MessageAcceptance::Ignore)]));
        assert!(admit(&judge, 100).is_some());
    }
}
