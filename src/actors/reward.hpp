// SPDX-License-Identifier: MIT OR Apache-2.0
// The reward actor f02: what an epoch pays and the baseline it is measured on.
#pragma once

#include "actors/shapes.hpp"

namespace venus::actors::reward {

/// State in actors v16 to v18 (and v19 as Lotus embeds it: the release of FIP-0118 will append
/// streams).
struct State {
  BigInt cumsum_baseline;
  BigInt cumsum_realized;
  ChainEpoch effective_network_time;
  BigInt effective_baseline_power;
  /// Paid for E = 5 expected wins an epoch; a win gets a fifth.
  TokenAmount this_epoch_reward;
  FilterEstimate this_epoch_reward_smoothed;
  BigInt this_epoch_baseline_power;
  ChainEpoch epoch;
  /// All block rewards so far: "mined" in the circulating supply.
  TokenAmount total_storage_power_reward;
  TokenAmount simple_total;
  TokenAmount baseline_total;

  bool operator==(const State&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("CumsumBaseline", &State::cumsum_baseline),
                           field("CumsumRealized", &State::cumsum_realized),
                           field("EffectiveNetworkTime", &State::effective_network_time),
                           field("EffectiveBaselinePower", &State::effective_baseline_power),
                           field("ThisEpochReward", &State::this_epoch_reward),
                           field("ThisEpochRewardSmoothed", &State::this_epoch_reward_smoothed),
                           field("ThisEpochBaselinePower", &State::this_epoch_baseline_power),
                           field("Epoch", &State::epoch),
                           field("TotalStoragePowerReward", &State::total_storage_power_reward),
                           field("SimpleTotal", &State::simple_total),
                           field("BaselineTotal", &State::baseline_total));
  }
};

}  // namespace venus::actors::reward
