// SPDX-License-Identifier: MIT OR Apache-2.0
// From a CAR file to a validated chain: loading, then replaying every tipset from genesis.
#pragma once

#include <filesystem>
#include <functional>

#include "consensus/chain_runtime.hpp"

namespace venus::consensus {

/// What a chain file holds, once its blocks are in the store.
struct LoadedChain {
  TipsetPtr genesis;
  TipsetPtr head;  ///< the file's roots
  std::uint64_t blocks = 0;  ///< loaded now; 0 when an earlier run had loaded them
  bool was_loaded = false;
};

/// Told how far loading is; false cancels.
using LoadProgress = std::function<bool(std::uint64_t read, std::uint64_t total)>;

/// Streams a CAR (or .car.zst) of version 1 into the chain store's blocks, checking every hash. The
/// roots are the head's blocks, as Lotus exports a chain, or a genesis alone. A file that was loaded
/// before is not loaded again. Malformed, Corrupt; NotFound when headers down to genesis are missing.
Result<LoadedChain> load_chain_file(chainstore::ChainStore& chain, const std::filesystem::path& file,
                                    const LoadProgress& progress = {});

/// Where a replay stands.
struct ReplayProgress {
  ChainEpoch epoch;
  ChainEpoch last_epoch;
  std::uint64_t tipsets = 0;   ///< validated in this run
  std::uint64_t messages = 0;  ///< executed in this run
  std::chrono::nanoseconds elapsed{};
};

struct ReplayOptions {
  /// Validate every block in full. Otherwise state root, receipts root, base fee, weight and timestamp
  /// of every block are compared alone.
  bool full_validation = false;
  bool proofs = true;  ///< with full_validation: verify WinningPoSts
  /// Threads beside the one that executes; 0 means one per core.
  std::size_t threads = 0;
  /// How many tipsets execution may be ahead of validation.
  std::size_t window = 64;
  bool store_events = true;
  /// Told after each tipset that became the head; false stops the replay there (Cancelled).
  std::function<bool(const ReplayProgress&)> progress = {};
};

struct ReplayReport {
  std::uint64_t tipsets = 0;
  std::uint64_t messages = 0;
  ChainEpoch first_epoch;  ///< of the first tipset replayed now
  ChainEpoch last_epoch;
  std::chrono::nanoseconds elapsed{};
  // Thread time in sum, so the parts may add up to more than `elapsed`.
  vm::ExecutionTimes execution;
  ValidationTimes validation;
  std::chrono::nanoseconds head{};  ///< moving the head: indices and progress
};

/// Replays the chain that ends in `target` from where the chain store's head is on it (from genesis at
/// first), moving the head with each tipset that proved good: so a run that was killed goes on there.
/// The first block that breaks a rule ends it: FailedValidation with epoch, block and rules.
Result<ReplayReport> replay_chain(ChainRuntime& runtime, const TipsetPtr& target, const ReplayOptions& options);

}  // namespace venus::consensus
