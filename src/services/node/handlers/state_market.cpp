// SPDX-License-Identifier: MIT OR Apache-2.0
// Questions about deals, datacap and multisigs.
#include <boost/json.hpp>

#include "actors/market.hpp"
#include "actors/multisig.hpp"
#include "actors/pledge.hpp"
#include "actors/power.hpp"
#include "actors/reward.hpp"
#include "actors/verified_registry.hpp"
#include "api/node/state_miner.hpp"
#include "services/node/handlers/reads.hpp"

namespace venus::node {
namespace {

using Api = api::StateMinerApi;
using api::Json;
using base::to_json;
namespace registry = actors::verified_registry;

Result<Json> market_balance(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto id, view->tree.lookup_id(address));
  TRY(const auto market, actors::market::View::load(view->tree));
  TRY(const auto balance, market.balance(Address::id(id)));
  return to_json(balance);
}

Result<Json> market_participants(Node& node, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto market, actors::market::View::load(view->tree));
  TRY(const auto all, market.participants());
  return to_json(all);
}

Result<Json> market_deals(Node& node, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto market, actors::market::View::load(view->tree));
  boost::json::object out;
  TRY_VOID(market.for_each_deal([&](DealId id, const actors::market::Deal& deal) -> Result<void> {
    out[std::to_string(id.value())] = to_json(deal);
    return {};
  }));
  return Json(std::move(out));
}

Result<Json> storage_deal(Node& node, const DealId& id, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto market, actors::market::View::load(view->tree));
  TRY(const auto deal, market.deal(id));
  if (!deal) {
    return fail(ErrorCode::NotFound, "deal {} not found: it was not activated before its start epoch, or was slashed",
                id);
  }
  return to_json(*deal);
}

Result<Json> collateral_bounds(Node& node, const std::uint64_t& size, const bool&, const TipsetKey& key) {
  using types::singleton::kPower;
  using types::singleton::kReward;
  TRY(const auto view, state_at(node, key));
  TRY(const auto power, view->tree.load_state<actors::power::State>(kPower, actors::ActorType::Power));
  TRY(const auto reward, view->tree.load_state<actors::reward::State>(kReward, actors::ActorType::Reward));
  TRY(const auto supply, node.runtime->states.circulating_supply(view->tipset));
  const auto least = actors::min_provider_collateral(size, power.total_raw_byte_power,
                                                     reward.this_epoch_baseline_power, supply.circulating);
  return Json(boost::json::object{{"Min", to_json(actors::with_safety_margin(least))},
                                  {"Max", to_json(TokenAmount::from_fil(types::policy::kTotalFil))}});
}

Result<std::optional<BigInt>> client_status(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto id, view->tree.lookup_id(address));
  return actors::datacap::client_bytes(view->tree, id);
}

Result<std::optional<BigInt>> verifier_status(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto id, view->tree.lookup_id(address));
  TRY(const auto found, registry::View::load(view->tree));
  return found.verifier_bytes(id);
}

Result<Address> root_key(Node& node, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto found, registry::View::load(view->tree));
  return found.state().root_key;
}

Result<Json> allocations(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto id, view->tree.lookup_id(address));
  TRY(const auto found, registry::View::load(view->tree));
  TRY(const auto all, found.allocations(id));
  return to_json(all);
}

Result<Json> all_allocations(Node& node, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto found, registry::View::load(view->tree));
  TRY(const auto all, found.all_allocations());
  return to_json(all);
}

Result<Json> claims(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto id, view->tree.lookup_id(address));
  TRY(const auto found, registry::View::load(view->tree));
  TRY(const auto all, found.claims(id));
  return to_json(all);
}

Result<Json> all_claims(Node& node, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto found, registry::View::load(view->tree));
  TRY(const auto all, found.all_claims());
  return to_json(all);
}

Result<TokenAmount> msig_available(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto multisig, actors::multisig::View::load(view->tree, address));
  return multisig.available(view->tipset->height());
}

Result<TokenAmount> msig_vested(Node& node, const Address& address, const TipsetKey& from, const TipsetKey& to) {
  TRY(const auto first, node.tipset(from));
  TRY(const auto view, state_at(node, to));
  if (first->height() > view->tipset->height()) {
    return fail(ErrorCode::InvalidArgument, "start tipset {} is after end tipset {}", first->height(),
                view->tipset->height());
  }
  TRY(const auto multisig, actors::multisig::View::load(view->tree, address));
  return multisig.vested(first->height(), view->tipset->height());
}

Result<Json> msig_schedule(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto multisig, actors::multisig::View::load(view->tree, address));
  return to_json(multisig.vesting());
}

Result<Json> msig_pending(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto multisig, actors::multisig::View::load(view->tree, address));
  TRY(const auto pending, multisig.pending());
  return to_json(pending);
}

}  // namespace

void bind_state_market(rpc::Dispatcher& d, Node& node) {
  bind_read<Api::MarketBalance>(d, node, &market_balance);
  bind_read<Api::MarketParticipants>(d, node, &market_participants);
  bind_read<Api::MarketDeals>(d, node, &market_deals);
  bind_read<Api::MarketStorageDeal>(d, node, &storage_deal);
  bind_read<Api::DealCollateralBounds>(d, node, &collateral_bounds);
  bind_read<Api::VerifiedClientStatus>(d, node, &client_status);
  bind_read<Api::VerifierStatus>(d, node, &verifier_status);
  bind_read<Api::VerifiedRegistryRootKey>(d, node, &root_key);
  bind_read<Api::GetAllocations>(d, node, &allocations);
  bind_read<Api::GetAllAllocations>(d, node, &all_allocations);
  bind_read<Api::GetClaims>(d, node, &claims);
  bind_read<Api::GetAllClaims>(d, node, &all_claims);
  bind_read<Api::MsigAvailableBalance>(d, node, &msig_available);
  bind_read<Api::MsigVested>(d, node, &msig_vested);
  bind_read<Api::MsigVestingSchedule>(d, node, &msig_schedule);
  bind_read<Api::MsigPending>(d, node, &msig_pending);
}

}  // namespace venus::node
