// SPDX-License-Identifier: MIT OR Apache-2.0
//! The swarm's task: it moves events into queues and carries out commands, and never waits for C++.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use libp2p::core::ConnectedPoint;
use libp2p::gossipsub::{self, IdentTopic, MessageAcceptance, TopicHash};
use libp2p::kad::{self, QueryId, QueryResult};
use libp2p::swarm::{ConnectionId, DialError, SwarmEvent};
use libp2p::{identify, ping, Multiaddr, PeerId, StreamProtocol, Swarm};
use tokio::sync::{mpsc, oneshot, Notify};
use venus_guard::Kind;

use crate::behaviour::{Behaviour, BehaviourEvent};
use crate::border::{error, Result};
use crate::command::Command;
use crate::ffi::{P2pKind, P2pNews};
use crate::gossip::Judge;
use crate::meter::Meter;
use crate::outbox::Outbox;
use crate::repeats::Repeats;
use crate::scores::Scores;
use crate::text::{self, MAX_ADDRESSES};

/// Pings of a connection that fail in a row before it is closed.
const MAX_FAILED_PINGS: u32 = 2;
/// How long connections may take to say good-bye.
const FAREWELL: Duration = Duration::from_millis(300);

/// What the border shares with the task besides commands.
pub struct Shared {
    pub outbox: Outbox,
    pub judge: Judge,
    pub meter: Arc<Meter>,
    pub repeats: Arc<Repeats>,
    /// Set before `attention`.
    pub bans_changed: AtomicBool,
    /// Verdicts or bans wait.
    pub attention: Notify,
    pub stop: Notify,
}

pub struct Connect {
    pub peer: PeerId,
    pub addresses: Vec<Multiaddr>,
    pub dial: ConnectionId,
    pub reply: oneshot::Sender<Result<()>>,
}

pub struct Search {
    pub query: QueryId,
    pub replies: Vec<oneshot::Sender<Result<Vec<String>>>>,
}

pub struct Node {
    pub(crate) swarm: Swarm<Behaviour>,
    shared: Arc<Shared>,
    pub(crate) topics: Vec<(String, TopicHash)>,
    kad_protocol: Option<StreamProtocol>,
    pub(crate) max_gossip: usize,
    pub(crate) scores: Scores,
    pub(crate) connects: Vec<Connect>,
    pub(crate) searches: HashMap<PeerId, Search>,
    /// Addresses that connected peers tell of themselves.
    pub(crate) identified: HashMap<PeerId, Vec<Multiaddr>>,
    failed_pings: HashMap<ConnectionId, u32>,
}

pub fn news(kind: P2pKind, peer: Option<&PeerId>) -> P2pNews {
    P2pNews {
        kind,
        flag: false,
        number: 0,
        peer: peer.map(|peer| peer.to_bytes()).unwrap_or_default(),
        text: String::new(),
        observed: String::new(),
        list: Vec::new(),
        addresses: Vec::new(),
        data: Vec::new(),
    }
}

impl Node {
    pub fn new(
        swarm: Swarm<Behaviour>,
        shared: Arc<Shared>,
        topics: Vec<String>,
        kad_protocol: Option<StreamProtocol>,
        max_gossip: usize,
        scores: Scores,
    ) -> Self {
        let hash = |name: String| {
            let hash = IdentTopic::new(&name).hash();
            (name, hash)
        };
        Node {
            swarm,
            shared,
            topics: topics.into_iter().map(hash).collect(),
            kad_protocol,
            max_gossip,
            scores,
            connects: Vec::new(),
            searches: HashMap::new(),
            identified: HashMap::new(),
            failed_pings: HashMap::new(),
        }
    }

