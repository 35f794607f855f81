// SPDX-License-Identifier: MIT OR Apache-2.0
// The exact circulating supply: every actor counted (Lotus's StateCirculatingSupply). The VM's own,
// cheaper figure is in vm/circulating_supply.hpp.
#pragma once

#include "actors/state_tree.hpp"

namespace venus::actors {

/// Sum in attoFIL of what actors can spend at `epoch` by the rules of nv23 and later. Walks the
/// whole tree. FailedValidation when all balances together are not 2 billion FIL; Unsupported for
/// actors older than v16.
Result<TokenAmount> exact_circulating_supply(const StateTree& tree, ChainEpoch epoch);

}  // namespace venus::actors
