// SPDX-License-Identifier: MIT OR Apache-2.0
// Whom this node is connected to: finds peers, keeps good ones, lets go of bad ones.
#pragma once

#include <atomic>
#include <memory>

#include "net/ban_list.hpp"
#include "net/bandwidth.hpp"
#include "net/behaviour.hpp"
#include "net/multiaddr.hpp"
#include "net/peer_book.hpp"

namespace venus::net {

struct PeerManagerSettings {
  /// Multiaddrs with /p2p, or /dnsaddr names, which are looked up in the DNS.
  std::vector<std::string> bootstrap;
  std::size_t min_peers = 12;  ///< fewer: peers are looked for (Lotus: MinFilPeers)
  /// Over `high_water` connected peers the least valuable are closed until `low_water` are left; none
  /// younger than `grace` (Lotus: its connection manager's numbers).
  std::size_t low_water = 150;
  std::size_t high_water = 180;
  std::chrono::milliseconds grace{20'000};
  std::chrono::milliseconds dial_timeout{15'000};
  std::size_t parallel_dials = 8;
  std::size_t dials_per_second = 4;
  std::chrono::seconds save_every{300};
  /// Further addresses to tell callers of listening().
  std::vector<std::string> announce;
  /// What happened to a peer and why, for the log; called without locks. May be empty.
  std::function<void(std::string_view what, const PeerId& peer, std::string_view why)> observer;
  /// For tests; steady_clock::now when empty.
  std::function<std::chrono::steady_clock::time_point()> now;
};

/// A connection of a peer.
struct ConnectionView {
  std::string address;
  bool inbound = false;
  std::int64_t opened_millis = 0;  ///< Unix time
};

struct PeerView {
  PeerId peer;
  std::vector<ConnectionView> connections;
  std::string agent;  ///< empty before identify
  std::vector<std::string> protocols;
  std::vector<std::string> addresses;  ///< where it says it listens
  std::optional<std::chrono::microseconds> latency;
  double penalty = 0, merit = 0;
  std::int64_t value = 0;  ///< what it is worth keeping; the lowest go first
  std::vector<std::string> tags;
  std::int64_t first_seen = 0;  ///< Unix seconds
};

/// Counts since the start, but for the present numbers.
struct PeerStats {
  std::size_t connected = 0, inbound = 0, known = 0, banned = 0, dialling = 0;
  std::uint64_t opened = 0, closed = 0, dials = 0, failed_dials = 0, trimmed = 0, bans = 0, walks = 0;
  std::map<std::string, std::uint64_t> misbehaved;  ///< by kind: "slow", "lied", ...
};

enum class Reachability : std::uint8_t { Unknown = 0, Public = 1, Private = 2 };  // libp2p's numbers

/// Thread-safe. Whoever pumps the host's events gives all of them to on_event(); run() does the rest. After
/// stop() nothing given to the constructor is touched any more.
class PeerManager final : public PeerJudge {
 public:
  struct Parts {
    bridge::P2pHost& host;
    PeerBook& book;
    BanList& bans;
    Bandwidth& bandwidth;
    WorkerPool& disk;  ///< writes files, looks up names
  };

  /// `executor` is the host's.
  PeerManager(asio::any_io_executor executor, Parts parts, PeerManagerSettings settings);
  ~PeerManager() override;
  PeerManager(const PeerManager&) = delete;
  PeerManager& operator=(const PeerManager&) = delete;

  /// Works until stop(): a round each second, files saved now and then. Spawn it once.
  Task<> run();
  /// One round: bans that end, peers to dial, to close, the DHT. run() calls it; tests may.
  void tick();
  /// Ends run() and dials; saves book and bans (blocks for that).
  void stop();

  void on_event(const bridge::P2pEvent& event);

  // PeerJudge
  void misbehaved(const PeerId& peer, Misbehaviour what, std::string_view detail) override;
  void served(const PeerId& peer, std::chrono::microseconds latency, std::size_t bytes) override;

  /// An operator's wish: dials at once. PermissionDenied when the peer is blocked; errors of
  /// P2pHost::connect, NotFound when no address is known.
  Task<> connect(PeerId peer, std::vector<std::string> addresses);
  /// Closes, and does not dial it for a minute.
  void disconnect(const PeerId& peer);
  /// Round trip by a ping of its own. Unavailable when not connected, Timeout.
  Task<std::chrono::microseconds> ping(PeerId peer);

  /// Peers with a tag are never closed to make room, nor banned automatically, and are dialled again when
  /// they are lost. Kept over restarts once saved: by save(), every `save_every`, and by stop().
  Result<void> protect(const PeerId& peer, std::string_view tag = "api");
  void unprotect(const PeerId& peer, std::string_view tag = "api");
  [[nodiscard]] std::vector<PeerId> protected_peers(std::string_view tag = "api") const;
  /// Writes what changed of peers and bans now. Blocks. Io.
  Result<void> save();

  /// Connected peers, in order.
  [[nodiscard]] std::vector<PeerView> peers() const;
  /// A connected or known peer.
  [[nodiscard]] std::optional<PeerView> peer(const PeerId& peer) const;
  [[nodiscard]] bool is_connected(const PeerId& peer) const;
  [[nodiscard]] std::size_t connected_count() const;
  /// Where this node listens and what it announces, without /p2p.
  [[nodiscard]] std::vector<std::string> listening() const;
  /// Public once somebody we did not dial came in from a public address; otherwise Unknown: this node does
  /// not ask others to dial it (AutoNAT).
  [[nodiscard]] Reachability reachability() const;
  /// Public addresses others reach this node by, when it is public.
  [[nodiscard]] std::vector<std::string> public_addresses() const;
  [[nodiscard]] PeerStats stats() const;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

/// "slow", "lied", ...
std::string_view to_string(Misbehaviour what) noexcept;

}  // namespace venus::net
