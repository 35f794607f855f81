// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counts the bytes of all substreams, by peer and by protocol, and lets gossip pass through the filter of
//! repeated messages. A muxer knows its peer; the protocol is
//! read off the negotiation (multistream-select) at a substream's beginning.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::task::{ready, Context, Poll};

use futures::{AsyncRead, AsyncWrite};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerBox, StreamMuxerEvent, SubstreamBox};
use libp2p::PeerId;

use crate::ffi::{P2pBandwidthOut, P2pTrafficOut};
use crate::repeats::{Filter, Repeats};

/// A substream whose protocol is not known by then never will be.
const MAX_NEGOTIATION: usize = 1024;
/// All of gossipsub's versions are counted under this name.
const GOSSIP: &str = "/meshsub/1.1.0";
const GOSSIP_VERSIONS: &str = "/meshsub/";
const READ_AT_ONCE: usize = 8 << 10;

#[derive(Default)]
struct Count {
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

impl Count {
    fn out(&self, name: &str, peer: &PeerId) -> P2pTrafficOut {
        P2pTrafficOut {
            peer: if name.is_empty() {
                peer.to_bytes()
            } else {
                Vec::new()
            },
            ..self.named(name)
        }
    }

    fn named(&self, name: &str) -> P2pTrafficOut {
        P2pTrafficOut {
            name: name.to_owned(),
            peer: Vec::new(),
            bytes_in: self.bytes_in.load(Relaxed),
            bytes_out: self.bytes_out.load(Relaxed),
        }
    }
}

/// A peer's count lasts as long as its connections; streams somebody still holds do not matter.
type Peers = HashMap<PeerId, Weak<Arc<Count>>>;

pub struct Meter {
    /// Taken out of gossip streams before they are read.
    repeats: Arc<Repeats>,
    total: Count,
    /// Fixed at the start, so that peers cannot add names; everything else is counted under "".
    protocols: HashMap<String, Arc<Count>>,
    other: Arc<Count>,
    peers: Mutex<Peers>,
}

impl Meter {
    pub fn new(protocols: impl IntoIterator<Item = String>, repeats: Arc<Repeats>) -> Self {
        let own = [
            GOSSIP,
            "/ipfs/id/1.0.0",
            "/ipfs/id/push/1.0.0",
            "/ipfs/ping/1.0.0",
        ];
        let names = protocols.into_iter().chain(own.map(str::to_owned));
        Meter {
            repeats,
            total: Count::default(),
            protocols: names.map(|name| (name, Arc::default())).collect(),
            other: Arc::default(),
            peers: Mutex::default(),
        }
    }

    pub fn count(self: &Arc<Self>, peer: PeerId, muxer: StreamMuxerBox) -> StreamMuxerBox {
        let mut peers = self.peers();
        let count = peers.get(&peer).and_then(Weak::upgrade).unwrap_or_else(|| {
            let count = Arc::default();
            peers.insert(peer, Arc::downgrade(&count));
            count
        });
        StreamMuxerBox::new(Muxer {
            inner: muxer,
            meter: self.clone(),
            peer: count,
        })
    }

    /// Forgets peers without a connection; to be called now and then.
    pub fn prune(&self) {
        self.peers().retain(|_, count| count.strong_count() > 0);
    }

    pub fn bandwidth(&self) -> P2pBandwidthOut {
        let named = self.protocols.iter().map(|(name, count)| count.named(name));
        let mut protocols: Vec<_> = named
            .filter(|traffic| traffic.bytes_in + traffic.bytes_out > 0)
            .collect();
        protocols.push(self.other.named(""));
        let peers = self.peers();
        let live = peers
            .iter()
            .filter_map(|(peer, count)| Some((peer, count.upgrade()?)));
        P2pBandwidthOut {
            total_in: self.total.bytes_in.load(Relaxed),
            total_out: self.total.bytes_out.load(Relaxed),
            protocols,
            peers: live.map(|(peer, count)| count.out("", peer)).collect(),
        }
    }

