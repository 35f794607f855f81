// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/deadline_info.hpp"

namespace venus::actors {

DeadlineInfo DeadlineInfo::make(ChainEpoch period_start, std::uint64_t index,
                                ChainEpoch current_epoch) {
  DeadlineInfo out;
  out.current_epoch = current_epoch;
  out.period_start = period_start;
  out.index = index;
  if (index < kPeriodDeadlines) {
    out.open = period_start + static_cast<std::int64_t>(index) * kChallengeWindow;
    out.close = out.open + kChallengeWindow;
    out.challenge = out.open - kChallengeLookback;
    out.fault_cutoff = out.open - kFaultDeclarationCutoff;
  } else {
    out.open = out.close = out.challenge = period_start + kProvingPeriod;
  }
  return out;
}

DeadlineInfo DeadlineInfo::next_not_elapsed() const {
  if (!has_elapsed()) return *this;
  auto offset = period_start.value() % kProvingPeriod;
  if (offset < 0) offset += kProvingPeriod;
  const auto now = current_epoch.value();
  auto start = now / kProvingPeriod * kProvingPeriod + offset;
  while (start > now)
    start -= kProvingPeriod;
  // An index beyond the last deadline is clamped: its window is empty and lies behind all others.
  const auto position = static_cast<std::int64_t>(std::min(index, kPeriodDeadlines));
  if (now >= start + (position + 1) * kChallengeWindow) start += kProvingPeriod;
  return make(ChainEpoch(start), index, current_epoch);
}

ChainEpoch quantize_up(ChainEpoch epoch, std::int64_t unit, ChainEpoch offset) {
  const auto shift = offset.value() % unit;
  const auto distance = epoch.value() - shift;
  const auto quotient = distance / unit;
  // Truncating division of a negative distance already rounds up.
  if (distance % unit == 0 || distance < 0) return ChainEpoch(unit * quotient + shift);
  return ChainEpoch(unit * (quotient + 1) + shift);
}

}  // namespace venus::actors
