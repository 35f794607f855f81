// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

namespace venus::base {

/// Calls work(i) for every i in [0, count) on up to `threads` threads, this one among them, and returns
/// when all calls have. Calls must not throw. With threads <= 1 everything runs here, in order.
void parallel_for(std::size_t count, std::size_t threads, const std::function<void(std::size_t)>& work);

/// How many threads computing may use: the machine's cores, at least 1.
std::size_t compute_threads();

}  // namespace venus::base
