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
  /// Opens or creates the database in a folder; errors of KeyValueStore::open.
  static Result<std::unique_ptr<ChainDatabase>> open(const std::filesystem::path& folder,
                                                     db::KeyValueOptions options = {});

  [[nodiscard]] db::RocksdbBlockstore& blocks() noexcept { return blocks_; }
  [[nodiscard]] db::KeyValueStore& store() noexcept { return *store_; }

  Result<std::optional<Bytes>> get(Column column, BytesView key) override;
  Result<void> write(const MetadataBatch& batch) override;

 private:
  explicit ChainDatabase(std::shared_ptr<db::KeyValueStore> store) : store_(store), blocks_(std::move(store)) {}

  std::shared_ptr<db::KeyValueStore> store_;
  db::RocksdbBlockstore blocks_;
  std::array<db::Column, kColumns> columns_{};
};

}  // namespace venus::chainstore
