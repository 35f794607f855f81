// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <array>

#include "mpool/config.hpp"
#include "types/block.hpp"

namespace venus::mpool {

/// 1 - blake2b256(VRF proof) / 2^256: how early the block comes in its tipset; in [0, 1].
double ticket_quality(const types::Ticket& ticket);

/// Chance that a block whose ticket has this quality is at place 0, 1, ... of its tipset, given that at
/// least one block is won and winners are Poisson(5) distributed.
std::array<double, limits::kMaxBlocks> block_probabilities(double ticket_quality);

}  // namespace venus::mpool
