// SPDX-License-Identifier: MIT OR Apache-2.0
// Drand: which round belongs to an epoch, and whether a block carries the right ones
// (protocol.md section 3, "Drand").
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/task.hpp"
#include "chainstore/lru_cache.hpp"
#include "types/block.hpp"
#include "types/network_params.hpp"

namespace venus::consensus {

/// One drand network, as seen by a chain with a genesis time and a block delay. Thread-safe.
class Beacon {
 public:
  Beacon(types::DrandChain network, std::uint64_t genesis_time, std::uint64_t block_delay);

  [[nodiscard]] const types::DrandChain& network() const noexcept { return network_; }
  /// Whether an entry's signature covers the one before.
  [[nodiscard]] bool chained() const noexcept;
  /// The newest round that a block of `epoch` must know, under the rule of `version` (nv16 changed it).
  [[nodiscard]] std::uint64_t round_at(NetworkVersion version, ChainEpoch epoch) const;
  /// FailedValidation unless the entry is the network's for its round. `previous` is the data of the
  /// entry before; it counts for chained networks alone. Verdicts of good entries are remembered.
  [[nodiscard]] Result<void> verify(const types::BeaconEntry& entry, BytesView previous) const;

 private:
  const types::DrandChain network_;
  const std::uint64_t genesis_time_;
  const std::uint64_t block_delay_;
  mutable chainstore::LruCache<std::uint64_t, Bytes> verified_{1024};
};

/// The networks a chain used and uses, by the epoch they start at.
class BeaconSchedule {
 public:
  /// From the network's drand schedule; `genesis_time` in seconds is the genesis block's.
  BeaconSchedule(const types::NetworkParams& params, std::uint64_t genesis_time);

  /// The network in force at an epoch.
  [[nodiscard]] const Beacon& at(ChainEpoch epoch) const;

  /// FailedValidation unless a block at `height` over a parent at `parent_height` carries exactly the
  /// entries it must. `previous` is the last entry of its ancestors.
  [[nodiscard]] Result<void> validate_entries(NetworkVersion version, ChainEpoch height,
                                              std::span<const types::BeaconEntry> entries,
                                              ChainEpoch parent_height,
                                              const types::BeaconEntry& previous) const;

  /// The rounds a block at `height` must carry, in order, and of which network.
  struct Needed {
    const Beacon* beacon = nullptr;
    std::vector<std::uint64_t> rounds;
  };
  [[nodiscard]] Needed needed(NetworkVersion version, ChainEpoch height, ChainEpoch parent_height,
                              const types::BeaconEntry& previous) const;

 private:
  struct Point {
    ChainEpoch start;
    std::shared_ptr<const Beacon> beacon;
  };
  std::vector<Point> points_;  // ascending
};

/// Where fresh entries come from: drand's HTTP API, in the node. Implementations need not verify;
/// callers do.
class BeaconSource {
 public:
  virtual ~BeaconSource() = default;
  /// The entry of a round; Temporal while the network has not made it, Unavailable when it cannot be
  /// reached.
  virtual Task<types::BeaconEntry> entry(types::DrandChain network, std::uint64_t round) = 0;
};

/// Fetches and verifies what a block at `height` must carry. Arguments as BeaconSchedule::needed; both
/// references must live until the task ends.
Task<std::vector<types::BeaconEntry>> beacon_entries_for_block(const BeaconSchedule& schedule,
                                                               BeaconSource& source, NetworkVersion version,
                                                               ChainEpoch height, ChainEpoch parent_height,
                                                               types::BeaconEntry previous);

}  // namespace venus::consensus
