// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/dial_plan.hpp"

#include <algorithm>

namespace venus::net {

bool DialPlan::may_dial(const PeerId& peer, Time now) const {
  if (running_.contains(peer)) return false;
  const auto found = waits_.find(peer);
  return found == waits_.end() || found->second.until <= now;
}

void DialPlan::stayed(const PeerId& peer) {
  const auto found = waits_.find(peer);
  if (found != waits_.end() && !found->second.is_held) waits_.erase(found);
}

void DialPlan::failed(const PeerId& peer, Time now) {
  running_.erase(peer);
  auto& wait = waits_[peer];
  const auto doublings = std::min(wait.failures, 16U);
  ++wait.failures;
  const auto until = now + jitter(std::min(kFirstWait * (1 << doublings), kLongestWait));
  if (wait.is_held && wait.until > until) return;
  wait.is_held = false;
  wait.until = until;
}

void DialPlan::hold(const PeerId& peer, Time until) {
  auto& wait = waits_[peer];
  wait.until = std::max(wait.until, until);
  wait.is_held = true;
}

void DialPlan::hurry(Time now, Span most) {
  for (const auto& [peer, wait] : waits_) hurry(peer, now, most);
}

void DialPlan::hurry(const PeerId& peer, Time now, Span most) {
  const auto found = waits_.find(peer);
  if (found == waits_.end()) return;
  auto& wait = found->second;
  if (!wait.is_held && wait.until > now + most) wait.until = now + jitter(most * 4 / 5);
}

DialPlan::Span DialPlan::jitter(Span span) {
  std::uniform_real_distribution<double> factor(0.75, 1.25);
  return std::chrono::duration_cast<Span>(span * factor(random_));
}

void DialPlan::tidy(Time now) {
  // Failures are remembered for an hour after their wait: a peer that is gone for days is asked every ten
  // minutes, not every five seconds.
  std::erase_if(waits_, [&](const auto& entry) { return entry.second.until + std::chrono::hours(1) < now; });
}

}  // namespace venus::net
