// SPDX-License-Identifier: MIT OR Apache-2.0
// Questions about miners and their sectors.
#include "api/node/state_miner.hpp"

#include <boost/json.hpp>

#include "actors/market.hpp"
#include "actors/miner.hpp"
#include "actors/pledge.hpp"
#include "actors/power.hpp"
#include "actors/reward.hpp"
#include "services/node/handlers/reads.hpp"

namespace venus::node {
namespace {

using Api = api::StateMinerApi;
using actors::miner::SectorSet;
using api::Json;
using base::to_json;
namespace miner = actors::miner;

struct MinerAt {
  StateViewPtr view;
  miner::View miner;
};

Result<MinerAt> miner_at(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(auto loaded, miner::View::load(view->tree, address));
  return MinerAt{view, std::move(loaded)};
}

Result<api::MinerInfo> info(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto at, miner_at(node, address, key));
  TRY(const auto state, at.miner.info());
  api::MinerInfo out;
  out.owner = state.owner;
  out.worker = state.worker;
  out.new_worker = "<empty>";
  out.worker_change_epoch = ChainEpoch(-1);
  if (state.pending_worker_key) {
    out.new_worker = state.pending_worker_key->new_worker.str();
    out.worker_change_epoch = state.pending_worker_key->effective_at;
  }
  out.control_addresses = state.control_addresses;
  // Lotus shows no id where the bytes are none: an identity or SHA-256 multihash.
  if (state.peer_id.size() > 2) out.peer_id = base::to_base58(state.peer_id);
  out.multiaddrs = state.multiaddrs;
  out.window_post_proof_type = static_cast<std::int64_t>(state.window_post_proof_type);
  out.sector_size = state.sector_size;
  out.window_post_partition_sectors = state.window_post_partition_sectors;
  out.consensus_fault_elapsed = state.consensus_fault_elapsed;
  out.pending_owner_address = state.pending_owner_address;
  out.beneficiary = state.beneficiary;
  out.beneficiary_term = {state.beneficiary_term.quota, state.beneficiary_term.used_quota,
                          state.beneficiary_term.expiration};
  out.pending_beneficiary_term = to_json(state.pending_beneficiary_term);
  return out;
}

// An address that is no miner has no power; the totals are told all the same.
Result<api::MinerPower> power(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto power, actors::power::View::load(view->tree));
  api::MinerPower out;
  out.total_power = {power.state().total_raw_byte_power, power.state().total_quality_adj_power};
  if (!address.defined()) return out;
  TRY(const auto id, view->tree.lookup_id(address));
  TRY(const auto claim, power.claim(id));
  if (!claim) return out;
  out.miner_power = {claim->raw_byte_power, claim->quality_adj_power};
  out.has_min_power =
      power.meets_consensus_minimum(*claim, BigInt(node.settings.network.consensus_miner_min_power));
  return out;
}

Result<api::DeadlineInfo> proving_deadline(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto at, miner_at(node, address, key));
  const auto d = at.miner.proving_deadline(at.view->tipset->height());
  return api::DeadlineInfo{d.current_epoch, d.period_start, d.index, d.open, d.close, d.challenge, d.fault_cutoff,
                           d.period_deadlines, d.proving_period, d.challenge_window, d.challenge_lookback,
                           d.fault_declaration_cutoff};
}

Result<Json> deadlines(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto at, miner_at(node, address, key));
  boost::json::array out;
  TRY_VOID(at.miner.for_each_deadline([&](std::uint64_t, const miner::Deadline& deadline) -> Result<void> {
    TRY(const auto disputable, at.miner.disputable_proofs(deadline));
    out.push_back(boost::json::object{{"PostSubmissions", to_json(deadline.partitions_posted)},
                                      {"DisputableProofCount", disputable},
                                      {"DailyFee", to_json(deadline.daily_fee)}});
    return {};
  }));
  return Json(std::move(out));
}

