// SPDX-License-Identifier: MIT OR Apache-2.0
//! Raw streams: each operation is a task with a time limit that answers C++ once.

use std::collections::HashMap;
use std::future::{poll_fn, Future};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use std::time::Duration;

use cxx::UniquePtr;
use futures::io::{ReadHalf, WriteHalf};
use futures::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use libp2p::{PeerId, Stream, StreamProtocol};
use tokio::runtime::Handle;
use tokio::sync::{watch, Mutex as Busy};
use venus_guard::Kind;

use crate::border::{error, unavailable, Done, Result, Sink};
use crate::ffi::{P2pDone, P2pReply};

/// The most that one read answers.
const MAX_READ: usize = 1 << 20;
/// Memory for a read is taken in steps of this size, so that a short answer costs little.
const READ_STEP: usize = 64 << 10;

/// Where operations work, and when they stop.
#[derive(Clone)]
pub struct Work {
    pub runtime: Handle,
    pub stop: watch::Receiver<bool>,
}

impl Work {
    /// What the work comes to, or Cancelled once the host stops: then, before its connections close.
    pub async fn until_stop<T>(mut self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            _ = self.stop.wait_for(|stop| *stop) => {
                Err(error(Kind::Cancelled, "the libp2p host has stopped"))
            }
            result = work => result,
        }
    }
}

#[derive(Default)]
struct Counts {
    total: u32,
    of_peer: HashMap<PeerId, u32>,
}

/// Takes what peers open, within limits.
#[derive(Clone)]
pub struct Inbound {
    sink: Sink,
    work: Work,
    max_of_peer: u32,
    max: u32,
    counts: Arc<Mutex<Counts>>,
}

/// A place within the limits.
struct Permit {
    peer: PeerId,
    counts: Arc<Mutex<Counts>>,
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(|e| e.into_inner())
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        counts.total -= 1;
        if let Some(n) = counts.of_peer.get_mut(&self.peer) {
            *n -= 1;
            if *n == 0 {
                counts.of_peer.remove(&self.peer);
            }
        }
    }
}

impl Inbound {
    pub fn new(sink: Sink, work: Work, max_of_peer: u32, max: u32) -> Self {
        Inbound {
            sink,
            work,
            max_of_peer,
            max,
            counts: Arc::default(),
        }
    }

    /// Hands the stream to C++, or drops it (which resets it) when there are too many.
    pub fn offer(&self, peer: PeerId, protocol: StreamProtocol, stream: Stream) {
        if let Some(permit) = self.permit(peer) {
            let stream = P2pRawStream::new(peer, protocol, stream, self.work.clone(), Some(permit));
            self.sink.stream(stream);
        }
    }

    fn permit(&self, peer: PeerId) -> Option<Permit> {
        let mut counts = lock(&self.counts);
        let of_peer = counts.of_peer.get(&peer).copied().unwrap_or(0);
        if counts.total >= self.max || of_peer >= self.max_of_peer {
            return None;
        }
        counts.total += 1;
        counts.of_peer.insert(peer, of_peer + 1);
        Some(Permit {
            peer,
            counts: self.counts.clone(),
        })
    }
}

struct Reader {
    half: ReadHalf<Stream>,
    ended: bool,
}

struct Shared {
    /// None when reset. One operation at a time each.
    reader: Busy<Option<Reader>>,
    writer: Busy<Option<WriteHalf<Stream>>>,
    reset: watch::Sender<bool>,
    /// Held until the last operation has ended.
    _permit: Option<Permit>,
}

pub struct P2pRawStream {
    peer: PeerId,
    protocol: StreamProtocol,
    work: Work,
    shared: Arc<Shared>,
}

impl P2pRawStream {
    pub fn outbound(peer: PeerId, protocol: StreamProtocol, stream: Stream, work: Work) -> Self {
        Self::new(peer, protocol, stream, work, None)
    }

    fn new(
        peer: PeerId,
        protocol: StreamProtocol,
        stream: Stream,
        work: Work,
        permit: Option<Permit>,
    ) -> Self {
        let (half, writer) = stream.split();
        let shared = Shared {
            reader: Busy::new(Some(Reader { half, ended: false })),
            writer: Busy::new(Some(writer)),
            reset: watch::Sender::new(false),
            _permit: permit,
        };
        P2pRawStream {
            peer,
            protocol,
            work,
            shared: Arc::new(shared),
        }
    }

    pub fn peer(&self) -> Vec<u8> {
        self.peer.to_bytes()
    }

    pub fn protocol(&self) -> String {
        self.protocol.to_string()
    }

