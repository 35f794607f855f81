// SPDX-License-Identifier: MIT OR Apache-2.0
// The chain's arrays: AMT version 0 (messages and receipts: bit width 3, root [height, count, node])
// and version 3 (all else: root [bit width, height, count, node]), with the same roots as Lotus and the
// actors. Nodes are read when needed; only those on the way to a change stay in memory.
#pragma once

#include <memory>
#include <optional>

#include "ipld/blockstore.hpp"
#include "ipld/hamt.hpp"

namespace venus::ipld {

/// The form of an array's root.
enum class AmtVersion : std::uint8_t { V0, V3 };

/// Version and nodes' width. Version 0 knows bit width 3 alone.
struct AmtShape {
  AmtVersion version = AmtVersion::V3;
  unsigned bit_width = 3;
};

/// Messages and receipts of a block.
inline constexpr AmtShape kBlockAmt{AmtVersion::V0, 3};
/// Events of a message.
inline constexpr AmtShape kEventsAmt{AmtVersion::V3, 5};

/// Version 3 with a bit width, as the actors' state uses it.
constexpr AmtShape state_amt(unsigned bit_width) noexcept { return {AmtVersion::V3, bit_width}; }

/// An array with holes of CBOR items. Reading is safe from many threads at once while nobody writes.
/// A node that breaks the format is Malformed, a missing one NotFound; both name its CID.
class RawAmt {
 public:
  static constexpr unsigned kMaxBitWidth = 8;
  /// The largest index is one less than the largest number.
  static constexpr std::uint64_t kMaxIndex = UINT64_MAX - 1;

  /// An empty array. `store` must outlive it; the bit width must be 1 to kMaxBitWidth.
  RawAmt(Blockstore& store, AmtShape shape);
  RawAmt(RawAmt&&) noexcept;
  RawAmt& operator=(RawAmt&&) noexcept;
  ~RawAmt();

  /// The array below a root. Reads and checks the root node; Malformed when its bit width is another.
  static Result<RawAmt> load(Blockstore& store, const Cid& root, AmtShape shape);
  /// The same for version 3 with the bit width that the root names.
  static Result<RawAmt> load_any(Blockstore& store, const Cid& root);

  /// Number of items.
  [[nodiscard]] std::uint64_t count() const noexcept;
  [[nodiscard]] AmtShape shape() const noexcept;

  /// The item at an index, or nothing.
  Result<std::optional<Bytes>> get(std::uint64_t index) const;
  /// Shows the item during the call and returns true; false without a call when there is none.
  /// The visit must not call the store.
  Result<bool> view(std::uint64_t index, FunctionRef<void(BytesView)> visit) const;
  /// Stores one canonical CBOR item. InvalidArgument above kMaxIndex.
  Result<void> set(std::uint64_t index, BytesView item);
  /// Removes an item. False when there was none.
  Result<bool> erase(std::uint64_t index);
  /// Visits items in order from index `start` on; the visit returns true to go on, false to stop.
  Result<void> for_each(FunctionRef<Result<bool>(std::uint64_t, BytesView)> visit,
                        std::uint64_t start = 0) const;
  /// Writes what changed to the store; the array's root.
  Result<Cid> flush();

 private:
  class Core;
  explicit RawAmt(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

/// The root of an array of items 0 to count-1, without holes, built bottom-up in one pass: `item(i)`
/// appends the CBOR of item i. Nodes go to `store`, or nowhere when it is null.
Result<Cid> build_amt(Blockstore* store, AmtShape shape, std::uint64_t count,
                      FunctionRef<void(cbor::Writer&, std::uint64_t)> item);

/// An array of values of one type with a CBOR form.
template <class V>
class Amt {
 public:
  Amt(Blockstore& store, AmtShape shape) : raw_(store, shape) {}
  static Result<Amt> load(Blockstore& store, const Cid& root, AmtShape shape) {
    TRY(auto raw, RawAmt::load(store, root, shape));
    return Amt(std::move(raw));
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return raw_.count(); }
  Result<std::optional<V>> get(std::uint64_t index) const {
    std::optional<Result<V>> decoded;
    TRY_VOID(raw_.view(index, [&](BytesView item) { decoded = decode<V>(item); }));
    if (!decoded) return std::optional<V>();
    if (!*decoded) return std::unexpected(std::move(*decoded).error().context("AMT value"));
    return std::optional<V>(**std::move(decoded));
  }
  Result<void> set(std::uint64_t index, const V& value) { return raw_.set(index, encode(value)); }
  Result<bool> erase(std::uint64_t index) { return raw_.erase(index); }
  /// visit(uint64_t index, const V& value) returns Result<void>, or Result<bool> to be able to stop.
  template <class Visit>
  Result<void> for_each(Visit&& visit, std::uint64_t start = 0) const {
    return raw_.for_each(
        [&](std::uint64_t index, BytesView item) -> Result<bool> {
          TRY(const V value, with_context(decode<V>(item), "AMT value"));
          return detail::call_visitor(visit, index, value);
        },
        start);
  }
  Result<Cid> flush() { return raw_.flush(); }
  RawAmt& raw() { return raw_; }

 private:
  explicit Amt(RawAmt raw) : raw_(std::move(raw)) {}
  RawAmt raw_;
};

/// All values of an array in order, without regard to their indices; TooLarge above `max`.
template <class V>
Result<std::vector<V>> read_amt(Blockstore& store, const Cid& root, AmtShape shape, std::uint64_t max = 1U << 20) {
  TRY(const auto array, Amt<V>::load(store, root, shape));
  if (array.count() > max) return fail(ErrorCode::TooLarge, "array {} of {} items", root, array.count());
  std::vector<V> out;
  TRY_VOID(array.for_each([&](std::uint64_t, const V& value) -> Result<void> {
    if (out.size() >= max) return fail(ErrorCode::TooLarge, "array {} has more items than it says", root);
    out.push_back(value);
    return {};
  }));
  return out;
}

/// build_amt() from any sequence of values; store may be null to compute the root only.
template <class Range>
Result<Cid> write_amt(Blockstore* store, const Range& values, AmtShape shape = kBlockAmt) {
  return build_amt(store, shape, std::size(values), [&](cbor::Writer& writer, std::uint64_t index) {
    encode_to(writer, *std::next(std::begin(values), static_cast<std::ptrdiff_t>(index)));
  });
}

}  // namespace venus::ipld