Result<Json> partitions(Node& node, const Address& address, const std::uint64_t& deadline, const TipsetKey& key) {
  TRY(const auto at, miner_at(node, address, key));
  TRY(const auto list, at.miner.partitions(deadline));
  if (list.empty()) return Json(nullptr);
  boost::json::array out;
  for (const auto& partition : list) {
    out.push_back(boost::json::object{{"AllSectors", to_json(partition.sectors)},
                                      {"FaultySectors", to_json(partition.faults)},
                                      {"RecoveringSectors", to_json(partition.recoveries)},
                                      {"LiveSectors", to_json(partition.live())},
                                      {"ActiveSectors", to_json(partition.active())}});
  }
  return Json(std::move(out));
}

Result<Json> sectors(Node& node, const Address& address, const std::optional<Json>& wanted, const TipsetKey& key) {
  TRY(const auto at, miner_at(node, address, key));
  if (wanted && !wanted->is_null()) {
    TRY(const auto numbers, base::from_json<BitField>(*wanted));
    TRY(const auto list, at.miner.sectors(numbers));
    return to_json(list);
  }
  TRY(const auto list, at.miner.sectors());
  return list.empty() ? Json(nullptr) : to_json(list);
}

Result<Json> active_sectors(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto at, miner_at(node, address, key));
  TRY(const auto active, at.miner.collect(SectorSet::Active));
  TRY(const auto list, at.miner.sectors(active));
  return to_json(list);
}

Result<Json> sector_count(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto at, miner_at(node, address, key));
  TRY(const auto counts, at.miner.sector_counts());
  return to_json(counts);
}

template <SectorSet set>
Result<Json> collected(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto at, miner_at(node, address, key));
  TRY(const auto numbers, at.miner.collect(set));
  return to_json(numbers);
}

Result<TokenAmount> available_balance(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto at, miner_at(node, address, key));
  TRY(const auto vested, at.miner.vested_funds(at.view->tipset->height()));
  TRY(const auto available, at.miner.available_balance());
  return available + vested;
}

Result<bool> sector_allocated(Node& node, const Address& address, const SectorNumber& number, const TipsetKey& key) {
  TRY(const auto at, miner_at(node, address, key));
  return at.miner.is_allocated(number);
}

template <class T>
Json json_or_null(const std::optional<T>& value) {
  return value ? to_json(*value) : Json(nullptr);
}

Result<Json> sector_info(Node& node, const Address& address, const SectorNumber& number, const TipsetKey& key) {
  TRY(const auto at, miner_at(node, address, key));
  TRY(const auto sector, at.miner.sector(number));
  return json_or_null(sector);
}

Result<Json> precommit_info(Node& node, const Address& address, const SectorNumber& number, const TipsetKey& key) {
  TRY(const auto at, miner_at(node, address, key));
  TRY(const auto precommit, at.miner.precommit(number));
  return json_or_null(precommit);
}

Result<Json> sector_expiration(Node& node, const Address& address, const SectorNumber& number,
                               const TipsetKey& key) {
  TRY(const auto at, miner_at(node, address, key));
  TRY(const auto expiration, at.miner.sector_expiration(number));
  return to_json(expiration);
}

Result<Json> sector_partition(Node& node, const Address& address, const SectorNumber& number, const TipsetKey& key) {
  TRY(const auto at, miner_at(node, address, key));
  TRY(const auto location, at.miner.find_sector(number));
  return to_json(location);
}

// ---- what a sector would cost -----------------------------------------------------------------------

struct NetworkState {
  actors::power::State power;
  actors::reward::State reward;
};

Result<NetworkState> network_state(const StateView& view) {
  using types::singleton::kPower;
  using types::singleton::kReward;
  NetworkState out;
  TRY(out.power, view.tree.load_state<actors::power::State>(kPower, actors::ActorType::Power));
  TRY(out.reward, view.tree.load_state<actors::reward::State>(kReward, actors::ActorType::Reward));
  return out;
}

Result<TokenAmount> precommit_deposit(Node& node, const Address&, const Json& wanted, const TipsetKey& key) {
  TRY(const auto precommit, base::from_json<miner::PreCommitInfo>(wanted));
  TRY(const auto sector_size, types::sector_size(precommit.seal_proof));
  const auto size = sector_size.value();
  TRY(const auto view, state_at(node, key));
  TRY(const auto network, network_state(*view));
  return actors::with_safety_margin(actors::pre_commit_deposit_for_power(
      network.reward.this_epoch_reward_smoothed, network.power.this_epoch_qa_power_smoothed,
      actors::qa_power_max(size)));
}

