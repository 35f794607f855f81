// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/result.hpp"

namespace venus::base {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::Internal: return "internal";
    case ErrorCode::InvalidArgument: return "invalid_argument";
    case ErrorCode::Malformed: return "malformed";
    case ErrorCode::TooLarge: return "too_large";
    case ErrorCode::NotFound: return "not_found";
    case ErrorCode::AlreadyExists: return "already_exists";
    case ErrorCode::Conflict: return "conflict";
    case ErrorCode::PermissionDenied: return "permission_denied";
    case ErrorCode::Unauthenticated: return "unauthenticated";
    case ErrorCode::FailedValidation: return "failed_validation";
    case ErrorCode::Temporal: return "temporal";
    case ErrorCode::Unavailable: return "unavailable";
    case ErrorCode::Timeout: return "timeout";
    case ErrorCode::Cancelled: return "cancelled";
    case ErrorCode::Unsupported: return "unsupported";
    case ErrorCode::Corrupt: return "corrupt";
    case ErrorCode::Io: return "io";
    case ErrorCode::Exhausted: return "exhausted";
  }
  return "unknown";
}

Error Error::context(std::string_view what) && {
  message.insert(0, fmt::format("{}: ", what));
  return std::move(*this);
}

Error Error::context(std::string_view what) const& {
  return Error{*this}.context(what);
}

}  // namespace venus::base
