// SPDX-License-Identifier: MIT OR Apache-2.0
//! How the swarm's task carries out commands.

use std::time::Instant;

use libp2p::gossipsub::{IdentTopic, PublishError};
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::{kad, Multiaddr, PeerId};
use tokio::sync::oneshot;
use venus_guard::Kind;

use crate::behaviour::GOSSIP_OVERHEAD;
use crate::border::{error, unavailable, Done, Result};
use crate::command::Command;
use crate::ffi::{P2pReply, P2pScoreOut};
use crate::swarm::{dial_error, not_found, Connect, Node, Search};
use crate::text;

/// Connects and searches that wait for their end.
const MAX_WAITING: usize = 1024;

impl Node {
    pub(crate) fn on_command(&mut self, command: Command) {
        match command {
            Command::Connect {
                peer,
                addresses,
                reply,
            } => self.connect(peer, addresses, reply),
            Command::Disconnect(peer) => {
                let _ = self.swarm.disconnect_peer_id(peer);
            }
            Command::FindPeer { peer, reply } => self.find_peer(peer, reply),
            Command::AddAddresses(peer, addresses) => {
                self.route(&peer, &addresses);
                for address in addresses {
                    self.swarm.add_peer_address(peer, address);
                }
            }
            Command::Walk => self.walk(),
            Command::SetAppScore(peer, score) => {
                self.scores.set_app(peer, score);
                self.swarm
                    .behaviour_mut()
                    .gossip
                    .set_application_score(&peer, score);
            }
            Command::Publish { topic, data, done } => done.unit(self.publish(&topic, data)),
            Command::Scores(done) => self.tell_scores(done),
            Command::TopicPeers(topic, done) => self.topic_peers(&topic, done),
        }
    }

    fn connect(
        &mut self,
        peer: PeerId,
        addresses: Vec<Multiaddr>,
        reply: oneshot::Sender<Result<()>>,
    ) {
        if self.swarm.is_connected(&peer) {
            let _ = reply.send(Ok(()));
            return;
        }
        if peer == *self.swarm.local_peer_id() {
            let _ = reply.send(Err(error(Kind::InvalidArgument, "that peer is this node")));
            return;
        }
        if self.connects.len() >= MAX_WAITING {
            let _ = reply.send(Err(unavailable("too many connects under way")));
            return;
        }
        let same = |other: &&Connect| other.peer == peer && other.addresses == addresses;
        let dial = match self.connects.iter().find(same) {
            Some(other) => other.dial,
            None => {
                let options = DialOpts::peer_id(peer)
                    .addresses(addresses.clone())
                    .extend_addresses_through_behaviour()
                    .condition(PeerCondition::Disconnected)
                    .build();
                let dial = options.connection_id();
                if let Err(why) = self.swarm.dial(options) {
                    let (kind, message) = dial_error(why);
                    let _ = reply.send(Err(error(kind, message)));
                    return;
                }
                dial
            }
        };
        self.connects.push(Connect {
            peer,
            addresses,
            dial,
            reply,
        });
    }

    fn known(&mut self, peer: &PeerId) -> Vec<String> {
        if let Some(addresses) = self.identified.get(peer).filter(|known| !known.is_empty()) {
            return text::texts(addresses);
        }
        let Some(kad) = self.swarm.behaviour_mut().kad.as_mut() else {
            return Vec::new();
        };
        let key = kad::KBucketKey::from(*peer);
        let Some(bucket) = kad.kbucket(*peer) else {
            return Vec::new();
        };
        let entry = bucket.iter().find(|entry| *entry.node.key == key);
        entry.map_or_else(Vec::new, |entry| text::texts(entry.node.value.iter()))
    }

    fn find_peer(&mut self, peer: PeerId, reply: oneshot::Sender<Result<Vec<String>>>) {
        let known = self.known(&peer);
        if !known.is_empty() {
            let _ = reply.send(Ok(known));
            return;
        }
        let waiting: usize = self
            .searches
            .values()
            .map(|search| search.replies.len())
            .sum();
        if waiting >= MAX_WAITING {
            let _ = reply.send(Err(unavailable("too many searches under way")));
            return;
        }
        if let Some(search) = self.searches.get_mut(&peer) {
            search.replies.push(reply);
            return;
        }
        match self.swarm.behaviour_mut().kad.as_mut() {
            None => {
                let _ = reply.send(Err(not_found(&peer)));
            }
            Some(kad) => {
                let query = kad.get_closest_peers(peer);
                let replies = vec![reply];
                self.searches.insert(peer, Search { query, replies });
            }
        }
    }

    fn walk(&mut self) {
        if let Some(kad) = self.swarm.behaviour_mut().kad.as_mut() {
            // Without known peers there is nothing to walk.
            if kad.bootstrap().is_ok() {
                kad.get_closest_peers(PeerId::random());
            }
        }
    }

    fn publish(&mut self, topic: &str, data: Vec<u8>) -> Result<()> {
        let Some((_, hash)) = self.topics.iter().find(|(name, _)| name == topic) else {
            return Err(error(
                Kind::InvalidArgument,
                format!("not a topic of ours: {topic}"),
            ));
        };
        if data.len() + GOSSIP_OVERHEAD > self.max_gossip {
            let message = format!("{} bytes are too much for gossip", data.len());
            return Err(error(Kind::TooLarge, message));
        }
        let published = self
            .swarm
            .behaviour_mut()
            .gossip
            .publish(hash.clone(), data);
        published.map(|_| ()).map_err(|why| match why {
            PublishError::Duplicate => error(Kind::AlreadyExists, "this was gossiped before"),
            PublishError::MessageTooLarge => error(Kind::TooLarge, "too much for gossip"),
            PublishError::NoPeersSubscribedToTopic => {
                unavailable(format!("no connected peer follows {topic}"))
            }
            PublishError::AllQueuesFull(_) => unavailable("the queues of all peers are full"),
            other => error(Kind::Internal, format!("publish: {other}")),
        })
    }

    fn tell_scores(&self, done: Done) {
        let gossip = &self.swarm.behaviour().gossip;
        let now = Instant::now();
        let scores = self.scores.peers().map(|peer| P2pScoreOut {
            peer: peer.to_bytes(),
            score: gossip.peer_score(peer).unwrap_or(0.0),
            app: self.scores.app(peer).unwrap_or(0.0),
            topics: self.scores.topics(peer, now),
        });
        done.reply(Ok(P2pReply {
            scores: scores.collect(),
            ..Default::default()
        }));
    }

    fn topic_peers(&self, topic: &str, done: Done) {
        let hash = IdentTopic::new(topic).hash();
        let peers = self.swarm.behaviour().gossip.all_peers();
        let following = peers.filter(|(_, topics)| topics.contains(&&hash));
        done.texts(Ok(following.map(|(peer, _)| peer.to_base58()).collect()));
    }
}
