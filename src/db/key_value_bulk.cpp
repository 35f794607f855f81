// SPDX-License-Identifier: MIT OR Apache-2.0
// Columns that come and go, and loading much at once.
#include <rocksdb/sst_file_writer.h>

#include "base/parallel.hpp"
#include "db/key_value_impl.hpp"

namespace venus::db {
namespace {

/// Removes a file unless it was moved away.
class Scratch {
 public:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  [[nodiscard]] std::string text() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

std::vector<std::string> KeyValueStore::columns() const {
  std::vector<std::string> out;
  impl_->each([&](Column, Impl::Handle* handle) { out.push_back(handle->GetName()); });
  return out;
}

Result<Column> KeyValueStore::add_column(std::string_view name) {
  const std::lock_guard lock(impl_->changing_columns);
  if (auto present = column(name)) return present;
  for (std::size_t i = 0; i < impl_->columns.size(); ++i) {
    if (impl_->columns[i].load() != nullptr) continue;
    Impl::Handle* handle = nullptr;
    TRY_VOID(check(impl_->db->CreateColumnFamily(
        column_options(impl_->cache, name, impl_->memory, impl_->bulk), std::string(name), &handle)));
    impl_->columns[i] = handle;
    return Column{static_cast<std::uint32_t>(i)};
  }
  return fail(ErrorCode::Exhausted, "no room for column {}", name);
}

Result<void> KeyValueStore::drop_column(Column column) {
  const std::lock_guard lock(impl_->changing_columns);
  auto* handle = impl_->of(column);
  if (handle == nullptr) return fail(ErrorCode::NotFound, "no such column");
  TRY_VOID(check(impl_->db->DropColumnFamily(handle)));
  impl_->columns[column.index] = nullptr;
  return check(impl_->db->DestroyColumnFamilyHandle(handle));
}

Result<void> KeyValueStore::load_sorted(Column column,
                                        FunctionRef<bool(BytesView& key, BytesView& value)> next) {
  std::error_code error;
  std::filesystem::create_directories(impl_->bulk_folder(), error);
  if (error) return fail(ErrorCode::Io, "create {}: {}", impl_->bulk_folder().string(), error.message());
  const Scratch file(impl_->bulk_folder() / fmt::format("{}.sst", impl_->next_file++));
  auto* handle = impl_->of(column);
  rocksdb::Options options(impl_->db->GetDBOptions(),
                           column_options(impl_->cache, handle->GetName(), impl_->memory, false));
  // The file is written once more when the column is sorted: what counts now is speed.
  options.compression = rocksdb::kLZ4Compression;
  options.bottommost_compression = rocksdb::kDisableCompressionOption;
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), options, handle);
  TRY_VOID(check(writer.Open(file.text())));
  BytesView key;
  BytesView value;
  bool any = false;
  while (next(key, value)) {
    TRY_VOID(check(writer.Put(slice(key), slice(value))));
    any = true;
  }
  if (!any) return {};
  TRY_VOID(check(writer.Finish()));
  rocksdb::IngestExternalFileOptions ingest;
  ingest.move_files = true;
  ingest.write_global_seqno = false;
  return check(impl_->db->IngestExternalFile(handle, {file.text()}, ingest));
}

Result<void> KeyValueStore::view_many(Column column, std::span<const BytesView> keys,
                                      FunctionRef<void(std::size_t, BytesView)> visit) const {
  // What the database takes at a time.
  constexpr std::size_t kAtOnce = 32;
  std::array<rocksdb::Slice, kAtOnce> wanted;
  std::array<rocksdb::PinnableSlice, kAtOnce> values;
  std::array<rocksdb::Status, kAtOnce> statuses;
  rocksdb::ReadOptions read;
  read.fill_cache = false;
  for (std::size_t first = 0; first < keys.size(); first += kAtOnce) {
    const auto count = std::min(kAtOnce, keys.size() - first);
    for (std::size_t i = 0; i < count; ++i) {
      wanted[i] = slice(keys[first + i]);
      values[i].Reset();
    }
    impl_->db->MultiGet(read, impl_->of(column), count, wanted.data(), values.data(), statuses.data(), true);
    for (std::size_t i = 0; i < count; ++i) {
      if (statuses[i].IsNotFound()) continue;
      TRY_VOID(check(statuses[i]));
      visit(first + i, view_of(values[i]));
    }
  }
  return {};
}

Result<void> KeyValueStore::flush(Column column) {
  return check(impl_->db->Flush(rocksdb::FlushOptions(), impl_->of(column)));
}

Result<void> KeyValueStore::compact(Column column) {
  rocksdb::CompactRangeOptions options;
  options.max_subcompactions = static_cast<std::uint32_t>(base::compute_threads());
  return check(impl_->db->CompactRange(options, impl_->of(column), nullptr, nullptr));
}

}  // namespace venus::db
