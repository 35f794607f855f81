// SPDX-License-Identifier: MIT OR Apache-2.0
// What the parts of KeyValueStore share; nobody else includes it.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <atomic>
#include <mutex>

#include "db/key_value.hpp"

namespace venus::db {

inline rocksdb::Slice slice(BytesView bytes) {
  // RocksDB compares by memcmp, which takes no null pointer even for nothing.
  return bytes.empty() ? rocksdb::Slice() : rocksdb::Slice(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}
inline BytesView view_of(const rocksdb::Slice& from) {
  return base::as_bytes({from.data(), from.size()});
}

/// The error that a status stands for, with what to do where the disk is full.
Result<void> check(const rocksdb::Status& status);

struct KeyValueStore::Impl {
  /// Columns come and go while others are read, so each has a place that never moves.
  using Handle = rocksdb::ColumnFamilyHandle;
  std::array<std::atomic<Handle*>, kMaxColumns> columns{};
  std::mutex changing_columns;

  std::filesystem::path folder;
  std::size_t memory = 0;
  bool bulk = false;
  std::shared_ptr<rocksdb::Cache> cache;
  std::unique_ptr<rocksdb::DB> db;
  std::atomic<std::uint64_t> next_file{0};

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();

  [[nodiscard]] Handle* of(Column column) const { return columns.at(column.index).load(); }
  template <class F>
  void each(F&& act) const {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (auto* handle = columns[i].load()) act(Column{static_cast<std::uint32_t>(i)}, handle);
    }
  }
  /// Where sorted files lie until the database has taken them.
  [[nodiscard]] std::filesystem::path bulk_folder() const { return folder / "bulk"; }
};

struct KeyValueBatch::Impl {
  rocksdb::WriteBatch writes;
  const KeyValueStore::Impl* store = nullptr;
};

/// How a column of this name is tuned.
rocksdb::ColumnFamilyOptions column_options(const std::shared_ptr<rocksdb::Cache>& cache,
                                            std::string_view name, std::size_t memory, bool bulk);

}  // namespace venus::db
