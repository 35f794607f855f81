// SPDX-License-Identifier: MIT OR Apache-2.0
// From a chain's store to a snapshot. Each header stands before those of its parents, which Lotus's import depends
// on. Beyond that there are two orders: that of Lotus, each header followed by its messages and state depth first, or
// all headers first and the rest as the store reads it quickest.
#pragma once

#include <filesystem>
#include <functional>

#include "chainstore/chain_store.hpp"
#include "snapshot/format.hpp"
#include "snapshot/read_ahead.hpp"

namespace venus::snapshot {

struct ExportProgress {
  std::int64_t height = 0;     ///< of the header written last
  std::uint64_t blocks = 0;    ///< written
  std::uint64_t bytes = 0;     ///< of the CAR, before packing
};

struct ExportOptions {
  std::uint64_t version = 1;  ///< of FRC-0108: 1 or 2
  /// For how many of the newest epochs states, receipts and messages are written. Where fewer are here, what is
  /// here is; with less than kMinEpochs of them a node can't validate on top, which needs `allow_short`.
  std::int64_t epochs = 2000;
  bool allow_short = false;
  /// States of the newest epochs; without them no node can start from the file.
  bool states = true;
  /// Receipts and events of the newest epochs; those that are not here are passed over, as Lotus does.
  bool receipts = true;
  /// Messages of all epochs, not of the newest alone.
  bool old_messages = false;
  /// In Lotus's order.
  bool depth_first = false;
  /// F3 data for version 2; none when empty.
  std::filesystem::path f3_file = {};
  /// Reads ahead and yields to other threads.
  ReadAhead::Options reading = {};
  /// Told every MiB or so; false stops the export (Cancelled).
  std::function<bool(const ExportProgress&)> progress = {};
};

struct Exported {
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;    ///< of the CAR, before packing
  std::uint64_t headers = 0;
  std::int64_t epochs = 0;    ///< with state
  std::size_t memory = 0;     ///< of the set of visited blocks, at its largest
};

/// Finality: what a block's validation looks back.
inline constexpr std::int64_t kMinEpochs = types::policy::kChainFinality;

/// Writes the chain that ends in `head` and finishes the sink. Reads nothing but blocks and the index of heights;
/// holds no lock of the chain. NotFound names a block that should be here. InvalidArgument for options that make
/// no snapshot. Memory: VisitedSet's for what is written, and reading.max_bytes depth first, else up to 350 MiB.
Result<Exported> export_snapshot(const chainstore::ChainStore& chain, const BlockReader& read, const TipsetPtr& head,
                                 std::unique_ptr<ipld::ByteSink> sink, const ExportOptions& options = {});

/// How snapshots are packed: frames of some MiB, by all cores.
ipld::PackOptions snapshot_packing();
/// A sink that hands what it gets to another thread, a few MiB ahead of the sink below.
std::unique_ptr<ipld::ByteSink> threaded(std::unique_ptr<ipld::ByteSink> below, bool background);

}  // namespace venus::snapshot
