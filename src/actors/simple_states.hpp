// SPDX-License-Identifier: MIT OR Apache-2.0
// State of the actors that are little more than their state: system, account, cron, datacap's
// token. Same shape in actors v16 to v19. Source: go-state-types builtin/v16..v19.
#pragma once

#include "actors/shapes.hpp"

namespace venus::actors {

namespace system {
struct State {
  /// The list of the bundle in force, see load_code_list.
  Cid builtin_actors;
  bool operator==(const State&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("BuiltinActors", &State::builtin_actors));
  }
};
}  // namespace system

namespace account {
struct State {
  /// The key address (f1 or f3).
  Address address;
  bool operator==(const State&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Address", &State::address));
  }
};
}  // namespace account

namespace cron {
struct Entry {
  Address receiver;
  MethodNum method;
  bool operator==(const Entry&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Receiver", &Entry::receiver),
                           base::field("MethodNum", &Entry::method));
  }
};
struct State {
  /// Called in this order at the end of every epoch.
  std::vector<Entry> entries;
  bool operator==(const State&) const = default;
  static constexpr auto fields() { return base::fields_of(list("Entries", &State::entries)); }
};
}  // namespace cron

namespace evm {
/// Whose transient storage it is: valid only within the message of this origin and nonce.
struct Lifespan {
  ActorId origin;
  std::uint64_t nonce = 0;
  bool operator==(const Lifespan&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Origin", &Lifespan::origin),
                           base::field("Nonce", &Lifespan::nonce));
  }
};
struct TransientData {
  /// KAMT of words.
  Cid state;
  Lifespan lifespan;
  bool operator==(const TransientData&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("TransientDataState", &TransientData::state),
                           base::field("TransientDataLifespan", &TransientData::lifespan));
  }
};
struct State {
  /// A raw block.
  Cid bytecode;
  /// Keccak-256 of the bytecode.
  NumberBytes<32> bytecode_hash;
  /// KAMT of words, the contract's storage.
  Cid contract_state;
  std::optional<TransientData> transient_data;
  /// How often CREATE and CREATE2 were called, as an Ethereum account nonce; starts at 1.
  std::uint64_t nonce = 0;
  /// Set when the contract destroyed itself.
  std::optional<Lifespan> tombstone;
  bool operator==(const State&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("Bytecode", &State::bytecode),
                           field("BytecodeHash", &State::bytecode_hash),
                           field("ContractState", &State::contract_state),
                           field("TransientData", &State::transient_data),
                           field("Nonce", &State::nonce), field("Tombstone", &State::tombstone));
  }
};
}  // namespace evm

}  // namespace venus::actors
