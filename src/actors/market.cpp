// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/market.hpp"

#include "ipld/amt.hpp"

namespace venus::ipld {

void CborCodec<actors::market::Label>::encode(cbor::Writer& w, const actors::market::Label& v) {
  if (const auto* text = std::get_if<std::string>(&v.value))
    w.write_text(*text);
  else
    w.write_bytes(std::get<Bytes>(v.value));
}

void CborCodec<actors::market::Label>::decode(cbor::Reader& r, actors::market::Label& v) {
  if (r.peek() == cbor::Major::Bytes)
    v.value = base::to_bytes(r.read_bytes());
  else
    v.value = std::string(r.read_text());
}

}  // namespace venus::ipld

namespace venus::base {

boost::json::value JsonCodec<actors::market::Label>::encode(const actors::market::Label& v) {
  const auto* text = std::get_if<std::string>(&v.value);
  return to_json(text != nullptr ? *text : std::string());
}

Result<actors::market::Label> JsonCodec<actors::market::Label>::decode(
    const boost::json::value& v) {
  TRY(auto text, from_json<std::string>(v));
  return actors::market::Label{std::move(text)};
}

}  // namespace venus::base

namespace venus::actors::market {
namespace {

constexpr auto kProposalsShape = ipld::state_amt(5);
constexpr auto kStatesShape = ipld::state_amt(6);
constexpr unsigned kBalanceBitWidth = 6;

using Balances = ipld::Hamt<TokenAmount>;

}  // namespace

Result<View> View::load(const StateTree& tree) {
  TRY(auto state, with_context(tree.load_state<State>(types::singleton::kMarket, ActorType::Market),
                               "market actor"));
  return View(tree.store(), std::move(state));
}

Result<std::optional<Deal>> View::deal(DealId id) const {
  TRY(const auto proposals, ipld::Amt<Proposal>::load(*store_, state_.proposals, kProposalsShape));
  TRY(auto proposal, proposals.get(id.value()));
  if (!proposal) return std::optional<Deal>();
  TRY(const auto states, ipld::Amt<DealState>::load(*store_, state_.states, kStatesShape));
  TRY(const auto state, states.get(id.value()));
  return std::optional(Deal{*std::move(proposal), state.value_or(DealState{})});
}

Result<void> View::for_each_deal(
    const std::function<Result<void>(DealId, const Deal&)>& visit) const {
  TRY(const auto proposals, ipld::Amt<Proposal>::load(*store_, state_.proposals, kProposalsShape));
  TRY(const auto states, ipld::Amt<DealState>::load(*store_, state_.states, kStatesShape));
  return proposals.for_each([&](std::uint64_t id, const Proposal& proposal) -> Result<void> {
    TRY(const auto state, states.get(id));
    return visit(DealId(id), Deal{proposal, state.value_or(DealState{})});
  });
}

Result<Balance> View::balance(const Address& address) const {
  TRY(const auto escrow, Balances::load(*store_, state_.escrow_table, kBalanceBitWidth));
  TRY(const auto locked, Balances::load(*store_, state_.locked_table, kBalanceBitWidth));
  TRY(const auto held, escrow.get(address.bytes()));
  TRY(const auto bound, locked.get(address.bytes()));
  return Balance{held.value_or(TokenAmount()), bound.value_or(TokenAmount())};
}

Result<std::map<std::string, Balance>> View::participants() const {
  std::map<std::string, Balance> out;
  TRY(const auto escrow, Balances::load(*store_, state_.escrow_table, kBalanceBitWidth));
  TRY(const auto locked, Balances::load(*store_, state_.locked_table, kBalanceBitWidth));
  TRY_VOID(escrow.for_each([&](BytesView key, const TokenAmount& amount) -> Result<void> {
    TRY(const auto address, Address::from_bytes(key));
    TRY(const auto bound, locked.get(key));
    out.emplace(address.str(), Balance{amount, bound.value_or(TokenAmount())});
    return {};
  }));
  return out;
}

TokenAmount View::total_locked() const {
  return state_.total_client_locked_collateral + state_.total_provider_locked_collateral +
         state_.total_client_storage_fee;
}

Result<std::optional<std::uint64_t>> View::pending_allocation(DealId id) const {
  TRY(const auto pending,
      ipld::Hamt<std::uint64_t>::load(*store_, state_.pending_deal_allocation_ids));
  return pending.get(ipld::hamt_key(id.value()));
}

Result<std::vector<DealId>> View::sector_deals(ActorId provider, SectorNumber sector) const {
  TRY(const auto providers, ipld::Hamt<Cid>::load(*store_, state_.provider_sectors));
  TRY(const auto root, providers.get(ipld::hamt_key(provider.value())));
  if (!root) return std::vector<DealId>();
  TRY(const auto sectors, ipld::Hamt<std::vector<DealId>>::load(*store_, *root));
  TRY(auto deals, sectors.get(ipld::hamt_key(sector.value())));
  return std::move(deals).value_or(std::vector<DealId>());
}

}  // namespace venus::actors::market
