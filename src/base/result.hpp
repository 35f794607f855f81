// SPDX-License-Identifier: MIT OR Apache-2.0
// Expected failures are values: Result<T>, passed up with context by TRY and Error::context.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace venus::base {

/// What kind of failure it is, for callers that act on it; the message is for people.
enum class ErrorCode : std::uint8_t {
  Internal,          ///< a broken promise of our own code or of a library
  InvalidArgument,   ///< the caller's value is outside what the function documents
  Malformed,         ///< bytes or text that do not follow their format
  TooLarge,          ///< over a documented limit (size, count, depth)
  NotFound,          ///< no such thing here
  AlreadyExists,     ///< a thing of that identity is here already
  Conflict,          ///< refused since it contradicts something recorded (slash filter, lease)
  PermissionDenied,  ///< known caller without the right
  Unauthenticated,   ///< no or bad credentials
  FailedValidation,  ///< consensus or policy says no, for good
  Temporal,          ///< not valid yet, or refused only for the moment; may be retried
  Unavailable,       ///< a peer, database or service does not answer; may be retried
  Timeout,           ///< the time allowed ran out
  Cancelled,         ///< stopped by its owner
  Unsupported,       ///< well-formed, but this build or network version cannot do it
  Corrupt,           ///< stored data that must be right is not
  Io,                ///< the operating system refused a file or socket operation
  Exhausted,         ///< out of a resource: disk, quota, queue, rate limit
};

/// Stable lower-case name of a code ("not_found"), for logs and JSON.
std::string_view to_string(ErrorCode code) noexcept;

/// A failure: its kind, a sentence, and an optional number of the domain it came from
/// (for example a JSON-RPC error code or a VM exit code); 0 means none.
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;
  std::int64_t detail = 0;

  /// The same error with "what: " put before its message.
  [[nodiscard]] Error context(std::string_view what) &&;
  [[nodiscard]] Error context(std::string_view what) const&;

  bool operator==(const Error&) const = default;
};

template <class T = void>
using Result = std::expected<T, Error>;

/// `return fail(ErrorCode::NotFound, "no block {}", cid);`
template <class... Args>
std::unexpected<Error> fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

/// `return with_context(std::move(result), "read header");` adds context to a failure only.
template <class T>
Result<T> with_context(Result<T> result, std::string_view what) {
  if (!result) return std::unexpected(std::move(result).error().context(what));
  return result;
}

}  // namespace venus::base

namespace venus {
using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
using base::with_context;
}  // namespace venus

#define VENUS_CONCAT_(a, b) a##b
#define VENUS_CONCAT(a, b) VENUS_CONCAT_(a, b)

#define VENUS_TRY_(tmp, ret, decl, ...)                      \
  auto tmp = (__VA_ARGS__);                                  \
  if (!tmp) ret std::unexpected(std::move(tmp).error());     \
  decl = *std::move(tmp)
#define VENUS_TRY_VOID_(tmp, ret, ...) \
  if (auto tmp = (__VA_ARGS__); !tmp) ret std::unexpected(std::move(tmp).error())

/// TRY(auto x, f()); leaves the function with f's error, or names its value.
#define TRY(decl, ...) VENUS_TRY_(VENUS_CONCAT(try_result_, __COUNTER__), return, decl, __VA_ARGS__)
/// TRY_VOID(f()); leaves the function with f's error.
#define TRY_VOID(...) VENUS_TRY_VOID_(VENUS_CONCAT(try_result_, __COUNTER__), return, __VA_ARGS__)
/// CO_TRY(auto x, co_await f()); the same inside a coroutine.
#define CO_TRY(decl, ...) \
  VENUS_TRY_(VENUS_CONCAT(try_result_, __COUNTER__), co_return, decl, __VA_ARGS__)
#define CO_TRY_VOID(...) \
  VENUS_TRY_VOID_(VENUS_CONCAT(try_result_, __COUNTER__), co_return, __VA_ARGS__)
