// SPDX-License-Identifier: MIT OR Apache-2.0
// The init actor f01: which id an address has.
#pragma once

#include "actors/shapes.hpp"
#include "ipld/blockstore.hpp"

#include <functional>
#include <string>

namespace venus::actors::init {

struct State {
  /// HAMT[address]id, bit width 5.
  Cid address_map;
  ActorId next_id;
  std::string network_name;
  bool operator==(const State&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("AddressMap", &State::address_map),
                           field("NextID", &State::next_id),
                           field("NetworkName", &State::network_name));
  }
};

/// The id of an address that is no id address; nothing when unknown. `legacy` reads the map's node
/// form of actors v0 and v2 (state trees 0 and 1).
Result<std::optional<ActorId>> resolve(Blockstore& store, const State& state,
                                       const Address& address, bool legacy = false);

/// Calls visit for every mapped address, in the map's order.
Result<void> for_each_address(Blockstore& store, const State& state,
                              const std::function<Result<void>(const Address&, ActorId)>& visit);

/// Maps an address to the next free id and stores the map, for building a genesis; the id. An
/// address that is mapped keeps its id.
Result<ActorId> map_address(Blockstore& store, State& state, const Address& address);

}  // namespace venus::actors::init
