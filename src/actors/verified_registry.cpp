// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/verified_registry.hpp"

namespace venus::actors {
namespace datacap {

Result<std::optional<BigInt>> client_bytes(const StateTree& tree, ActorId client) {
  TRY(const auto state,
      with_context(tree.load_state<State>(types::singleton::kDatacap, ActorType::Datacap),
                   "datacap actor"));
  if (state.token.hamt_bit_width > ipld::RawHamt::kMaxBitWidth) {
    return fail(ErrorCode::Malformed, "datacap token: bit width {}", state.token.hamt_bit_width);
  }
  const auto width = static_cast<unsigned>(state.token.hamt_bit_width);
  TRY(const auto balances,
      ipld::Hamt<TokenAmount>::load(tree.store(), state.token.balances, width));
  TRY(const auto units, balances.get(ipld::hamt_key(client.value())));
  if (!units) return std::optional<BigInt>();
  return std::optional(units->atto().div(BigInt(kUnitsPerByte)));
}

}  // namespace datacap

namespace verified_registry {
namespace {

template <class T>
Result<void> add_all(Blockstore& store, const Cid& root, std::map<std::uint64_t, T>& out) {
  TRY(const auto items, ipld::Hamt<T>::load(store, root));
  return items.for_each([&](BytesView key, const T& item) -> Result<void> {
    TRY(const auto id, ipld::parse_hamt_key(key));
    out.emplace(id, item);
    return {};
  });
}

template <class T>
Result<std::map<std::uint64_t, T>> of_actor(Blockstore& store, const Cid& root, ActorId actor) {
  std::map<std::uint64_t, T> out;
  TRY(const auto outer, ipld::Hamt<Cid>::load(store, root));
  TRY(const auto inner, outer.get(ipld::hamt_key(actor.value())));
  if (inner) TRY_VOID(add_all(store, *inner, out));
  return out;
}

template <class T>
Result<std::map<std::uint64_t, T>> of_all(Blockstore& store, const Cid& root) {
  std::map<std::uint64_t, T> out;
  TRY(const auto outer, ipld::Hamt<Cid>::load(store, root));
  TRY_VOID(outer.for_each(
      [&](BytesView, const Cid& inner) -> Result<void> { return add_all(store, inner, out); }));
  return out;
}

template <class T>
Result<std::optional<T>> one(Blockstore& store, const Cid& root, ActorId actor, std::uint64_t id) {
  TRY(const auto outer, ipld::Hamt<Cid>::load(store, root));
  TRY(const auto inner, outer.get(ipld::hamt_key(actor.value())));
  if (!inner) return std::optional<T>();
  TRY(const auto items, ipld::Hamt<T>::load(store, *inner));
  return items.get(ipld::hamt_key(id));
}

}  // namespace

Result<View> View::load(const StateTree& tree) {
  TRY(const auto state, with_context(tree.load_state<State>(types::singleton::kVerifiedRegistry,
                                                            ActorType::VerifiedRegistry),
                                     "verified registry"));
  return View(tree.store(), state);
}

Result<std::optional<BigInt>> View::verifier_bytes(ActorId verifier) const {
  TRY(const auto verifiers, ipld::Hamt<BigInt>::load(*store_, state_.verifiers));
  return verifiers.get(Address::id(verifier).bytes());
}

Result<Allocations> View::allocations(ActorId client) const {
  return of_actor<Allocation>(*store_, state_.allocations, client);
}
Result<Allocations> View::all_allocations() const {
  return of_all<Allocation>(*store_, state_.allocations);
}
Result<std::optional<Allocation>> View::allocation(ActorId client, std::uint64_t id) const {
  return one<Allocation>(*store_, state_.allocations, client, id);
}
Result<Claims> View::claims(ActorId provider) const {
  return of_actor<Claim>(*store_, state_.claims, provider);
}
Result<Claims> View::all_claims() const { return of_all<Claim>(*store_, state_.claims); }
Result<std::optional<Claim>> View::claim(ActorId provider, std::uint64_t id) const {
  return one<Claim>(*store_, state_.claims, provider, id);
}

}  // namespace verified_registry
}  // namespace venus::actors
