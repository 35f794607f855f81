// SPDX-License-Identifier: MIT OR Apache-2.0
// Domain-separated randomness (protocol.md section 3).
#pragma once

#include "types/block.hpp"

namespace venus::consensus {

/// What a draw is for; the numbers are part of the protocol.
enum class Domain : std::int64_t {
  TicketProduction = 1,
  ElectionProofProduction = 2,
  WinningPostChallengeSeed = 3,
  WindowedPostChallengeSeed = 4,
  SealRandomness = 5,
  InteractiveSealChallengeSeed = 6,
  WindowPostDeadlineAssignment = 7,
  MarketDealCronSeed = 8,
  PostChainCommit = 9,
};

using Randomness = ByteArray<32>;

/// blake2b256(be64(domain) ‖ digest ‖ be64(round) ‖ entropy).
Randomness draw_from_digest(const Randomness& digest, Domain domain, ChainEpoch round, BytesView entropy);
/// draw_from_digest over blake2b256(base).
Randomness draw_randomness(BytesView base, Domain domain, ChainEpoch round, BytesView entropy);

/// What a miner's VRF covers in its election proof.
Randomness election_input(BytesView beacon, ChainEpoch height, const Address& miner);
/// What it covers in its ticket. `parent_ticket` is the VRF proof of the parents' smallest ticket;
/// it counts for heights over Smoke alone (`chained`).
Randomness ticket_input(BytesView beacon, ChainEpoch height, const Address& miner, BytesView parent_ticket,
                        bool chained = true);
/// The challenge of its WinningPoSt.
Randomness winning_post_input(BytesView beacon, ChainEpoch height, const Address& miner);

/// The beacon entry that counts in a block: its last one, else that of the ancestors.
const types::BeaconEntry& effective_beacon(const types::BlockHeader& block, const types::BeaconEntry& previous);

}  // namespace venus::consensus
