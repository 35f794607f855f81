// SPDX-License-Identifier: MIT OR Apache-2.0
// The verified registry f06 (verifiers, allocations, claims) and the datacap token f07.
#pragma once

#include "actors/state_tree.hpp"

#include <map>

namespace venus::actors {

namespace datacap {

struct Token {
  TokenAmount supply;
  /// HAMT[actor]amount and HAMT[owner]HAMT[operator]amount.
  Cid balances;
  Cid allowances;
  std::uint64_t hamt_bit_width = 0;
  bool operator==(const Token&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("Supply", &Token::supply), field("Balances", &Token::balances),
                           field("Allowances", &Token::allowances),
                           field("HamtBitWidth", &Token::hamt_bit_width));
  }
};

struct State {
  Address governor;
  Token token;
  bool operator==(const State&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Governor", &State::governor),
                           base::field("Token", &State::token));
  }
};

/// One byte of datacap is this many units of the token.
inline constexpr std::int64_t kUnitsPerByte = 1'000'000'000'000'000'000;

/// Bytes of datacap a client holds; nothing when it has no balance.
Result<std::optional<BigInt>> client_bytes(const StateTree& tree, ActorId client);

}  // namespace datacap

namespace verified_registry {

struct State {
  Address root_key;
  /// HAMT[address]bytes.
  Cid verifiers;
  Cid remove_datacap_proposal_ids;
  /// HAMT[client]HAMT[id]Allocation.
  Cid allocations;
  std::uint64_t next_allocation_id = 0;
  /// HAMT[provider]HAMT[id]Claim.
  Cid claims;
  bool operator==(const State&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(
        field("RootKey", &State::root_key), field("Verifiers", &State::verifiers),
        field("RemoveDataCapProposalIDs", &State::remove_datacap_proposal_ids),
        field("Allocations", &State::allocations),
        field("NextAllocationId", &State::next_allocation_id), field("Claims", &State::claims));
  }
};

/// Datacap a client reserved for a provider to store a piece.
struct Allocation {
  ActorId client;
  ActorId provider;
  Cid data;
  /// Padded bytes.
  std::uint64_t size = 0;
  ChainEpoch term_min;
  ChainEpoch term_max;
  /// By when the provider must have committed the data.
  ChainEpoch expiration;
  bool operator==(const Allocation&) const = default;
  static constexpr auto fields() {
    using base::field;
    using A = Allocation;
    return base::fields_of(field("Client", &A::client), field("Provider", &A::provider),
                           field("Data", &A::data), field("Size", &A::size),
                           field("TermMin", &A::term_min), field("TermMax", &A::term_max),
                           field("Expiration", &A::expiration));
  }
};

/// An allocation a provider committed to a sector.
struct Claim {
  ActorId provider;
  ActorId client;
  Cid data;
  std::uint64_t size = 0;
  ChainEpoch term_min;
  ChainEpoch term_max;
  ChainEpoch term_start;
  SectorNumber sector;
  bool operator==(const Claim&) const = default;
  static constexpr auto fields() {
    using base::field;
    using C = Claim;
    return base::fields_of(field("Provider", &C::provider), field("Client", &C::client),
                           field("Data", &C::data), field("Size", &C::size),
                           field("TermMin", &C::term_min), field("TermMax", &C::term_max),
                           field("TermStart", &C::term_start), field("Sector", &C::sector));
  }
};

using Allocations = std::map<std::uint64_t, Allocation>;
using Claims = std::map<std::uint64_t, Claim>;

/// The registry of one state. The store must outlive it.
class View {
 public:
  static Result<View> load(const StateTree& tree);
  [[nodiscard]] const State& state() const noexcept { return state_; }

  /// Bytes a verifier may still grant; nothing when it is none.
  [[nodiscard]] Result<std::optional<BigInt>> verifier_bytes(ActorId verifier) const;
  [[nodiscard]] Result<Allocations> allocations(ActorId client) const;
  [[nodiscard]] Result<Allocations> all_allocations() const;
  [[nodiscard]] Result<std::optional<Allocation>> allocation(ActorId client,
                                                             std::uint64_t id) const;
  [[nodiscard]] Result<Claims> claims(ActorId provider) const;
  [[nodiscard]] Result<Claims> all_claims() const;
  [[nodiscard]] Result<std::optional<Claim>> claim(ActorId provider, std::uint64_t id) const;

 private:
  View(Blockstore& store, const State& state) : store_(&store), state_(state) {}
  Blockstore* store_;
  State state_;
};

}  // namespace verified_registry
}  // namespace venus::actors

/// Lotus writes maps by id as objects with decimal keys.
template <class T>
struct venus::base::JsonCodec<std::map<std::uint64_t, T>> {
  static boost::json::value encode(const std::map<std::uint64_t, T>& v) {
    boost::json::object out;
    for (const auto& [id, item] : v)
      out[std::to_string(id)] = to_json(item);
    return out;
  }
  static Result<std::map<std::uint64_t, T>> decode(const boost::json::value& v) {
    TRY(auto by_text, (from_json<std::map<std::string, T>>(v)));
    std::map<std::uint64_t, T> out;
    for (auto& [key, item] : by_text) {
      TRY(const auto number, BigInt::parse(key));
      TRY(const auto id, number.to_uint64());
      out.emplace(id, std::move(item));
    }
    return out;
  }
};