    pub async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let shared = self.shared.clone();
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                command = commands.recv() => match command {
                    Some(command) => self.on_command(command),
                    None => break,
                },
                _ = shared.attention.notified() => self.on_attention(),
                _ = tick.tick() => self.on_tick(),
                _ = shared.stop.notified() => break,
            }
        }
        self.farewell().await;
    }

    /// Lets connections close so that the others notice at once.
    async fn farewell(mut self) {
        let peers: Vec<_> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        let _ = tokio::time::timeout(FAREWELL, async {
            while self.swarm.network_info().num_peers() > 0 {
                self.swarm.select_next_some().await;
            }
        })
        .await;
    }

    fn on_attention(&mut self) {
        if self.shared.bans_changed.swap(false, Relaxed) {
            self.swarm.behaviour_mut().raw.enforce();
        }
        for (waiting, verdict) in self.shared.judge.judged() {
            self.scores.judged(&waiting.source, waiting.topic, verdict);
            if matches!(verdict, MessageAcceptance::Reject) {
                self.shared.repeats.forget(&waiting.id.0);
            }
            self.swarm
                .behaviour_mut()
                .gossip
                .report_message_validation_result(&waiting.id, &waiting.source, verdict);
        }
    }

    fn on_tick(&mut self) {
        let now = Instant::now();
        if let Some(token) = self.shared.judge.expire(now) {
            self.shared.outbox.expire(token);
            self.on_attention();
        }
        for topic in 0..self.topics.len() {
            let peers = self
                .swarm
                .behaviour()
                .gossip
                .mesh_peers(&self.topics[topic].1);
            self.scores.mesh(topic, peers.copied().collect(), now);
        }
        self.scores.decay(now);
        self.connects.retain(|connect| !connect.reply.is_closed());
        self.drop_searches();
        self.shared.meter.prune();
    }

    /// Ends searches nobody waits for.
    fn drop_searches(&mut self) {
        let Some(kad) = self.swarm.behaviour_mut().kad.as_mut() else {
            return;
        };
        self.searches.retain(|_, search| {
            search.replies.retain(|reply| !reply.is_closed());
            if search.replies.is_empty() {
                if let Some(mut query) = kad.query_mut(&search.query) {
                    query.finish();
                }
            }
            !search.replies.is_empty()
        });
    }

    // ---- events ---------------------------------------------------------------------------------

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                endpoint,
                num_established,
                ..
            } => self.on_connected(peer_id, &endpoint, num_established.get()),
            SwarmEvent::ConnectionClosed {
                peer_id,
                connection_id,
                num_established,
                cause,
                ..
            } => {
                self.failed_pings.remove(&connection_id);
                let reason = cause.map_or_else(|| "closed".into(), |cause| cause.to_string());
                self.on_disconnected(peer_id, num_established, reason);
            }
            SwarmEvent::OutgoingConnectionError {
                connection_id,
                error,
                ..
            } => self.on_dial_error(connection_id, error),
            SwarmEvent::NewListenAddr { address, .. } => self.on_listening(&address, true),
            SwarmEvent::ExpiredListenAddr { address, .. } => self.on_listening(&address, false),
            SwarmEvent::ListenerClosed { addresses, .. } => {
                for address in addresses {
                    self.on_listening(&address, false);
                }
            }
            _ => {}
        }
    }

    fn on_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Identify(event) => self.on_identify(event),
            BehaviourEvent::Ping(event) => self.on_ping(event),
            BehaviourEvent::Gossip(event) => self.on_gossip(event),
            BehaviourEvent::Kad(event) => self.on_kad(event),
            BehaviourEvent::Limits(never) => match never {},
            BehaviourEvent::Raw(never) => match never {},
        }
    }

    fn on_connected(&mut self, peer: PeerId, endpoint: &ConnectedPoint, count: u32) {
        self.scores.connected(peer);
        if let Some(score) = self.scores.app(&peer) {
            self.swarm
                .behaviour_mut()
                .gossip
                .set_application_score(&peer, score);
        }
        let connected = P2pNews {
            text: text::plain(endpoint.get_remote_address()).to_string(),
            flag: endpoint.is_listener(),
            number: count.into(),
            ..news(P2pKind::Connected, Some(&peer))
        };
        self.shared.outbox.connection(peer, count, connected);
        for connect in self.connects.extract_if(.., |connect| connect.peer == peer) {
            let _ = connect.reply.send(Ok(()));
        }
        if let ConnectedPoint::Dialer { address, .. } = endpoint {
            self.found(&peer, text::texts([address]));
        }
    }

    fn on_disconnected(&mut self, peer: PeerId, left: u32, reason: String) {
        if left == 0 {
            self.scores.disconnected(&peer);
            self.identified.remove(&peer);
        }
        let disconnected = P2pNews {
            text: reason,
            number: left.into(),
            ..news(P2pKind::Disconnected, Some(&peer))
        };
        self.shared.outbox.connection(peer, left, disconnected);
    }

    fn on_dial_error(&mut self, dial: ConnectionId, why: DialError) {
        let (kind, message) = dial_error(why);
        for connect in self.connects.extract_if(.., |connect| connect.dial == dial) {
            let _ = connect.reply.send(Err(error(kind, message.as_str())));
        }
    }

    fn on_listening(&self, address: &Multiaddr, open: bool) {
        self.shared.outbox.info(P2pNews {
            text: text::plain(address).to_string(),
            flag: open,
            ..news(P2pKind::Listening, None)
        });
    }

    fn on_identify(&mut self, event: identify::Event) {
        let identify::Event::Received {
            peer_id, mut info, ..
        } = event
        else {
            return;
        };
        info.listen_addrs.truncate(MAX_ADDRESSES);
        let speaks_kad = self
            .kad_protocol
            .as_ref()
            .is_some_and(|kad| info.protocols.contains(kad));
        if speaks_kad {
            self.route(&peer_id, &info.listen_addrs);
        }
        self.shared.outbox.info(P2pNews {
            text: info.agent_version,
            list: info.protocols.iter().map(ToString::to_string).collect(),
            addresses: text::texts(&info.listen_addrs),
            observed: text::plain(&info.observed_addr).to_string(),
            ..news(P2pKind::Identified, Some(&peer_id))
        });
        if self.swarm.is_connected(&peer_id) {
            self.identified.insert(peer_id, info.listen_addrs);
        }
    }

    /// Tells the routing table where a peer is.
    pub(crate) fn route(&mut self, peer: &PeerId, addresses: &[Multiaddr]) {
        let Some(kad) = self.swarm.behaviour_mut().kad.as_mut() else {
            return;
        };
        let key = kad::KBucketKey::from(*peer);
        let known = kad.kbucket(*peer).and_then(|bucket| {
            let entry = bucket.iter().find(|entry| *entry.node.key == key)?;
            Some(entry.node.value.len())
        });
        // The library keeps every address it was ever told; a peer may tell new ones all day.
        if known.is_some_and(|known| known > 2 * MAX_ADDRESSES) {
            kad.remove_peer(peer);
        }
        for address in addresses {
            kad.add_address(peer, text::plain(address));
        }
    }

    fn on_ping(&mut self, event: ping::Event) {
        match event.result {
            Ok(round_trip) => {
                self.failed_pings.remove(&event.connection);
                self.shared.outbox.info(P2pNews {
                    number: round_trip.as_micros() as u64,
                    ..news(P2pKind::Pinged, Some(&event.peer))
                });
            }
            Err(ping::Failure::Unsupported) => {}
            Err(_) => {
                let failed = self.failed_pings.entry(event.connection).or_default();
                *failed += 1;
                if *failed >= MAX_FAILED_PINGS {
                    self.failed_pings.remove(&event.connection);
                    self.swarm.close_connection(event.connection);
                }
            }
        }
    }

    fn on_gossip(&mut self, event: gossipsub::Event) {
        let gossipsub::Event::Message {
            propagation_source,
            message_id,
            message,
        } = event
        else {
            return;
        };
        self.shared.repeats.note(&message_id.0);
        let topic = self
            .topics
            .iter()
            .position(|(_, hash)| *hash == message.topic);
        let bytes = message.data.len();
        let token = topic.and_then(|topic| {
            let judge = &self.shared.judge;
            judge.admit(message_id.clone(), propagation_source, topic, bytes)
        });
        let (Some(topic), Some(token)) = (topic, token) else {
            self.swarm
                .behaviour_mut()
                .gossip
                .report_message_validation_result(
                    &message_id,
                    &propagation_source,
                    MessageAcceptance::Ignore,
                );
            return;
        };
        self.shared.outbox.gossip(P2pNews {
            number: token,
            text: self.topics[topic].0.clone(),
            data: message.data,
            ..news(P2pKind::Gossip, Some(&propagation_source))
        });
    }

    fn on_kad(&mut self, event: kad::Event) {
        match event {
            kad::Event::RoutingUpdated {
                peer,
                is_new_peer: true,
                addresses,
                ..
            } => {
                let addresses: Vec<_> = addresses.iter().cloned().collect();
                self.discovered(&peer, &addresses);
            }
            kad::Event::OutboundQueryProgressed {
                id, result, step, ..
            } => {
                if let QueryResult::GetClosestPeers(result) = result {
                    let peers = match result {
                        Ok(ok) => ok.peers,
                        Err(kad::GetClosestPeersError::Timeout { peers, .. }) => peers,
                    };
                    for peer in peers {
                        self.discovered(&peer.peer_id, &peer.addrs);
                    }
                }
                if step.last {
                    self.search_ended(id);
                }
            }
            _ => {}
        }
    }

    fn discovered(&mut self, peer: &PeerId, addresses: &[Multiaddr]) {
        if addresses.is_empty() || peer == self.swarm.local_peer_id() {
            return;
        }
        self.shared.outbox.info(P2pNews {
            addresses: text::texts(addresses),
            ..news(P2pKind::Discovered, Some(peer))
        });
        self.found(peer, text::texts(addresses));
    }

    fn found(&mut self, peer: &PeerId, addresses: Vec<String>) {
        let Some(search) = self.searches.remove(peer) else {
            return;
        };
        if let Some(kad) = self.swarm.behaviour_mut().kad.as_mut() {
            if let Some(mut query) = kad.query_mut(&search.query) {
                query.finish();
            }
        }
        for reply in search.replies {
            let _ = reply.send(Ok(addresses.clone()));
        }
    }

    fn search_ended(&mut self, id: QueryId) {
        let ended = self.searches.extract_if(|_, search| search.query == id);
        for (peer, search) in ended {
            for reply in search.replies {
                let _ = reply.send(Err(not_found(&peer)));
            }
        }
    }
}

pub fn not_found(peer: &PeerId) -> venus_guard::Error {
    error(Kind::NotFound, format!("no address of {peer} is known"))
}

pub fn dial_error(why: DialError) -> (Kind, String) {
    match why {
        DialError::WrongPeerId { obtained, address } => {
            (Kind::FailedValidation, format!("{address} is {obtained}"))
        }
        DialError::LocalPeerId { address } => {
            (Kind::FailedValidation, format!("{address} is this node"))
        }
        DialError::Denied { cause } => (Kind::Unavailable, format!("not allowed: {cause}")),
        DialError::NoAddresses => (Kind::Unavailable, "no address is known".into()),
        DialError::Aborted => (Kind::Unavailable, "given up".into()),
        DialError::Transport(errors) => {
            let all: Vec<_> = errors
                .iter()
                .map(|(to, why)| format!("{to}: {}", root(why)))
                .collect();
            (Kind::Unavailable, all.join("; "))
        }
        other => (Kind::Unavailable, other.to_string()),
    }
}

/// The innermost cause: the wrappers around it say nothing.
fn root(why: &(dyn std::error::Error + 'static)) -> String {
    let mut inner = why;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