    fn peers(&self) -> MutexGuard<'_, Peers> {
        self.peers.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn protocol(&self, name: &str) -> Arc<Count> {
        let name = if name.starts_with(GOSSIP_VERSIONS) {
            GOSSIP
        } else {
            name
        };
        self.protocols.get(name).unwrap_or(&self.other).clone()
    }
}

struct Muxer {
    inner: StreamMuxerBox,
    meter: Arc<Meter>,
    peer: Arc<Arc<Count>>,
}

impl Muxer {
    fn wrap(&self, inner: SubstreamBox, inbound: bool) -> Substream {
        Substream {
            inner,
            meter: self.meter.clone(),
            peer: Arc::clone(&self.peer),
            protocol: self.meter.other.clone(),
            negotiation: Some(Negotiation {
                inbound,
                text: Vec::new(),
            }),
            filter: None,
        }
    }
}

impl StreamMuxer for Muxer {
    type Substream = Substream;
    type Error = io::Error;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Self::Substream>> {
        let inner = ready!(Pin::new(&mut self.inner).poll_inbound(cx))?;
        Poll::Ready(Ok(self.wrap(inner, true)))
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Self::Substream>> {
        let inner = ready!(Pin::new(&mut self.inner).poll_outbound(cx))?;
        Poll::Ready(Ok(self.wrap(inner, false)))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<StreamMuxerEvent>> {
        Pin::new(&mut self.inner).poll(cx)
    }
}

/// What the listening side of a substream has said so far. It echoes the protocol it takes.
struct Negotiation {
    inbound: bool,
    text: Vec<u8>,
}

enum Progress {
    More,
    Chosen(String),
    GaveUp,
}

impl Negotiation {
    fn feed(&mut self, bytes: &[u8]) -> Progress {
        let room = MAX_NEGOTIATION - self.text.len();
        self.text.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let mut rest = &self.text[..];
        while let Some((line, after)) = next_line(rest) {
            match line {
                b"/multistream/1.0.0\n" | b"na\n" | b"ls\n" => rest = after,
                _ => {
                    let name = line.strip_suffix(b"\n").unwrap_or(line);
                    return Progress::Chosen(String::from_utf8_lossy(name).into_owned());
                }
            }
        }
        match self.text.len() >= MAX_NEGOTIATION {
            true => Progress::GaveUp,
            false => Progress::More,
        }
    }
}

/// A line is preceded by its length, a varint of one or two bytes.
fn next_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match bytes {
        [a, rest @ ..] if *a < 0x80 => (usize::from(*a), rest),
        [a, b, rest @ ..] => (usize::from(a & 0x7f) | usize::from(*b) << 7, rest),
        _ => return None,
    };
    (rest.len() >= length).then(|| rest.split_at(length))
}

struct Substream {
    inner: SubstreamBox,
    meter: Arc<Meter>,
    peer: Arc<Count>,
    protocol: Arc<Count>,
    negotiation: Option<Negotiation>,
    filter: Option<Filter>,
}

impl Substream {
    fn read(&mut self, bytes: &[u8]) {
        let n = bytes.len() as u64;
        for count in [&self.meter.total, &self.peer, &self.protocol] {
            count.bytes_in.fetch_add(n, Relaxed);
        }
        self.negotiate(false, bytes);
    }

    fn written(&mut self, bytes: &[u8]) {
        let n = bytes.len() as u64;
        for count in [&self.meter.total, &self.peer, &self.protocol] {
            count.bytes_out.fetch_add(n, Relaxed);
        }
        self.negotiate(true, bytes);
    }

    fn negotiate(&mut self, written: bool, bytes: &[u8]) {
        let Some(negotiation) = self.negotiation.as_mut().filter(|n| n.inbound == written) else {
            return;
        };
        match negotiation.feed(bytes) {
            Progress::More => return,
            Progress::Chosen(name) => {
                self.protocol = self.meter.protocol(&name);
                if written && name.starts_with(GOSSIP_VERSIONS) {
                    self.filter = Some(Filter::default());
                }
            }
            Progress::GaveUp => {}
        }
        self.negotiation = None;
    }
}

impl AsyncRead for Substream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if buf.is_empty() || this.filter.is_none() {
            let n = ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
            this.read(&buf[..n]);
            return Poll::Ready(Ok(n));
        }
        let mut piece = [0; READ_AT_ONCE];
        loop {
            let ready = this.filter.as_mut().map_or(0, |filter| filter.take(buf));
            if ready > 0 {
                return Poll::Ready(Ok(ready));
            }
            let n = ready!(Pin::new(&mut this.inner).poll_read(cx, &mut piece))?;
            this.read(&piece[..n]);
            let Some(filter) = this.filter.as_mut() else {
                continue;
            };
            if n > 0 {
                filter.feed(&piece[..n], &this.meter.repeats);
                continue;
            }
            filter.end();
            return Poll::Ready(Ok(filter.take(buf)));
        }
    }
}

impl AsyncWrite for Substream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let n = ready!(Pin::new(&mut self.inner).poll_write(cx, buf))?;
        self.written(&buf[..n]);
        Poll::Ready(Ok(n))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(pieces: &[&[u8]]) -> Option<String> {
        let mut negotiation = Negotiation {
            inbound: true,
            text: Vec::new(),
        };
        for piece in pieces {
            match negotiation.feed(piece) {
                Progress::More => {}
                Progress::Chosen(name) => return Some(name),
                Progress::GaveUp => return None,
            }
        }
        None
    }

    #[test]
    fn the_protocol_is_read_off_the_negotiation() {
        let whole: &[u8] = b"\x13/multistream/1.0.0\n\x03na\n\x05/a/1\nrest";
        assert_eq!(chosen(&[whole]).as_deref(), Some("/a/1"));
        let bytes: Vec<_> = whole.chunks(1).collect();
        assert_eq!(chosen(&bytes).as_deref(), Some("/a/1"));
    }

    #[test]
    fn endless_negotiation_is_given_up() {
        let no = b"\x03na\n".repeat(1000);
        assert_eq!(chosen(&[&no]), None);
        assert_eq!(chosen(&[&[0xff; 2000]]), None);
    }
}
