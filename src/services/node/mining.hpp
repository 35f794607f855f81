// SPDX-License-Identifier: MIT OR Apache-2.0
// What the node does for block producers (protocol.md section 11).
#pragma once

#include "api/node/miner_types.hpp"
#include "services/node/node.hpp"

namespace venus::node {

/// What a miner needs to try for a block at `epoch` on `base`; nothing when it has no sectors there. Waits
/// for the beacon entry of the epoch.
Task<std::optional<api::MiningBaseInfo>> mining_base_info(Node& node, Address miner, ChainEpoch epoch, TipsetPtr base);

/// Completes a block: state after the parents, weight, base fee, message roots, aggregate. Signs it when the
/// miner's worker key is held here; else the signature stays empty for somebody else to add.
Result<types::BlockMessage> create_block(Node& node, const api::BlockTemplate& wanted);

}  // namespace venus::node
