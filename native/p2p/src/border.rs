// SPDX-License-Identifier: MIT OR Apache-2.0
//! The C++ objects that commands and news end at.

use cxx::{SharedPtr, UniquePtr};
use venus_guard::{Error, Kind};

use crate::ffi::{P2pDone, P2pReply, P2pSink};
use crate::stream::P2pRawStream;

pub type Result<T> = std::result::Result<T, Error>;

/// What waits for a command's end in C++. Dropped without an answer (the host stopped, a task
/// panicked) it answers Cancelled, so nobody waits forever.
pub struct Done(UniquePtr<P2pDone>);

// SAFETY: the C++ side promises that both functions may be called from any thread, and that the object
// may be destroyed on any.
unsafe impl Send for Done {}

impl Done {
    pub fn new(done: UniquePtr<P2pDone>) -> Self {
        Done(done)
    }

    pub fn reply(mut self, result: Result<P2pReply>) {
        let reply = result.unwrap_or_else(|error| P2pReply {
            error: error.to_string(),
            ..Default::default()
        });
        self.send(reply);
    }

    pub fn unit(self, result: Result<()>) {
        self.reply(result.map(|()| P2pReply::default()));
    }

    pub fn texts(self, result: Result<Vec<String>>) {
        self.reply(result.map(|texts| P2pReply {
            texts,
            ..Default::default()
        }));
    }

    pub fn opened(mut self, stream: P2pRawStream) {
        if let Some(done) = self.0.as_mut() {
            done.opened(Box::new(stream));
        }
        self.0 = UniquePtr::null();
    }

    fn send(&mut self, reply: P2pReply) {
        if let Some(done) = self.0.as_mut() {
            done.finish(reply);
        }
        self.0 = UniquePtr::null();
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        if !self.0.is_null() {
            let error = Error::new(Kind::Cancelled, "the libp2p host has stopped").to_string();
            self.send(P2pReply {
                error,
                ..Default::default()
            });
        }
    }
}

/// The host's owner in C++.
#[derive(Clone)]
pub struct Sink(SharedPtr<P2pSink>);

// SAFETY: its functions are const and the C++ side promises that they may be called from any thread at
// once; the reference count of a shared_ptr is atomic.
unsafe impl Send for Sink {}
// SAFETY: as above.
unsafe impl Sync for Sink {}

impl Sink {
    pub fn new(sink: SharedPtr<P2pSink>) -> anyhow::Result<Self> {
        anyhow::ensure!(!sink.is_null(), "no sink");
        Ok(Sink(sink))
    }

    pub fn wake(&self) {
        if let Some(sink) = self.0.as_ref() {
            sink.wake();
        }
    }

    pub fn stream(&self, stream: P2pRawStream) {
        if let Some(sink) = self.0.as_ref() {
            sink.stream(Box::new(stream));
        }
    }
}

pub fn error(kind: Kind, message: impl Into<String>) -> Error {
    Error::new(kind, message)
}

pub fn unavailable(message: impl Into<String>) -> Error {
    Error::new(Kind::Unavailable, message)
}
