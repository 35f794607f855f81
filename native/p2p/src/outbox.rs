// SPDX-License-Identifier: MIT OR Apache-2.0
//! News on their way to C++. Three queues in one order: connections, which must not be lost and are
//! merged when C++ does not fetch them; information, of which the oldest is dropped; and gossip, whose
//! bound is the judge's.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use libp2p::PeerId;
use venus_guard::{Error, Kind};

use crate::border::{error, Result, Sink};
use crate::ffi::{P2pKind, P2pNews};

/// Information that waits; what identify and ping tell is told again.
const MAX_INFO: usize = 2048;
/// Connection news from where on those of a peer are merged: more than connections may be open, so
/// that a C++ side that fetches them sees every one.
const MERGE_ABOVE: usize = 4096;

struct Queued<T> {
    order: u64,
    item: T,
}

struct Connection {
    peer: PeerId,
    left: u64,
    news: P2pNews,
}

impl Connection {
    fn opened(&self) -> bool {
        self.news.kind == P2pKind::Connected
    }

    /// The first connection with the peer: C++ does not know it yet.
    fn begins(&self) -> bool {
        self.opened() && self.left == 1
    }

    fn ends(&self) -> bool {
        !self.opened() && self.left == 0
    }
}

#[derive(Default)]
struct Queues {
    order: u64,
    connections: VecDeque<Queued<Connection>>,
    info: VecDeque<Queued<P2pNews>>,
    gossip: VecDeque<Queued<P2pNews>>,
    /// C++ found nothing and waits to be woken.
    waiting: bool,
    failure: Option<(Kind, String)>,
}

impl Queues {
    fn push<T>(&mut self, queue: fn(&mut Queues) -> &mut VecDeque<Queued<T>>, item: T) {
        self.order += 1;
        let order = self.order;
        queue(self).push_back(Queued { order, item });
    }

    fn pop(&mut self) -> Option<P2pNews> {
        let front = |order: Option<u64>| order.unwrap_or(u64::MAX);
        let connection = front(self.connections.front().map(|q| q.order));
        let info = front(self.info.front().map(|q| q.order));
        let gossip = front(self.gossip.front().map(|q| q.order));
        if connection < info.min(gossip) {
            return self.connections.pop_front().map(|q| q.item.news);
        }
        let queue = if info < gossip {
            &mut self.info
        } else {
            &mut self.gossip
        };
        queue.pop_front().map(|q| q.item)
    }

    /// Makes room for one more of its peer. At most three of a peer stay, so that what waits is bounded
    /// by the peers that are connected or that C++ believes to be.
    fn merge(&mut self, next: &Connection) -> bool {
        let of_peer = |q: &Queued<Connection>| q.item.peer == next.peer;
        let unknown = match self.connections.iter().find(|q| of_peer(q)) {
            Some(first) => first.item.begins(),
            None => next.begins(),
        };
        if next.ends() {
            self.connections.retain(|q| !of_peer(q));
            return !unknown;
        }
        let last_begin = self
            .connections
            .iter()
            .rfind(|q| of_peer(q) && q.item.begins())
            .map(|q| q.order);
        let first_end = self
            .connections
            .iter()
            .find(|q| of_peer(q) && q.item.ends() && !unknown)
            .map(|q| q.order);
        let keep = |order| Some(order) == last_begin || Some(order) == first_end;
        self.connections
            .retain(|q| q.item.peer != next.peer || keep(q.order));
        true
    }
}

pub struct Outbox {
    queues: Mutex<Queues>,
    sink: Sink,
}

