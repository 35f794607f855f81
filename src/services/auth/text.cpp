// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/auth/text.hpp"

#include <ctime>

#include "crypto/random.hpp"

namespace venus::auth {

std::string new_uuid() {
  auto bytes = crypto::random_array<16>();
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  const auto hex = base::to_hex(bytes);
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20));
}

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
