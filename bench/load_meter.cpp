// SPDX-License-Identifier: MIT OR Apache-2.0
#include "load_meter.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace venus::bench {

Result<double> cpu_seconds(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(file, line)) return fail(ErrorCode::NotFound, "process {} is gone", pid);
  // The name in parentheses may hold blanks; user and system time are the 12th and 13th word after
  // it.
  std::istringstream words(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i)
    words >> skipped;
  double user = 0;
  double system = 0;
  words >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

Result<Memory> resident(int pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  Memory out;
  std::string word;
  while (file >> word) {
    std::size_t kib = 0;
    if (word == "VmRSS:" && file >> kib) out.now_mib = kib / 1024;
    if (word == "VmHWM:" && file >> kib) out.most_mib = kib / 1024;
  }
  if (out.most_mib == 0) return fail(ErrorCode::NotFound, "process {} is gone", pid);
  return out;
}

std::string percentiles(std::vector<double>& milliseconds) {
  if (milliseconds.empty()) return "none";
  std::ranges::sort(milliseconds);
  const auto at = [&](double part) {
    return milliseconds[static_cast<std::size_t>(part *
                                                 static_cast<double>(milliseconds.size() - 1))];
  };
  return fmt::format("p50 {:.2f} ms, p90 {:.2f} ms, p99 {:.2f} ms, most {:.1f} ms", at(0.5),
                     at(0.9), at(0.99), milliseconds.back());
}

}  // namespace venus::bench
