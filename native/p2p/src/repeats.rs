// SPDX-License-Identifier: MIT OR Apache-2.0
//! Takes repeated messages out of gossip before anybody works on them. Gossipsub checks the author's
//! signature of each copy before it looks whether it has the message; a mesh brings some eight copies,
//! and go-libp2p-pubsub checks only the first. Only messages that passed gossipsub's own checks count
//! as known, so a copy with a bad signature keeps no good one out. While a message waits for its
//! verdict, those who repeat it are not noted: should it be rejected, only who brought it first pays,
//! and whoever repeats it after that.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// At a thousand messages a second more than gossipsub remembers them.
const MAX_KNOWN: usize = 1 << 18;
/// Gossipsub forgets a message a little after we do, so that none falls between.
const EARLIER: Duration = Duration::from_secs(1);

/// What a stream's buffers keep between frames, however large one was.
const KEPT_BUFFER: usize = 64 << 10;

const WIRE_TYPE: u8 = 7;
const PUBLISH: u64 = 2;
const DATA: u64 = 2;
const LENGTH_DELIMITED: u8 = 2;

type Id = [u8; 32];

/// As Lotus's message id: blake2b-256 of the data.
pub fn message_id(data: &[u8]) -> Id {
    let hash = blake2b_simd::Params::new().hash_length(32).hash(data);
    let mut out = [0; 32];
    out.copy_from_slice(hash.as_bytes());
    out
}

#[derive(Default)]
struct Known {
    ids: HashSet<Id>,
    order: VecDeque<(Instant, Id)>,
}

pub struct Repeats {
    known: Mutex<Known>,
    lasts: Duration,
    max_frame: usize,
}