impl Outbox {
    pub fn new(sink: Sink) -> Self {
        Outbox {
            queues: Mutex::default(),
            sink,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn wake(&self, mut queues: MutexGuard<'_, Queues>) {
        let wake = std::mem::take(&mut queues.waiting);
        drop(queues);
        if wake {
            self.sink.wake();
        }
    }

    /// `left`: how many connections there are with the peer.
    pub fn connection(&self, peer: PeerId, left: u32, news: P2pNews) {
        let next = Connection {
            peer,
            left: left.into(),
            news,
        };
        let mut queues = self.lock();
        if queues.connections.len() < MERGE_ABOVE || queues.merge(&next) {
            queues.push(|q| &mut q.connections, next);
        }
        self.wake(queues);
    }

    pub fn info(&self, news: P2pNews) {
        let mut queues = self.lock();
        if queues.info.len() >= MAX_INFO {
            queues.info.pop_front();
        }
        queues.push(|q| &mut q.info, news);
        self.wake(queues);
    }

    pub fn gossip(&self, news: P2pNews) {
        let mut queues = self.lock();
        queues.push(|q| &mut q.gossip, news);
        self.wake(queues);
    }

    /// Drops gossip of which the judge no longer knows: tokens up to this one.
    pub fn expire(&self, token: u64) {
        let mut queues = self.lock();
        while queues
            .gossip
            .front()
            .is_some_and(|q| q.item.number <= token)
        {
            queues.gossip.pop_front();
        }
    }

    /// From now on there is only this error, after what is queued.
    pub fn fail(&self, kind: Kind, message: &str) {
        let mut queues = self.lock();
        if queues.failure.is_none() {
            queues.failure = Some((kind, message.to_owned()));
        }
        self.wake(queues);
    }

    pub fn failure(&self) -> Option<Error> {
        let queues = self.lock();
        queues
            .failure
            .as_ref()
            .map(|(kind, message)| error(*kind, message.as_str()))
    }

    /// The oldest news. When there are none, the sink is woken once by the next.
    pub fn take(&self, max: usize) -> Result<Vec<P2pNews>> {
        let mut queues = self.lock();
        let mut news = Vec::new();
        while news.len() < max {
            match queues.pop() {
                Some(one) => news.push(one),
                None => break,
            }
        }
        if news.is_empty() {
            if let Some((kind, message)) = &queues.failure {
                return Err(error(*kind, message.as_str()));
            }
            queues.waiting = true;
        }
        Ok(news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(peer: PeerId, kind: P2pKind, left: u64) -> Connection {
        Connection {
            peer,
            left,
            news: P2pNews {
                number: left,
                ..news(kind)
            },
        }
    }

    pub fn news(kind: P2pKind) -> P2pNews {
        P2pNews {
            kind,
            flag: false,
            number: 0,
            peer: Vec::new(),
            text: String::new(),
            observed: String::new(),
            list: Vec::new(),
            addresses: Vec::new(),
            data: Vec::new(),
        }
    }

    fn feed(queues: &mut Queues, next: Connection) {
        if queues.merge(&next) {
            queues.push(|q| &mut q.connections, next);
        }
    }

    fn seen(queues: &mut Queues) -> Vec<(P2pKind, u64)> {
        std::iter::from_fn(|| queues.pop())
            .map(|n| (n.kind, n.number))
            .collect()
    }

    #[test]
    fn a_peer_that_came_and_went_leaves_nothing() {
        let mut queues = Queues::default();
        let peer = PeerId::random();
        for _ in 0..3 {
            feed(&mut queues, connection(peer, P2pKind::Connected, 1));
            feed(&mut queues, connection(peer, P2pKind::Connected, 2));
            feed(&mut queues, connection(peer, P2pKind::Disconnected, 1));
            feed(&mut queues, connection(peer, P2pKind::Disconnected, 0));
        }
        assert!(seen(&mut queues).is_empty());
    }

    #[test]
    fn the_end_of_a_known_peer_is_not_lost() {
        let mut queues = Queues::default();
        let peer = PeerId::random();
        // Its beginning has been fetched.
        for _ in 0..3 {
            feed(&mut queues, connection(peer, P2pKind::Disconnected, 0));
            feed(&mut queues, connection(peer, P2pKind::Connected, 1));
        }
        for _ in 0..3 {
            feed(&mut queues, connection(peer, P2pKind::Connected, 2));
            feed(&mut queues, connection(peer, P2pKind::Disconnected, 1));
        }
        let (up, down) = (P2pKind::Connected, P2pKind::Disconnected);
        assert_eq!(seen(&mut queues), [(down, 0), (up, 1), (down, 1)]);
    }

    #[test]
    fn a_new_peer_keeps_its_beginning() {
        let mut queues = Queues::default();
        let peer = PeerId::random();
        feed(&mut queues, connection(peer, P2pKind::Connected, 1));
        for _ in 0..3 {
            feed(&mut queues, connection(peer, P2pKind::Connected, 2));
            feed(&mut queues, connection(peer, P2pKind::Disconnected, 1));
        }
        let (up, down) = (P2pKind::Connected, P2pKind::Disconnected);
        assert_eq!(seen(&mut queues), [(up, 1), (down, 1)]);
    }

    #[test]
    fn order_holds_between_queues() {
        let mut queues = Queues::default();
        queues.push(|q| &mut q.info, news(P2pKind::Pinged));
        queues.push(
            |q| &mut q.connections,
            connection(PeerId::random(), P2pKind::Connected, 1),
        );
        queues.push(|q| &mut q.gossip, news(P2pKind::Gossip));
        queues.push(|q| &mut q.info, news(P2pKind::Listening));
        let kinds: Vec<_> = seen(&mut queues)
            .into_iter()
            .map(|(kind, _)| kind)
            .collect();
        assert_eq!(
            kinds,
            [
                P2pKind::Pinged,
                P2pKind::Connected,
                P2pKind::Gossip,
                P2pKind::Listening
            ]
        );
    }
}
