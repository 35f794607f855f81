// SPDX-License-Identifier: MIT OR Apache-2.0
// JSON-RPC error codes and how our errors travel as them.
#pragma once

#include "base/json_fwd.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace venus::rpc {

inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
/// Over a limit of the server (queue, batch, requests of a connection); try later.
inline constexpr int kBusy = -32005;
/// What Lotus answers for every failure of a method that has no code of its own.
inline constexpr int kApplicationError = 1;

/// An error that is to leave with a JSON-RPC code of its own (Lotus: 2 out of gas, 3 actor not
/// found, ...).
Error rpc_error(int code, ErrorCode kind, std::string message);
/// The code to send for an error: the one given by rpc_error, else kApplicationError.
int rpc_code(const Error& error) noexcept;

/// Appends {"code":..,"message":..}; with `with_kind` also "data":{"kind":"not_found"} for our own
/// clients, which get back the ErrorCode by it.
void append_error_object(std::string& out, const Error& error, bool with_kind);
/// The error that an error object of a peer stands for. Codes of the standard become our kinds; all
/// others are Internal unless the peer is a Venus and says its kind.
Error from_error_object(const boost::json::value& object);

/// Text as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace venus::rpc
