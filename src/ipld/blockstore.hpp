// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/function_ref.hpp"
#include "ipld/cid.hpp"
#include "ipld/codec.hpp"

namespace venus::ipld {

/// Blocks by CID. Implementations are safe to use from many threads at once. Blocks with an identity
/// CID carry their data in the CID: every implementation answers them without storage.
class Blockstore {
 public:
  virtual ~Blockstore() = default;

  /// The block's bytes; nothing when it is not here; an error when the storage fails.
  virtual Result<std::optional<Bytes>> find(const Cid& cid) = 0;
  virtual Result<bool> has(const Cid& cid) = 0;
  /// Shows the block's bytes, valid during the call only, and returns true; false when it is not here.
  /// Cheaper than find() where the store can lend its memory; visit must not call the store.
  virtual Result<bool> view(const Cid& cid, FunctionRef<void(BytesView)> visit);
  /// Stores bytes under a CID the caller vouches for.
  virtual Result<void> put(const Cid& cid, BytesView data) = 0;
  /// Stores many at once, atomically where the storage can.
  virtual Result<void> put_many(std::span<const std::pair<Cid, Bytes>> blocks);

  /// The block's bytes; NotFound when it is not here.
  Result<Bytes> get(const Cid& cid);
};

/// What an identity CID carries; nothing for other CIDs. Implementations of Blockstore ask it first.
std::optional<BytesView> inline_data(const Cid& cid) noexcept;

/// In memory, unbounded: for tests and for what is small.
class MemoryBlockstore final : public Blockstore {
 public:
  Result<std::optional<Bytes>> find(const Cid& cid) override;
  Result<bool> has(const Cid& cid) override;
  Result<bool> view(const Cid& cid, FunctionRef<void(BytesView)> visit) override;
  Result<void> put(const Cid& cid, BytesView data) override;
  [[nodiscard]] std::size_t size() const;
  /// A copy of all CIDs, in no order.
  [[nodiscard]] std::vector<Cid> cids() const;

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<Cid, Bytes> blocks_;
};

/// Writes go to `top`; reads look in `top`, then in `below`. Both must outlive it. For executing
/// without a trace on the store below.
class OverlayBlockstore final : public Blockstore {
 public:
  OverlayBlockstore(Blockstore& top, Blockstore& below) : top_(top), below_(below) {}
  Result<std::optional<Bytes>> find(const Cid& cid) override;
  Result<bool> has(const Cid& cid) override;
  Result<bool> view(const Cid& cid, FunctionRef<void(BytesView)> visit) override;
  Result<void> put(const Cid& cid, BytesView data) override;
  Result<void> put_many(std::span<const std::pair<Cid, Bytes>> blocks) override;

 private:
  Blockstore& top_;
  Blockstore& below_;
};

/// Loads and decodes a value; NotFound, Malformed or the store's error, each naming the CID.
template <class T>
Result<T> load(Blockstore& store, const Cid& cid) {
  TRY(auto bytes, store.get(cid));
  return with_context(decode<T>(bytes), cid.str());
}

/// Encodes and stores a value; its CID.
template <class T>
Result<Cid> store_value(Blockstore& store, const T& value) {
  const auto bytes = encode(value);
  const auto cid = cid_of_cbor(bytes);
  TRY_VOID(store.put(cid, bytes));
  return cid;
}

}  // namespace venus::ipld

namespace venus {
using ipld::Blockstore;
}
