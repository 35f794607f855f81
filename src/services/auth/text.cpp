// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/auth/text.hpp"

#include <ctime>

namespace venus::auth {

std::string rfc3339(std::int64_t unix_seconds) {
  const std::time_t time = unix_seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

Result<void> check_length(std::string_view what, std::string_view text, std::size_t max) {
  if (text.size() > max) return fail(ErrorCode::InvalidArgument, "{} is longer than {} bytes", what, max);
  return {};
}

Result<void> check_name(std::string_view what, std::string_view name) {
  if (name.empty()) return fail(ErrorCode::InvalidArgument, "{} is empty", what);
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return fail(ErrorCode::InvalidArgument, "{} has control characters", what);
    }
  }
  return check_length(what, name, 50);
}

}  // namespace venus::auth
