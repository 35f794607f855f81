// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/peer_score.hpp"

#include <algorithm>
#include <cmath>

namespace venus::net {
namespace {

constexpr double kPenaltyHalfLife = 600;
constexpr double kMeritHalfLife = 1800;

double faded(double value, PeerScore::Time from, PeerScore::Time to, double half_life) {
  const double seconds = std::max(0.0, std::chrono::duration<double>(to - from).count());
  return value * std::exp2(-seconds / half_life);
}

}  // namespace

Charge charge_of(Misbehaviour what) noexcept {
  switch (what) {
    case Misbehaviour::Slow: return {20, false, true};
    case Misbehaviour::Failed: return {10, false, true};
    case Misbehaviour::Flooded: return {30, false, false};
    case Misbehaviour::Malformed: return {60, true, false};
    case Misbehaviour::Lied: return {100, true, false};
    case Misbehaviour::WrongNetwork: return {40, true, false};
    case Misbehaviour::BadChain: return {100, true, false};
  }
  return {};
}

void PeerScore::fade(Time now) {
  penalty_ = penalty(now);
  merit_ = merit(now);
  since_ = now;
}

double PeerScore::penalty(Time now) const { return faded(penalty_, since_, now, kPenaltyHalfLife); }
double PeerScore::merit(Time now) const { return faded(merit_, since_, now, kMeritHalfLife); }

PeerScore::Verdict PeerScore::charge(Misbehaviour what, Time now) {
  fade(now);
  const auto charge = charge_of(what);
  if (charge.excusable) {
    if (penalty_ >= kExcusableMost) return Verdict::Stay;
    penalty_ = std::min(penalty_ + charge.cost, kExcusableMost);
    // A point below the mark, since what fades between two charges must not save anybody.
    if (penalty_ < kExcusableMost - 1) return Verdict::Stay;
    penalty_ = kExcusableMost / 2;
    return Verdict::Close;
  }
  penalty_ += charge.cost;
  if (penalty_ >= kBan) return Verdict::Ban;
  return charge.closes ? Verdict::Close : Verdict::Stay;
}

void PeerScore::serve(Time now) {
  fade(now);
  merit_ = std::min(merit_ + 1, kMeritMost);
  penalty_ = std::max(penalty_ - 2, 0.0);
}

void PeerScore::settle(Time now) {
  fade(now);
  penalty_ = std::min(penalty_, kBan / 2);
}

std::chrono::seconds ban_time(std::uint32_t count) noexcept {
  constexpr std::int64_t kFirst = 600;
  constexpr std::int64_t kDay = 86'400;
  const auto doublings = std::min<std::uint32_t>(count == 0 ? 0 : count - 1, 16);
  return std::chrono::seconds(std::min(kFirst << doublings, kDay));
}

}  // namespace venus::net
