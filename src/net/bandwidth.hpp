// SPDX-License-Identifier: MIT OR Apache-2.0
// Rates out of the host's byte counts.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <unordered_map>

#include "bridge/p2p.hpp"

namespace venus::net {

struct TrafficRate {
  std::uint64_t total_in = 0, total_out = 0;  ///< bytes since the host's start
  double rate_in = 0, rate_out = 0;           ///< bytes a second, lately
};

/// Smooths what passes over about ten seconds. Thread-safe.
class Bandwidth {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Snapshot {
    TrafficRate total;
    std::map<std::string, TrafficRate> by_protocol;
    std::map<PeerId, TrafficRate> by_peer;
  };

  /// Takes the host's present counts; called every second or so (PeerManager::run does). Calls less than
  /// 100 ms after the last are left out.
  void sample(const bridge::P2pBandwidth& counts, Time now);
  [[nodiscard]] Snapshot snapshot() const;

 private:
  struct Meter {
    TrafficRate shown;
    bool fresh = true;
    void add(const bridge::P2pTraffic& counts, double seconds);
  };
  template <class Key>
  static void update(std::map<Key, Meter>& meters, const std::map<Key, bridge::P2pTraffic>& counts, double seconds);

  mutable std::mutex mutex_;
  Time last_{};
  Meter total_;
  std::map<std::string, Meter> by_protocol_;
  std::map<PeerId, Meter> by_peer_;
};

}  // namespace venus::net
