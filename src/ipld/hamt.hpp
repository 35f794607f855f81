// SPDX-License-Identifier: MIT OR Apache-2.0
// The chain's hash maps: HAMT version 3 (sha2-256 of the key, buckets of 3, pointers as a kinded union
// of link and bucket), with the same roots as the actors' own. Nodes are read when needed; only those
// on the way to a change stay in memory until the map goes.
#pragma once

#include <memory>
#include <optional>

#include "ipld/blockstore.hpp"

namespace venus::ipld {

/// A map of keys to CBOR items. Reading is safe from many threads at once while nobody writes.
/// A node that breaks the format is Malformed, a missing one NotFound; both name its CID.
class RawHamt {
 public:
  static constexpr unsigned kDefaultBitWidth = 5;
  static constexpr unsigned kMaxBitWidth = 8;

  /// An empty map. `store` must outlive it; bit_width must be 1 to kMaxBitWidth.
  explicit RawHamt(Blockstore& store, unsigned bit_width = kDefaultBitWidth);
  RawHamt(RawHamt&&) noexcept;
  RawHamt& operator=(RawHamt&&) noexcept;
  ~RawHamt();

  /// The map below a root. Reads and checks the root node. InvalidArgument for a bad bit width.
  static Result<RawHamt> load(Blockstore& store, const Cid& root, unsigned bit_width = kDefaultBitWidth);

  /// The key's item, or nothing.
  Result<std::optional<Bytes>> get(BytesView key) const;
  /// Shows the key's item during the call and returns true; false without a call when it is absent.
  /// The visit must not call the store.
  Result<bool> view(BytesView key, FunctionRef<void(BytesView)> visit) const;
  /// Stores one canonical CBOR item under the key. False when it was there already, just so.
  Result<bool> set(BytesView key, BytesView item);
  /// Removes the key. False when it was not there.
  Result<bool> erase(BytesView key);
  /// Visits all pairs in the order of their hashes; the visit returns true to go on, false to stop.
  Result<void> for_each(FunctionRef<Result<bool>(BytesView key, BytesView item)> visit) const;
  /// Writes what changed to the store; the map's root.
  Result<Cid> flush();

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

namespace detail {
/// Lets visitors return Result<void> (go on) or Result<bool> (true: go on).
template <class Visit, class... Args>
Result<bool> call_visitor(Visit& visit, Args&&... args) {
  if constexpr (std::is_same_v<std::invoke_result_t<Visit&, Args...>, Result<bool>>) {
    return visit(std::forward<Args>(args)...);
  } else {
    TRY_VOID(visit(std::forward<Args>(args)...));
    return true;
  }
}
}  // namespace detail

/// A map of byte keys to values of one type with a CBOR form.
template <class V>
class Hamt {
 public:
  explicit Hamt(Blockstore& store, unsigned bit_width = RawHamt::kDefaultBitWidth) : raw_(store, bit_width) {}
  static Result<Hamt> load(Blockstore& store, const Cid& root, unsigned bit_width = RawHamt::kDefaultBitWidth) {
    TRY(auto raw, RawHamt::load(store, root, bit_width));
    return Hamt(std::move(raw));
  }

  Result<std::optional<V>> get(BytesView key) const {
    std::optional<Result<V>> decoded;
    TRY_VOID(raw_.view(key, [&](BytesView item) { decoded = decode<V>(item); }));
    if (!decoded) return std::optional<V>();
    if (!*decoded) return std::unexpected(std::move(*decoded).error().context("HAMT value"));
    return std::optional<V>(**std::move(decoded));
  }
  Result<bool> has(BytesView key) const {
    return raw_.view(key, [](BytesView) {});
  }
  Result<bool> set(BytesView key, const V& value) { return raw_.set(key, encode(value)); }
  Result<bool> erase(BytesView key) { return raw_.erase(key); }
  /// visit(BytesView key, const V& value) returns Result<void>, or Result<bool> to be able to stop.
  template <class Visit>
  Result<void> for_each(Visit&& visit) const {
    return raw_.for_each([&](BytesView key, BytesView item) -> Result<bool> {
      TRY(const V value, with_context(decode<V>(item), "HAMT value"));
      return detail::call_visitor(visit, key, value);
    });
  }
  Result<Cid> flush() { return raw_.flush(); }
  RawHamt& raw() { return raw_; }

 private:
  explicit Hamt(RawHamt raw) : raw_(std::move(raw)) {}
  RawHamt raw_;
};

/// The root of an empty map; the same for every bit width.
Cid empty_hamt_root();

/// Keys as the actors write them. Addresses and CIDs are used as their bytes.
/// An unsigned number (deal ids, actor ids): LEB128 of up to ten bytes.
Bytes hamt_key(std::uint64_t number);
/// A signed number (epochs): zigzag, then LEB128.
Bytes hamt_key_signed(std::int64_t number);
/// Back from hamt_key; Malformed for anything it does not write.
Result<std::uint64_t> parse_hamt_key(BytesView key);
/// Back from hamt_key_signed.
Result<std::int64_t> parse_hamt_key_signed(BytesView key);

}  // namespace venus::ipld
