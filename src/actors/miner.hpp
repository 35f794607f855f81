// SPDX-License-Identifier: MIT OR Apache-2.0
// A look at one storage miner actor: who runs it, what it stores, when it must prove.
#pragma once

#include "actors/deadline_info.hpp"
#include "actors/miner_state.hpp"
#include "actors/state_tree.hpp"

#include <functional>

namespace venus::actors::miner {

struct SectorLocation {
  std::uint64_t deadline = 0;
  std::uint64_t partition = 0;
  bool operator==(const SectorLocation&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Deadline", &SectorLocation::deadline),
                           base::field("Partition", &SectorLocation::partition));
  }
};

/// When a sector expires: 0 means not scheduled so.
struct SectorExpiration {
  ChainEpoch on_time;
  ChainEpoch early;
  bool operator==(const SectorExpiration&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("OnTime", &SectorExpiration::on_time),
                           base::field("Early", &SectorExpiration::early));
  }
};

struct SectorCounts {
  std::uint64_t live = 0;
  std::uint64_t active = 0;
  std::uint64_t faulty = 0;
  bool operator==(const SectorCounts&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("Live", &SectorCounts::live),
                           field("Active", &SectorCounts::active),
                           field("Faulty", &SectorCounts::faulty));
  }
};

/// Which sectors of a partition to collect.
enum class SectorSet : std::uint8_t { All, Live, Active, Faulty, Recovering, Unproven };

/// The state of one miner in one state tree. The tree's store must outlive it.
class View {
 public:
  /// Loads a miner. NotFound without such an actor, InvalidArgument when it is no miner,
  /// Unsupported for actors older than v16.
  static Result<View> load(const StateTree& tree, ActorId miner);
  static Result<View> load(const StateTree& tree, const Address& miner);

  [[nodiscard]] ActorId id() const noexcept { return id_; }
  [[nodiscard]] const State& state() const noexcept { return state_; }
  [[nodiscard]] const TokenAmount& balance() const noexcept { return balance_; }

  [[nodiscard]] Result<Info> info() const;

  /// The deadline the cron last recorded, as seen at `epoch`; it may have elapsed.
  [[nodiscard]] DeadlineInfo recorded_deadline(ChainEpoch epoch) const;
  /// The deadline that is open at `epoch` (Lotus's StateMinerProvingDeadline).
  [[nodiscard]] DeadlineInfo proving_deadline(ChainEpoch epoch) const;

  /// A proven sector; nothing when there is none of that number.
  [[nodiscard]] Result<std::optional<SectorOnChain>> sector(SectorNumber number) const;
  /// All proven sectors by number, or the wanted ones: NotFound when one of these is missing.
  [[nodiscard]] Result<std::vector<SectorOnChain>> sectors() const;
  [[nodiscard]] Result<std::vector<SectorOnChain>> sectors(const BitField& wanted) const;

  [[nodiscard]] Result<std::optional<PreCommitOnChain>> precommit(SectorNumber number) const;
  [[nodiscard]] Result<std::vector<PreCommitOnChain>> precommits() const;

  /// Numbers that were ever used.
  [[nodiscard]] Result<BitField> allocated() const;
  [[nodiscard]] Result<bool> is_allocated(SectorNumber number) const;

  /// The 48 deadlines' links.
  [[nodiscard]] Result<Deadlines> deadlines() const;
  /// One deadline; InvalidArgument from 48 on.
  [[nodiscard]] Result<Deadline> deadline(std::uint64_t index) const;
  /// Calls visit(index, deadline) for all 48.
  Result<void> for_each_deadline(
      const std::function<Result<void>(std::uint64_t, const Deadline&)>& visit) const;
  /// The partitions of a deadline in order.
  [[nodiscard]] Result<std::vector<Partition>> partitions(const Deadline& deadline) const;
  [[nodiscard]] Result<std::vector<Partition>> partitions(std::uint64_t deadline_index) const;
  /// Proofs of the last window of a deadline that may still be disputed.
  [[nodiscard]] Result<std::uint64_t> disputable_proofs(const Deadline& deadline) const;

  /// Union over all partitions of all deadlines.
  [[nodiscard]] Result<BitField> collect(SectorSet set) const;
  /// Counts over all partitions.
  [[nodiscard]] Result<SectorCounts> sector_counts() const;

  /// NotFound when no partition holds the sector.
  [[nodiscard]] Result<SectorLocation> find_sector(SectorNumber number) const;
  /// NotFound when the sector is not scheduled to expire (terminated or unknown).
  [[nodiscard]] Result<SectorExpiration> sector_expiration(SectorNumber number) const;

  /// Funds whose vesting epoch lies before `epoch` and that still stand in the table.
  [[nodiscard]] Result<TokenAmount> vested_funds(ChainEpoch epoch) const;
  [[nodiscard]] Result<std::vector<VestingFund>> vesting_table() const;
  /// Balance minus everything locked and owed; may be negative for a miner in debt.
  /// FailedValidation when the actor's balance does not cover what it has locked.
  [[nodiscard]] Result<TokenAmount> available_balance() const;

 private:
  View(Blockstore& store, ActorId id, TokenAmount balance, State state)
      : store_(&store), id_(id), balance_(std::move(balance)), state_(std::move(state)) {}

  Blockstore* store_;
  ActorId id_;
  TokenAmount balance_;
  State state_;
};

/// The key address that signs for a miner: its worker's. This is what verifies its blocks and VRFs.
Result<Address> worker_key(const StateTree& tree, ActorId miner);

}  // namespace venus::actors::miner
