// SPDX-License-Identifier: MIT OR Apache-2.0
// What consensus asks of a miner's state, with a memory: the same states are asked block after block.
#pragma once

#include <memory>

#include "actors/miner.hpp"
#include "actors/power.hpp"
#include "bridge/proofs.hpp"
#include "chainstore/lru_cache.hpp"
#include "consensus/randomness.hpp"
#include "types/network_params.hpp"
#include "types/sector.hpp"

namespace venus::consensus {

/// A miner's share of the network at one state.
struct MinerPower {
  actors::power::Claim claim;
  BigInt total_raw;
  BigInt total_quality_adjusted;
};

/// Thread-safe.
class MinerStates {
 public:
  /// `store` must outlive this object.
  explicit MinerStates(Blockstore& store) : store_(store) {}

  /// The key address that signs for a miner at a state. NotFound without such a miner.
  Result<Address> worker_key(const Cid& state, ActorId miner);
  /// Nothing when the power actor has no claim of the miner.
  Result<std::optional<MinerPower>> power(const Cid& state, ActorId miner);
  /// Whether the miner's raw power lets it win elections at a state; false without a claim.
  Result<bool> has_min_power(const Cid& state, ActorId miner, std::uint64_t min_power);
  /// Whether the miner may win over a base of this height and parent state: power, no debt, no fault.
  Result<bool> eligible_at(const Cid& base_parent_state, ChainEpoch base_height, ActorId miner);

  /// The sectors a WinningPoSt with this randomness must prove, in challenge order; empty when the
  /// miner has none that is active. Also what MinerGetBaseInfo tells.
  Result<std::vector<types::ExtendedSectorInfo>> winning_post_sectors(const Cid& state, ActorId miner,
                                                                      const Randomness& randomness);

 private:
  struct MinerSummary {
    actors::miner::Info info;
    actors::miner::State state;
    Address worker;  // key address
  };
  using SummaryPtr = std::shared_ptr<const MinerSummary>;
  Result<SummaryPtr> summary(const Cid& state, ActorId miner);
  using ActivePtr = std::shared_ptr<const BitField>;
  Result<ActivePtr> active_sectors(const Cid& state, ActorId miner, const Cid& deadlines);
  using PowerPtr = std::shared_ptr<const actors::power::View>;
  Result<PowerPtr> power_view(const Cid& state);

  Blockstore& store_;
  // Keyed by the heads of the actors: most states share them.
  chainstore::LruCache<Cid, SummaryPtr> miners_{512};
  chainstore::LruCache<Cid, PowerPtr> power_{256};
  chainstore::LruCache<Cid, ActivePtr> active_{128};
};

}  // namespace venus::consensus
