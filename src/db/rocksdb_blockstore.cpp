// SPDX-License-Identifier: MIT OR Apache-2.0
#include "db/rocksdb_blockstore.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <deque>
#include <numeric>

namespace venus::db {
namespace {

constexpr std::size_t kDigest = 32;
constexpr ByteArray<6> kUsualPrefix{0x01, 0x71, 0xa0, 0xe4, 0x02, 0x20};
constexpr std::size_t kUsual = kUsualPrefix.size() + kDigest;

bool is_usual(BytesView cid) noexcept {
  return cid.size() == kUsual && std::memcmp(cid.data(), kUsualPrefix.data(), kUsualPrefix.size()) == 0;
}

/// A block's key: the digest alone for the chain's usual CID (dag-cbor, blake2b-256), which saves
/// the same six bytes in every key; any other CID whole, padded with zeros where it would be as
/// short as a digest. CIDs tell their own length, so padding keeps them apart.
class Key {
 public:
  explicit Key(const Cid& cid) noexcept : Key(cid.bytes()) {}
  /// The bytes of a CID, at most Cid::kMaxBytes.
  explicit Key(BytesView cid) noexcept {
    const bool usual = is_usual(cid);
    const auto part = usual ? cid.subspan(kUsualPrefix.size()) : cid;
    std::memcpy(bytes_.data(), part.data(), part.size());
    size_ = usual ? kDigest : std::max(part.size(), kDigest + 1);
  }
  operator BytesView() const noexcept { return {bytes_.data(), size_}; }  // NOLINT: it is one

 private:
  ByteArray<Cid::kMaxBytes> bytes_{};
  std::size_t size_;
};

/// The first bytes of a key as a number that rises with the key.
std::uint64_t front_of(BytesView key) noexcept {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i)
    out = out << 8 | key[i];
  return out;
}

Result<Cid> cid_of_key(BytesView key) {
  if (key.size() == kDigest) {
    TRY(const auto digest, base::to_array<kDigest>(key));
    return Cid::chain(digest);
  }
  std::size_t used = 0;
  auto cid = Cid::read(key, used);
  if (!cid) return fail(ErrorCode::Corrupt, "key of a block is no CID: {}", base::to_hex(key));
  return cid;
}

}  // namespace

