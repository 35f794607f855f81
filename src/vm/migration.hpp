// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "ipld/blockstore.hpp"
#include "types/network_params.hpp"

namespace venus::vm {

/// The state after the end of `epoch`: the same root, unless a network upgrade is due there (the
/// version of epoch + 1 differs). Upgrades whose actors bundle stays the same need nothing; for all
/// others this build has no migration and says Unsupported.
Result<Cid> migrate_state(const types::NetworkParams& params, Blockstore& store, const Cid& state_root,
                          ChainEpoch epoch);

}  // namespace venus::vm
