// SPDX-License-Identifier: MIT OR Apache-2.0
//! The swarm as the settings want it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::Boxed;
use libp2p::core::upgrade::Version;
use libp2p::gossipsub::{
    self, IdentTopic, MaxCountSubscriptionFilter, MessageAuthenticity, MessageId, PeerScoreParams,
    PeerScoreThresholds, TopicScoreParams, ValidationMode, WhitelistSubscriptionFilter,
};
use libp2p::identity::Keypair;
use libp2p::kad::store::{MemoryStore, MemoryStoreConfig};
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::swarm::NetworkBehaviour;
use libp2p::{connection_limits, dns, identify, kad, noise, ping, quic, swarm, tcp, yamux};
use libp2p::{PeerId, Swarm, Transport};
use venus_guard::{refuse, Kind};

use crate::border::{error, Result};
use crate::ffi::{P2pConfig, P2pGossipIn, P2pLimitsIn, P2pTopicIn};
use crate::gate::{Bans, Gate};
use crate::meter::Meter;
use crate::{raw, repeats, text};

/// From the first packet to a negotiated connection, dialling included.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const PING_INTERVAL: Duration = Duration::from_secs(15);
/// Streams of one TCP connection, both sides' together. Each lets a peer fill a window of 256 KiB.
const MAX_STREAMS: usize = 128;
/// Subscriptions in one message, as Lotus limits them.
const MAX_SUBSCRIPTIONS: usize = 100;
/// A gossip message on the wire is its data and at most so much more (author, number, topic, signature).
pub const GOSSIP_OVERHEAD: usize = 1024;

pub type Gossip = gossipsub::Behaviour<
    gossipsub::IdentityTransform,
    MaxCountSubscriptionFilter<WhitelistSubscriptionFilter>,
>;

/// What may refuse a connection comes first.
#[derive(NetworkBehaviour)]
pub struct Behaviour {
    pub limits: connection_limits::Behaviour,
    pub raw: raw::Behaviour,
    pub identify: identify::Behaviour,
    pub ping: ping::Behaviour,
    pub gossip: Gossip,
    pub kad: Toggle<kad::Behaviour<MemoryStore>>,
}

/// Must be called within the runtime.
pub fn build(
    config: &P2pConfig,
    key: &Keypair,
    raw: raw::Behaviour,
    bans: Bans,
    meter: Arc<Meter>,
) -> Result<Swarm<Behaviour>> {
    let peer = key.public().to_peer_id();
    let behaviour = Behaviour {
        limits: limits(&config.limits),
        raw,
        identify: identify_behaviour(config, key),
        ping: ping::Behaviour::new(ping::Config::new().with_interval(PING_INTERVAL)),
        gossip: gossip(config, key)?,
        kad: kad_behaviour(config, peer)?.into(),
    };
    let idle = Duration::from_millis(config.idle_timeout_ms);
    let settings = swarm::Config::with_tokio_executor().with_idle_connection_timeout(idle);
    let transport = transport(key, bans, meter)?;
    Ok(Swarm::new(transport, behaviour, peer, settings))
}

