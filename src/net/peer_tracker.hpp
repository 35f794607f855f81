// SPDX-License-Identifier: MIT OR Apache-2.0
// Which peers to ask for the chain: what they said their head is, and how they answered so far.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <random>
#include <unordered_map>
#include <vector>

#include "types/peer_id.hpp"
#include "types/tipset.hpp"

namespace venus::net {

/// What a peer told of its chain (hello) or showed by a block it relayed (gossip).
struct PeerHead {
  TipsetKey key;
  ChainEpoch height;
  BigInt weight;  ///< 0 when only a block was seen
};

/// Thread-safe.
class PeerTracker {
 public:
  using Clock = std::chrono::steady_clock;
  using Duration = std::chrono::microseconds;
  /// The best peers that are shuffled, so that not all ask one (Lotus ShufflePeersPrefix).
  static constexpr std::size_t kShuffled = 16;
  /// After failures in a row a peer is asked last for a while: 1 s, 2 s, 4 s, ... up to this.
  static constexpr std::chrono::seconds kMaxRest{60};

  explicit PeerTracker(std::uint64_t seed = std::random_device{}()) : random_(seed) {}

  /// A connected peer that speaks Filecoin's protocols (it said hello, or identified so).
  void add(const PeerId& peer);
  /// It disconnected: all about it is forgotten.
  void remove(const PeerId& peer);
  [[nodiscard]] bool contains(const PeerId& peer) const;
  [[nodiscard]] std::size_t size() const;

  /// Unknown peers are not added by these.
  void set_head(const PeerId& peer, PeerHead head);
  void set_latency(const PeerId& peer, Duration latency);

  /// A request begins, and ends in one of the next three ways. `items`: tipsets it brought.
  void started(const PeerId& peer);
  void succeeded(const PeerId& peer, Duration took, std::size_t items);
  void failed(const PeerId& peer, Duration took, Clock::time_point now = Clock::now());
  /// Neither good nor bad: no longer wanted, or the peer does not have it.
  void aborted(const PeerId& peer);
  /// What it gave turned out bad later.
  void blame(const PeerId& peer, Clock::time_point now = Clock::now());

  /// Up to `count` peers, those to ask first in front: `preferred` (when known here), then those whose head
  /// is `wanted`, then by expected cost with the best kShuffled in random order; peers that failed lately
  /// last.
  std::vector<PeerId> choose(const PeerId& preferred, const TipsetKey& wanted, std::size_t count,
                             Clock::time_point now = Clock::now());

  struct Info {
    PeerId peer;
    std::optional<PeerHead> head;
    Duration latency{};
    std::uint64_t successes = 0, failures = 0;
    std::size_t in_flight = 0;
  };
  [[nodiscard]] std::vector<Info> peers() const;
  /// The heaviest head told by hello, and who told it.
  [[nodiscard]] std::optional<std::pair<PeerId, PeerHead>> heaviest() const;

 private:
  struct State {
    std::optional<PeerHead> head;
    Duration latency{};
    double cost_micros = 0;  // for one tipset, averaged
    std::uint64_t successes = 0, failures = 0;
    std::uint32_t failures_in_row = 0;
    std::size_t in_flight = 0;
    Clock::time_point rests_until{};
  };
  State* find(const PeerId& peer);
  static void note_failure(State& state, Clock::time_point now);
  [[nodiscard]] double cost(const State& state) const;

  mutable std::mutex mutex_;
  std::unordered_map<PeerId, State> peers_;
  double average_micros_ = 0;  // of a good request, over all peers
  std::mt19937_64 random_;
};

}  // namespace venus::net
