// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace venus::base {

/// "2026-11-22T13:04:07.123Z": RFC 3339 in UTC with milliseconds.
std::string rfc3339(std::int64_t unix_millis);

}  // namespace venus::base