fn transport(
    key: &Keypair,
    bans: Bans,
    meter: Arc<Meter>,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>> {
    let noise =
        noise::Config::new(key).map_err(|e| error(Kind::Internal, format!("noise: {e}")))?;
    let mut muxing = yamux::Config::default();
    muxing.set_max_num_streams(MAX_STREAMS);
    let tcp = tcp::tokio::Transport::new(tcp::Config::default().nodelay(true))
        .upgrade(Version::V1Lazy)
        .authenticate(noise)
        .multiplex(muxing)
        .timeout(HANDSHAKE_TIMEOUT)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    let quic = quic::tokio::Transport::new(quic::Config::new(key))
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    let inner = quic
        .or_transport(tcp)
        .map(|either, _| either.into_inner())
        .boxed();
    let inner = Gate { inner, bans };
    // A machine without name servers can still dial addresses.
    let named = match std::path::Path::new("/etc/resolv.conf").exists() {
        true => dns::tokio::Transport::system(inner)
            .map_err(|e| error(Kind::Io, format!("resolver: {e}")))?,
        false => dns::tokio::Transport::custom(inner, Default::default(), Default::default()),
    };
    let counted = named.map(move |(peer, muxer), _| (peer, meter.count(peer, muxer)));
    Ok(counted.boxed())
}

fn limits(limits: &P2pLimitsIn) -> connection_limits::Behaviour {
    connection_limits::Behaviour::new(
        connection_limits::ConnectionLimits::default()
            .with_max_pending_incoming(Some(limits.pending_inbound))
            .with_max_pending_outgoing(Some(limits.pending_outbound))
            .with_max_established_incoming(Some(limits.inbound_connections))
            .with_max_established_outgoing(Some(limits.outbound_connections))
            .with_max_established_per_peer(Some(limits.connections_of_peer)),
    )
}

fn identify_behaviour(config: &P2pConfig, key: &Keypair) -> identify::Behaviour {
    identify::Behaviour::new(
        identify::Config::new_with_signed_peer_record("ipfs/0.1.0".into(), key)
            .with_agent_version(config.agent.clone())
            .with_push_listen_addr_updates(true)
            .with_cache_size(1024),
    )
}

fn kad_behaviour(config: &P2pConfig, peer: PeerId) -> Result<Option<kad::Behaviour<MemoryStore>>> {
    if config.kad_protocol.is_empty() {
        return Ok(None);
    }
    // Filecoin uses the DHT to find peers alone: nobody's records or providers are stored.
    let store = MemoryStore::with_config(
        peer,
        MemoryStoreConfig {
            max_records: 0,
            max_value_bytes: 0,
            max_providers_per_key: 0,
            max_provided_keys: 0,
        },
    );
    let mut settings = kad::Config::new(text::protocol(&config.kad_protocol)?);
    settings
        .set_record_filtering(kad::StoreInserts::FilterBoth)
        .set_replication_interval(None)
        .set_publication_interval(None)
        .set_provider_publication_interval(None)
        .set_caching(kad::Caching::Disabled)
        .set_query_timeout(Duration::from_secs(30));
    let mut kad = kad::Behaviour::with_config(peer, store, settings);
    kad.set_mode(Some(match config.kad_server {
        true => kad::Mode::Server,
        false => kad::Mode::Client,
    }));
    Ok(Some(kad))
}

/// Of the data alone, so that who sent it first does not matter.
fn message_id(message: &gossipsub::Message) -> MessageId {
    MessageId::from(repeats::message_id(&message.data).to_vec())
}

fn gossip(config: &P2pConfig, key: &Keypair) -> Result<Gossip> {
    let bad = |what: String| error(Kind::InvalidArgument, format!("gossip settings: {what}"));
    let with = &config.gossip;
    let settings = gossipsub::ConfigBuilder::default()
        .mesh_n(with.mesh as usize)
        .mesh_n_low(with.mesh_low as usize)
        .mesh_n_high(with.mesh_high as usize)
        .mesh_outbound_min(with.mesh_outbound as usize)
        .retain_scores(with.retain_scores as usize)
        .gossip_lazy(with.lazy as usize)
        .gossip_factor(with.gossip_factor)
        .history_length(with.history as usize)
        .history_gossip((with.history as usize).min(3))
        .max_transmit_size(with.max_message as usize)
        .duplicate_cache_time(Duration::from_millis(with.seen_for_ms))
        // The values of go-libp2p-pubsub where the two libraries differ, and Lotus's.
        .heartbeat_initial_delay(Duration::from_millis(100))
        .iwant_followup_time(Duration::from_secs(5))
        .flood_publish(true)
        .validation_mode(ValidationMode::Strict)
        .validate_messages()
        .message_id_fn(message_id)
        .do_px_if(with.peer_exchange)
        .build()
        .map_err(|e| bad(e.to_string()))?;
    if with.mesh_outbound > with.mesh_low || with.mesh_low > with.mesh || with.mesh > with.mesh_high
    {
        return Err(bad("mesh sizes out of order".into()));
    }
    let topics = config
        .topics
        .iter()
        .map(|topic| IdentTopic::new(&topic.name));
    let filter = MaxCountSubscriptionFilter {
        max_subscribed_topics: config.topics.len(),
        max_subscriptions_per_request: MAX_SUBSCRIPTIONS,
        filter: WhitelistSubscriptionFilter(topics.clone().map(|topic| topic.hash()).collect()),
    };
    let authenticity = MessageAuthenticity::Signed(key.clone());
    let mut gossip = Gossip::new_with_subscription_filter(authenticity, settings, filter)
        .map_err(|e| bad(e.to_string()))?;
    gossip
        .with_peer_score(score(with, &config.topics).map_err(bad)?, thresholds(with))
        .map_err(bad)?;
    for topic in topics {
        gossip.subscribe(&topic).map_err(|e| bad(e.to_string()))?;
    }
    Ok(gossip)
}

trait PeerExchange {
    fn do_px_if(&mut self, yes: bool) -> &mut Self;
}

impl PeerExchange for gossipsub::ConfigBuilder {
    fn do_px_if(&mut self, yes: bool) -> &mut Self {
        match yes {
            // 16 as go-libp2p-pubsub's GossipSubPrunePeers.
            true => self.do_px().prune_peers(16),
            false => self,
        }
    }
}

fn thresholds(with: &P2pGossipIn) -> PeerScoreThresholds {
    PeerScoreThresholds {
        gossip_threshold: with.gossip_threshold,
        publish_threshold: with.publish_threshold,
        graylist_threshold: with.graylist_threshold,
        accept_px_threshold: with.accept_exchange_threshold,
        opportunistic_graft_threshold: with.opportunistic_graft_threshold,
    }
}

fn score(
    with: &P2pGossipIn,
    topics: &[P2pTopicIn],
) -> std::result::Result<PeerScoreParams, String> {
    let whitelist = with.colocation_whitelist.iter().map(|text| {
        let ip: std::result::Result<IpAddr, _> = text.parse();
        ip.map_err(|_| format!("colocation whitelist: \"{text}\""))
    });
    let topics = topics
        .iter()
        .map(|topic| (IdentTopic::new(&topic.name).hash(), topic_score(topic)));
    Ok(PeerScoreParams {
        topics: topics.collect::<HashMap<_, _>>(),
        topic_score_cap: 0.0,
        app_specific_weight: with.app_weight,
        ip_colocation_factor_weight: with.colocation_weight,
        ip_colocation_factor_threshold: f64::from(with.colocation_threshold),
        ip_colocation_factor_whitelist: whitelist.collect::<std::result::Result<_, _>>()?,
        behaviour_penalty_weight: with.behaviour_weight,
        behaviour_penalty_threshold: with.behaviour_threshold,
        behaviour_penalty_decay: decay_factor(with.behaviour_decay),
        decay_interval: Duration::from_millis(with.decay_interval_ms),
        decay_to_zero: with.decay_to_zero,
        retain_score: Duration::from_millis(with.retain_score_ms),
        ..Default::default()
    })
}

/// A factor that the library would refuse, unset or out of its range, becomes that of one hour at one
/// second (Lotus's most common one).
pub fn decay_factor(factor: f64) -> f64 {
    match factor > 0.0 && factor < 1.0 {
        true => factor,
        false => gossipsub::score_parameter_decay(Duration::from_secs(3600)),
    }
}

fn topic_score(topic: &P2pTopicIn) -> TopicScoreParams {
    TopicScoreParams {
        topic_weight: topic.weight,
        time_in_mesh_weight: topic.time_in_mesh_weight,
        time_in_mesh_quantum: Duration::from_millis(topic.time_in_mesh_quantum_ms),
        time_in_mesh_cap: topic.time_in_mesh_cap,
        first_message_deliveries_weight: topic.first_weight,
        first_message_deliveries_decay: decay_factor(topic.first_decay),
        first_message_deliveries_cap: topic.first_cap,
        invalid_message_deliveries_weight: topic.invalid_weight,
        invalid_message_deliveries_decay: decay_factor(topic.invalid_decay),
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        ..Default::default()
    }
}

/// Listens on all addresses.
pub fn listen(swarm: &mut Swarm<Behaviour>, config: &P2pConfig) -> anyhow::Result<()> {
    let parse = |text: &String| Ok((text.clone(), text::address(text)?));
    let addresses = config.listen.iter().map(parse);
    let addresses = addresses.collect::<Result<Vec<_>>>()?;
    // The library shares ports between sockets (SO_REUSEPORT), and so would two nodes. All are tried
    // before any is taken, since one port is often wanted for IPv4 and IPv6.
    for (text, address) in &addresses {
        if let Some(Err(e)) = text::tcp_socket(address).map(std::net::TcpListener::bind) {
            refuse!(Io, "listen on {text}: {e}");
        }
    }
    for (text, address) in addresses {
        if let Err(e) = swarm.listen_on(address) {
            refuse!(Io, "listen on {text}: {e}");
        }
    }
    for text in &config.announce {
        swarm.add_external_address(text::address(text)?);
    }
    Ok(())
}
