// SPDX-License-Identifier: MIT OR Apache-2.0
// Enough to declare a type's JSON form without including Boost.JSON.
#pragma once

#include <boost/json/fwd.hpp>

#include "base/result.hpp"

namespace venus::base {

/// The JSON form of T. Specialise with
///   static boost::json::value encode(const T&);
///   static Result<T> decode(const boost::json::value&);
/// Structs with fields(), numbers, texts, lists, maps and optionals have theirs in base/json.hpp.
template <class T, class Enable = void>
struct JsonCodec;

}  // namespace venus::base
