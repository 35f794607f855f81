// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/miner.hpp"

#include "ipld/amt.hpp"

namespace venus::actors::miner {
namespace {

/// Bit widths chosen by the actors for each array.
constexpr auto kSectorsShape = ipld::state_amt(5);
constexpr auto kPartitionsShape = ipld::state_amt(3);
constexpr auto kProofsShape = ipld::state_amt(2);
constexpr auto kPartitionExpirationShape = ipld::state_amt(4);

BitField pick(const Partition& partition, SectorSet set) {
  switch (set) {
    case SectorSet::All:
      return partition.sectors;
    case SectorSet::Live:
      return partition.live();
    case SectorSet::Active:
      return partition.active();
    case SectorSet::Faulty:
      return partition.faults;
    case SectorSet::Recovering:
      return partition.recoveries;
    case SectorSet::Unproven:
      return partition.unproven;
  }
  return {};
}

Result<std::vector<Partition>> load_partitions(Blockstore& store, const Deadline& deadline) {
  return ipld::read_amt<Partition>(store, deadline.partitions, kPartitionsShape);
}

/// Searches a partition's queue; an early expiration found before the on-time one is kept, as Lotus
/// does.
Result<SectorExpiration> search_expiration(Blockstore& store, const Partition& partition,
                                           SectorNumber number) {
  SectorExpiration out;
  TRY(const auto queue, ipld::Amt<ExpirationSet>::load(store, partition.expirations_epochs,
                                                       kPartitionExpirationShape));
  TRY_VOID(queue.for_each([&](std::uint64_t epoch, const ExpirationSet& set) -> Result<bool> {
    const ChainEpoch at(static_cast<std::int64_t>(epoch));
    if (set.early_sectors.test(number.value())) {
      out.early = at;
    } else if (set.on_time_sectors.test(number.value())) {
      out.on_time = at;
      return false;
    }
    return true;
  }));
  return out;
}

}  // namespace

Result<View> View::load(const StateTree& tree, ActorId miner) {
  TRY(auto actor, tree.get_actor(miner));
  TRY(auto state,
      with_context(tree.load_state<State>(actor, ActorType::Miner), Address::id(miner).str()));
  return View(tree.store(), miner, std::move(actor.balance), std::move(state));
}

Result<View> View::load(const StateTree& tree, const Address& miner) {
  TRY(const auto id, tree.lookup_id(miner));
  return load(tree, id);
}

Result<Info> View::info() const {
  return with_context(ipld::load<Info>(*store_, state_.info), "miner info");
}

DeadlineInfo View::recorded_deadline(ChainEpoch epoch) const {
  return DeadlineInfo::make(state_.proving_period_start, state_.current_deadline, epoch);
}

DeadlineInfo View::proving_deadline(ChainEpoch epoch) const {
  return recorded_deadline(epoch).next_not_elapsed();
}

Result<std::optional<SectorOnChain>> View::sector(SectorNumber number) const {
  TRY(const auto array, ipld::Amt<SectorOnChain>::load(*store_, state_.sectors, kSectorsShape));
  return array.get(number.value());
}

Result<std::vector<SectorOnChain>> View::sectors() const {
  // A miner may have 32 Mi sectors (actor policy).
  constexpr std::uint64_t kMaxSectors = std::uint64_t{32} << 20;
  return ipld::read_amt<SectorOnChain>(*store_, state_.sectors, kSectorsShape, kMaxSectors);
}

Result<std::vector<SectorOnChain>> View::sectors(const BitField& wanted) const {
  TRY(const auto array, ipld::Amt<SectorOnChain>::load(*store_, state_.sectors, kSectorsShape));
  std::vector<SectorOnChain> out;
  Result<void> state;
  wanted.for_each([&](std::uint64_t number) {
    auto found = array.get(number);
    if (!found) {
      state = std::unexpected(std::move(found).error());
    } else if (!*found) {
      state = fail(ErrorCode::NotFound, "can't find sector {}", number);
    } else {
      out.push_back(**std::move(found));
    }
    return state.has_value();
  });
  TRY_VOID(state);
  return out;
}

Result<std::optional<PreCommitOnChain>> View::precommit(SectorNumber number) const {
  TRY(const auto map, ipld::Hamt<PreCommitOnChain>::load(*store_, state_.pre_committed_sectors));
  return map.get(ipld::hamt_key(number.value()));
}

Result<std::vector<PreCommitOnChain>> View::precommits() const {
  std::vector<PreCommitOnChain> out;
  TRY(const auto map, ipld::Hamt<PreCommitOnChain>::load(*store_, state_.pre_committed_sectors));
  TRY_VOID(map.for_each([&](BytesView, const PreCommitOnChain& item) -> Result<void> {
    out.push_back(item);
    return {};
  }));
  return out;
}

Result<BitField> View::allocated() const {
  return with_context(ipld::load<BitField>(*store_, state_.allocated_sectors), "allocated sectors");
}

Result<bool> View::is_allocated(SectorNumber number) const {
  TRY(const auto numbers, allocated());
  return numbers.test(number.value());
}

Result<Deadlines> View::deadlines() const {
  TRY(auto out, ipld::load<Deadlines>(*store_, state_.deadlines));
  if (out.due.size() != kPeriodDeadlines) {
    return fail(ErrorCode::Malformed, "miner with {} deadlines", out.due.size());
  }
  return out;
}

Result<Deadline> View::deadline(std::uint64_t index) const {
  if (index >= kPeriodDeadlines)
    return fail(ErrorCode::InvalidArgument, "invalid deadline {}", index);
  TRY(const auto all, deadlines());
  return ipld::load<Deadline>(*store_, all.due[index]);
}

Result<void> View::for_each_deadline(
    const std::function<Result<void>(std::uint64_t, const Deadline&)>& visit) const {
  TRY(const auto all, deadlines());
  for (std::uint64_t i = 0; i < all.due.size(); ++i) {
    TRY(const auto deadline, ipld::load<Deadline>(*store_, all.due[i]));
    TRY_VOID(visit(i, deadline));
  }
  return {};
}

Result<std::vector<Partition>> View::partitions(const Deadline& deadline) const {
  return load_partitions(*store_, deadline);
}

Result<std::vector<Partition>> View::partitions(std::uint64_t deadline_index) const {
  TRY(const auto found, deadline(deadline_index));
  return load_partitions(*store_, found);
}

Result<std::uint64_t> View::disputable_proofs(const Deadline& deadline) const {
  TRY(const auto proofs,
      ipld::RawAmt::load(*store_, deadline.optimistic_post_submissions_snapshot, kProofsShape));
  return proofs.count();
}

Result<BitField> View::collect(SectorSet set) const {
  std::vector<BitField> sets;
  TRY_VOID(for_each_deadline([&](std::uint64_t, const Deadline& deadline) -> Result<void> {
    // total_sectors is 0 in an untouched deadline, whose partitions need not be looked at.
    if (deadline.total_sectors == 0) return {};
    TRY(const auto parts, load_partitions(*store_, deadline));
    for (const auto& part : parts)
      sets.push_back(pick(part, set));
    return {};
  }));
  return BitField::union_of(sets);
}

Result<SectorCounts> View::sector_counts() const {
  SectorCounts out;
  TRY_VOID(for_each_deadline([&](std::uint64_t, const Deadline& deadline) -> Result<void> {
    TRY(const auto parts, load_partitions(*store_, deadline));
    for (const auto& part : parts) {
      out.live += part.live().count();
      out.active += part.active().count();
      out.faulty += part.faults.count();
    }
    return {};
  }));
  return out;
}

Result<SectorLocation> View::find_sector(SectorNumber number) const {
  TRY(const auto all, deadlines());
  for (std::uint64_t i = 0; i < all.due.size(); ++i) {
    TRY(const auto parts, partitions(i));
    for (std::uint64_t j = 0; j < parts.size(); ++j) {
      if (parts[j].sectors.test(number.value())) return SectorLocation{i, j};
    }
  }
  return fail(ErrorCode::NotFound, "sector {} not due at any deadline", number);
}

Result<SectorExpiration> View::sector_expiration(SectorNumber number) const {
  SectorExpiration out;
  const auto location = find_sector(number);
  if (!location && location.error().code != ErrorCode::NotFound) {
    return std::unexpected(location.error());
  }
  if (location) {
    TRY(const auto parts, partitions(location->deadline));
    const auto& part = parts[location->partition];
    if (!part.terminated.test(number.value())) {
      TRY(out, search_expiration(*store_, part, number));
    }
  }
  if (out == SectorExpiration{})
    return fail(ErrorCode::NotFound, "failed to find sector {}", number);
  return out;
}

Result<std::vector<VestingFund>> View::vesting_table() const {
  std::vector<VestingFund> out;
  if (!state_.vesting_funds) return out;
  TRY(out, ipld::load<std::vector<VestingFund>>(*store_, state_.vesting_funds->tail));
  out.insert(out.begin(), state_.vesting_funds->head);
  return out;
}

Result<TokenAmount> View::vested_funds(ChainEpoch epoch) const {
  TokenAmount out;
  TRY(const auto table, vesting_table());
  for (const auto& fund : table) {
    if (fund.epoch >= epoch) break;
    out += fund.amount;
  }
  return out;
}

Result<TokenAmount> View::available_balance() const {
  const auto unlocked =
      balance_ - state_.locked_funds - state_.pre_commit_deposits - state_.initial_pledge;
  if (unlocked.is_negative())
    return fail(ErrorCode::FailedValidation, "negative unlocked balance {}", unlocked);
  return unlocked - state_.fee_debt;
}

Result<Address> worker_key(const StateTree& tree, ActorId miner) {
  TRY(const auto view, View::load(tree, miner));
  TRY(const auto info, view.info());
  return tree.key_address(info.worker);
}

}  // namespace venus::actors::miner
