// SPDX-License-Identifier: MIT OR Apache-2.0
// JSON-RPC 2.0 messages as text: reading requests, writing replies.
#pragma once

#include "base/result.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace venus::rpc {

/// A request, still pointing into the parsed document.
struct RpcRequest {
  std::string id;  ///< JSON text; empty for a notification
  std::string_view method;
  const boost::json::value* params = nullptr;
};

/// Reads one request object. The error has its JSON-RPC code; `request.id` is set whenever it could
/// be read.
Result<void> read_request(const boost::json::value& object, RpcRequest& request);

/// {"jsonrpc":"2.0","result":RESULT,"id":ID}
void append_result(std::string& out, std::string_view id, std::string_view result);
/// {"jsonrpc":"2.0","error":{...},"id":ID}; an empty id is written as null.
void append_error(std::string& out, std::string_view id, const Error& error, bool with_kind);
/// {"jsonrpc":"2.0","method":METHOD,"params":[CHANNEL]} or [CHANNEL,VALUE]
std::string channel_message(std::string_view method, std::uint64_t channel,
                            std::string_view value = {});

inline constexpr std::string_view kChannelValue = "xrpc.ch.val";
inline constexpr std::string_view kChannelClose = "xrpc.ch.close";
inline constexpr std::string_view kCancelCall = "xrpc.cancel";

/// go-jsonrpc's HTTP status for a failed request: 400, 500, or 200 for failures of the method
/// itself.
unsigned http_status_of(const Error& error);

/// Parses with a depth limit into memory of the given resource; kParseError.
Result<boost::json::value> parse_request(std::string_view text, std::size_t max_depth,
                                         boost::json::storage_ptr memory);

}  // namespace venus::rpc
