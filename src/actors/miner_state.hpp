// SPDX-License-Identifier: MIT OR Apache-2.0
// What a storage miner actor stores, actors v16 to v19 (go-state-types builtin/v16..v19/miner).
#pragma once

#include "actors/shapes.hpp"
#include "types/sector.hpp"

#include <array>

namespace venus::actors::miner {

/// Funds that vest at an epoch.
struct VestingFund {
  ChainEpoch epoch;
  TokenAmount amount;
  bool operator==(const VestingFund&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Epoch", &VestingFund::epoch),
                           base::field("Amount", &VestingFund::amount));
  }
};

/// The vesting table: its first entry here, the others behind a link.
struct VestingFunds {
  VestingFund head;
  Cid tail;
  bool operator==(const VestingFunds&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Head", &VestingFunds::head),
                           base::field("Tail", &VestingFunds::tail));
  }
};

struct State {
  Cid info;
  TokenAmount pre_commit_deposits;
  /// Rewards and deposits in the vesting table.
  TokenAmount locked_funds;
  std::optional<VestingFunds> vesting_funds;
  TokenAmount fee_debt;
  TokenAmount initial_pledge;
  /// HAMT[sector]PreCommitOnChain.
  Cid pre_committed_sectors;
  Cid pre_committed_sectors_clean_up;
  /// A bitfield.
  Cid allocated_sectors;
  /// AMT[sector]SectorOnChain.
  Cid sectors;
  /// Of the deadline cron's last run; may lie in the past when the cron is not active.
  ChainEpoch proving_period_start;
  std::uint64_t current_deadline = 0;
  Cid deadlines;
  BitField early_terminations;
  bool deadline_cron_active = false;

  bool operator==(const State&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(
        field("Info", &State::info), field("PreCommitDeposits", &State::pre_commit_deposits),
        field("LockedFunds", &State::locked_funds), field("VestingFunds", &State::vesting_funds),
        field("FeeDebt", &State::fee_debt), field("InitialPledge", &State::initial_pledge),
        field("PreCommittedSectors", &State::pre_committed_sectors),
        field("PreCommittedSectorsCleanUp", &State::pre_committed_sectors_clean_up),
        field("AllocatedSectors", &State::allocated_sectors), field("Sectors", &State::sectors),
        field("ProvingPeriodStart", &State::proving_period_start),
        field("CurrentDeadline", &State::current_deadline), field("Deadlines", &State::deadlines),
        field("EarlyTerminations", &State::early_terminations),
        field("DeadlineCronActive", &State::deadline_cron_active));
  }
};

/// A new worker and the epoch it takes over.
struct WorkerKeyChange {
  Address new_worker;
  ChainEpoch effective_at;
  bool operator==(const WorkerKeyChange&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("NewWorker", &WorkerKeyChange::new_worker),
                           base::field("EffectiveAt", &WorkerKeyChange::effective_at));
  }
};

struct BeneficiaryTerm {
  TokenAmount quota;
  TokenAmount used_quota;
  ChainEpoch expiration;
  bool operator==(const BeneficiaryTerm&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("Quota", &BeneficiaryTerm::quota),
                           field("UsedQuota", &BeneficiaryTerm::used_quota),
                           field("Expiration", &BeneficiaryTerm::expiration));
  }
};

struct PendingBeneficiaryChange {
  Address new_beneficiary;
  TokenAmount new_quota;
  ChainEpoch new_expiration;
  bool approved_by_beneficiary = false;
  bool approved_by_nominee = false;
  bool operator==(const PendingBeneficiaryChange&) const = default;
  static constexpr auto fields() {
    using base::field;
    using P = PendingBeneficiaryChange;
    return base::fields_of(field("NewBeneficiary", &P::new_beneficiary),
                           field("NewQuota", &P::new_quota),
                           field("NewExpiration", &P::new_expiration),
                           field("ApprovedByBeneficiary", &P::approved_by_beneficiary),
                           field("ApprovedByNominee", &P::approved_by_nominee));
  }
};

/// Who owns and runs the miner. All addresses are id addresses.
struct Info {
  Address owner;
  /// Signs blocks and VRFs; see View::worker_key.
  Address worker;
  std::vector<Address> control_addresses;
  std::optional<WorkerKeyChange> pending_worker_key;
  /// libp2p peer id in binary.
  Bytes peer_id;
  /// libp2p multiaddresses in binary.
  std::vector<Bytes> multiaddrs;
  RegisteredPostProof window_post_proof_type{};
  /// Bytes.
  std::uint64_t sector_size = 0;
  std::uint64_t window_post_partition_sectors = 0;
  /// First epoch after a consensus fault at which the miner may win again; -1 for none.
  ChainEpoch consensus_fault_elapsed;
  std::optional<Address> pending_owner_address;
  Address beneficiary;
  BeneficiaryTerm beneficiary_term;
  std::optional<PendingBeneficiaryChange> pending_beneficiary_term;

