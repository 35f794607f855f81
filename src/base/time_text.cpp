// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/time_text.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>

namespace venus::base {

std::string rfc3339(std::int64_t unix_millis) {
  const auto seconds = static_cast<std::time_t>(unix_millis / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:03}Z", std::string_view(text.data(), size), unix_millis % 1000);
}

}  // namespace venus::base
