// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/result.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace venus::sealer {

struct ChildCommand {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::chrono::milliseconds time_limit{60'000};
  std::size_t max_output = 16U << 20;
};

/// Runs a program with `input` on its standard input and returns its standard output; its standard
/// error is ours. Blocks. The child is killed at the time limit (Timeout), when `cancelled` becomes
/// true (Cancelled) and when its output grows too large (TooLarge). Unavailable when it can't be
/// started or ends by a signal or with a code that is not 0.
Result<std::string> run_child(const ChildCommand& command, const std::string& input,
                              const std::atomic<bool>& cancelled);

/// For the child: the kernel kills it when its parent dies, and takes it first when memory runs
/// out.
void follow_parent(int parent);

}  // namespace venus::sealer