  bool operator==(const Info&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(
        field("Owner", &Info::owner), field("Worker", &Info::worker),
        list("ControlAddresses", &Info::control_addresses),
        field("PendingWorkerKey", &Info::pending_worker_key), list("PeerId", &Info::peer_id),
        list("Multiaddrs", &Info::multiaddrs),
        field("WindowPoStProofType", &Info::window_post_proof_type),
        field("SectorSize", &Info::sector_size),
        field("WindowPoStPartitionSectors", &Info::window_post_partition_sectors),
        field("ConsensusFaultElapsed", &Info::consensus_fault_elapsed),
        field("PendingOwnerAddress", &Info::pending_owner_address),
        field("Beneficiary", &Info::beneficiary), field("BeneficiaryTerm", &Info::beneficiary_term),
        field("PendingBeneficiaryTerm", &Info::pending_beneficiary_term));
  }
};

/// What a miner says when it precommits a sector.
struct PreCommitInfo {
  RegisteredSealProof seal_proof{};
  SectorNumber sector_number;
  Cid sealed_cid;
  ChainEpoch seal_rand_epoch;
  std::vector<DealId> deal_ids;
  ChainEpoch expiration;
  std::optional<Cid> unsealed_cid;

  bool operator==(const PreCommitInfo&) const = default;
  static constexpr auto fields() {
    using base::field;
    using P = PreCommitInfo;
    return base::fields_of(
        field("SealProof", &P::seal_proof), field("SectorNumber", &P::sector_number),
        field("SealedCID", &P::sealed_cid), field("SealRandEpoch", &P::seal_rand_epoch),
        list("DealIDs", &P::deal_ids), field("Expiration", &P::expiration),
        field("UnsealedCid", &P::unsealed_cid));
  }
};

struct PreCommitOnChain {
  PreCommitInfo info;
  TokenAmount deposit;
  ChainEpoch epoch;
  bool operator==(const PreCommitOnChain&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("Info", &PreCommitOnChain::info),
                           field("PreCommitDeposit", &PreCommitOnChain::deposit),
                           field("PreCommitEpoch", &PreCommitOnChain::epoch));
  }
};

/// A proven sector. Sectors from before FIP-0100 lack the last field. JSON leaves out the deal ids
/// and shows a missing fee as "0", as Lotus does.
struct SectorOnChain {
  SectorNumber sector_number;
  RegisteredSealProof seal_proof{};
  /// CommR.
  Cid sealed_cid;
  std::vector<DealId> deprecated_deal_ids;
  ChainEpoch activation;
  ChainEpoch expiration;
  BigInt deal_weight;
  BigInt verified_deal_weight;
  TokenAmount initial_pledge;
  std::optional<TokenAmount> expected_day_reward;
  std::optional<TokenAmount> expected_storage_pledge;
  ChainEpoch power_base_epoch;
  std::optional<TokenAmount> replaced_day_reward;
  /// The first CommR of a sector that got data later.
  std::optional<Cid> sector_key_cid;
  std::uint64_t flags = 0;
  std::optional<TokenAmount> daily_fee;

  bool operator==(const SectorOnChain&) const = default;
  static constexpr auto fields() {
    using base::field;
    using S = SectorOnChain;
    return base::fields_of(
        field("SectorNumber", &S::sector_number), field("SealProof", &S::seal_proof),
        field("SealedCID", &S::sealed_cid), field("DeprecatedDealIDs", &S::deprecated_deal_ids),
        field("Activation", &S::activation), field("Expiration", &S::expiration),
        field("DealWeight", &S::deal_weight), field("VerifiedDealWeight", &S::verified_deal_weight),
        field("InitialPledge", &S::initial_pledge),
        field("ExpectedDayReward", &S::expected_day_reward),
        field("ExpectedStoragePledge", &S::expected_storage_pledge),
        field("PowerBaseEpoch", &S::power_base_epoch),
        field("ReplacedDayReward", &S::replaced_day_reward),
        field("SectorKeyCID", &S::sector_key_cid), field("Flags", &S::flags),
        field("DailyFee", &S::daily_fee));
  }
};

inline constexpr std::size_t kDeadlineCount = 48;