    pub fn read(&self, max: usize, timeout_ms: u64, done: UniquePtr<P2pDone>) {
        let shared = self.shared.clone();
        self.run(timeout_ms, done, async move {
            let mut guard = shared.reader.try_lock().map_err(|_| busy("read"))?;
            let reader = guard.as_mut().ok_or_else(was_reset)?;
            let data = read_some(reader, max.clamp(1, MAX_READ)).await;
            let data = data.map_err(|e| unavailable(format!("read: {e}")))?;
            Ok(P2pReply {
                data,
                ..Default::default()
            })
        });
    }

    pub fn write(&self, data: &[u8], timeout_ms: u64, done: UniquePtr<P2pDone>) {
        let shared = self.shared.clone();
        let data = data.to_vec();
        self.run(timeout_ms, done, async move {
            let mut guard = shared.writer.try_lock().map_err(|_| busy("write"))?;
            // Out of its place until all is written: what a time limit cuts off is not resumed.
            let mut writer = guard.take().ok_or_else(was_reset)?;
            writer.write_all(&data).await.map_err(cannot_write)?;
            writer.flush().await.map_err(cannot_write)?;
            *guard = Some(writer);
            Ok(P2pReply::default())
        });
    }

    pub fn finish(&self, timeout_ms: u64, done: UniquePtr<P2pDone>) {
        let shared = self.shared.clone();
        self.run(timeout_ms, done, async move {
            let mut guard = shared.writer.try_lock().map_err(|_| busy("write"))?;
            let mut writer = guard.take().ok_or_else(was_reset)?;
            writer.close().await.map_err(cannot_write)?;
            *guard = Some(writer);
            Ok(P2pReply::default())
        });
    }

    pub fn reset(&self) {
        self.shared.reset.send_replace(true);
        // Whoever works with a half drops it when it sees the flag.
        if let Ok(mut reader) = self.shared.reader.try_lock() {
            *reader = None;
        }
        if let Ok(mut writer) = self.shared.writer.try_lock() {
            *writer = None;
        }
    }

    fn run<F>(&self, timeout_ms: u64, done: UniquePtr<P2pDone>, work: F)
    where
        F: Future<Output = Result<P2pReply>> + Send + 'static,
    {
        let done = Done::new(done);
        let shared = self.shared.clone();
        let host = self.work.clone();
        self.work.runtime.spawn(async move {
            let mut reset = shared.reset.subscribe();
            let limit = Duration::from_millis(timeout_ms);
            let until_reset = async {
                tokio::select! {
                    biased;
                    _ = reset.wait_for(|reset| *reset) => Err(was_reset()),
                    result = tokio::time::timeout(limit, work) => result.unwrap_or_else(|_| {
                        Err(error(Kind::Timeout, "the peer's stream stalls"))
                    }),
                }
            };
            let result = host.until_stop(until_reset).await;
            if *shared.reset.borrow() {
                if let Ok(mut reader) = shared.reader.try_lock() {
                    *reader = None;
                }
                if let Ok(mut writer) = shared.writer.try_lock() {
                    *writer = None;
                }
            }
            drop(shared);
            done.reply(result);
        });
    }
}

impl Drop for P2pRawStream {
    fn drop(&mut self) {
        self.reset();
    }
}

fn busy(what: &str) -> venus_guard::Error {
    error(
        Kind::InvalidArgument,
        format!("another {what} of this stream has not ended"),
    )
}

fn was_reset() -> venus_guard::Error {
    unavailable("the stream was reset")
}

fn cannot_write(e: io::Error) -> venus_guard::Error {
    unavailable(format!("write: {e}"))
}

/// Waits for the first bytes and takes what else is there already, up to `max`.
async fn read_some(reader: &mut Reader, max: usize) -> io::Result<Vec<u8>> {
    let mut data = Vec::new();
    poll_fn(|cx| loop {
        if reader.ended || data.len() == max {
            return Poll::Ready(Ok(()));
        }
        let have = data.len();
        data.resize(max.min(have + READ_STEP), 0);
        match Pin::new(&mut reader.half).poll_read(cx, &mut data[have..]) {
            Poll::Ready(Ok(n)) => {
                data.truncate(have + n);
                reader.ended = n == 0;
            }
            Poll::Pending => {
                data.truncate(have);
                return if have == 0 {
                    Poll::Pending
                } else {
                    Poll::Ready(Ok(()))
                };
            }
            // What came before an error is given first; the next read meets the error again.
            Poll::Ready(Err(e)) => {
                data.truncate(have);
                return if have == 0 {
                    Poll::Ready(Err(e))
                } else {
                    Poll::Ready(Ok(()))
                };
            }
        }
    })
    .await?;
    Ok(data)
}
