// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "db/key_value.hpp"
#include "ipld/blockstore.hpp"

namespace venus::db {

/// Blocks in the kBlocks column of a database that others share.
class RocksdbBlockstore final : public ipld::Blockstore {
 public:
  explicit RocksdbBlockstore(std::shared_ptr<KeyValueStore> store);

  Result<std::optional<Bytes>> find(const Cid& cid) override;
  Result<bool> has(const Cid& cid) override;
  Result<bool> view(const Cid& cid, FunctionRef<void(BytesView)> visit) override;
  Result<void> put(const Cid& cid, BytesView data) override;
  /// All of them or none.
  Result<void> put_many(std::span<const std::pair<Cid, Bytes>> blocks) override;

  /// Adds a block to a batch, to be written together with metadata.
  void add(KeyValueBatch& batch, const Cid& cid, BytesView data) const;
  /// Removes a block; no error when it is not here.
  Result<void> erase(const Cid& cid);
  /// Visits the CIDs of all blocks, in no useful order; the visit returns true to go on.
  Result<void> for_each_cid(FunctionRef<Result<bool>(const Cid&)> visit) const;
  [[nodiscard]] const std::shared_ptr<KeyValueStore>& store() const noexcept { return store_; }

 private:
  std::shared_ptr<KeyValueStore> store_;
  Column blocks_;
};

}  // namespace venus::db
