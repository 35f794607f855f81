// SPDX-License-Identifier: MIT OR Apache-2.0
// Each peer's share of what a server can do at once and in a second.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "types/peer_id.hpp"

namespace venus::net {

/// Counts what runs, in all and for each peer. Thread-safe; guards may outlive it.
class PeerSlots {
  struct State {
    State(std::size_t all, std::size_t each) : total(all), per_peer(each) {}
    const std::size_t total;
    const std::size_t per_peer;
    mutable std::mutex mutex;
    std::size_t running = 0;
    std::unordered_map<PeerId, std::size_t> by_peer;
  };

 public:
  PeerSlots(std::size_t total, std::size_t per_peer) : state_(std::make_shared<State>(total, per_peer)) {}

  /// Gives its place back when destroyed.
  class Guard {
   public:
    Guard() = default;
    Guard(Guard&&) = default;
    Guard& operator=(Guard&& other) noexcept;
    ~Guard() { release(); }
    /// False: no place was free.
    explicit operator bool() const noexcept { return state_ != nullptr; }
    void release();

   private:
    friend class PeerSlots;
    std::shared_ptr<State> state_;
    PeerId peer_;
  };

  /// A place, or an empty guard when the peer or all peers together have as many as they may.
  [[nodiscard]] Guard enter(const PeerId& peer);
  [[nodiscard]] std::size_t running() const;
  [[nodiscard]] std::size_t running(const PeerId& peer) const;

 private:
  std::shared_ptr<State> state_;
};

/// A token bucket for each peer: `rate` a second, `burst` at once. The peers seen last are remembered, at
/// most `peers` of them; one that comes back later begins with a full bucket. Thread-safe.
class PeerBuckets {
 public:
  using Clock = std::chrono::steady_clock;
  PeerBuckets(double rate, double burst, std::size_t peers = 4096) : rate_(rate), burst_(burst), peers_(peers) {}

  /// Takes `amount` tokens if they are there. More than `burst` is taken as `burst`.
  bool take(const PeerId& peer, double amount = 1, Clock::time_point now = Clock::now());

 private:
  struct Bucket {
    double tokens = 0;
    Clock::time_point at;
    std::list<PeerId>::iterator order;
  };
  const double rate_;
  const double burst_;
  const std::size_t peers_;
  std::mutex mutex_;
  std::list<PeerId> order_;  // used last, first
  std::unordered_map<PeerId, Bucket> buckets_;
};

}  // namespace venus::net
