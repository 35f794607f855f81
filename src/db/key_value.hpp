// SPDX-License-Identifier: MIT OR Apache-2.0
// RocksDB for the node's own data: named columns of sorted keys in one database, so that blocks and
// the chain's metadata change together or not at all. Killing the process at any moment loses
// nothing that was written; a crash of the machine loses at most what was written without
// Durability::Synced.
#pragma once

#include "base/bytes.hpp"
#include "base/function_ref.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace venus::db {

/// Whether a write waits for the disk.
enum class Durability : std::uint8_t {
  Volatile,  ///< may be lost with the process until flush() of the column; nothing else is
  Buffered,  ///< survives the death of the process
  Synced,    ///< survives the death of the machine
};

struct KeyValueOptions {
  /// Memory for caches and write buffers, in MiB; at least 8 are used. Each open file takes some
  /// more.
  std::size_t memory_mib = 64;
  /// Refuse to create a database that is not there.
  bool must_exist = false;
  /// For loading much at once: columns of blocks are not sorted in the background, which compact() makes
  /// up for.
  bool bulk = false;
  /// Told once, from any thread, when the database can't write any more: nothing is accepted from then on, and
  /// nothing that was accepted is lost. It must be opened again.
  std::function<void(const Error&)> on_failure = {};
};

/// A column of the database it was got from; cheap to copy.
struct Column {
  std::uint32_t index = 0;
};

/// Where an iteration begins and which way it goes.
struct ScanOptions {
  /// Skip keys before this one (behind it when going backwards); empty for none. Includes the
  /// prefix.
  BytesView from = {};
  bool backwards = false;
};

/// Whether a read leaves what it read in the cache.
enum class Caching : std::uint8_t {
  Keep,
  Pass,  ///< for reading much that nobody will ask for again
};

class KeyValueStore;

/// Changes that are written together. Belongs to the store that made it and must not outlive it.
class KeyValueBatch {
 public:
  KeyValueBatch(KeyValueBatch&&) noexcept;
  KeyValueBatch& operator=(KeyValueBatch&&) noexcept;
  ~KeyValueBatch();

  void put(Column column, BytesView key, BytesView value);
  void erase(Column column, BytesView key);
  /// Number of changes.
  [[nodiscard]] std::size_t size() const;
  /// Memory the changes take, in bytes.
  [[nodiscard]] std::size_t bytes() const;

 private:
  friend class KeyValueStore;
  struct Impl;
  explicit KeyValueBatch(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// One database in a folder. Safe to use from many threads at once. Errors: Io, Corrupt, Exhausted
/// (disk full), Conflict (another process has it open).
class KeyValueStore {
 public:
  /// The first column that is tuned for blocks (see rocksdb_blockstore.hpp); there unless another whose
  /// name begins so took its place. All such columns are tuned alike.
  static constexpr std::string_view kBlocks = "blocks";
  static constexpr std::size_t kMaxColumns = 32;

  /// Opens or creates the database with these columns, besides those it has and kBlocks.
  static Result<std::shared_ptr<KeyValueStore>> open(const std::filesystem::path& folder,
                                                     const std::vector<std::string>& columns,
                                                     KeyValueOptions options = {});
  ~KeyValueStore();
  KeyValueStore(const KeyValueStore&) = delete;
  KeyValueStore& operator=(const KeyValueStore&) = delete;

  /// NotFound when the database has no such column.
  [[nodiscard]] Result<Column> column(std::string_view name) const;
  /// Names of all columns.
  [[nodiscard]] std::vector<std::string> columns() const;
  /// Adds a column, durably; the one of that name when it is here already. Exhausted over kMaxColumns.
  Result<Column> add_column(std::string_view name);
  /// Drops a column: its files go at once. Nobody may use the column from the call on.
  Result<void> drop_column(Column column);

  Result<std::optional<Bytes>> get(Column column, BytesView key) const;
  /// Shows the value, valid during the call, and returns true; false when the key is absent.
  Result<bool> view(Column column, BytesView key, FunctionRef<void(BytesView)> visit,
                    Caching caching = Caching::Keep) const;
  Result<bool> has(Column column, BytesView key) const;
  /// Shows the values of those of many keys that are there, past the cache, each valid during the call. The
  /// keys must rise: what lies close together is then read once.
  Result<void> view_many(Column column, std::span<const BytesView> keys,
                         FunctionRef<void(std::size_t index, BytesView value)> visit) const;
  Result<void> put(Column column, BytesView key, BytesView value,
                   Durability durability = Durability::Buffered);
  Result<void> erase(Column column, BytesView key, Durability durability = Durability::Buffered);

  [[nodiscard]] KeyValueBatch batch() const;
  /// All of it or nothing.
  Result<void> write(KeyValueBatch batch, Durability durability = Durability::Buffered);

  /// Visits pairs whose key begins with `prefix`, in the order of the keys, as they were when the
  /// call began; the visit returns true to go on.
  Result<void> for_each(Column column, BytesView prefix,
                        FunctionRef<Result<bool>(BytesView key, BytesView value)> visit,
                        ScanOptions options = {}) const;

  /// Puts many pairs as one file, durably and past the log and the write buffers. `next` sets key and value
  /// (valid until its next call) and returns true, or false at the end; keys must rise strictly.
  /// What is there already under a key is replaced.
  Result<void> load_sorted(Column column, FunctionRef<bool(BytesView& key, BytesView& value)> next);

  /// Writes a column's buffered changes to its files.
  Result<void> flush(Column column);
  /// Writes the log to disk: what was written before is then as if Synced.
  Result<void> sync();
  /// Reclaims what erased and overwritten values take and sorts what was loaded; slow. Needs free space of
  /// about the column's size.
  Result<void> compact(Column column);
  /// Memory used by caches, write buffers, indexes and filters now, in bytes.
  [[nodiscard]] std::uint64_t memory() const;
  /// About how many bytes the files take.
  [[nodiscard]] std::uint64_t disk_bytes() const;
  /// The same for one column.
  [[nodiscard]] std::uint64_t disk_bytes(Column column) const;
  [[nodiscard]] const std::filesystem::path& folder() const;

 private:
  friend class KeyValueBatch;
  struct Impl;
  explicit KeyValueStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace venus::db
