// SPDX-License-Identifier: MIT OR Apache-2.0
// What another process uses, by /proc, and percentiles of what was measured.
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace venus::bench {

/// CPU seconds (user and system) a process used so far. NotFound when there is no such process.
Result<double> cpu_seconds(int pid);

struct Memory {
  std::size_t now_mib = 0, most_mib = 0;
};
/// Resident memory now and at most.
Result<Memory> resident(int pid);

/// "p50 1.23 ms, p90 …, p99 …, most …"; sorts its input.
std::string percentiles(std::vector<double>& milliseconds);

}  // namespace venus::bench
