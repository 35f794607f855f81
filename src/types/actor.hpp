// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "types/address.hpp"
#include "types/token_amount.hpp"

#include <optional>

namespace venus::types {

/// An entry of the state tree (version 5; older trees lack the last field).
struct Actor {
  Cid code;
  Cid head;
  Nonce nonce;
  TokenAmount balance;
  std::optional<Address> delegated_address;
  bool operator==(const Actor&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("Code", &Actor::code), field("Head", &Actor::head),
                           field("Nonce", &Actor::nonce), field("Balance", &Actor::balance),
                           field("DelegatedAddress", &Actor::delegated_address));
  }
};

/// What ParentStateRoot points to.
struct StateRoot {
  std::uint64_t version = 5;
  Cid actors;
  Cid info;
  bool operator==(const StateRoot&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("Version", &StateRoot::version),
                           field("Actors", &StateRoot::actors), field("Info", &StateRoot::info));
  }
};

}  // namespace venus::types
