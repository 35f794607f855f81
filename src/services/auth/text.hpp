// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace venus::auth {

/// "2026-11-22T13:00:00Z".
std::string rfc3339(std::int64_t unix_seconds);
/// InvalidArgument unless it has 1 to 50 bytes of UTF-8 without control characters.
Result<void> check_name(std::string_view what, std::string_view name);
/// InvalidArgument above `max` bytes.
Result<void> check_length(std::string_view what, std::string_view text, std::size_t max);

}  // namespace venus::auth
