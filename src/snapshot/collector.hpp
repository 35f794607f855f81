// SPDX-License-Identifier: MIT OR Apache-2.0
// Collects garbage of a chain's database while the node goes on: what is needed of the blocks is copied into a new
// generation, then the old one is dropped as a whole.
//
// Kept are all headers of the head's chain, its genesis with its state, and for the newest epochs messages,
// receipts, events and states, of the head's chain and of every other tipset that was executed or block that was
// validated. All else goes, with what the indices say of it.
//
// Why nothing that is needed is lost while others write: all their writes go to the new generation. A state that is
// executed meanwhile consists of blocks written then and of blocks of its parent state, which is kept. A copy is
// written after all that it links to, so what was copied is whole; blocks that others wrote prove nothing of
// what they link to and are walked like all. Before the old generation goes, what was executed and validated since
// is walked, and some time is let pass, so that what was in somebody's hands at the beginning is by then
// part of the chain, or forgotten.
#pragma once

#include <chrono>
#include <functional>

#include "chainstore/chain_store.hpp"
#include "chainstore/database.hpp"
#include "snapshot/read_ahead.hpp"

namespace venus::snapshot {

struct CollectProgress {
  enum class Phase : std::uint8_t { Headers, Copying, Settling, Pruning };
  Phase phase = Phase::Headers;
  std::int64_t height = 0;  ///< of the tipset worked on
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;  ///< copied
};
std::string_view to_string(CollectProgress::Phase phase) noexcept;

struct CollectOptions {
  /// How many epochs below the head keep their states and messages; at least kMinKeepEpochs.
  std::int64_t keep_epochs = 2000;
  /// Roots of what is kept besides (manifests of actors).
  std::vector<Cid> extra_roots = {};
  /// How long after the beginning the old generation stays at least: a few block times.
  std::chrono::milliseconds settle{60'000};
  ReadAhead::Options reading = {};
  /// Told often; false stops (Cancelled). The next call goes on where it was.
  std::function<bool(const CollectProgress&)> progress = {};
  /// Asked before the old generation goes, again and again until it says true: whether nobody reads from it.
  std::function<bool()> may_drop = {};
};

/// Finality, and what a block may look back beyond it.
inline constexpr std::int64_t kMinKeepEpochs = types::policy::kChainFinality + 100;

struct Collected {
  std::int64_t floor = 0;     ///< states and messages up to this height went
  std::uint64_t blocks = 0;   ///< copied
  std::uint64_t bytes = 0;    ///< copied
  std::uint64_t headers = 0;  ///< newly pinned
  std::uint64_t missing = 0;  ///< links that led nowhere
  std::uint64_t disk_before = 0;
  std::uint64_t disk_after = 0;
};

/// Runs one collection, or the rest of one that was cut short. One at a time; the caller's thread is yielded to
/// others if `reading.background`. InvalidArgument for too few epochs; Cancelled; errors of the store.
/// While it runs both generations take space: up to the database's size and that of what is kept.
Result<Collected> collect_garbage(chainstore::ChainStore& chain, chainstore::ChainDatabase& database,
                                  const CollectOptions& options);

/// Told by an import: headers up to this height are pinned already.
Result<void> note_pinned(chainstore::ChainDatabase& database, std::int64_t height);

}  // namespace venus::snapshot