/// A column of blocks as long as somebody uses it.
class RocksdbBlockstore::Generation {
 public:
  Generation(std::shared_ptr<KeyValueStore> store, std::string name, Column column)
      : store_(std::move(store)), name_(std::move(name)), column_(column) {}
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;
  ~Generation() {
    // If this fails the column is dropped at the next start, which finds no use for it.
    if (retired_) static_cast<void>(store_->drop_column(column_));
  }
  [[nodiscard]] Column column() const noexcept { return column_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  void retire() noexcept { retired_ = true; }

 private:
  std::shared_ptr<KeyValueStore> store_;
  std::string name_;
  Column column_;
  std::atomic<bool> retired_{false};
};

RocksdbBlockstore::RocksdbBlockstore(std::shared_ptr<KeyValueStore> store) : store_(std::move(store)) {
  const auto column = store_->column(KeyValueStore::kBlocks).value_or(Column());
  auto set = std::make_shared<Set>();
  set->newer = std::make_shared<Generation>(store_, std::string(KeyValueStore::kBlocks), column);
  set_ = std::move(set);
}

Result<void> RocksdbBlockstore::use(const Generations& names) {
  auto next = std::make_shared<Set>();
  const auto before = current();
  const auto take = [&](const std::string& name) -> Result<Part> {
    auto known = before->older;
    known.insert(known.end(), {before->newer, before->copied, before->pinned});
    for (const auto& part : known) {
      if (part && part->name() == name) return part;
    }
    TRY(const auto column, store_->column(name));
    return std::make_shared<Generation>(store_, name, column);
  };
  TRY(next->newer, take(names.newer));
  if (!names.newer_copied.empty()) {
    TRY(next->copied, take(names.newer_copied.front()));
  }
  for (const auto& name : names.older) {
    TRY(auto part, take(name));
    next->older.push_back(std::move(part));
  }
  if (!names.pinned.empty()) {
    TRY(next->pinned, take(names.pinned));
  }
  const std::unique_lock lock(mutex_);
  set_ = std::move(next);
  return {};
}

void RocksdbBlockstore::retire_older() {
  std::shared_ptr<const Set> before;
  const std::unique_lock lock(mutex_);
  for (const auto& part : set_->older)
    part->retire();
  before = std::exchange(set_, std::make_shared<const Set>(
                                   Set{set_->newer, set_->copied, {}, set_->pinned}));
}

bool RocksdbBlockstore::has_older() const { return !current()->older.empty(); }

std::shared_ptr<const RocksdbBlockstore::Set> RocksdbBlockstore::current() const {
  const std::shared_lock lock(mutex_);
  return set_;
}

// Where blocks are most likely comes first.
template <class F>
Result<RocksdbBlockstore::Place> RocksdbBlockstore::first_of(const Set& set, F&& look) {
  const auto in = [&](const Part& part) -> Result<bool> {
    return part ? look(part->column()) : Result<bool>(false);
  };
  TRY(bool found, in(set.newer));
  if (found) return Place::Written;
  TRY(found, in(set.copied));
  if (found) return Place::Copied;
  for (const auto& part : set.older) {
    TRY(found, in(part));
    if (found) return Place::Older;
  }
  TRY(found, in(set.pinned));
  return found ? Place::Pinned : Place::None;
}

Result<std::optional<Bytes>> RocksdbBlockstore::find(const Cid& cid, Caching caching) const {
  if (const auto data = ipld::inline_data(cid)) return base::to_bytes(*data);
  const Key key(cid);
  const auto set = current();
  std::optional<Bytes> out;
  TRY_VOID(first_of(*set, [&](Column column) {
    return store_->view(column, key, [&](BytesView value) { out.emplace(value.begin(), value.end()); }, caching);
  }));
  return out;
}

Result<RocksdbBlockstore::Place> RocksdbBlockstore::view_at(const Cid& cid,
                                                            FunctionRef<void(BytesView)> visit) const {
  const Key key(cid);
  const auto set = current();
  return first_of(*set, [&](Column column) { return store_->view(column, key, visit, Caching::Pass); });
}

Result<void> RocksdbBlockstore::view_many(std::span<const Cid> cids,
                                          FunctionRef<void(std::size_t, BytesView)> visit) const {
  const auto set = current();
  std::vector<Key> keys;
  keys.reserve(cids.size());
  for (const auto& cid : cids)
    keys.emplace_back(cid);
  std::vector<std::size_t> left(cids.size());
  std::iota(left.begin(), left.end(), std::size_t{0});
  const auto less = [&](std::size_t a, std::size_t b) { return base::as_chars(keys[a]) < base::as_chars(keys[b]); };
  if (!std::is_sorted(left.begin(), left.end(), less)) std::sort(left.begin(), left.end(), less);
  auto parts = set->older;
  parts.insert(parts.begin(), {set->newer, set->copied});
  parts.push_back(set->pinned);
  for (const auto& part : parts) {
    if (!part || left.empty()) continue;
    std::vector<BytesView> wanted;
    wanted.reserve(left.size());
    for (const auto index : left)
      wanted.emplace_back(keys[index]);
    std::vector<bool> found(left.size());
    TRY_VOID(store_->view_many(part->column(), wanted, [&](std::size_t i, BytesView value) {
      found[i] = true;
      visit(left[i], value);
    }));
    std::size_t kept = 0;
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (!found[i]) left[kept++] = left[i];
    }
    left.resize(kept);
  }
  return {};
}

Result<bool> RocksdbBlockstore::has(const Cid& cid) {
  return view(cid, [](BytesView) {});
}

Result<bool> RocksdbBlockstore::view(const Cid& cid, FunctionRef<void(BytesView)> visit) {
  if (const auto data = ipld::inline_data(cid)) return visit(*data), true;
  const Key key(cid);
  const auto set = current();
  TRY(const auto place, first_of(*set, [&](Column column) { return store_->view(column, key, visit); }));
  return place != Place::None;
}

Result<bool> RocksdbBlockstore::is_copied(const Cid& cid) const {
  const auto set = current();
  if (!set->copied) return false;
  return store_->view(set->copied->column(), Key(cid), [](BytesView) {}, Caching::Pass);
}

void RocksdbBlockstore::copy(KeyValueBatch& batch, const Cid& cid, BytesView data) const {
  const auto set = current();
  const auto& to = set->copied ? set->copied : set->newer;
  if (!ipld::inline_data(cid)) batch.put(to->column(), Key(cid), data);
}

Result<void> RocksdbBlockstore::put(const Cid& cid, BytesView data) {
  if (!cid.defined()) return fail(ErrorCode::InvalidArgument, "block without a CID");
  if (ipld::inline_data(cid)) return {};
  const auto set = current();
  return store_->put(set->newer->column(), Key(cid), data);
}

