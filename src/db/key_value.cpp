// SPDX-License-Identifier: MIT OR Apache-2.0
#include "db/key_value.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>

namespace venus::db {
namespace {

constexpr std::size_t kMiB = 1U << 20;
constexpr std::size_t kMinMemoryMib = 8;

rocksdb::Slice slice(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
BytesView view_of(const rocksdb::Slice& from) { return base::as_bytes({from.data(), from.size()}); }

ErrorCode code_of(const rocksdb::Status& status) {
  if (status.IsNoSpace()) return ErrorCode::Exhausted;
  if (status.IsCorruption()) return ErrorCode::Corrupt;
  if (status.IsNotFound()) return ErrorCode::NotFound;
  if (status.IsInvalidArgument()) return ErrorCode::InvalidArgument;
  if (status.IsBusy() || status.IsTryAgain() || status.IsTimedOut()) return ErrorCode::Unavailable;
  return ErrorCode::Io;
}

Result<void> check(const rocksdb::Status& status) {
  if (status.ok()) return {};
  return fail(code_of(status), "database: {}", status.ToString());
}

rocksdb::BlockBasedTableOptions table_options(const std::shared_ptr<rocksdb::Cache>& cache,
                                              bool blocks) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  // Inside the cache, so that the memory bound holds however large the database grows.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10, false));
  table.format_version = 5;
  table.block_size = 8U << 10;
  if (blocks) {
    // Keys are hashes: nobody iterates, everybody looks up.
    table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
    table.data_block_hash_table_util_ratio = 0.75;
    table.block_restart_interval = 4;
  }
  return table;
}

rocksdb::ColumnFamilyOptions column_options(const std::shared_ptr<rocksdb::Cache>& cache,
                                            std::string_view name, std::size_t memory) {
  const bool blocks = name == KeyValueStore::kBlocks;
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(cache, blocks)));
  options.write_buffer_size = std::max<std::size_t>(kMiB, blocks ? memory / 6 : memory / 32);
  options.max_write_buffer_number = 3;
  options.target_file_size_base = 32 * kMiB;
  // Keys are hashes: a compaction into the first level rewrites all of it, so it must not be much
  // larger than what comes in.
  options.max_bytes_for_level_base = 4 * options.write_buffer_size;
  options.level_compaction_dynamic_level_bytes = true;
  options.compression = rocksdb::kLZ4Compression;
  options.bottommost_compression = rocksdb::kZSTD;
  options.memtable_whole_key_filtering = true;
  options.memtable_prefix_bloom_size_ratio = 0.02;
  return options;
}

rocksdb::Options database_options(std::size_t memory, bool must_exist) {
  rocksdb::Options options;
  options.create_if_missing = !must_exist;
  options.create_missing_column_families = true;
  options.db_write_buffer_size = memory / 8 * 3;
  options.max_total_wal_size = std::max<std::size_t>(16 * kMiB, memory);
  options.max_open_files = 512;
  options.max_background_jobs = 2;
  options.bytes_per_sync = kMiB;
  options.keep_log_file_num = 2;
  options.max_log_file_size = kMiB;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

/// The least key above all that begin with the prefix; empty when there is none.
std::string end_of_prefix(BytesView prefix) {
  std::string out(base::as_chars(prefix));
  while (!out.empty() && out.back() == '\xff')
    out.pop_back();
  if (!out.empty()) out.back() = static_cast<char>(out.back() + 1);
  return out;
}

}  // namespace

struct KeyValueStore::Impl {
  std::shared_ptr<rocksdb::Cache> cache;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> columns;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    for (auto* handle : columns)
      db->DestroyColumnFamilyHandle(handle);
    if (db != nullptr) static_cast<void>(db->Close());
  }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* of(Column column) const {
    return columns.at(column.index);
  }
};

struct KeyValueBatch::Impl {
  rocksdb::WriteBatch writes;
  const std::vector<rocksdb::ColumnFamilyHandle*>* columns = nullptr;
};

KeyValueBatch::KeyValueBatch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KeyValueBatch::KeyValueBatch(KeyValueBatch&&) noexcept = default;
KeyValueBatch& KeyValueBatch::operator=(KeyValueBatch&&) noexcept = default;
KeyValueBatch::~KeyValueBatch() = default;

// What could fail here is a batch over 4 GiB; write() reports it then.
void KeyValueBatch::put(Column column, BytesView key, BytesView value) {
  static_cast<void>(impl_->writes.Put(impl_->columns->at(column.index), slice(key), slice(value)));
}
void KeyValueBatch::erase(Column column, BytesView key) {
  static_cast<void>(impl_->writes.Delete(impl_->columns->at(column.index), slice(key)));
}
std::size_t KeyValueBatch::size() const { return impl_->writes.Count(); }
std::size_t KeyValueBatch::bytes() const { return impl_->writes.GetDataSize(); }

KeyValueStore::KeyValueStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KeyValueStore::~KeyValueStore() = default;

