// SPDX-License-Identifier: MIT OR Apache-2.0
// Names of methods, and JSON of parameters, returns and state: what StateDecodeParams,
// StateEncodeParams, StateReadState and readers of receipts show. JSON as Lotus writes it.
#pragma once

#include "actors/code.hpp"
#include "actors/state_tree.hpp"
#include "base/json_fwd.hpp"

#include <string>
#include <vector>

namespace venus::actors {

/// A type's way between CBOR and JSON.
struct Shape {
  /// Malformed when the bytes are none of this type; "EOF" when they are missing, as Lotus says.
  Result<boost::json::value> (*to_json)(BytesView cbor);
  /// Malformed when the JSON is none of this type. Missing members are zero values.
  Result<Bytes> (*from_json)(const boost::json::value& json);
};

struct Method {
  MethodNum number;
  /// As go-state-types names it: "WithdrawBalance", "WithdrawBalanceExported".
  std::string name;
  const Shape* params = nullptr;
  const Shape* result = nullptr;
  /// First actors version that has it.
  unsigned since = kOldestVersion;
};

/// Number of an exported method by its name (FRC-0042): the first four bytes of
/// blake2b-512("1|name"), from the next four on while they are below 2^24; 1 for "Constructor".
/// InvalidArgument unless the name starts with an upper-case letter or underscore and is made of
/// letters, digits and underscores.
Result<MethodNum> frc42_method(std::string_view name);

/// All methods of an actor in any supported version, "Send" (0) first.
const std::vector<Method>& methods(ActorType type);
/// A method of an actor; nullptr when that version has none of this number.
const Method* find_method(const CodeInfo& code, MethodNum number);
/// The number of a method by its name in methods(); NotFound.
Result<MethodNum> method_number(ActorType type, std::string_view name);

/// Parameters of a method as JSON. NotFound "unknown method" for a number the actor lacks.
Result<boost::json::value> params_to_json(const CodeInfo& code, MethodNum number, BytesView params);
/// What a method returned, as JSON.
Result<boost::json::value> return_to_json(const CodeInfo& code, MethodNum number, BytesView data);
/// Parameters from JSON.
Result<Bytes> params_from_json(const CodeInfo& code, MethodNum number,
                               const boost::json::value& json);
/// An actor's state from the block its head points to; null for actors without state.
Result<boost::json::value> state_to_json(const CodeInfo& code, BytesView block);

/// The block of a state given as JSON; InvalidArgument for actors without state.
Result<Bytes> state_from_json(ActorType type, const boost::json::value& json);

/// {"Balance", "Code", "State"} of an actor, as StateReadState. NotFound without actor, Unsupported
/// for codes this room cannot read.
Result<boost::json::value> read_state(const StateTree& tree, const Address& address);

}  // namespace venus::actors
