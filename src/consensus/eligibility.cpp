// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/eligibility.hpp"

namespace venus::consensus {
namespace {

// The proof a miner of this window PoSt type makes when it wins: the families list sizes in one order.
std::int64_t winning_type(RegisteredPostProof window) {
  constexpr std::int64_t kSizes = 5;
  return static_cast<std::int64_t>(window) % kSizes;
}

}  // namespace

Result<MinerStates::SummaryPtr> MinerStates::summary(const Cid& state, ActorId miner) {
  TRY(auto tree, actors::StateTree::load(store_, state));
  TRY(auto actor, tree.get_actor(miner));
  if (auto known = miners_.get(actor.head)) return *std::move(known);
  TRY(auto view, actors::miner::View::load(tree, miner));
  TRY(auto info, view.info());
  // An account's key never changes, so it may be remembered with the miner's state.
  TRY(auto worker, tree.key_address(info.worker));
  auto out = std::make_shared<const MinerSummary>(MinerSummary{std::move(info), view.state(), worker});
  miners_.put(actor.head, out);
  return SummaryPtr(out);
}

Result<MinerStates::PowerPtr> MinerStates::power_view(const Cid& state) {
  TRY(auto tree, actors::StateTree::load(store_, state));
  TRY(auto actor, tree.get_actor(types::singleton::kPower));
  if (auto known = power_.get(actor.head)) return *std::move(known);
  TRY(auto view, actors::power::View::load(tree));
  auto out = std::make_shared<const actors::power::View>(std::move(view));
  power_.put(actor.head, out);
  return PowerPtr(out);
}

Result<Address> MinerStates::worker_key(const Cid& state, ActorId miner) {
  TRY(auto found, summary(state, miner));
  return found->worker;
}

Result<std::optional<MinerPower>> MinerStates::power(const Cid& state, ActorId miner) {
  TRY(auto view, power_view(state));
  TRY(auto claim, view->claim(miner));
  if (!claim) return std::optional<MinerPower>{};
  return std::optional(MinerPower{*std::move(claim), view->state().total_raw_byte_power,
                                  view->state().total_quality_adj_power});
}

Result<bool> MinerStates::has_min_power(const Cid& state, ActorId miner, std::uint64_t min_power) {
  TRY(auto view, power_view(state));
  TRY(auto claim, view->claim(miner));
  return claim && view->meets_consensus_minimum(*claim, BigInt(min_power));
}

Result<bool> MinerStates::eligible_at(const Cid& base_parent_state, ChainEpoch base_height, ActorId miner) {
  TRY(auto power, this->power(base_parent_state, miner));
  if (!power || power->claim.quality_adj_power.sign() <= 0) return false;
  TRY(auto found, summary(base_parent_state, miner));
  if (!found->state.fee_debt.is_zero()) return false;
  return base_height > found->info.consensus_fault_elapsed;
}

Result<MinerStates::ActivePtr> MinerStates::active_sectors(const Cid& state, ActorId miner, const Cid& deadlines) {
  // Two miners with the same deadlines have the same sectors.
  if (auto known = active_.get(deadlines)) return *std::move(known);
  TRY(auto tree, actors::StateTree::load(store_, state));
  TRY(auto view, actors::miner::View::load(tree, miner));
  TRY(auto active, view.collect(actors::miner::SectorSet::Active));
  auto out = std::make_shared<const BitField>(std::move(active));
  active_.put(deadlines, out);
  return ActivePtr(out);
}

Result<std::vector<types::ExtendedSectorInfo>> MinerStates::winning_post_sectors(const Cid& state, ActorId miner,
                                                                                 const Randomness& randomness) {
  TRY(auto found, summary(state, miner));
  TRY(auto active, active_sectors(state, miner, found->state.deadlines));
  std::vector<types::ExtendedSectorInfo> out;
  const auto count = active->count();
  if (count == 0) return out;
  const auto proof = winning_type(found->info.window_post_proof_type);
  TRY(const auto indices, bridge::winning_post_sector_challenge(proof, randomness, miner, count));
  BitField wanted;
  for (const auto index : indices) {
    const auto number = active->nth(index);
    if (!number) return fail(ErrorCode::Internal, "challenged sector {} of {}", index, count);
    TRY_VOID(wanted.set(*number));
  }
  TRY(auto tree, actors::StateTree::load(store_, state));
  TRY(auto view, actors::miner::View::load(tree, miner));
  TRY(auto sectors, view.sectors(wanted));
  for (auto& sector : sectors) {
    out.push_back({sector.seal_proof, sector.sector_number, sector.sector_key_cid,
                   sector.sealed_cid});
  }
  return out;
}

}  // namespace venus::consensus
