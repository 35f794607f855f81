// SPDX-License-Identifier: MIT OR Apache-2.0
// What sectors cost: power, deposits, pledge, fees. Source: builtin-actors miner monies.rs and
// policy.rs (actors v16 to v18), FIP-0081, FIP-0098, FIP-0100.
#pragma once

#include "actors/shapes.hpp"

namespace venus::actors {

/// Quality-adjusted power in bytes of a sector of `size` bytes that lives `duration` epochs (> 0,
/// else 0 is returned) and carries `verified_weight` byte-epochs of verified data.
BigInt qa_power_for_weight(std::uint64_t size, std::int64_t duration,
                           const BigInt& verified_weight);

/// The most power a sector can have: ten times its size.
BigInt qa_power_max(std::uint64_t size);

/// Sum over `delta` epochs from `start` of the ratio of two filters' estimates, in Q.128.
BigInt extrapolated_cumsum_of_ratio(std::int64_t delta, std::int64_t start,
                                    const FilterEstimate& numerator,
                                    const FilterEstimate& denominator);

/// Block reward in attoFIL that `qa_power` is expected to earn over `duration` epochs, >= 0.
TokenAmount expected_reward_for_power(const FilterEstimate& reward,
                                      const FilterEstimate& network_qa_power,
                                      const BigInt& qa_power, std::int64_t duration);

/// Deposit of a precommit: 20 days of expected reward, at least 1 attoFIL.
TokenAmount pre_commit_deposit_for_power(const FilterEstimate& reward,
                                         const FilterEstimate& network_qa_power,
                                         const BigInt& qa_power);

/// What the initial pledge of some power depends on.
struct PledgeInputs {
  BigInt baseline_power;
  FilterEstimate reward;
  FilterEstimate network_qa_power;
  TokenAmount circulating_supply;
  /// Negative before the ramp of FIP-0081 starts.
  std::int64_t epochs_since_ramp_start = 0;
  /// 0 means the ramp is over.
  std::uint64_t ramp_duration_epochs = 0;
};

/// Initial pledge of `qa_power` bytes: 20 days of expected reward and a share of the circulating
/// supply, capped at 1 FIL per 32 GiB of quality-adjusted power.
TokenAmount initial_pledge_for_power(const BigInt& qa_power, const PledgeInputs& inputs);

/// Fee that a sector faulty for one more proving period pays: 3.51 days of its expected reward.
TokenAmount continued_fault_fee(const FilterEstimate& reward,
                                const FilterEstimate& network_qa_power, const BigInt& qa_power);

/// Fee for terminating a sector of the given pledge and age in epochs (FIP-0098).
TokenAmount termination_fee(const TokenAmount& initial_pledge, std::int64_t age,
                            const TokenAmount& fault_fee);

/// Daily fee of a sector activated now (FIP-0100).
TokenAmount daily_proof_fee(const TokenAmount& circulating_supply, const BigInt& qa_power);

/// Smallest collateral a provider must lock for a deal of `piece_size` bytes: 1 % of the supply's
/// share.
TokenAmount min_provider_collateral(std::uint64_t piece_size, const BigInt& network_raw_power,
                                    const BigInt& baseline_power,
                                    const TokenAmount& circulating_supply);

/// Result of Lotus's StateMinerPreCommitDepositForPower and StateMinerInitialPledgeCollateral,
/// which add a tenth to be on the safe side.
TokenAmount with_safety_margin(const TokenAmount& amount);

}  // namespace venus::actors
