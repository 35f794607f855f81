// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/caching_blockstore.hpp"

#include <list>

namespace venus::ipld {
namespace {

constexpr std::size_t kShards = 16;
/// List node, table node, shared_ptr block and vector of one entry.
constexpr std::size_t kOverhead = 2 * sizeof(Cid) + 160;

}  // namespace

/// One part of the cache, least recently used first out.
class CachingBlockstore::Shard {
 public:
  void set_limit(std::size_t bytes) { limit_ = bytes; }

  std::shared_ptr<const Bytes> find(const Cid& cid) {
    const std::lock_guard lock(mutex_);
    const auto found = by_cid_.find(cid);
    if (found == by_cid_.end()) {
      ++counters_.misses;
      return nullptr;
    }
    ++counters_.hits;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->data;
  }

  void put(const Cid& cid, std::shared_ptr<const Bytes> data) {
    const auto cost = data->size() + kOverhead;
    if (cost > limit_ / 8) return;
    const std::lock_guard lock(mutex_);
    if (by_cid_.contains(cid)) return;
    entries_.push_front({cid, std::move(data)});
    by_cid_.emplace(cid, entries_.begin());
    counters_.bytes += cost;
    while (counters_.bytes > limit_)
      evict();
  }

  Counters counters() const {
    const std::lock_guard lock(mutex_);
    auto out = counters_;
    out.blocks = entries_.size();
    return out;
  }

 private:
  struct Entry {
    Cid cid;
    std::shared_ptr<const Bytes> data;
  };

  void evict() {
    const auto& oldest = entries_.back();
    counters_.bytes -= oldest.data->size() + kOverhead;
    by_cid_.erase(oldest.cid);
    entries_.pop_back();
  }

  mutable std::mutex mutex_;
  std::size_t limit_ = 0;
  std::list<Entry> entries_;
  std::unordered_map<Cid, std::list<Entry>::iterator> by_cid_;
  Counters counters_;
};

CachingBlockstore::CachingBlockstore(Blockstore& below, std::size_t max_bytes)
    : below_(below), shards_(std::make_unique<Shard[]>(kShards)) {
  for (std::size_t i = 0; i < kShards; ++i)
    shards_[i].set_limit(max_bytes / kShards);
}
CachingBlockstore::~CachingBlockstore() = default;

CachingBlockstore::Shard& CachingBlockstore::shard_of(const Cid& cid) const {
  // The hash's low bits choose the table's bucket; these choose the shard.
  return shards_[std::hash<Cid>{}(cid) >> 32 & (kShards - 1)];
}

Result<std::shared_ptr<const Bytes>> CachingBlockstore::fetch(const Cid& cid) {
  auto& shard = shard_of(cid);
  if (auto cached = shard.find(cid)) return cached;
  TRY(auto found, below_.find(cid));
  if (!found) return nullptr;
  auto data = std::make_shared<const Bytes>(*std::move(found));
  shard.put(cid, data);
  return data;
}

Result<std::optional<Bytes>> CachingBlockstore::find(const Cid& cid) {
  if (const auto data = inline_data(cid)) return base::to_bytes(*data);
  TRY(const auto data, fetch(cid));
  if (data == nullptr) return std::nullopt;
  return *data;
}

Result<bool> CachingBlockstore::view(const Cid& cid, FunctionRef<void(BytesView)> visit) {
  if (const auto data = inline_data(cid)) return visit(*data), true;
  TRY(const auto data, fetch(cid));
  if (data == nullptr) return false;
  visit(*data);
  return true;
}

Result<bool> CachingBlockstore::has(const Cid& cid) {
  if (inline_data(cid) || shard_of(cid).find(cid) != nullptr) return true;
  return below_.has(cid);
}

Result<void> CachingBlockstore::put(const Cid& cid, BytesView data) {
  TRY_VOID(below_.put(cid, data));
  if (!inline_data(cid))
    shard_of(cid).put(cid, std::make_shared<const Bytes>(data.begin(), data.end()));
  return {};
}

Result<void> CachingBlockstore::put_many(std::span<const std::pair<Cid, Bytes>> blocks) {
  TRY_VOID(below_.put_many(blocks));
  for (const auto& [cid, data] : blocks) {
    if (!inline_data(cid)) shard_of(cid).put(cid, std::make_shared<const Bytes>(data));
  }
  return {};
}

CachingBlockstore::Counters CachingBlockstore::counters() const {
  Counters out;
  for (std::size_t i = 0; i < kShards; ++i) {
    const auto part = shards_[i].counters();
    out.hits += part.hits;
    out.misses += part.misses;
    out.bytes += part.bytes;
    out.blocks += part.blocks;
  }
  return out;
}

}  // namespace venus::ipld
