// SPDX-License-Identifier: MIT OR Apache-2.0
// The power actor f04: claims of miners and the network's totals.
#pragma once

#include "actors/state_tree.hpp"
#include "types/policy.hpp"
#include "types/sector.hpp"

#include <functional>

namespace venus::actors::power {

struct State {
  /// Sums over the miners above the consensus minimum: what elections and weight use.
  BigInt total_raw_byte_power;
  /// Sums over all miners.
  BigInt total_bytes_committed;
  BigInt total_quality_adj_power;
  BigInt total_qa_bytes_committed;
  TokenAmount total_pledge_collateral;
  BigInt this_epoch_raw_byte_power;
  BigInt this_epoch_quality_adj_power;
  TokenAmount this_epoch_pledge_collateral;
  FilterEstimate this_epoch_qa_power_smoothed;
  std::int64_t miner_count = 0;
  std::int64_t miner_above_min_power_count = 0;
  /// FIP-0081: where the pledge's transition starts and how long it takes.
  std::int64_t ramp_start_epoch = 0;
  std::uint64_t ramp_duration_epochs = 0;
  /// HAMT[epoch]AMT[CronEvent], both of bit width 6.
  Cid cron_event_queue;
  ChainEpoch first_cron_epoch;
  /// HAMT[address]Claim.
  Cid claims;
  std::optional<Cid> proof_validation_batch;

  bool operator==(const State&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("TotalRawBytePower", &State::total_raw_byte_power),
                           field("TotalBytesCommitted", &State::total_bytes_committed),
                           field("TotalQualityAdjPower", &State::total_quality_adj_power),
                           field("TotalQABytesCommitted", &State::total_qa_bytes_committed),
                           field("TotalPledgeCollateral", &State::total_pledge_collateral),
                           field("ThisEpochRawBytePower", &State::this_epoch_raw_byte_power),
                           field("ThisEpochQualityAdjPower", &State::this_epoch_quality_adj_power),
                           field("ThisEpochPledgeCollateral", &State::this_epoch_pledge_collateral),
                           field("ThisEpochQAPowerSmoothed", &State::this_epoch_qa_power_smoothed),
                           field("MinerCount", &State::miner_count),
                           field("MinerAboveMinPowerCount", &State::miner_above_min_power_count),
                           field("RampStartEpoch", &State::ramp_start_epoch),
                           field("RampDurationEpochs", &State::ramp_duration_epochs),
                           field("CronEventQueue", &State::cron_event_queue),
                           field("FirstCronEpoch", &State::first_cron_epoch),
                           field("Claims", &State::claims),
                           field("ProofValidationBatch", &State::proof_validation_batch));
  }
};

struct Claim {
  RegisteredPostProof window_post_proof_type{};
  BigInt raw_byte_power;
  BigInt quality_adj_power;
  bool operator==(const Claim&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("WindowPoStProofType", &Claim::window_post_proof_type),
                           field("RawBytePower", &Claim::raw_byte_power),
                           field("QualityAdjPower", &Claim::quality_adj_power));
  }
};

struct CronEvent {
  Address miner;
  Bytes callback_payload;
  bool operator==(const CronEvent&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("MinerAddr", &CronEvent::miner),
                           list("CallbackPayload", &CronEvent::callback_payload));
  }
};

/// Whether a claim lets its miner win elections: raw power of at least `min_power` bytes (the
/// network's consensus_miner_min_power); with fewer than 4 such miners any power above zero does.
bool meets_consensus_minimum(const State& state, const Claim& claim, const BigInt& min_power);

/// A look at the power actor of one state. The store must outlive it.
class View {
 public:
  /// Loads f04; Unsupported for actors older than v16.
  static Result<View> load(const StateTree& tree);

  [[nodiscard]] const State& state() const noexcept { return state_; }

  /// The claim of a miner; nothing when the power actor does not know it.
  [[nodiscard]] Result<std::optional<Claim>> claim(ActorId miner) const;

  /// See the function above.
  [[nodiscard]] bool meets_consensus_minimum(const Claim& claim, const BigInt& min_power) const {
    return power::meets_consensus_minimum(state_, claim, min_power);
  }

  /// As above for a miner by id; NotFound when it has no claim.
  [[nodiscard]] Result<bool> meets_consensus_minimum(ActorId miner, const BigInt& min_power) const;

  /// Calls visit for every claim, in the map's order (which is Lotus's StateListMiners order).
  Result<void> for_each_claim(
      const std::function<Result<void>(ActorId, const Claim&)>& visit) const;

  /// Ids of all miners in the map's order.
  [[nodiscard]] Result<std::vector<ActorId>> miners() const;

  /// Events of the cron queue at one epoch, in order.
  [[nodiscard]] Result<std::vector<CronEvent>> cron_events(ChainEpoch epoch) const;

 private:
  View(Blockstore& store, State state) : store_(&store), state_(std::move(state)) {}
  Blockstore* store_;
  State state_;
};

}  // namespace venus::actors::power
