// SPDX-License-Identifier: MIT OR Apache-2.0
// Parameters and returns of the storage miner about its keys and money, actors v16 to v19, with the
// JSON names of go-state-types. Methods and their numbers: methods/miner.cpp.
#pragma once

#include "actors/miner_state.hpp"

namespace venus::actors {

namespace miner {

/// What the power actor hands a new miner.
struct ConstructorParams {
  Address owner_addr;
  Address worker_addr;
  std::vector<Address> control_addrs;
  RegisteredPostProof window_post_proof_type{};
  Bytes peer_id;
  std::vector<Bytes> multiaddrs;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("OwnerAddr", &ConstructorParams::owner_addr),
        base::field("WorkerAddr", &ConstructorParams::worker_addr),
        list("ControlAddrs", &ConstructorParams::control_addrs),
        base::field("WindowPoStProofType", &ConstructorParams::window_post_proof_type),
        list("PeerId", &ConstructorParams::peer_id),
        list("Multiaddrs", &ConstructorParams::multiaddrs));
  }
};

struct GetControlAddressesReturn {
  Address owner;
  Address worker;
  std::vector<Address> control_addrs;
  static constexpr auto fields() {
    return base::fields_of(base::field("Owner", &GetControlAddressesReturn::owner),
                           base::field("Worker", &GetControlAddressesReturn::worker),
                           list("ControlAddrs", &GetControlAddressesReturn::control_addrs));
  }
};

/// The new worker takes over after 900 epochs; the control addresses at once.
struct ChangeWorkerAddressParams {
  Address new_worker;
  std::vector<Address> new_control_addrs;
  static constexpr auto fields() {
    return base::fields_of(base::field("NewWorker", &ChangeWorkerAddressParams::new_worker),
                           list("NewControlAddrs", &ChangeWorkerAddressParams::new_control_addrs));
  }
};

struct ChangePeerIDParams {
  Bytes new_id;
  static constexpr auto fields() {
    return base::fields_of(list("NewID", &ChangePeerIDParams::new_id));
  }
};

struct ChangeMultiaddrsParams {
  std::vector<Bytes> new_multiaddrs;
  static constexpr auto fields() {
    return base::fields_of(list("NewMultiaddrs", &ChangeMultiaddrsParams::new_multiaddrs));
  }
};

/// What the power actor's cron hands to a miner.
struct DeferredCronEventParams {
  Bytes event_payload;
  FilterEstimate reward_smoothed;
  FilterEstimate quality_adj_power_smoothed;
  static constexpr auto fields() {
    return base::fields_of(list("EventPayload", &DeferredCronEventParams::event_payload),
                           base::field("RewardSmoothed", &DeferredCronEventParams::reward_smoothed),
                           base::field("QualityAdjPowerSmoothed",
                                       &DeferredCronEventParams::quality_adj_power_smoothed));
  }
};

struct ApplyRewardParams {
  TokenAmount reward;
  TokenAmount penalty;
  static constexpr auto fields() {
    return base::fields_of(base::field("Reward", &ApplyRewardParams::reward),
                           base::field("Penalty", &ApplyRewardParams::penalty));
  }
};

/// Two headers of one miner that contradict each other, and a third for some faults.
struct ReportConsensusFaultParams {
  Bytes block_header1;
  Bytes block_header2;
  Bytes block_header_extra;
  static constexpr auto fields() {
    return base::fields_of(
        list("BlockHeader1", &ReportConsensusFaultParams::block_header1),
        list("BlockHeader2", &ReportConsensusFaultParams::block_header2),
        list("BlockHeaderExtra", &ReportConsensusFaultParams::block_header_extra));
  }
};

struct WithdrawBalanceParams {
  TokenAmount amount_requested;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("AmountRequested", &WithdrawBalanceParams::amount_requested));
  }
};

/// Genesis only.
struct InternalSectorSetupForPresealParams {
  std::vector<SectorNumber> sectors;
  FilterEstimate reward_smoothed;
  BigInt reward_baseline_power;
  FilterEstimate quality_adj_power_smoothed;
  static constexpr auto fields() {
    return base::fields_of(
        list("Sectors", &InternalSectorSetupForPresealParams::sectors),
        base::field("RewardSmoothed", &InternalSectorSetupForPresealParams::reward_smoothed),
        base::field("RewardBaselinePower",
                    &InternalSectorSetupForPresealParams::reward_baseline_power),
        base::field("QualityAdjPowerSmoothed",
                    &InternalSectorSetupForPresealParams::quality_adj_power_smoothed));
  }
};

struct ChangeBeneficiaryParams {
  Address new_beneficiary;
  TokenAmount new_quota;
  ChainEpoch new_expiration;
  static constexpr auto fields() {
    return base::fields_of(base::field("NewBeneficiary", &ChangeBeneficiaryParams::new_beneficiary),
                           base::field("NewQuota", &ChangeBeneficiaryParams::new_quota),
                           base::field("NewExpiration", &ChangeBeneficiaryParams::new_expiration));
  }
};

struct ActiveBeneficiary {
  Address beneficiary;
  BeneficiaryTerm term;
  static constexpr auto fields() {
    return base::fields_of(base::field("Beneficiary", &ActiveBeneficiary::beneficiary),
                           base::field("Term", &ActiveBeneficiary::term));
  }
};

struct GetBeneficiaryReturn {
  ActiveBeneficiary active;
  std::optional<PendingBeneficiaryChange> proposed;
  static constexpr auto fields() {
    return base::fields_of(base::field("Active", &GetBeneficiaryReturn::active),
                           base::field("Proposed", &GetBeneficiaryReturn::proposed));
  }
};

struct GetOwnerReturn {
  Address owner;
  std::optional<Address> proposed;
  static constexpr auto fields() {
    return base::fields_of(base::field("Owner", &GetOwnerReturn::owner),
                           base::field("Proposed", &GetOwnerReturn::proposed));
  }
};

struct GetPeerIDReturn {
  Bytes peer_id;
  static constexpr auto fields() {
    return base::fields_of(list("PeerId", &GetPeerIDReturn::peer_id));
  }
};

struct GetMultiAddrsReturn {
  Bytes multi_addrs;
  static constexpr auto fields() {
    return base::fields_of(list("MultiAddrs", &GetMultiAddrsReturn::multi_addrs));
  }
};

struct MaxTerminationFeeParams {
  BigInt power;
  TokenAmount initial_pledge;
  static constexpr auto fields() {
    return base::fields_of(base::field("Power", &MaxTerminationFeeParams::power),
                           base::field("InitialPledge", &MaxTerminationFeeParams::initial_pledge));
  }
};

}  // namespace miner

}  // namespace venus::actors