Result<std::shared_ptr<KeyValueStore>> KeyValueStore::open(const std::filesystem::path& folder,
                                                           const std::vector<std::string>& columns,
                                                           KeyValueOptions wanted) {
  const auto memory = std::max(wanted.memory_mib, kMinMemoryMib) * kMiB;
  const auto options = database_options(memory, wanted.must_exist);
  if (!wanted.must_exist) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fail(ErrorCode::Io, "create {}: {}", folder.string(), error.message());
  }
  // RocksDB wants all columns named that the database has.
  std::vector<std::string> names;
  if (!rocksdb::DB::ListColumnFamilies(options, folder.string(), &names).ok()) {
    names = {rocksdb::kDefaultColumnFamilyName};
  }
  const auto want = [&](std::string name) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  };
  want(std::string(kBlocks));
  for (const auto& name : columns)
    want(name);

  auto impl = std::make_unique<Impl>();
  impl->cache = rocksdb::NewLRUCache(memory / 8 * 5, 4);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.reserve(names.size());
  for (const auto& name : names)
    descriptors.emplace_back(name, column_options(impl->cache, name, memory));

  rocksdb::DB* raw = nullptr;
  const auto status =
      rocksdb::DB::Open(options, folder.string(), descriptors, &impl->columns, &raw);
  impl->db.reset(raw);
  if (!status.ok()) {
    const bool locked = status.IsIOError() && status.ToString().find("lock") != std::string::npos;
    return fail(locked ? ErrorCode::Conflict : code_of(status), "open {}: {}", folder.string(),
                locked ? "another process has it open" : status.ToString());
  }
  return std::shared_ptr<KeyValueStore>(
      new KeyValueStore(std::move(impl)));  // NOLINT: private constructor
}

Result<Column> KeyValueStore::column(std::string_view name) const {
  for (std::size_t i = 0; i < impl_->columns.size(); ++i) {
    if (impl_->columns[i]->GetName() == name) return Column{static_cast<std::uint32_t>(i)};
  }
  return fail(ErrorCode::NotFound, "no column {}", name);
}

Result<std::optional<Bytes>> KeyValueStore::get(Column column, BytesView key) const {
  std::optional<Bytes> out;
  TRY_VOID(view(column, key, [&](BytesView value) { out.emplace(value.begin(), value.end()); }));
  return out;
}

Result<bool> KeyValueStore::view(Column column, BytesView key,
                                 FunctionRef<void(BytesView)> visit) const {
  rocksdb::PinnableSlice value;
  const auto status = impl_->db->Get(rocksdb::ReadOptions(), impl_->of(column), slice(key), &value);
  if (status.IsNotFound()) return false;
  TRY_VOID(check(status));
  visit(view_of(value));
  return true;
}

Result<bool> KeyValueStore::has(Column column, BytesView key) const {
  return view(column, key, [](BytesView) {});
}

Result<void> KeyValueStore::put(Column column, BytesView key, BytesView value,
                                Durability durability) {
  rocksdb::WriteOptions options;
  options.sync = durability == Durability::Synced;
  return check(impl_->db->Put(options, impl_->of(column), slice(key), slice(value)));
}

Result<void> KeyValueStore::erase(Column column, BytesView key, Durability durability) {
  rocksdb::WriteOptions options;
  options.sync = durability == Durability::Synced;
  return check(impl_->db->Delete(options, impl_->of(column), slice(key)));
}

KeyValueBatch KeyValueStore::batch() const {
  auto impl = std::make_unique<KeyValueBatch::Impl>();
  impl->columns = &impl_->columns;
  return KeyValueBatch(std::move(impl));
}

Result<void> KeyValueStore::write(KeyValueBatch batch, Durability durability) {
  rocksdb::WriteOptions options;
  options.sync = durability == Durability::Synced;
  return check(impl_->db->Write(options, &batch.impl_->writes));
}

Result<void> KeyValueStore::for_each(Column column, BytesView prefix,
                                     FunctionRef<Result<bool>(BytesView, BytesView)> visit,
                                     ScanOptions options) const {
  const auto end = end_of_prefix(prefix);
  const rocksdb::Slice upper(end);
  rocksdb::ReadOptions read;
  // A scan would push out of the cache what lookups need.
  read.fill_cache = false;
  if (!end.empty()) read.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> at(impl_->db->NewIterator(read, impl_->of(column)));
  if (!options.from.empty()) {
    if (options.backwards)
      at->SeekForPrev(slice(options.from));
    else
      at->Seek(slice(options.from));
  } else if (options.backwards) {
    at->SeekToLast();
  } else {
    at->Seek(slice(prefix));
  }
  const auto in_prefix = [&] { return at->Valid() && at->key().starts_with(slice(prefix)); };
  while (in_prefix()) {
    TRY(const bool go_on, visit(view_of(at->key()), view_of(at->value())));
    if (!go_on) return {};
    if (options.backwards)
      at->Prev();
    else
      at->Next();
  }
  return check(at->status());
}

Result<void> KeyValueStore::sync() { return check(impl_->db->FlushWAL(true)); }

Result<void> KeyValueStore::compact(Column column) {
  return check(
      impl_->db->CompactRange(rocksdb::CompactRangeOptions(), impl_->of(column), nullptr, nullptr));
}

std::uint64_t KeyValueStore::memory() const {
  auto total = static_cast<std::uint64_t>(impl_->cache->GetUsage());
  for (const auto* name :
       {"rocksdb.cur-size-all-mem-tables", "rocksdb.estimate-table-readers-mem"}) {
    for (auto* column : impl_->columns) {
      std::uint64_t part = 0;
      if (impl_->db->GetIntProperty(column, name, &part)) total += part;
    }
  }
  return total;
}

std::uint64_t KeyValueStore::disk_bytes() const {
  std::uint64_t total = 0;
  for (auto* column : impl_->columns) {
    std::uint64_t part = 0;
    if (impl_->db->GetIntProperty(column, "rocksdb.total-sst-files-size", &part)) total += part;
  }
  return total;
}

}  // namespace venus::db
