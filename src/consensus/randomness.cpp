// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/randomness.hpp"

#include <array>

#include "crypto/hash.hpp"
#include "types/policy.hpp"

namespace venus::consensus {
Randomness draw_from_digest(const Randomness& digest, Domain domain, ChainEpoch round, BytesView entropy) {
  const auto tag = base::be64(static_cast<std::uint64_t>(domain));
  const auto epoch = base::be64(static_cast<std::uint64_t>(round.value()));
  const std::array<BytesView, 4> parts{tag, digest, epoch, entropy};
  return crypto::blake2b_256(parts);
}

Randomness draw_randomness(BytesView base, Domain domain, ChainEpoch round, BytesView entropy) {
  return draw_from_digest(crypto::blake2b_256(base), domain, round, entropy);
}

Randomness election_input(BytesView beacon, ChainEpoch height, const Address& miner) {
  return draw_randomness(beacon, Domain::ElectionProofProduction, height, ipld::encode(miner));
}

Randomness ticket_input(BytesView beacon, ChainEpoch height, const Address& miner, BytesView parent_ticket,
                        bool chained) {
  auto entropy = ipld::encode(miner);
  if (chained) base::append(entropy, parent_ticket);
  return draw_randomness(beacon, Domain::TicketProduction, height - types::policy::kTicketRandomnessLookback, entropy);
}

Randomness winning_post_input(BytesView beacon, ChainEpoch height, const Address& miner) {
  return draw_randomness(beacon, Domain::WinningPostChallengeSeed, height, ipld::encode(miner));
}

const types::BeaconEntry& effective_beacon(const types::BlockHeader& block, const types::BeaconEntry& previous) {
  return block.beacon_entries.empty() ? previous : block.beacon_entries.back();
}

}  // namespace venus::consensus
