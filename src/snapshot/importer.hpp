// SPDX-License-Identifier: MIT OR Apache-2.0
// From a snapshot to a chain's database: every block's hash is checked, the headers must lead down to a genesis,
// and what is in the database survives a kill at any moment, from where the next import goes on.
#pragma once

#include <filesystem>
#include <functional>

#include "chainstore/chain_store.hpp"
#include "chainstore/database.hpp"
#include "snapshot/format.hpp"

namespace venus::snapshot {

struct ImportProgress {
  std::uint64_t position = 0;  ///< bytes of the source read, packed
  std::uint64_t size = 0;      ///< of the source; 0 when unknown
  std::uint64_t stored = 0;    ///< bytes of the unpacked CAR that are durable
  std::uint64_t blocks = 0;    ///< stored in this run
  std::int64_t height = -1;    ///< of the lowest header so far
};

struct ImportOptions {
  /// Where the F3 data of a snapshot goes; nowhere when empty.
  std::filesystem::path f3_file = {};
  /// Threads that hash; 0: one per core.
  std::size_t hash_threads = 0;
  /// How much is read at a time.
  std::size_t chunk_bytes = 4U << 20;
  /// How much is sorted and stored at a time. Twice as much is held in memory.
  std::size_t batch_bytes = 128U << 20;
  /// Told every few MiB; false stops the import (Cancelled), which goes on with the next call.
  std::function<bool(const ImportProgress&)> progress = {};
};

struct Imported {
  std::uint64_t version = 1;
  std::vector<Cid> roots;  ///< blocks of the head, in the file's order
  Cid genesis;             ///< undefined when the file's order did not lead to it
  bool followed = false;   ///< every header down to genesis was seen and indexed
  std::optional<F3Summary> f3;
  std::uint64_t resumed_at = 0;  ///< offset in the unpacked CAR where this run began to store
  std::uint64_t blocks = 0;      ///< stored in this run
  std::uint64_t bytes = 0;       ///< of the unpacked CAR, stored in this run
  std::uint64_t headers = 0;
};

/// Streams a snapshot (CAR of version 1, packed with zstd or not; FRC-0108 version 1 or 2) into a database. A run
/// that was cut short is taken up by the next one over the same file: what is stored is not stored again.
/// Malformed, TooLarge, Corrupt (a hash), FailedValidation (headers), Io, Exhausted.
/// Memory: about 2 * batch_bytes + 100 MiB, besides the database's own.
Result<Imported> import_snapshot(std::unique_ptr<ipld::ByteSource> source, chainstore::ChainDatabase& database,
                                 const ImportOptions& options = {});

/// What a snapshot must have for a node to run on it.
struct HeadCheck {
  TipsetPtr head;
  TipsetPtr genesis;
  std::int64_t states = 0;  ///< epochs below the head without a gap whose state's root is here
};

/// The head and genesis of what was imported, walking headers in the database where the import could not follow
/// them. NotFound when headers are missing; FailedValidation when roots are no tipset.
Result<HeadCheck> find_head(chainstore::ChainStore& chain, const Imported& imported,
                            const std::function<bool(std::int64_t height)>& progress = {});

/// Makes the snapshot's head the chain's: indexes of heights and messages, keys of the newest tipsets, head.
/// The chain's genesis must be set. Conflict when the chain has a head above the snapshot's.
Result<void> adopt_head(chainstore::ChainStore& chain, const Imported& imported, const HeadCheck& found,
                        const std::function<bool(std::int64_t height)>& progress = {});

/// Walks the whole state that a root names. NotFound names the first block that is not here.
/// Returns the number of blocks.
Result<std::uint64_t> verify_state(Blockstore& store, const Cid& root,
                                   const std::function<bool(std::uint64_t blocks)>& progress = {});

/// Forgets where an import of a snapshot was cut short.
Result<void> forget_import(chainstore::ChainDatabase& database);

}  // namespace venus::snapshot
