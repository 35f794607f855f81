// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/task.hpp"
#include "types/peer_id.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The libp2p host: TCP and QUIC, noise, yamux, identify, ping, gossipsub, Kademlia and raw streams. It
/// knows no Filecoin protocol and no policy: commands go in, events come out, and whoever owns it (net)
/// decides. Everything is bounded; nothing here waits on C++.
namespace venus::bridge {

using std::chrono::milliseconds;

// ---- settings -------------------------------------------------------------------------------------

/// Score parameters of one gossip topic (gossipsub v1.1, "topic parameters"); penalties for missing mesh
/// deliveries are off.
struct P2pTopic {
  std::string name;
  double weight = 0;
  double time_in_mesh_weight = 0;
  milliseconds time_in_mesh_quantum{1000};
  double time_in_mesh_cap = 0;
  double first_deliveries_weight = 0;
  double first_deliveries_decay = 0;
  double first_deliveries_cap = 0;
  double invalid_deliveries_weight = 0;
  double invalid_deliveries_decay = 0;
};

/// Gossipsub's shape, thresholds and peer scores; the defaults are a Filecoin node's (protocol.md section 7).
struct P2pGossipSettings {
  std::uint32_t mesh = 8, mesh_low = 6, mesh_high = 12, mesh_outbound = 3, retain_scores = 6, lazy = 12;
  std::uint32_t history = 10;  ///< heartbeats a message can be asked for
  double gossip_factor = 0.1;
  std::uint32_t max_message = 1U << 20;  ///< bytes
  milliseconds seen_for{120'000};
  bool peer_exchange = false;
  double gossip_threshold = -500, publish_threshold = -1000, graylist_threshold = -2500,
         accept_exchange_threshold = 1000, opportunistic_graft_threshold = 3.5;
  double app_weight = 1;
  double colocation_weight = -100;
  std::uint32_t colocation_threshold = 5;
  std::vector<std::string> colocation_whitelist;  ///< IP addresses without colocation penalty
  double behaviour_weight = -10, behaviour_threshold = 6, behaviour_decay = 0;
  milliseconds decay_interval{1000};
  milliseconds retain_score{std::chrono::hours(6)};
  double decay_to_zero = 0.01;
};

struct P2pLimits {
  std::uint32_t inbound_connections = 512, outbound_connections = 512;
  std::uint32_t pending_inbound = 128, pending_outbound = 64;
  std::uint32_t connections_of_peer = 4;
  /// Gossip messages (and their bytes) waiting for a verdict; more are ignored until some are judged.
  std::uint32_t gossip_queue = 4096;
  std::uint64_t gossip_queue_bytes = 64U << 20;
  std::uint32_t streams_of_peer = 32;  ///< inbound raw streams of one peer at once, over all protocols
  std::uint32_t inbound_streams = 1024;
};

struct P2pSettings {
  /// Seed of the ed25519 identity; wiped by the caller.
  ByteArray<32> identity{};
  std::string agent = "venus";         ///< as identify tells it
  std::string kad_protocol;            ///< "/fil/kad/<network>/kad/1.0.0"; empty: no DHT
  bool kad_server = true;              ///< answer queries of others
  std::vector<std::string> listen;     ///< multiaddrs
  std::vector<std::string> announce;   ///< further addresses to tell others
  std::vector<P2pTopic> topics;        ///< subscribed from the start; others are not
  std::vector<std::string> protocols;  ///< raw stream protocols that are accepted
  P2pGossipSettings gossip;
  P2pLimits limits;
  /// A connection without streams ends after so long. Those of peers that speak gossipsub always have some.
  milliseconds idle_timeout{60'000};
};

// ---- events ---------------------------------------------------------------------------------------

/// A connection opened. `peers_connections` counts those with this peer, itself included.
struct P2pConnected {
  PeerId peer;
  std::string address;  ///< remote multiaddr, without /p2p
  bool inbound = false;
  std::uint32_t peers_connections = 1;
};
/// A connection closed; none is left when `peers_connections` is 0.
struct P2pDisconnected {
  PeerId peer;
  std::uint32_t peers_connections = 0;
  std::string reason;
};
struct P2pIdentified {
  PeerId peer;
  std::string agent;
  std::vector<std::string> protocols;
  std::vector<std::string> addresses;  ///< where it says it listens
  std::string observed;                ///< our address as it sees it
};
struct P2pPinged {
  PeerId peer;
  std::chrono::microseconds round_trip{};
};
struct P2pListening {
  std::string address;
  bool open = true;  ///< false: no longer
};
/// The DHT or peer exchange learnt where a peer is.
struct P2pDiscovered {
  PeerId peer;
  std::vector<std::string> addresses;
};
/// A gossip message that waits for report(): every token must be reported once.
struct P2pGossip {
  std::uint64_t token = 0;
  PeerId from;  ///< who relayed it
  std::string topic;
  Bytes data;
};
using P2pEvent =
    std::variant<P2pConnected, P2pDisconnected, P2pIdentified, P2pPinged, P2pListening, P2pDiscovered, P2pGossip>;

enum class P2pVerdict : std::uint8_t {
  Accept,  ///< relay it
  Ignore,  ///< drop it
  Reject,  ///< drop it and lower the score of who sent it
};

struct P2pTopicScore {
  std::chrono::nanoseconds time_in_mesh{};
  double first_deliveries = 0, invalid_deliveries = 0;
};
struct P2pScore {
  PeerId peer;
  double score = 0, app = 0;
  std::map<std::string, P2pTopicScore> topics;
};

struct P2pTraffic {
  std::uint64_t in = 0, out = 0;  ///< bytes since start
};
/// `by_protocol` counts raw streams, gossip (all versions as "/meshsub/1.1.0") and libp2p's own protocols by
/// name from where they are negotiated; negotiation itself and the rest is under "".
struct P2pBandwidth {
  P2pTraffic total;
  std::map<std::string, P2pTraffic> by_protocol;
  std::map<PeerId, P2pTraffic> by_peer;  ///< connected ones
};

// ---- streams --------------------------------------------------------------------------------------

/// A raw stream: one negotiated protocol with one peer. One reader and one writer at a time. Dropping it
/// resets what was not finished (over QUIC the other side reads an early end instead of an error). A read
/// that ran out of time may be repeated; a write that did, or an operation cancelled by the caller, leaves
/// the stream unusable. All of them end with Cancelled when the host stops.
class P2pStream {
 public:
  virtual ~P2pStream() = default;
  [[nodiscard]] virtual const PeerId& peer() const = 0;
  [[nodiscard]] virtual const std::string& protocol() const = 0;
  /// Between one and `max` bytes (max <= 1 MiB); empty at the stream's end. Timeout, Unavailable.
  virtual Task<Bytes> read(std::size_t max, milliseconds timeout) = 0;
  /// All of it. Timeout, Unavailable.
  virtual Task<> write(Bytes bytes, milliseconds timeout) = 0;
  /// No more writes; the other side reads the end.
  virtual Task<> finish(milliseconds timeout) = 0;
  virtual void reset() = 0;
};
using P2pStreamPtr = std::shared_ptr<P2pStream>;

// ---- the host -------------------------------------------------------------------------------------

/// Thread-safe; events and handlers arrive on the executor it was started with, whose context must outlive
/// the host; results on the awaiting coroutine's own. Tasks may outlast the host, which ends them.
class P2pHost {
 public:
  virtual ~P2pHost() = default;
  [[nodiscard]] virtual const PeerId& id() const = 0;