Result<void> RocksdbBlockstore::put_many(std::span<const std::pair<Cid, Bytes>> blocks) {
  if (blocks.empty()) return {};
  // Held until the batch is written, so that its column stays.
  const auto set = current();
  auto batch = store_->batch();
  for (const auto& [cid, data] : blocks) {
    if (!cid.defined()) return fail(ErrorCode::InvalidArgument, "block without a CID");
    if (!ipld::inline_data(cid)) batch.put(set->newer->column(), Key(cid), data);
  }
  return store_->write(std::move(batch));
}

void RocksdbBlockstore::add(KeyValueBatch& batch, const Cid& cid, BytesView data) const {
  if (!ipld::inline_data(cid)) batch.put(current()->newer->column(), Key(cid), data);
}

void RocksdbBlockstore::pin(KeyValueBatch& batch, const Cid& cid, BytesView data) const {
  const auto set = current();
  const auto& to = set->pinned ? set->pinned : set->newer;
  if (!ipld::inline_data(cid)) batch.put(to->column(), Key(cid), data);
}

Result<void> RocksdbBlockstore::erase(const Cid& cid) {
  const auto set = current();
  auto parts = set->older;
  parts.insert(parts.end(), {set->newer, set->copied, set->pinned});
  for (const auto& part : parts) {
    if (part) TRY_VOID(store_->erase(part->column(), Key(cid)));
  }
  return {};
}

Result<void> RocksdbBlockstore::for_each_cid(FunctionRef<Result<bool>(const Cid&)> visit) const {
  const auto set = current();
  auto parts = set->older;
  parts.insert(parts.end(), {set->newer, set->copied, set->pinned});
  bool more = true;
  for (const auto& part : parts) {
    if (!part || !more) continue;
    TRY_VOID(store_->for_each(part->column(), {}, [&](BytesView key, BytesView) -> Result<bool> {
      TRY(const auto cid, cid_of_key(key));
      TRY(more, visit(cid));
      return more;
    }));
  }
  return {};
}

Result<void> RocksdbBlockstore::load(std::span<Piece> pieces, Kind kind) {
  if (pieces.size() > UINT32_MAX) return fail(ErrorCode::TooLarge, "{} blocks at once", pieces.size());
  std::deque<Key> unusual;
  std::size_t kept = 0;
  // From here on `cid` holds the key.
  for (auto& piece : pieces) {
    if (is_usual(piece.cid)) {
      piece.cid = piece.cid.subspan(kUsualPrefix.size());
    } else {
      TRY(const auto cid, Cid::from_bytes(piece.cid));
      if (ipld::inline_data(cid)) continue;
      piece.cid = unusual.emplace_back(cid);
    }
    pieces[kept++] = piece;
  }
  // Keys lie all over a large memory: their first bytes, kept side by side, nearly always decide.
  struct Entry {
    std::uint64_t front;
    std::uint32_t at;
  };
  std::vector<Entry> order(kept);
  for (std::size_t i = 0; i < kept; ++i)
    order[i] = {front_of(pieces[i].cid), static_cast<std::uint32_t>(i)};
  std::sort(order.begin(), order.end(), [&](const Entry& a, const Entry& b) {
    if (a.front != b.front) return a.front < b.front;
    return base::as_chars(pieces[a.at].cid) < base::as_chars(pieces[b.at].cid);
  });
  std::size_t at = 0;
  const auto set = current();
  const auto& to = kind == Kind::Pinned && set->pinned ? set->pinned : set->newer;
  return store_->load_sorted(to->column(), [&](BytesView& key, BytesView& value) {
    if (at == kept) return false;
    key = pieces[order[at].at].cid;
    value = pieces[order[at].at].data;
    while (at < kept && base::equal(pieces[order[at].at].cid, key))
      ++at;
    return true;
  });
}

RocksdbBlockstore::Sizes RocksdbBlockstore::sizes() const {
  const auto set = current();
  const auto of = [&](const Part& part) { return part ? store_->disk_bytes(part->column()) : 0; };
  Sizes out{of(set->newer) + of(set->copied), 0, of(set->pinned)};
  for (const auto& part : set->older)
    out.older += of(part);
  return out;
}

Result<void> RocksdbBlockstore::flush() {
  const auto set = current();
  for (const auto& part : {set->newer, set->copied, set->pinned}) {
    if (part) TRY_VOID(store_->flush(part->column()));
  }
  return {};
}

Result<void> RocksdbBlockstore::compact() {
  const auto set = current();
  for (const auto& part : {set->newer, set->copied, set->pinned}) {
    if (part) TRY_VOID(store_->compact(part->column()));
  }
  return {};
}

}  // namespace venus::db
