// SPDX-License-Identifier: MIT OR Apache-2.0
//! The libp2p host behind C++. A narrow border: commands go in, news come out, all queues are bounded,
//! and nothing here waits on C++. The swarm runs in one task that only moves things between queues;
//! streams work in tasks of their own.

mod behaviour;
mod border;
mod command;
mod gate;
mod gossip;
mod host;
mod meter;
mod orders;
mod outbox;
mod raw;
mod repeats;
mod scores;
mod stream;
mod swarm;
mod text;

use host::{p2p_peer_id, p2p_start, P2pNode};
use stream::P2pRawStream;

#[cxx::bridge(namespace = "venus::native")]
mod ffi {
    struct P2pTopicIn {
        name: String,
        weight: f64,
        time_in_mesh_weight: f64,
        time_in_mesh_quantum_ms: u64,
        time_in_mesh_cap: f64,
        first_weight: f64,
        first_decay: f64,
        first_cap: f64,
        invalid_weight: f64,
        invalid_decay: f64,
    }

    struct P2pGossipIn {
        mesh: u32,
        mesh_low: u32,
        mesh_high: u32,
        mesh_outbound: u32,
        retain_scores: u32,
        lazy: u32,
        history: u32,
        gossip_factor: f64,
        max_message: u32,
        seen_for_ms: u64,
        peer_exchange: bool,
        gossip_threshold: f64,
        publish_threshold: f64,
        graylist_threshold: f64,
        accept_exchange_threshold: f64,
        opportunistic_graft_threshold: f64,
        app_weight: f64,
        colocation_weight: f64,
        colocation_threshold: u32,
        colocation_whitelist: Vec<String>,
        behaviour_weight: f64,
        behaviour_threshold: f64,
        behaviour_decay: f64,
        decay_interval_ms: u64,
        retain_score_ms: u64,
        decay_to_zero: f64,
    }

    struct P2pLimitsIn {
        inbound_connections: u32,
        outbound_connections: u32,
        pending_inbound: u32,
        pending_outbound: u32,
        connections_of_peer: u32,
        gossip_queue: u32,
        gossip_queue_bytes: u64,
        streams_of_peer: u32,
        inbound_streams: u32,
    }

    struct P2pConfig {
        identity: [u8; 32],
        agent: String,
        kad_protocol: String,
        kad_server: bool,
        listen: Vec<String>,
        announce: Vec<String>,
        topics: Vec<P2pTopicIn>,
        protocols: Vec<String>,
        gossip: P2pGossipIn,
        limits: P2pLimitsIn,
        idle_timeout_ms: u64,
    }

    #[derive(Debug)]
    enum P2pKind {
        Connected,
        Disconnected,
        Identified,
        Pinged,
        Listening,
        Discovered,
        Gossip,
    }

    /// One event; the fields mean what the kind's comment in src/bridge/p2p_events.cpp says.
    struct P2pNews {
        kind: P2pKind,
        flag: bool,
        number: u64,
        peer: Vec<u8>,
        text: String,
        observed: String,
        list: Vec<String>,
        addresses: Vec<String>,
        data: Vec<u8>,
    }

    struct P2pTopicScoreOut {
        name: String,
        time_in_mesh_ns: u64,
        first: f64,
        invalid: f64,
    }

    struct P2pScoreOut {
        peer: Vec<u8>,
        score: f64,
        app: f64,
        topics: Vec<P2pTopicScoreOut>,
    }

    /// `name` for a protocol, `peer` for a peer.
    struct P2pTrafficOut {
        name: String,
        peer: Vec<u8>,
        bytes_in: u64,
        bytes_out: u64,
    }

    struct P2pBandwidthOut {
        total_in: u64,
        total_out: u64,
        protocols: Vec<P2pTrafficOut>,
        peers: Vec<P2pTrafficOut>,
    }

    /// What a command answers; without `error`, which begins with its kind's letter, it went well.
    #[derive(Default)]
    struct P2pReply {
        error: String,
        data: Vec<u8>,
        texts: Vec<String>,
        scores: Vec<P2pScoreOut>,
    }

    extern "Rust" {
        type P2pNode;
        fn p2p_start(config: P2pConfig, sink: SharedPtr<P2pSink>) -> Result<Box<P2pNode>>;
        fn p2p_peer_id(seed: &[u8; 32]) -> Result<Vec<u8>>;
        fn id(self: &P2pNode) -> Vec<u8>;
        fn take_news(self: &P2pNode, max: usize) -> Result<Vec<P2pNews>>;
        fn connect(
            self: &P2pNode,
            peer: &[u8],
            addresses: Vec<String>,
            timeout_ms: u64,
            done: UniquePtr<P2pDone>,
        );
        fn disconnect(self: &P2pNode, peer: &[u8]);
        fn open_stream(
            self: &P2pNode,
            peer: &[u8],
            protocols: Vec<String>,
            timeout_ms: u64,
            done: UniquePtr<P2pDone>,
        );
        fn find_peer(self: &P2pNode, peer: &[u8], timeout_ms: u64, done: UniquePtr<P2pDone>);
        fn add_addresses(self: &P2pNode, peer: &[u8], addresses: Vec<String>);
        fn walk_dht(self: &P2pNode);
        fn set_banned(self: &P2pNode, peers: Vec<u8>, networks: Vec<String>) -> Result<()>;
        fn set_app_score(self: &P2pNode, peer: &[u8], score: f64);
        fn publish(self: &P2pNode, topic: &str, data: &[u8], done: UniquePtr<P2pDone>);
        fn report(self: &P2pNode, token: u64, verdict: u8);
        fn scores(self: &P2pNode, done: UniquePtr<P2pDone>);
        fn topic_peers(self: &P2pNode, topic: &str, done: UniquePtr<P2pDone>);
        fn bandwidth(self: &P2pNode) -> P2pBandwidthOut;
        fn ignored_gossip(self: &P2pNode) -> u64;
        fn stop(self: &P2pNode);

        type P2pRawStream;
        fn peer(self: &P2pRawStream) -> Vec<u8>;
        fn protocol(self: &P2pRawStream) -> String;
        fn read(self: &P2pRawStream, max: usize, timeout_ms: u64, done: UniquePtr<P2pDone>);
        fn write(self: &P2pRawStream, data: &[u8], timeout_ms: u64, done: UniquePtr<P2pDone>);
        fn finish(self: &P2pRawStream, timeout_ms: u64, done: UniquePtr<P2pDone>);
        fn reset(self: &P2pRawStream);
    }

    unsafe extern "C++" {
        include!("venus_native/p2p_host.hpp");

        type P2pSink;
        fn wake(self: &P2pSink);
        fn stream(self: &P2pSink, stream: Box<P2pRawStream>);

        type P2pDone;
        fn finish(self: Pin<&mut P2pDone>, reply: P2pReply);
        fn opened(self: Pin<&mut P2pDone>, stream: Box<P2pRawStream>);
    }

    impl UniquePtr<P2pDone> {}
    impl SharedPtr<P2pSink> {}
}
