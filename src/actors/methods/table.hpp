// SPDX-License-Identifier: MIT OR Apache-2.0
// How the tables of methods/*.cpp are written: one line a method.
#pragma once

#include "actors/methods.hpp"
#include "actors/shapes.hpp"

namespace venus::actors::detail {

template <class T>
Result<boost::json::value> shape_to_json(BytesView cbor) {
  if constexpr (std::is_same_v<T, Empty>) {
    // A method without parameters ignores what it is given.
    return boost::json::value(boost::json::object_kind);
  } else if constexpr (std::is_same_v<T, RawBytes>) {
    return base::to_json(RawBytes{base::to_bytes(cbor)});
  } else {
    if (cbor.empty()) return fail(ErrorCode::Malformed, "EOF");
    TRY(const auto value, ipld::decode<T>(cbor));
    return base::to_json(value);
  }
}

template <class T>
Result<Bytes> shape_from_json(const boost::json::value& json) {
  if constexpr (std::is_same_v<T, Empty>) {
    return Bytes();
  } else if constexpr (std::is_same_v<T, RawBytes>) {
    TRY(auto value, base::from_json<RawBytes>(json));
    return std::move(value.bytes);
  } else {
    TRY(const auto value, base::from_json<T>(json));
    return ipld::encode(value);
  }
}

template <class T>
inline constexpr Shape kShape{&shape_to_json<T>, &shape_from_json<T>};

/// A method with a number of its own.
template <class Params, class Result = Empty>
Method method(std::uint64_t number, std::string_view name) {
  return {MethodNum(number), std::string(name), &kShape<Params>, &kShape<Result>, kOldestVersion};
}

/// A method whose number follows from `name`, shown as `label`.
template <class Params, class Result = Empty>
Method exported_as(std::string_view name, std::string_view label, unsigned since = kOldestVersion) {
  return {frc42_method(name).value_or(MethodNum(0)), std::string(label), &kShape<Params>,
          &kShape<Result>, since};
}

/// A method whose number follows from `name`, shown as "<name>Exported".
template <class Params, class Result = Empty>
Method exported(std::string_view name, unsigned since = kOldestVersion) {
  return exported_as<Params, Result>(name, std::string(name) + "Exported", since);
}

using Table = std::vector<Method>;

Table system_methods();
Table init_methods();
Table cron_methods();
Table account_methods();
Table eth_account_methods();
Table reward_methods();
Table power_methods();
Table market_methods();
Table miner_methods();
Table verified_registry_methods();
Table datacap_methods();
Table multisig_methods();
Table payment_channel_methods();
Table eam_methods();
Table evm_methods();

/// State of an actor that has one.
const Shape* state_shape(ActorType type);

}  // namespace venus::actors::detail
