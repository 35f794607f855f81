// SPDX-License-Identifier: MIT OR Apache-2.0
// How calls into Rust end: an exception of cxx becomes an Error here and goes no further.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "rust/cxx.h"

#include <exception>
#include <string_view>
#include <type_traits>
#include <utility>

namespace venus::bridge::detail {

/// The first letter is the kind that native/guard put there.
inline Error native_error(std::string_view text) {
  auto code = ErrorCode::Internal;
  if (!text.empty()) {
    switch (text.front()) {
      case 'A':
        code = ErrorCode::InvalidArgument;
        break;
      case 'C':
        code = ErrorCode::Cancelled;
        break;
      case 'E':
        code = ErrorCode::AlreadyExists;
        break;
      case 'L':
        code = ErrorCode::TooLarge;
        break;
      case 'M':
        code = ErrorCode::Malformed;
        break;
      case 'N':
        code = ErrorCode::NotFound;
        break;
      case 'O':
        code = ErrorCode::Io;
        break;
      case 'T':
        code = ErrorCode::Timeout;
        break;
      case 'U':
        code = ErrorCode::Unsupported;
        break;
      case 'V':
        code = ErrorCode::FailedValidation;
        break;
      case 'X':
        code = ErrorCode::Unavailable;
        break;
      default:
        break;
    }
    text.remove_prefix(1);
  }
  return Error{code, std::string(text)};
}

/// Runs `call`, which calls Rust, and returns what it returns.
template <class F>
auto guarded(F&& call) -> Result<std::invoke_result_t<F>> {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
      std::forward<F>(call)();
      return {};
    } else {
      return std::forward<F>(call)();
    }
  } catch (const rust::Error& error) {
    return std::unexpected(native_error(error.what()));
  } catch (const std::exception& error) {
    return fail(ErrorCode::Internal, "call into the native library: {}", error.what());
  }
}

inline rust::Slice<const std::uint8_t> slice(BytesView bytes) {
  return {bytes.data(), bytes.size()};
}

inline Bytes to_bytes(const rust::Vec<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace venus::bridge::detail
