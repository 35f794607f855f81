// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "ipld/blockstore.hpp"

#include <cstdint>
#include <memory>

namespace venus::ipld {

/// Keeps the blocks used last in memory, in front of a store that must outlive it. Writes go
/// through.
class CachingBlockstore final : public Blockstore {
 public:
  struct Counters {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t bytes = 0;   ///< held now, with what holding them costs
    std::uint64_t blocks = 0;  ///< held now
  };

  /// max_bytes bounds the memory, bookkeeping included. Blocks over an eighth of a shard are not
  /// kept.
  CachingBlockstore(Blockstore& below, std::size_t max_bytes);
  ~CachingBlockstore() override;

  Result<std::optional<Bytes>> find(const Cid& cid) override;
  Result<bool> has(const Cid& cid) override;
  Result<bool> view(const Cid& cid, FunctionRef<void(BytesView)> visit) override;
  Result<void> put(const Cid& cid, BytesView data) override;
  Result<void> put_many(std::span<const std::pair<Cid, Bytes>> blocks) override;
  [[nodiscard]] Counters counters() const;

 private:
  class Shard;
  Shard& shard_of(const Cid& cid) const;
  Result<std::shared_ptr<const Bytes>> fetch(const Cid& cid);

  Blockstore& below_;
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace venus::ipld