impl Repeats {
    /// `lasts`: how long gossipsub knows a message. Frames above `max_frame` bytes are not looked into.
    pub fn new(lasts: Duration, max_frame: usize) -> Self {
        Repeats {
            known: Mutex::default(),
            lasts: lasts.saturating_sub(EARLIER),
            max_frame,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Gossipsub has the message: signature and form are good.
    pub fn note(&self, id: &[u8]) {
        let Ok(id) = id.try_into() else { return };
        let now = Instant::now();
        let mut known = self.lock();
        while let Some((at, oldest)) = known.order.front().copied() {
            let old = now.saturating_duration_since(at) >= self.lasts;
            if !old && known.order.len() < MAX_KNOWN {
                break;
            }
            known.order.pop_front();
            known.ids.remove(&oldest);
        }
        if known.ids.insert(id) {
            known.order.push_back((now, id));
        }
    }

    /// From now on gossipsub sees it again: to punish who still sends it.
    pub fn forget(&self, id: &[u8]) {
        if let Ok(id) = <&Id>::try_from(id) {
            self.lock().ids.remove(id);
        }
    }

    fn knows(&self, data: &[u8]) -> bool {
        let id = message_id(data);
        self.lock().ids.contains(&id)
    }

    /// The frame's content without known messages; None when there is nothing to take out.
    fn without_repeats(&self, rpc: &[u8]) -> Option<Vec<u8>> {
        let mut kept: Option<Vec<u8>> = None;
        let mut rest = rpc;
        while !rest.is_empty() {
            let (field, content, after) = next_field(rest)?;
            let known =
                field == PUBLISH && content.and_then(data_of).is_some_and(|d| self.knows(d));
            if known {
                kept.get_or_insert_with(|| rpc[..rpc.len() - rest.len()].to_vec());
            } else if let Some(kept) = &mut kept {
                kept.extend_from_slice(&rest[..rest.len() - after.len()]);
            }
            rest = after;
        }
        kept
    }
}

/// A protobuf field: its number, its bytes if it has such, and what comes after it.
fn next_field(bytes: &[u8]) -> Option<(u64, Option<&[u8]>, &[u8])> {
    let (tag, rest) = varint(bytes)?;
    let (content, after) = match (tag as u8) & WIRE_TYPE {
        0 => (None, varint(rest)?.1),
        1 => (None, rest.get(8..)?),
        LENGTH_DELIMITED => {
            let (length, rest) = varint(rest)?;
            let length = usize::try_from(length).ok()?;
            (Some(rest.get(..length)?), rest.get(length..)?)
        }
        5 => (None, rest.get(4..)?),
        _ => return None,
    };
    Some((tag >> 3, content, after))
}

/// The data of a message; of several the last, as protobuf has it.
fn data_of(message: &[u8]) -> Option<&[u8]> {
    let mut data = None;
    let mut rest = message;
    while !rest.is_empty() {
        let (field, content, after) = next_field(rest)?;
        if field == DATA {
            data = content;
        }
        rest = after;
    }
    data
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (i, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f).checked_shl(7 * i as u32)?;
        if byte & 0x80 == 0 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}

fn put_varint(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// What comes in on one gossip stream, frame by frame.
#[derive(Default)]
pub struct Filter {
    /// Not a whole frame yet.
    pending: Vec<u8>,
    /// Ready for the reader, from `read` on.
    ready: Vec<u8>,
    read: usize,
    /// The stream is not what it should be: gossipsub shall see it as it is.
    off: bool,
}

impl Filter {
    pub fn feed(&mut self, bytes: &[u8], repeats: &Repeats) {
        if self.off {
            return self.ready.extend_from_slice(bytes);
        }
        self.pending.extend_from_slice(bytes);
        let mut at = 0;
        while let Some((length, rest)) = varint(&self.pending[at..]) {
            if length > repeats.max_frame as u64 {
                self.off = true;
                break;
            }
            let length = length as usize;
            let Some(rpc) = rest.get(..length) else { break };
            let head = self.pending.len() - at - rest.len();
            match repeats.without_repeats(rpc) {
                None => self
                    .ready
                    .extend_from_slice(&self.pending[at..at + head + length]),
                Some(kept) if kept.is_empty() => {}
                Some(kept) => {
                    put_varint(&mut self.ready, kept.len());
                    self.ready.extend_from_slice(&kept);
                }
            }
            at += head + length;
        }
        self.pending.drain(..at);
        self.pending.shrink_to(KEPT_BUFFER);
        // Ten bytes that are no length never become one.
        if self.off || (self.pending.len() >= 10 && varint(&self.pending).is_none()) {
            self.end();
        }
    }

    /// Nothing more comes: what is left of a frame is the reader's.
    pub fn end(&mut self) {
        self.off = true;
        self.ready.append(&mut self.pending);
    }

    /// Copies what is ready; 0 when nothing is.
    pub fn take(&mut self, into: &mut [u8]) -> usize {
        let waiting = &self.ready[self.read..];
        let n = waiting.len().min(into.len());
        into[..n].copy_from_slice(&waiting[..n]);
        self.read += n;
        if self.read == self.ready.len() {
            self.ready.clear();
            self.ready.shrink_to(KEPT_BUFFER);
            self.read = 0;
        }
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | LENGTH_DELIMITED];
        put_varint(&mut out, content.len());
        out.extend_from_slice(content);
        out
    }

    fn message(data: &[u8]) -> Vec<u8> {
        let parts = [field(1, b"author"), field(2, data), field(4, b"topic")];
        field(2, &parts.concat())
    }

    fn frame(parts: &[Vec<u8>]) -> Vec<u8> {
        let rpc = parts.concat();
        let mut out = Vec::new();
        put_varint(&mut out, rpc.len());
        out.extend(rpc);
        out
    }

    fn repeats() -> Repeats {
        Repeats::new(Duration::from_secs(120), 1000)
    }

    fn through(repeats: &Repeats, bytes: &[u8], piece: usize) -> Vec<u8> {
        let mut filter = Filter::default();
        let mut out = Vec::new();
        let mut buffer = [0; 7];
        for piece in bytes.chunks(piece) {
            filter.feed(piece, repeats);
            loop {
                let n = filter.take(&mut buffer);
                if n == 0 {
                    break;
                }
                out.extend_from_slice(&buffer[..n]);
            }
        }
        filter.end();
        let mut left = vec![0; 10_000];
        let n = filter.take(&mut left);
        out.extend_from_slice(&left[..n]);
        out
    }

    #[test]
    fn known_messages_are_taken_out_and_the_rest_stays() {
        let repeats = repeats();
        repeats.note(&message_id(b"old"));
        let (old, new, control) = (message(b"old"), message(b"new"), field(3, b"graft"));
        let stream = [
            frame(&[old.clone(), new.clone(), control.clone()]),
            frame(std::slice::from_ref(&old)),
            frame(&[control.clone()]),
            frame(&[old.clone(), control.clone()]),
        ]
        .concat();
        let expected = [
            frame(&[new, control.clone()]),
            frame(&[control.clone()]),
            frame(&[control]),
        ]
        .concat();
        for piece in [1, 2, 5, 1000] {
            assert_eq!(through(&repeats, &stream, piece), expected);
        }
        repeats.forget(&message_id(b"old"));
        assert_eq!(through(&repeats, &stream, 3), stream);
    }

    #[test]
    fn what_is_not_gossip_passes_as_it_is() {
        let repeats = repeats();
        repeats.note(&message_id(b"old"));
        let mut broken = frame(&[message(b"old")]);
        broken[3] = 0xff;
        let mut huge = Vec::new();
        put_varint(&mut huge, 5000);
        huge.extend(message(b"old"));
        let half = frame(&[message(b"old")])[..9].to_vec();
        for bytes in [broken, huge, half, vec![0xff; 40], Vec::new()] {
            for piece in [1, 3, 1000] {
                assert_eq!(through(&repeats, &bytes, piece), bytes);
            }
        }
    }

    #[test]
    fn memory_is_bounded_by_time() {
        let repeats = Repeats::new(EARLIER, 1000);
        for i in 0..100_u32 {
            repeats.note(&message_id(&i.to_be_bytes()));
        }
        assert_eq!(repeats.lock().ids.len(), 1);
        assert_eq!(repeats.lock().order.len(), 1);
    }
}
