// SPDX-License-Identifier: MIT OR Apache-2.0
// The one database of a node's chain: blocks and metadata in one RocksDB, so that what is written first
// is on disk first.
#pragma once

#include <array>
#include <filesystem>
#include <memory>

#include "chainstore/metadata.hpp"
#include "db/rocksdb_blockstore.hpp"

namespace venus::chainstore {

/// Thread-safe. One process at a time.
class ChainDatabase final : public Metadata {
 public:
  /// Opens or creates the database in a folder; errors of KeyValueStore::open. A collection of garbage that
  /// was cut short stands where it was: collecting() tells.
  static Result<std::unique_ptr<ChainDatabase>> open(const std::filesystem::path& folder,
                                                     db::KeyValueOptions options = {});

  [[nodiscard]] db::RocksdbBlockstore& blocks() noexcept { return blocks_; }
  [[nodiscard]] db::KeyValueStore& store() noexcept { return *store_; }

  Result<std::optional<Bytes>> get(Column column, BytesView key) override;
  Result<void> write(const MetadataBatch& batch) override { return write(batch, db::Durability::Buffered); }
  Result<void> write(const MetadataBatch& batch, db::Durability durability);
  /// Adds changes to a batch that also holds blocks.
  void add(db::KeyValueBatch& to, const MetadataBatch& batch) const;
  /// Visits the records of a column in the order of their keys, as they were when the call began; the visit
  /// returns true to go on.
  Result<void> for_each(Column column, FunctionRef<Result<bool>(BytesView key, BytesView value)> visit) const;

  /// Blocks written from now on are of a new generation, durably. Conflict while one is being replaced.
  Result<void> begin_generation();
  /// Drops the older generation: what was not copied is gone.
  Result<void> finish_generation();
  /// Whether there is an older generation.
  [[nodiscard]] bool collecting() const { return blocks_.has_older(); }

 private:
  explicit ChainDatabase(std::shared_ptr<db::KeyValueStore> store) : store_(store), blocks_(std::move(store)) {}
  Result<void> open_generations();
  Result<void> save(const db::RocksdbBlockstore::Generations& names);

  std::shared_ptr<db::KeyValueStore> store_;
  db::RocksdbBlockstore blocks_;
  std::array<db::Column, kColumns> columns_{};
  db::RocksdbBlockstore::Generations names_;
};

}  // namespace venus::chainstore
