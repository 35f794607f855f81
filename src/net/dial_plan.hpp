// SPDX-License-Identifier: MIT OR Apache-2.0
// When a peer may be dialled again.
#pragma once

#include <chrono>
#include <map>
#include <random>
#include <set>

#include "types/peer_id.hpp"

namespace venus::net {

/// Waits double from 5 s to 10 min with every failure, each up to a quarter shorter or longer, so that many
/// nodes that lost the same peer don't come back at the same moment. By the steady clock: changes of the
/// time of day do nothing. Not thread-safe.
class DialPlan {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Span = std::chrono::steady_clock::duration;

  static constexpr Span kFirstWait = std::chrono::seconds(5);
  static constexpr Span kLongestWait = std::chrono::minutes(10);

  explicit DialPlan(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] bool may_dial(const PeerId& peer, Time now) const;
  void started(const PeerId& peer) { running_.insert(peer); }
  /// It answered; that earlier dials failed is remembered until it proves to stay.
  void answered(const PeerId& peer) { running_.erase(peer); }
  /// It stayed for a while: failures are forgotten.
  void stayed(const PeerId& peer);
  void failed(const PeerId& peer, Time now);
  /// No dial before `until`, whatever happens.
  void hold(const PeerId& peer, Time until);
  /// Forgets failures and holds of a peer: an operator wants it.
  void release(const PeerId& peer) { waits_.erase(peer); }
  /// There is nobody left: no wait (holds apart) lasts longer than `most` from now.
  void hurry(Time now, Span most);
  /// The same for one peer.
  void hurry(const PeerId& peer, Time now, Span most);
  [[nodiscard]] std::size_t running() const noexcept { return running_.size(); }
  /// `span` a quarter shorter to a quarter longer.
  Span jitter(Span span);
  /// Drops what is long over; called now and then.
  void tidy(Time now);

 private:
  struct Wait {
    Time until;
    unsigned failures = 0;
    bool is_held = false;
  };
  std::map<PeerId, Wait> waits_;
  std::set<PeerId> running_;
  std::mt19937_64 random_;
};

}  // namespace venus::net
