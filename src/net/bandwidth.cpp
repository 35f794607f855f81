// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/bandwidth.hpp"

#include <cmath>

namespace venus::net {
namespace {

constexpr double kSmoothSeconds = 10;

double smooth(double old, std::uint64_t bytes, double seconds) {
  const double kept = std::exp(-seconds / kSmoothSeconds);
  const double rate = old * kept + static_cast<double>(bytes) / seconds * (1 - kept);
  // Far below what one ping makes: shown as silence.
  return rate < 0.01 ? 0 : rate;
}

// Counts begin again when a peer comes back.
std::uint64_t grown(std::uint64_t before, std::uint64_t after) { return after >= before ? after - before : after; }

}  // namespace

void Bandwidth::Meter::add(const bridge::P2pTraffic& counts, double seconds) {
  // What was counted before the first look says nothing about the present.
  if (!fresh && seconds > 0) {
    shown.rate_in = smooth(shown.rate_in, grown(shown.total_in, counts.in), seconds);
    shown.rate_out = smooth(shown.rate_out, grown(shown.total_out, counts.out), seconds);
  }
  fresh = false;
  shown.total_in = counts.in;
  shown.total_out = counts.out;
}

template <class Key>
void Bandwidth::update(std::map<Key, Meter>& meters, const std::map<Key, bridge::P2pTraffic>& counts, double seconds) {
  std::erase_if(meters, [&](const auto& entry) { return !counts.contains(entry.first); });
  for (const auto& [key, traffic] : counts) meters[key].add(traffic, seconds);
}

void Bandwidth::sample(const bridge::P2pBandwidth& counts, Time now) {
  const std::scoped_lock lock(mutex_);
  const double seconds = last_ == Time{} ? 0 : std::chrono::duration<double>(now - last_).count();
  if (last_ != Time{} && seconds < 0.1) return;
  last_ = now;
  total_.add(counts.total, seconds);
  update(by_protocol_, counts.by_protocol, seconds);
  update(by_peer_, counts.by_peer, seconds);
}

Bandwidth::Snapshot Bandwidth::snapshot() const {
  const std::scoped_lock lock(mutex_);
  Snapshot out{total_.shown, {}, {}};
  for (const auto& [key, meter] : by_protocol_) out.by_protocol.emplace(key, meter.shown);
  for (const auto& [key, meter] : by_peer_) out.by_peer.emplace(key, meter.shown);
  return out;
}

}  // namespace venus::net
