// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace venus::base {

void parallel_for(std::size_t count, std::size_t threads, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto drain = [&] {
    for (auto i = next.fetch_add(1); i < count; i = next.fetch_add(1)) work(i);
  };
  std::vector<std::jthread> helpers;
  const auto wanted = std::min(count, threads);
  for (std::size_t i = 1; i < wanted; ++i) helpers.emplace_back(drain);
  drain();
}

std::size_t compute_threads() { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace venus::base
