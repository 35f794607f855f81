// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "genesis/genesis_vm.hpp"
#include "genesis/template.hpp"

namespace venus::genesis {

/// Creates a miner with its number, gives it collateral and its pre-sealed sectors with their power.
Result<void> create_miner(GenesisVm& vm, const Miner& miner);

}  // namespace venus::genesis
