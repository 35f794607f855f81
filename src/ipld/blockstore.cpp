// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/blockstore.hpp"

namespace venus::ipld {

std::optional<BytesView> inline_data(const Cid& cid) noexcept {
  if (!cid.defined() || cid.hash() != Multihash::Identity) return std::nullopt;
  return cid.digest();
}

Result<void> Blockstore::put_many(std::span<const std::pair<Cid, Bytes>> blocks) {
  for (const auto& [cid, data] : blocks)
    TRY_VOID(put(cid, data));
  return {};
}

Result<bool> Blockstore::view(const Cid& cid, FunctionRef<void(BytesView)> visit) {
  TRY(const auto found, find(cid));
  if (found) visit(*found);
  return found.has_value();
}

Result<Bytes> Blockstore::get(const Cid& cid) {
  TRY(auto found, find(cid));
  if (!found) return fail(ErrorCode::NotFound, "no block {}", cid);
  return *std::move(found);
}

Result<std::optional<Bytes>> MemoryBlockstore::find(const Cid& cid) {
  if (const auto data = inline_data(cid)) return base::to_bytes(*data);
  const std::shared_lock lock(mutex_);
  const auto found = blocks_.find(cid);
  if (found == blocks_.end()) return std::nullopt;
  return found->second;
}

Result<bool> MemoryBlockstore::view(const Cid& cid, FunctionRef<void(BytesView)> visit) {
  if (const auto data = inline_data(cid)) return visit(*data), true;
  const std::shared_lock lock(mutex_);
  const auto found = blocks_.find(cid);
  if (found == blocks_.end()) return false;
  visit(found->second);
  return true;
}

Result<bool> MemoryBlockstore::has(const Cid& cid) {
  if (inline_data(cid)) return true;
  const std::shared_lock lock(mutex_);
  return blocks_.contains(cid);
}

Result<void> MemoryBlockstore::put(const Cid& cid, BytesView data) {
  if (!cid.defined()) return fail(ErrorCode::InvalidArgument, "block without a CID");
  if (inline_data(cid)) return {};
  const std::unique_lock lock(mutex_);
  blocks_.try_emplace(cid, data.begin(), data.end());
  return {};
}

std::size_t MemoryBlockstore::size() const {
  const std::shared_lock lock(mutex_);
  return blocks_.size();
}

std::vector<Cid> MemoryBlockstore::cids() const {
  const std::shared_lock lock(mutex_);
  std::vector<Cid> out;
  out.reserve(blocks_.size());
  for (const auto& block : blocks_)
    out.push_back(block.first);
  return out;
}

Result<std::optional<Bytes>> OverlayBlockstore::find(const Cid& cid) {
  TRY(auto found, top_.find(cid));
  if (found) return found;
  return below_.find(cid);
}

Result<bool> OverlayBlockstore::view(const Cid& cid, FunctionRef<void(BytesView)> visit) {
  TRY(const bool found, top_.view(cid, visit));
  if (found) return true;
  return below_.view(cid, visit);
}

Result<bool> OverlayBlockstore::has(const Cid& cid) {
  TRY(const bool found, top_.has(cid));
  if (found) return true;
  return below_.has(cid);
}

Result<void> OverlayBlockstore::put(const Cid& cid, BytesView data) { return top_.put(cid, data); }

Result<void> OverlayBlockstore::put_many(std::span<const std::pair<Cid, Bytes>> blocks) {
  return top_.put_many(blocks);
}

}  // namespace venus::ipld
