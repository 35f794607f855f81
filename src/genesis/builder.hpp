// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "bridge/vm.hpp"
#include "genesis/template.hpp"
#include "types/block.hpp"

namespace venus::genesis {

struct Genesis {
  types::BlockHeader header;
  Cid cid;
};

/// Makes the state and header of epoch 0 in `store`, which must hold the bundle whose manifest is given.
/// Everything an actor has a method for is done by that method, in the FVM: constructors, accounts,
/// miners, sectors. Only the first two actors, fixed-number accounts, miner numbers and the mark that
/// pre-sealed sectors are proven are written directly (protocol.md section 14).
Result<Genesis> build_genesis(const Template& wanted, const Cid& manifest, Blockstore& store,
                              bridge::VmEngine& engine);

/// Where in the 2880 epochs of a proving period the period of a miner created at `epoch` starts.
/// Source: builtin-actors, assign_proving_period_offset.
std::int64_t proving_period_offset(ActorId miner, ChainEpoch epoch);

/// The epoch at which the first deadline with sectors opens, for a miner of a genesis: deadline 0 of the
/// next period, or a later one when that is too near to be changed at epoch 0.
ChainEpoch first_deadline_with_sectors(ActorId miner);

/// The parent of every genesis block: a note of 2017, as all networks have it; bytes and CID.
const Bytes& genesis_parent_bytes();
Cid genesis_parent();

}  // namespace venus::genesis
