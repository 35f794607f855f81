// SPDX-License-Identifier: MIT OR Apache-2.0
#include "db/key_value.hpp"

#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>

#include <algorithm>

#include "db/key_value_impl.hpp"

namespace venus::db {
namespace {

constexpr std::size_t kMiB = 1U << 20;
constexpr std::size_t kMinMemoryMib = 8;

ErrorCode code_of(const rocksdb::Status& status) {
  if (status.IsNoSpace()) return ErrorCode::Exhausted;
  if (status.IsCorruption()) return ErrorCode::Corrupt;
  if (status.IsNotFound()) return ErrorCode::NotFound;
  if (status.IsInvalidArgument()) return ErrorCode::InvalidArgument;
  if (status.IsBusy() || status.IsTryAgain() || status.IsTimedOut()) return ErrorCode::Unavailable;
  return ErrorCode::Io;
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
  // A disk that was full is for the operator to judge: the node stops and is started again.
  options.max_bgerror_resume_count = 0;
  return options;
}

rocksdb::WriteOptions write_options(Durability durability) {
  rocksdb::WriteOptions options;
  options.sync = durability == Durability::Synced;
  options.disableWAL = durability == Durability::Volatile;
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

/// Hears of writes that failed in the background.
class FailureListener final : public rocksdb::EventListener {
 public:
  explicit FailureListener(std::function<void(const Error&)> tell) : tell_(std::move(tell)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    if (const auto failed = check(*status); !failed && !told_.exchange(true)) tell_(failed.error());
  }

 private:
  std::function<void(const Error&)> tell_;
  std::atomic<bool> told_{false};
};

bool is_blocks(std::string_view name) { return name.starts_with(KeyValueStore::kBlocks); }

}  // namespace

Result<void> check(const rocksdb::Status& status) {
  if (status.ok()) return {};
  if (status.IsNoSpace() || status.ToString().find("No space left") != std::string::npos) {
    return fail(ErrorCode::Exhausted, "database: the disk is full: {}", status.ToString());
  }
  return fail(code_of(status), "database: {}", status.ToString());
}

rocksdb::ColumnFamilyOptions column_options(const std::shared_ptr<rocksdb::Cache>& cache,
                                            std::string_view name, std::size_t memory, bool bulk) {
  const bool blocks = is_blocks(name);
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
  if (bulk && blocks) {
    options.disable_auto_compactions = true;
    // Files pile up unsorted until compact(): that must not hold up writers meanwhile.
    options.level0_slowdown_writes_trigger = 1 << 20;
    options.level0_stop_writes_trigger = 1 << 20;
    options.soft_pending_compaction_bytes_limit = 0;
    options.hard_pending_compaction_bytes_limit = 0;
  }
  return options;
}

KeyValueStore::Impl::~Impl() {
  if (db == nullptr) return;
  for (auto& place : columns) {
    if (auto* handle = place.exchange(nullptr)) db->DestroyColumnFamilyHandle(handle);
  }
  static_cast<void>(db->Close());
}

KeyValueBatch::KeyValueBatch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KeyValueBatch::KeyValueBatch(KeyValueBatch&&) noexcept = default;
KeyValueBatch& KeyValueBatch::operator=(KeyValueBatch&&) noexcept = default;
KeyValueBatch::~KeyValueBatch() = default;

// What could fail here is a batch over 4 GiB; write() reports it then.
void KeyValueBatch::put(Column column, BytesView key, BytesView value) {
  static_cast<void>(impl_->writes.Put(impl_->store->of(column), slice(key), slice(value)));
}
void KeyValueBatch::erase(Column column, BytesView key) {
  static_cast<void>(impl_->writes.Delete(impl_->store->of(column), slice(key)));
}
std::size_t KeyValueBatch::size() const { return impl_->writes.Count(); }
std::size_t KeyValueBatch::bytes() const { return impl_->writes.GetDataSize(); }

KeyValueStore::KeyValueStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KeyValueStore::~KeyValueStore() = default;

Result<std::shared_ptr<KeyValueStore>> KeyValueStore::open(const std::filesystem::path& folder,
                                                           const std::vector<std::string>& columns,
                                                           KeyValueOptions wanted) {
  const auto memory = std::max(wanted.memory_mib, kMinMemoryMib) * kMiB;
  auto options = database_options(memory, wanted.must_exist);
  if (wanted.on_failure) options.listeners.push_back(std::make_shared<FailureListener>(wanted.on_failure));
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
  if (std::none_of(names.begin(), names.end(), is_blocks)) want(std::string(kBlocks));
  for (const auto& name : columns)
    want(name);

  if (names.size() > kMaxColumns) return fail(ErrorCode::Exhausted, "{} columns", names.size());
  auto impl = std::make_unique<Impl>();
  impl->folder = folder;
  impl->memory = memory;
  impl->bulk = wanted.bulk;
  std::error_code ignored;
  std::filesystem::remove_all(impl->bulk_folder(), ignored);
  impl->cache = rocksdb::NewLRUCache(memory / 8 * 5, 4);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.reserve(names.size());
  for (const auto& name : names)
    descriptors.emplace_back(name, column_options(impl->cache, name, memory, wanted.bulk));

  rocksdb::DB* raw = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const auto status = rocksdb::DB::Open(options, folder.string(), descriptors, &handles, &raw);
  impl->db.reset(raw);
  for (std::size_t i = 0; i < handles.size(); ++i)
    impl->columns.at(i) = handles[i];
  if (!status.ok()) {
    const bool locked = status.IsIOError() && status.ToString().find("lock") != std::string::npos;
    if (!locked) return std::unexpected(check(status).error().context("open " + folder.string()));
    return fail(ErrorCode::Conflict, "open {}: another process has it open", folder.string());
  }
  return std::shared_ptr<KeyValueStore>(
      new KeyValueStore(std::move(impl)));  // NOLINT: private constructor
}

Result<Column> KeyValueStore::column(std::string_view name) const {
  std::optional<Column> found;
  impl_->each([&](Column column, Impl::Handle* handle) {
    if (handle->GetName() == name) found = column;
  });
  if (!found) return fail(ErrorCode::NotFound, "no column {}", name);
  return *found;
}

Result<std::optional<Bytes>> KeyValueStore::get(Column column, BytesView key) const {
  std::optional<Bytes> out;
  TRY_VOID(view(column, key, [&](BytesView value) { out.emplace(value.begin(), value.end()); }));
  return out;
}

Result<bool> KeyValueStore::view(Column column, BytesView key,
                                 FunctionRef<void(BytesView)> visit, Caching caching) const {
  rocksdb::PinnableSlice value;
  rocksdb::ReadOptions read;
  read.fill_cache = caching == Caching::Keep;
  const auto status = impl_->db->Get(read, impl_->of(column), slice(key), &value);
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
  const auto options = write_options(durability);
  return check(impl_->db->Put(options, impl_->of(column), slice(key), slice(value)));
}

Result<void> KeyValueStore::erase(Column column, BytesView key, Durability durability) {
  const auto options = write_options(durability);
  return check(impl_->db->Delete(options, impl_->of(column), slice(key)));
}

KeyValueBatch KeyValueStore::batch() const {
  auto impl = std::make_unique<KeyValueBatch::Impl>();
  impl->store = impl_.get();
  return KeyValueBatch(std::move(impl));
}

Result<void> KeyValueStore::write(KeyValueBatch batch, Durability durability) {
  const auto options = write_options(durability);
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

std::uint64_t KeyValueStore::memory() const {
  auto total = static_cast<std::uint64_t>(impl_->cache->GetUsage());
  for (const auto* name :
       {"rocksdb.cur-size-all-mem-tables", "rocksdb.estimate-table-readers-mem"}) {
    impl_->each([&](Column, Impl::Handle* handle) {
      std::uint64_t part = 0;
      if (impl_->db->GetIntProperty(handle, name, &part)) total += part;
    });
  }
  return total;
}

std::uint64_t KeyValueStore::disk_bytes(Column column) const {
  std::uint64_t out = 0;
  impl_->db->GetIntProperty(impl_->of(column), "rocksdb.total-sst-files-size", &out);
  return out;
}

std::uint64_t KeyValueStore::disk_bytes() const {
  std::uint64_t total = 0;
  impl_->each([&](Column column, Impl::Handle*) { total += disk_bytes(column); });
  return total;
}

const std::filesystem::path& KeyValueStore::folder() const { return impl_->folder; }

}  // namespace venus::db
