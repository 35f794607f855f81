// SPDX-License-Identifier: MIT OR Apache-2.0
// What a miner needs of the chain to try its luck, and the block it makes when it wins.
#pragma once

#include "consensus/block_validator.hpp"

namespace venus::consensus {

/// What a miner builds on at one epoch.
struct MiningBase {
  BigInt miner_power;    ///< quality-adjusted, at the lookback state
  BigInt network_power;
  std::vector<types::ExtendedSectorInfo> sectors;  ///< to prove, in challenge order
  Address worker;                                  ///< key address
  std::uint64_t sector_size = 0;                   ///< bytes
  types::BeaconEntry previous_beacon;
  std::vector<types::BeaconEntry> beacon_entries;
  bool eligible = false;
};

/// The base for a block of `epoch` over `base` (Lotus MinerGetBaseInfo). `beacon_entries` are those the
/// block must carry (beacon_entries_for_block over latest_beacon_entry(base)). Nothing when the miner
/// does not exist at the lookback or has no sector to prove; NotFound when it does not exist at all.
Result<std::optional<MiningBase>> mining_base(StateManager& states, MinerStates& miners, const TipsetPtr& base,
                                              ChainEpoch epoch, const Address& miner,
                                              std::vector<types::BeaconEntry> beacon_entries);

/// What a block is made of.
struct BlockTemplate {
  Address miner;
  TipsetPtr parents;
  types::Ticket ticket;
  types::ElectionProof election_proof;
  std::vector<types::BeaconEntry> beacon_entries;
  std::vector<types::SignedMessage> messages;
  ChainEpoch epoch;
  std::uint64_t timestamp = 0;
  std::vector<types::PostProof> winning_post_proof;
};

/// Makes the block: executes the parents if nobody did, stores messages and their roots, aggregates the
/// BLS signatures. The result lacks only block_sig. InvalidArgument for a signature of a type that no
/// block takes.
Result<types::BlockMessage> create_block(StateManager& states, const BlockTemplate& block);

}  // namespace venus::consensus
