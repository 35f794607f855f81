// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/init.hpp"

#include "actors/legacy_hamt.hpp"
#include "ipld/hamt.hpp"

namespace venus::actors::init {

Result<std::optional<ActorId>> resolve(Blockstore& store, const State& state,
                                       const Address& address, bool legacy) {
  if (!legacy) {
    TRY(const auto map, ipld::Hamt<ActorId>::load(store, state.address_map));
    return map.get(address.bytes());
  }
  TRY(const auto item, legacy_hamt::find(store, state.address_map, address.bytes()));
  if (!item) return std::optional<ActorId>();
  TRY(const auto id, with_context(ipld::decode<ActorId>(*item), "init actor's map"));
  return std::optional(id);
}

Result<void> for_each_address(Blockstore& store, const State& state,
                              const std::function<Result<void>(const Address&, ActorId)>& visit) {
  TRY(const auto map, ipld::Hamt<ActorId>::load(store, state.address_map));
  return map.for_each([&](BytesView key, const ActorId& id) -> Result<void> {
    TRY(const auto address, Address::from_bytes(key));
    return visit(address, id);
  });
}

Result<ActorId> map_address(Blockstore& store, State& state, const Address& address) {
  TRY(auto map, ipld::Hamt<ActorId>::load(store, state.address_map));
  TRY(const auto known, map.get(address.bytes()));
  if (known) return *known;
  const auto id = state.next_id;
  TRY_VOID(map.set(address.bytes(), id));
  TRY(state.address_map, map.flush());
  ++state.next_id;
  return id;
}

}  // namespace venus::actors::init
