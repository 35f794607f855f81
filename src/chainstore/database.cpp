// SPDX-License-Identifier: MIT OR Apache-2.0
#include "chainstore/database.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "ipld/cbor.hpp"

namespace venus::chainstore {
namespace {

using Generations = db::RocksdbBlockstore::Generations;

// In the order of Column.
constexpr std::array<std::string_view, kColumns> kNames{"chain_meta", "chain_heights", "chain_messages",
                                                        "chain_executed", "chain_validated"};
constexpr std::string_view kPinned = "blocks-pinned";
constexpr std::string_view kCopied = "-copied";
constexpr std::string_view kGenerationsKey = "generations";

void write_names(ipld::cbor::Writer& out, const std::vector<std::string>& names) {
  out.write_array(names.size());
  for (const auto& name : names) out.write_text(name);
}

std::vector<std::string> read_names(ipld::cbor::Reader& in) {
  std::vector<std::string> out;
  for (auto left = in.read_array(); left > 0 && in.ok(); --left) out.emplace_back(in.read_text());
  return out;
}

Bytes encode(const Generations& names) {
  ipld::cbor::Writer out;
  out.write_array(3);
  out.write_text(names.newer);
  write_names(out, names.newer_copied);
  write_names(out, names.older);
  return std::move(out).take();
}

Result<Generations> decode(BytesView bytes) {
  ipld::cbor::Reader in(bytes);
  Generations out;
  in.expect_array(3);
  out.newer = in.read_text();
  out.newer_copied = read_names(in);
  out.older = read_names(in);
  TRY_VOID(with_context(in.finish(), "record of generations"));
  return out;
}

// "blocks", "blocks-1", "blocks-2" ...
std::string next_name(std::string_view name) {
  std::uint64_t number = 0;
  const auto start = std::min(name.size(), db::KeyValueStore::kBlocks.size() + 1);
  std::from_chars(name.data() + start, name.data() + name.size(), number);
  return fmt::format("{}-{}", db::KeyValueStore::kBlocks, number + 1);
}

}  // namespace

Result<std::unique_ptr<ChainDatabase>> ChainDatabase::open(const std::filesystem::path& folder,
                                                           db::KeyValueOptions options) {
  std::vector<std::string> columns{kNames.begin(), kNames.end()};
  columns.emplace_back(kPinned);
  TRY(auto store, db::KeyValueStore::open(folder, columns, options));
  auto out = std::unique_ptr<ChainDatabase>(new ChainDatabase(std::move(store)));
  for (std::size_t i = 0; i < kColumns; ++i) {
    TRY(out->columns_[i], out->store_->column(kNames[i]));
  }
  TRY_VOID(out->open_generations());
  return out;
}

Result<void> ChainDatabase::open_generations() {
  names_.newer = db::KeyValueStore::kBlocks;
  TRY(const auto record, get(Column::Meta, base::as_bytes(kGenerationsKey)));
  if (record) {
    TRY(names_, decode(*record));
  }
  names_.pinned = kPinned;
  TRY_VOID(with_context(blocks_.use(names_), "the database lacks a generation of blocks"));
  // What an interrupted change left behind.
  for (const auto& name : store_->columns()) {
    auto kept = names_.older;
    kept.insert(kept.end(), names_.newer_copied.begin(), names_.newer_copied.end());
    kept.insert(kept.end(), {names_.newer, names_.pinned});
    const bool used = std::find(kept.begin(), kept.end(), name) != kept.end();
    if (used || !name.starts_with(db::KeyValueStore::kBlocks)) continue;
    TRY(const auto column, store_->column(name));
    TRY_VOID(store_->drop_column(column));
  }
  return {};
}

Result<void> ChainDatabase::save(const Generations& names) {
  MetadataBatch batch;
  batch.put(Column::Meta, base::as_bytes(kGenerationsKey), encode(names));
  return write(batch, db::Durability::Synced);
}

Result<void> ChainDatabase::begin_generation() {
  if (collecting()) return fail(ErrorCode::Conflict, "a generation of blocks is being replaced already");
  Generations next;
  next.newer = next_name(names_.newer);
  next.newer_copied = {next.newer + std::string(kCopied)};
  next.older = names_.newer_copied;
  next.older.insert(next.older.begin(), names_.newer);
  next.pinned = names_.pinned;
  TRY_VOID(store_->add_column(next.newer));
  TRY_VOID(store_->add_column(next.newer_copied.front()));
  TRY_VOID(save(next));
  names_ = next;
  return blocks_.use(names_);
}

Result<void> ChainDatabase::finish_generation() {
  if (!collecting()) return {};
  auto next = names_;
  next.older.clear();
  // Copies may have been written past the log.
  TRY_VOID(blocks_.flush());
  TRY_VOID(save(next));
  names_ = next;
  blocks_.retire_older();
  return {};
}

Result<std::optional<Bytes>> ChainDatabase::get(Column column, BytesView key) {
  return store_->get(columns_[static_cast<std::size_t>(column)], key);
}

void ChainDatabase::add(db::KeyValueBatch& to, const MetadataBatch& batch) const {
  for (const auto& change : batch.changes) {
    const auto column = columns_[static_cast<std::size_t>(change.column)];
    if (change.value) to.put(column, change.key, *change.value);
    else to.erase(column, change.key);
  }
}

Result<void> ChainDatabase::write(const MetadataBatch& batch, db::Durability durability) {
  auto out = store_->batch();
  add(out, batch);
  return store_->write(std::move(out), durability);
}

Result<void> ChainDatabase::for_each(Column column,
                                     FunctionRef<Result<bool>(BytesView, BytesView)> visit) const {
  return store_->for_each(columns_[static_cast<std::size_t>(column)], {}, visit);
}

}  // namespace venus::chainstore