// Byte-epochs of the verified deals a precommit names.
Result<BigInt> verified_weight(const StateView& view, const miner::PreCommitInfo& precommit) {
  BigInt out(0);
  if (precommit.deal_ids.empty()) return out;
  TRY(const auto market, actors::market::View::load(view.tree));
  for (const auto id : precommit.deal_ids) {
    TRY(const auto deal, market.deal(id));
    if (!deal) return fail(ErrorCode::NotFound, "deal {} not found", id);
    const auto& proposal = deal->proposal;
    if (!proposal.verified) continue;
    out += BigInt(proposal.piece_size) * BigInt(proposal.end_epoch.value() - proposal.start_epoch.value());
  }
  return out;
}

Result<TokenAmount> initial_pledge(Node& node, const Address&, const Json& wanted, const TipsetKey& key) {
  TRY(const auto precommit, base::from_json<miner::PreCommitInfo>(wanted));
  TRY(const auto sector_size, types::sector_size(precommit.seal_proof));
  const auto size = sector_size.value();
  TRY(const auto view, state_at(node, key));
  TRY(const auto network, network_state(*view));
  TRY(const auto weight, verified_weight(*view, precommit));
  TRY(const auto supply, node.runtime->states.circulating_supply(view->tipset));
  const auto height = view->tipset->height().value();
  actors::PledgeInputs inputs;
  inputs.baseline_power = network.reward.this_epoch_baseline_power;
  inputs.reward = network.reward.this_epoch_reward_smoothed;
  inputs.network_qa_power = network.power.this_epoch_qa_power_smoothed;
  inputs.circulating_supply = supply.circulating;
  if (network.power.ramp_start_epoch > 0) {
    inputs.epochs_since_ramp_start = height - network.power.ramp_start_epoch;
    inputs.ramp_duration_epochs = network.power.ramp_duration_epochs;
  }
  const auto qa = actors::qa_power_for_weight(size, precommit.expiration.value() - height, weight);
  return actors::with_safety_margin(actors::initial_pledge_for_power(qa, inputs));
}

}  // namespace

void bind_state_miner(rpc::Dispatcher& d, Node& node) {
  bind_kept<Api::Info>(d, node, &info);
  bind_kept<Api::Power>(d, node, &power);
  bind_kept<Api::ProvingDeadline>(d, node, &proving_deadline);
  bind_read<Api::Deadlines>(d, node, &deadlines);
  bind_read<Api::Partitions>(d, node, &partitions);
  bind_read<Api::Sectors>(d, node, &sectors);
  bind_read<Api::ActiveSectors>(d, node, &active_sectors);
  bind_read<Api::SectorCount>(d, node, &sector_count);
  bind_read<Api::Faults>(d, node, &collected<SectorSet::Faulty>);
  bind_read<Api::Recoveries>(d, node, &collected<SectorSet::Recovering>);
  d.bind<Api::AllFaults>([](ChainEpoch, TipsetKey) -> Result<Json> {
    return fail(ErrorCode::Unsupported, "faults of all miners are not collected, as in Lotus; see StateMinerFaults");
  });
  bind_read<Api::AvailableBalance>(d, node, &available_balance);
  bind_read<Api::SectorAllocated>(d, node, &sector_allocated);
  bind_read<Api::PreCommitDeposit>(d, node, &precommit_deposit);
  bind_read<Api::InitialPledge>(d, node, &initial_pledge);
  bind_read<Api::SectorGetInfo>(d, node, &sector_info);
  bind_read<Api::SectorPreCommitInfo>(d, node, &precommit_info);
  bind_read<Api::SectorExpiration>(d, node, &sector_expiration);
  bind_read<Api::SectorPartition>(d, node, &sector_partition);
  bind_state_market(d, node);
}

}  // namespace venus::node
