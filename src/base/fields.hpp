// SPDX-License-Identifier: MIT OR Apache-2.0
// How a struct tells its members, their order and their wire names, once, for CBOR tuples (ipld/codec.hpp),
// JSON (base/json.hpp), schemas and SQL:
//
//   struct Ticket {
//     Bytes vrf_proof;
//     static constexpr auto fields() { return fields_of(field("VRFProof", &Ticket::vrf_proof)); }
//   };
#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace venus::base {

/// How a field's absence or emptiness is written in JSON. CBOR does not look at it.
enum class JsonRule : std::uint8_t {
  Plain,        ///< always there; an empty list is []
  NullIfEmpty,  ///< Go's nil slice: an empty list or byte string is null
  OmitIfEmpty,  ///< Go's omitempty: left out when empty, zero or absent
};

template <class Owner, class Member>
struct Field {
  std::string_view name;
  Member Owner::* member;
  JsonRule rule;
};

template <class Owner, class Member>
constexpr Field<Owner, Member> field(std::string_view name, Member Owner::* member,
                                     JsonRule rule = JsonRule::Plain) {
  return {name, member, rule};
}

template <class... Fields>
constexpr std::tuple<Fields...> fields_of(Fields... fields) {
  return {fields...};
}

template <class T>
concept HasFields = requires { T::fields(); };

/// A struct with `static constexpr bool kTransparent = true` and exactly one field is written as
/// that field alone (Go's `transparent` tag of cbor-gen).
template <class T>
concept Transparent = HasFields<T> && requires { requires T::kTransparent; };

template <HasFields T>
inline constexpr std::size_t kFieldCount = std::tuple_size_v<decltype(T::fields())>;

/// Calls visit(field) for each field in order.
template <HasFields T, class Visit>
constexpr void for_each_field(Visit&& visit) {
  std::apply([&](const auto&... field) { (visit(field), ...); }, T::fields());
}

}  // namespace venus::base