/// Links to the 48 deadlines; in CBOR a tuple of one list.
struct Deadlines {
  std::vector<Cid> due;
  bool operator==(const Deadlines&) const = default;
  static constexpr auto fields() { return base::fields_of(base::field("Due", &Deadlines::due)); }
};

struct Deadline {
  /// AMT[partition]Partition.
  Cid partitions;
  Cid expirations_epochs;
  BitField partitions_posted;
  BitField early_terminations;
  std::uint64_t live_sectors = 0;
  std::uint64_t total_sectors = 0;
  PowerPair faulty_power;
  Cid optimistic_post_submissions;
  Cid sectors_snapshot;
  Cid partitions_snapshot;
  Cid optimistic_post_submissions_snapshot;
  PowerPair live_power;
  TokenAmount daily_fee;

  bool operator==(const Deadline&) const = default;
  static constexpr auto fields() {
    using base::field;
    using D = Deadline;
    return base::fields_of(
        field("Partitions", &D::partitions), field("ExpirationsEpochs", &D::expirations_epochs),
        field("PartitionsPoSted", &D::partitions_posted),
        field("EarlyTerminations", &D::early_terminations), field("LiveSectors", &D::live_sectors),
        field("TotalSectors", &D::total_sectors), field("FaultyPower", &D::faulty_power),
        field("OptimisticPoStSubmissions", &D::optimistic_post_submissions),
        field("SectorsSnapshot", &D::sectors_snapshot),
        field("PartitionsSnapshot", &D::partitions_snapshot),
        field("OptimisticPoStSubmissionsSnapshot", &D::optimistic_post_submissions_snapshot),
        field("LivePower", &D::live_power), field("DailyFee", &D::daily_fee));
  }
};

struct Partition {
  /// All, including faulty, unproven and terminated ones.
  BitField sectors;
  BitField unproven;
  BitField faults;
  BitField recoveries;
  BitField terminated;
  /// AMT[epoch]ExpirationSet.
  Cid expirations_epochs;
  Cid early_terminated;
  PowerPair live_power;
  PowerPair unproven_power;
  PowerPair faulty_power;
  PowerPair recovering_power;

  /// Not terminated.
  [[nodiscard]] BitField live() const { return sectors - terminated; }
  /// Live, not faulty and proven: the sectors that have power and can be drawn in a WinningPoSt.
  [[nodiscard]] BitField active() const { return live() - faults - unproven; }

  bool operator==(const Partition&) const = default;
  static constexpr auto fields() {
    using base::field;
    using P = Partition;
    return base::fields_of(
        field("Sectors", &P::sectors), field("Unproven", &P::unproven), field("Faults", &P::faults),
        field("Recoveries", &P::recoveries), field("Terminated", &P::terminated),
        field("ExpirationsEpochs", &P::expirations_epochs),
        field("EarlyTerminated", &P::early_terminated), field("LivePower", &P::live_power),
        field("UnprovenPower", &P::unproven_power), field("FaultyPower", &P::faulty_power),
        field("RecoveringPower", &P::recovering_power));
  }
};

/// Sectors that expire at one epoch. Sets from before FIP-0100 lack the last field.
struct ExpirationSet {
  BitField on_time_sectors;
  BitField early_sectors;
  TokenAmount on_time_pledge;
  PowerPair active_power;
  PowerPair faulty_power;
  std::optional<TokenAmount> fee_deduction;

  bool operator==(const ExpirationSet&) const = default;
  static constexpr auto fields() {
    using base::field;
    using E = ExpirationSet;
    return base::fields_of(
        field("OnTimeSectors", &E::on_time_sectors), field("EarlySectors", &E::early_sectors),
        field("OnTimePledge", &E::on_time_pledge), field("ActivePower", &E::active_power),
        field("FaultyPower", &E::faulty_power), field("FeeDeduction", &E::fee_deduction));
  }
};

}  // namespace venus::actors::miner

template <>
struct venus::ipld::CborCodec<venus::actors::miner::SectorOnChain>
    : venus::actors::OptionalTailCodec<venus::actors::miner::SectorOnChain> {};
template <>
struct venus::ipld::CborCodec<venus::actors::miner::ExpirationSet>
    : venus::actors::OptionalTailCodec<venus::actors::miner::ExpirationSet> {};
template <>
struct venus::base::JsonCodec<venus::actors::miner::SectorOnChain> {
  static boost::json::value encode(const actors::miner::SectorOnChain& v);
  static Result<actors::miner::SectorOnChain> decode(const boost::json::value& v);
};
