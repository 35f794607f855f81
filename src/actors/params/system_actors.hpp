// SPDX-License-Identifier: MIT OR Apache-2.0
// Parameters and returns of the account, init, cron, reward and power actors, actors v16 to v19,
// with the JSON names of go-state-types. Methods and their numbers: methods/system_actors.cpp.
#pragma once

#include "actors/simple_states.hpp"
#include "types/sector.hpp"

namespace venus::actors {

namespace account {

struct AuthenticateMessageParams {
  Bytes signature;
  Bytes message;
  static constexpr auto fields() {
    return base::fields_of(list("Signature", &AuthenticateMessageParams::signature),
                           list("Message", &AuthenticateMessageParams::message));
  }
};

}  // namespace account

namespace init {

struct ConstructorParams {
  std::string network_name;
  static constexpr auto fields() {
    return base::fields_of(base::field("NetworkName", &ConstructorParams::network_name));
  }
};

struct ExecParams {
  Cid code_cid;
  Bytes constructor_params;
  static constexpr auto fields() {
    return base::fields_of(base::field("CodeCID", &ExecParams::code_cid),
                           list("ConstructorParams", &ExecParams::constructor_params));
  }
};

/// Only the EAM may call it.
struct Exec4Params {
  Cid code_cid;
  Bytes constructor_params;
  Bytes sub_address;
  static constexpr auto fields() {
    return base::fields_of(base::field("CodeCID", &Exec4Params::code_cid),
                           list("ConstructorParams", &Exec4Params::constructor_params),
                           list("SubAddress", &Exec4Params::sub_address));
  }
};

struct ExecReturn {
  Address id_address;
  Address robust_address;
  static constexpr auto fields() {
    return base::fields_of(base::field("IDAddress", &ExecReturn::id_address),
                           base::field("RobustAddress", &ExecReturn::robust_address));
  }
};

}  // namespace init

namespace cron {

struct ConstructorParams {
  std::vector<Entry> entries;
  static constexpr auto fields() {
    return base::fields_of(list("Entries", &ConstructorParams::entries));
  }
};

}  // namespace cron

namespace reward {

struct AwardBlockRewardParams {
  Address miner;
  TokenAmount penalty;
  TokenAmount gas_reward;
  std::int64_t win_count = 0;
  static constexpr auto fields() {
    return base::fields_of(base::field("Miner", &AwardBlockRewardParams::miner),
                           base::field("Penalty", &AwardBlockRewardParams::penalty),
                           base::field("GasReward", &AwardBlockRewardParams::gas_reward),
                           base::field("WinCount", &AwardBlockRewardParams::win_count));
  }
};

struct ThisEpochRewardReturn {
  FilterEstimate this_epoch_reward_smoothed;
  BigInt this_epoch_baseline_power;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("ThisEpochRewardSmoothed", &ThisEpochRewardReturn::this_epoch_reward_smoothed),
        base::field("ThisEpochBaselinePower", &ThisEpochRewardReturn::this_epoch_baseline_power));
  }
};

}  // namespace reward

namespace power {

/// FIP-0077: comes with the deposit as value.
struct CreateMinerParams {
  Address owner;
  Address worker;
  RegisteredPostProof window_post_proof_type{};
  Bytes peer;
  std::vector<Bytes> multiaddrs;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("Owner", &CreateMinerParams::owner),
        base::field("Worker", &CreateMinerParams::worker),
        base::field("WindowPoStProofType", &CreateMinerParams::window_post_proof_type),
        list("Peer", &CreateMinerParams::peer), list("Multiaddrs", &CreateMinerParams::multiaddrs));
  }
};

struct CreateMinerReturn {
  Address id_address;
  Address robust_address;
  static constexpr auto fields() {
    return base::fields_of(base::field("IDAddress", &CreateMinerReturn::id_address),
                           base::field("RobustAddress", &CreateMinerReturn::robust_address));
  }
};

struct UpdateClaimedPowerParams {
  BigInt raw_byte_delta;
  BigInt quality_adjusted_delta;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("RawByteDelta", &UpdateClaimedPowerParams::raw_byte_delta),
        base::field("QualityAdjustedDelta", &UpdateClaimedPowerParams::quality_adjusted_delta));
  }
};

struct EnrollCronEventParams {
  ChainEpoch event_epoch;
  Bytes payload;
  static constexpr auto fields() {
    return base::fields_of(base::field("EventEpoch", &EnrollCronEventParams::event_epoch),
                           list("Payload", &EnrollCronEventParams::payload));
  }
};

struct CurrentTotalPowerReturn {
  BigInt raw_byte_power;
  BigInt quality_adj_power;
  TokenAmount pledge_collateral;
  FilterEstimate quality_adj_power_smoothed;
  std::int64_t ramp_start_epoch = 0;
  std::uint64_t ramp_duration_epochs = 0;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("RawBytePower", &CurrentTotalPowerReturn::raw_byte_power),
        base::field("QualityAdjPower", &CurrentTotalPowerReturn::quality_adj_power),
        base::field("PledgeCollateral", &CurrentTotalPowerReturn::pledge_collateral),
        base::field("QualityAdjPowerSmoothed",
                    &CurrentTotalPowerReturn::quality_adj_power_smoothed),
        base::field("RampStartEpoch", &CurrentTotalPowerReturn::ramp_start_epoch),
        base::field("RampDurationEpochs", &CurrentTotalPowerReturn::ramp_duration_epochs));
  }
};

struct MinerRawPowerReturn {
  BigInt raw_byte_power;
  bool meets_consensus_minimum = false;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("RawBytePower", &MinerRawPowerReturn::raw_byte_power),
        base::field("MeetsConsensusMinimum", &MinerRawPowerReturn::meets_consensus_minimum));
  }
};

}  // namespace power

}  // namespace venus::actors
