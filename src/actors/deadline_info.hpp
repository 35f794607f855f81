// SPDX-License-Identifier: MIT OR Apache-2.0
// Where in its proving period a miner stands. Source: go-state-types dline.
#pragma once

#include "base/json.hpp"
#include "types/ids.hpp"
#include "types/policy.hpp"

namespace venus::actors {

using types::policy::kFaultDeclarationCutoff;
inline constexpr auto kPeriodDeadlines = types::policy::kWindowPostPeriodDeadlines;
inline constexpr auto kProvingPeriod = types::policy::kWindowPostProvingPeriod;
inline constexpr auto kChallengeWindow = types::policy::kWindowPostChallengeWindow;
inline constexpr auto kChallengeLookback = types::policy::kWindowPostChallengeLookback;

/// One deadline of one proving period, as seen at an epoch. JSON as Lotus's
/// StateMinerProvingDeadline.
struct DeadlineInfo {
  ChainEpoch current_epoch;
  ChainEpoch period_start;
  /// 0..47; 48 and more stand for the empty deadline behind the last.
  std::uint64_t index = 0;
  /// First epoch at which a proof is accepted.
  ChainEpoch open;
  /// First epoch at which it is no longer.
  ChainEpoch close;
  /// Epoch whose beacon gives the challenge.
  ChainEpoch challenge;
  /// First epoch at which faults can no longer be declared for this deadline.
  ChainEpoch fault_cutoff;
  std::uint64_t period_deadlines = kPeriodDeadlines;
  std::int64_t proving_period = kProvingPeriod;
  std::int64_t challenge_window = kChallengeWindow;
  std::int64_t challenge_lookback = kChallengeLookback;
  std::int64_t fault_declaration_cutoff = kFaultDeclarationCutoff;

  /// The deadline `index` of the period that starts at `period_start`.
  static DeadlineInfo make(ChainEpoch period_start, std::uint64_t index, ChainEpoch current_epoch);

  [[nodiscard]] bool is_open() const { return current_epoch >= open && current_epoch < close; }
  [[nodiscard]] bool has_elapsed() const { return current_epoch >= close; }
  [[nodiscard]] bool period_started() const { return current_epoch >= period_start; }
  [[nodiscard]] bool fault_cutoff_passed() const { return current_epoch >= fault_cutoff; }
  [[nodiscard]] ChainEpoch last() const { return close - 1; }
  [[nodiscard]] ChainEpoch next_period_start() const { return period_start + proving_period; }
  [[nodiscard]] ChainEpoch period_end() const { return period_start + (proving_period - 1); }
  /// This deadline, or where it comes round next when it has elapsed.
  [[nodiscard]] DeadlineInfo next_not_elapsed() const;

  bool operator==(const DeadlineInfo&) const = default;
  static constexpr auto fields() {
    using base::field;
    using D = DeadlineInfo;
    return base::fields_of(
        field("CurrentEpoch", &D::current_epoch), field("PeriodStart", &D::period_start),
        field("Index", &D::index), field("Open", &D::open), field("Close", &D::close),
        field("Challenge", &D::challenge), field("FaultCutoff", &D::fault_cutoff),
        field("WPoStPeriodDeadlines", &D::period_deadlines),
        field("WPoStProvingPeriod", &D::proving_period),
        field("WPoStChallengeWindow", &D::challenge_window),
        field("WPoStChallengeLookback", &D::challenge_lookback),
        field("FaultDeclarationCutoff", &D::fault_declaration_cutoff));
  }
};

/// Rounds an epoch up to the next multiple of `unit` shifted by `offset`. unit > 0.
ChainEpoch quantize_up(ChainEpoch epoch, std::int64_t unit, ChainEpoch offset);

}  // namespace venus::actors
