// SPDX-License-Identifier: MIT OR Apache-2.0
// A head that comes from elsewhere with its whole chain, instead of tipset by tipset.
#include "chainstore/chain_store.hpp"

namespace venus::chainstore {
namespace {

constexpr std::string_view kHeadKey = "head";
// Changes that are written at a time.
constexpr std::size_t kBatch = 20'000;

ByteArray<8> key_of(std::int64_t epoch) { return base::be64(static_cast<std::uint64_t>(epoch)); }

}  // namespace

Result<void> ChainStore::put_key(const TipsetKey& key) {
  ipld::cbor::Writer out;
  out.write_bytes(key.bytes());
  return blocks_.put(key.cid(), out.bytes());
}

Result<void> ChainStore::adopt_head(const TipsetPtr& head, const AdoptOptions& options) {
  std::lock_guard moving(mover_);
  MetadataBatch batch;
  auto tipset = head;
  for (std::int64_t done = 0;; ++done) {
    const auto height = tipset->height().value();
    const bool recent = head->height().value() - height < options.recent;
    if (options.heights_known && !recent) break;
    batch.put(Column::Heights, key_of(height), tipset->key().bytes());
    if (recent) TRY_VOID(put_key(tipset->key()));
    if (recent && options_.index_messages) TRY_VOID(index_messages(*tipset, true, batch));
    if (batch.changes.size() >= kBatch) {
      TRY_VOID(metadata_.write(batch));
      batch.changes.clear();
    }
    if (options.progress && done % 1000 == 0 && !options.progress(tipset->height())) {
      return fail(ErrorCode::Cancelled, "stopped at epoch {}", height);
    }
    if (height == 0) break;
    TRY(auto below, with_context(parent(*tipset), fmt::format("parents of epoch {}", height)));
    // A tipset stands for the null rounds before it, too.
    for (auto epoch = below->height().value() + 1; epoch < height; ++epoch) {
      batch.put(Column::Heights, key_of(epoch), tipset->key().bytes());
    }
    tipset = std::move(below);
  }
  batch.put(Column::Meta, base::as_bytes(kHeadKey), head->key().bytes());
  TRY_VOID(metadata_.write(batch));
  {
    std::unique_lock lock(head_mutex_);
    head_ = head;
  }
  notify({{}, {head}});
  return {};
}

}  // namespace venus::chainstore
