// SPDX-License-Identifier: MIT OR Apache-2.0
//! What gossipsub's score of a peer is made of, counted beside it: gossipsub tells only the sum. Its
//! own counters also know duplicates and broken signatures, which are not seen here.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use libp2p::gossipsub::MessageAcceptance;
use libp2p::PeerId;

use crate::behaviour::decay_factor;
use crate::ffi::{P2pTopicIn, P2pTopicScoreOut};

/// Application scores kept for peers that are not connected.
const MAX_APP: usize = 8192;

#[derive(Clone, Copy, Default)]
struct OfTopic {
    in_mesh_since: Option<Instant>,
    first: f64,
    invalid: f64,
}

struct Topic {
    name: String,
    first_decay: f64,
    first_cap: f64,
    invalid_decay: f64,
}

pub struct Scores {
    topics: Vec<Topic>,
    peers: HashMap<PeerId, Vec<OfTopic>>,
    app: HashMap<PeerId, f64>,
    interval: Duration,
    decay_to_zero: f64,
    decayed: Instant,
}

impl Scores {
    pub fn new(topics: &[P2pTopicIn], interval: Duration, decay_to_zero: f64) -> Self {
        let topics = topics.iter().map(|topic| Topic {
            name: topic.name.clone(),
            first_decay: decay_factor(topic.first_decay),
            first_cap: topic.first_cap,
            invalid_decay: decay_factor(topic.invalid_decay),
        });
        Scores {
            topics: topics.collect(),
            peers: HashMap::new(),
            app: HashMap::new(),
            interval,
            decay_to_zero,
            decayed: Instant::now(),
        }
    }

    pub fn connected(&mut self, peer: PeerId) {
        let topics = self.topics.len();
        self.peers
            .entry(peer)
            .or_insert_with(|| vec![OfTopic::default(); topics]);
    }

    pub fn disconnected(&mut self, peer: &PeerId) {
        self.peers.remove(peer);
    }

    pub fn peers(&self) -> impl Iterator<Item = &PeerId> {
        self.peers.keys()
    }

    pub fn app(&self, peer: &PeerId) -> Option<f64> {
        self.app.get(peer).copied()
    }

    pub fn set_app(&mut self, peer: PeerId, score: f64) {
        if score == 0.0 {
            self.app.remove(&peer);
        } else if self.app.len() < MAX_APP || self.app.contains_key(&peer) {
            self.app.insert(peer, score);
        } else {
            let connected = &self.peers;
            self.app.retain(|peer, _| connected.contains_key(peer));
            self.app.insert(peer, score);
        }
    }

    pub fn judged(&mut self, peer: &PeerId, topic: usize, verdict: MessageAcceptance) {
        let cap = self.topics[topic].first_cap;
        let Some(of_topic) = self.peers.get_mut(peer).map(|topics| &mut topics[topic]) else {
            return;
        };
        match verdict {
            MessageAcceptance::Accept => of_topic.first = cap.min(of_topic.first + 1.0),
            MessageAcceptance::Reject => of_topic.invalid += 1.0,
            MessageAcceptance::Ignore => {}
        }
    }

    /// Who is in the mesh of a topic now.
    pub fn mesh(&mut self, topic: usize, peers: HashSet<PeerId>, now: Instant) {
        for (peer, topics) in &mut self.peers {
            let of_topic = &mut topics[topic];
            match peers.contains(peer) {
                true => of_topic.in_mesh_since = of_topic.in_mesh_since.or(Some(now)),
                false => of_topic.in_mesh_since = None,
            }
        }
    }

    pub fn decay(&mut self, now: Instant) {
        let interval = self.interval.max(Duration::from_millis(1));
        let passed = now.saturating_duration_since(self.decayed);
        let steps = (passed.as_nanos() / interval.as_nanos()).min(1 << 20) as u32;
        if steps == 0 {
            return;
        }
        self.decayed += interval * steps;
        let floor = self.decay_to_zero;
        let decay = |value: &mut f64, factor: f64| {
            *value *= factor.powi(steps as i32);
            if *value < floor {
                *value = 0.0;
            }
        };
        for topics in self.peers.values_mut() {
            for (of_topic, topic) in topics.iter_mut().zip(&self.topics) {
                decay(&mut of_topic.first, topic.first_decay);
                decay(&mut of_topic.invalid, topic.invalid_decay);
            }
        }
    }

    pub fn topics(&self, peer: &PeerId, now: Instant) -> Vec<P2pTopicScoreOut> {
        let Some(topics) = self.peers.get(peer) else {
            return Vec::new();
        };
        let all = topics
            .iter()
            .zip(&self.topics)
            .map(|(of_topic, topic)| P2pTopicScoreOut {
                name: topic.name.clone(),
                time_in_mesh_ns: of_topic.in_mesh_since.map_or(0, |since| {
                    now.saturating_duration_since(since).as_nanos() as u64
                }),
                first: of_topic.first,
                invalid: of_topic.invalid,
            });
        all.collect()
    }
}
