// SPDX-License-Identifier: MIT OR Apache-2.0
#include "db/rocksdb_blockstore.hpp"

#include <array>
#include <cstring>

namespace venus::db {
namespace {

constexpr std::size_t kDigest = 32;
constexpr std::size_t kPrefix = 6;
constexpr std::size_t kUsual = kPrefix + kDigest;

/// A block's key: the digest alone for the chain's usual CID (dag-cbor, blake2b-256), which saves
/// the same six bytes in every key; any other CID whole, padded with zeros where it would be as
/// short as a digest. CIDs tell their own length, so padding keeps them apart.
class Key {
 public:
  explicit Key(const Cid& cid) noexcept {
    const auto bytes = cid.bytes();
    const bool usual = bytes.size() == kUsual && cid == Cid::chain(digest_of(bytes));
    const auto part = usual ? bytes.subspan(kPrefix) : bytes;
    std::memcpy(bytes_.data(), part.data(), part.size());
    size_ = usual ? kDigest : std::max(part.size(), kDigest + 1);
  }
  operator BytesView() const noexcept { return {bytes_.data(), size_}; }  // NOLINT: it is one

  static ByteArray<kDigest> digest_of(BytesView bytes) noexcept {
    ByteArray<kDigest> out;
    std::memcpy(out.data(), bytes.data() + bytes.size() - kDigest, kDigest);
    return out;
  }

 private:
  ByteArray<Cid::kMaxBytes> bytes_{};
  std::size_t size_;
};

Result<Cid> cid_of_key(BytesView key) {
  if (key.size() == kDigest) return Cid::chain(Key::digest_of(key));
  std::size_t used = 0;
  auto cid = Cid::read(key, used);
  if (!cid) return fail(ErrorCode::Corrupt, "key of a block is no CID: {}", base::to_hex(key));
  return cid;
}

}  // namespace

RocksdbBlockstore::RocksdbBlockstore(std::shared_ptr<KeyValueStore> store)
    : store_(std::move(store)),
      blocks_(store_->column(KeyValueStore::kBlocks).value_or(Column())) {}

Result<std::optional<Bytes>> RocksdbBlockstore::find(const Cid& cid) {
  if (const auto data = ipld::inline_data(cid)) return base::to_bytes(*data);
  return store_->get(blocks_, Key(cid));
}

Result<bool> RocksdbBlockstore::has(const Cid& cid) {
  if (ipld::inline_data(cid)) return true;
  return store_->has(blocks_, Key(cid));
}

Result<bool> RocksdbBlockstore::view(const Cid& cid, FunctionRef<void(BytesView)> visit) {
  if (const auto data = ipld::inline_data(cid)) return visit(*data), true;
  return store_->view(blocks_, Key(cid), visit);
}

Result<void> RocksdbBlockstore::put(const Cid& cid, BytesView data) {
  if (!cid.defined()) return fail(ErrorCode::InvalidArgument, "block without a CID");
  if (ipld::inline_data(cid)) return {};
  return store_->put(blocks_, Key(cid), data);
}

Result<void> RocksdbBlockstore::put_many(std::span<const std::pair<Cid, Bytes>> blocks) {
  if (blocks.empty()) return {};
  auto batch = store_->batch();
  for (const auto& [cid, data] : blocks) {
    if (!cid.defined()) return fail(ErrorCode::InvalidArgument, "block without a CID");
    add(batch, cid, data);
  }
  return store_->write(std::move(batch));
}

void RocksdbBlockstore::add(KeyValueBatch& batch, const Cid& cid, BytesView data) const {
  if (!ipld::inline_data(cid)) batch.put(blocks_, Key(cid), data);
}

Result<void> RocksdbBlockstore::erase(const Cid& cid) { return store_->erase(blocks_, Key(cid)); }

Result<void> RocksdbBlockstore::for_each_cid(FunctionRef<Result<bool>(const Cid&)> visit) const {
  return store_->for_each(blocks_, {}, [&](BytesView key, BytesView) -> Result<bool> {
    TRY(const auto cid, cid_of_key(key));
    return visit(cid);
  });
}

}  // namespace venus::db
