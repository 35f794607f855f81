// SPDX-License-Identifier: MIT OR Apache-2.0
#include "chainstore/database.hpp"

#include <string>

namespace venus::chainstore {
namespace {

// In the order of Column.
constexpr std::array<std::string_view, kColumns> kNames{"chain_meta", "chain_heights", "chain_messages",
                                                        "chain_executed", "chain_validated"};

}  // namespace

Result<std::unique_ptr<ChainDatabase>> ChainDatabase::open(const std::filesystem::path& folder,
                                                           db::KeyValueOptions options) {
  TRY(auto store, db::KeyValueStore::open(folder, {kNames.begin(), kNames.end()}, options));
  auto out = std::unique_ptr<ChainDatabase>(new ChainDatabase(std::move(store)));
  for (std::size_t i = 0; i < kColumns; ++i) {
    TRY(out->columns_[i], out->store_->column(kNames[i]));
  }
  return out;
}

Result<std::optional<Bytes>> ChainDatabase::get(Column column, BytesView key) {
  return store_->get(columns_[static_cast<std::size_t>(column)], key);
}

Result<void> ChainDatabase::write(const MetadataBatch& batch) {
  auto out = store_->batch();
  for (const auto& change : batch.changes) {
    const auto column = columns_[static_cast<std::size_t>(change.column)];
    if (change.value) out.put(column, change.key, *change.value);
    else out.erase(column, change.key);
  }
  return store_->write(std::move(out));
}

}  // namespace venus::chainstore
