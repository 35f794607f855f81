// SPDX-License-Identifier: MIT OR Apache-2.0
// Private to the clients: requests as text, answers as values.
#pragma once

#include "base/json.hpp"
#include "rpc/context.hpp"

#include <boost/json/array.hpp>

#include <optional>

namespace venus::rpc {

/// A peer that is asked is trusted a little more than one that asks.
inline constexpr std::size_t kAnswerDepth = 256;

/// {"jsonrpc":"2.0","id":N,"method":...,"params":[...]} and for WebSockets the trace as "meta".
std::string request_text(std::uint64_t id, std::string_view method,
                         const boost::json::array& params, const std::optional<Trace>& trace);
/// The cancellation of a call in flight.
std::string cancel_text(std::uint64_t id);
/// The result of an answer object, or its error.
Result<boost::json::value> take_answer(boost::json::value document);

}  // namespace venus::rpc
