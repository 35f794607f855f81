// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <array>

#include "mpool/config.hpp"

namespace venus::mpool {

/// Chance that a block whose ticket has this quality is at place 0, 1, ... of its tipset, given that at
/// least one block is won and winners are Poisson(5) distributed.
std::array<double, limits::kMaxBlocks> block_probabilities(double ticket_quality);

}  // namespace venus::mpool