  /// Waits for events, at most `max` at a time, oldest first; one caller at a time. Cancelled after stop().
  virtual Task<std::vector<P2pEvent>> next_events(std::size_t max = 256) = 0;
  /// Called for each inbound stream of an accepted protocol. Set once, before peers come.
  virtual void on_stream(std::function<void(P2pStreamPtr)> handler) = 0;

  /// Connects, trying all addresses (those given and those known). Done at once when connected. Timeout,
  /// Unavailable (nobody answers), FailedValidation (another identity answers).
  virtual Task<> connect(PeerId peer, std::vector<std::string> addresses, milliseconds timeout) = 0;
  virtual void disconnect(const PeerId& peer) = 0;
  /// Opens a stream of the first protocol the (connected) peer speaks. Unsupported, Timeout, Unavailable.
  virtual Task<P2pStreamPtr> open_stream(PeerId peer, std::vector<std::string> protocols, milliseconds timeout) = 0;

  /// Addresses of a peer by the DHT. NotFound, Timeout.
  virtual Task<std::vector<std::string>> find_peer(PeerId peer, milliseconds timeout) = 0;
  /// Tells the routing table of a peer.
  virtual void add_addresses(const PeerId& peer, const std::vector<std::string>& addresses) = 0;
  /// Starts a walk that fills the routing table; what is found arrives as P2pDiscovered.
  virtual void walk_dht() = 0;

  /// Refuses these peers and networks ("10.0.0.0/8", "2001:db8::/32", single addresses as /32 or /128) from
  /// now on, before any handshake, and closes what is open with them. Replaces what was set.
  /// InvalidArgument names a bad network.
  virtual Result<void> set_banned(std::vector<PeerId> peers, std::vector<std::string> networks) = 0;
  /// Application's part of a peer's gossip score.
  virtual void set_app_score(const PeerId& peer, double score) = 0;

  /// Publishes on a topic of ours. TooLarge, AlreadyExists (sent or seen before), Unavailable (no peers,
  /// queues full).
  virtual Task<> publish(std::string topic, Bytes data) = 0;
  virtual void report(std::uint64_t token, P2pVerdict verdict) = 0;

  /// Gossip that was ignored since it waited too long (60 s) for a verdict or too much waited already.
  [[nodiscard]] virtual std::uint64_t ignored_gossip() const { return 0; }

  virtual Task<std::vector<P2pScore>> scores() = 0;
  virtual Task<std::vector<PeerId>> topic_peers(std::string topic) = 0;
  [[nodiscard]] virtual P2pBandwidth bandwidth() const = 0;

  /// Closes everything and ends the host's threads. Tasks that wait end with Cancelled. Blocks for as long
  /// as saying good-bye takes, half a second at most on a healthy machine. The destructor does it too.
  virtual void stop() = 0;
};

/// Starts a host with its own threads (two). Listening that fails is an error (Io) naming the address.
Result<std::unique_ptr<P2pHost>> start_p2p(asio::any_io_executor executor, P2pSettings settings);

/// A peer's identity from its ed25519 seed.
PeerId peer_id_of(const ByteArray<32>& seed);

}  // namespace venus::bridge
