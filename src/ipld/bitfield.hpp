// SPDX-License-Identifier: MIT OR Apache-2.0
// Sets of numbers as the chain keeps them: RLE+ (sectors, deadlines, partitions).
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "base/function_ref.hpp"
#include "ipld/codec.hpp"

namespace venus::ipld {

/// A set of numbers from 0 to 2^64-2, held as disjoint ranges in order, so its cost follows the number of
/// ranges, not of members.
class BitField {
 public:
  /// The encoded form's limit on chain.
  static constexpr std::size_t kMaxEncoded = 32U << 10;
  static constexpr std::uint64_t kMaxBit = UINT64_MAX - 1;

  /// The numbers first to first+count-1.
  struct Range {
    std::uint64_t first = 0;
    std::uint64_t count = 0;

    [[nodiscard]] constexpr std::uint64_t end() const noexcept { return first + count; }
    bool operator==(const Range&) const = default;
  };

  BitField() = default;
  /// Members in any order, repeated or not; UINT64_MAX, which cannot be a member, is left out.
  BitField(std::initializer_list<std::uint64_t> bits);
  /// Members in any order, repeated or not. InvalidArgument for UINT64_MAX.
  static Result<BitField> from_bits(std::span<const std::uint64_t> bits);
  /// Ranges in any order, which may touch, overlap or be empty. InvalidArgument when one exceeds kMaxBit.
  static Result<BitField> from_ranges(std::vector<Range> ranges);
  /// Lengths of runs in turn not in the set and in it, as in the JSON form. Only the first may be 0
  /// (Malformed); together at most UINT64_MAX (TooLarge).
  static Result<BitField> from_runs(std::span<const std::uint64_t> runs);
  /// RLE+ (version 0): at most kMaxEncoded bytes (TooLarge); Malformed when it breaks the format.
  static Result<BitField> decode(BytesView rle);

  /// Canonical RLE+; empty for the empty set. May exceed kMaxEncoded, which no decoder takes.
  [[nodiscard]] Bytes encode() const;
  /// The JSON form's runs: not in the set, in it, and so on; [0] for the empty set.
  [[nodiscard]] std::vector<std::uint64_t> runs() const;

  [[nodiscard]] bool empty() const noexcept { return ranges_.empty(); }
  /// Number of members.
  [[nodiscard]] std::uint64_t count() const noexcept;
  [[nodiscard]] std::optional<std::uint64_t> first() const noexcept;
  [[nodiscard]] std::optional<std::uint64_t> last() const noexcept;
  [[nodiscard]] bool test(std::uint64_t bit) const noexcept;
  /// The member with n smaller ones before it; nothing when there are not that many.
  [[nodiscard]] std::optional<std::uint64_t> nth(std::uint64_t n) const noexcept;
  [[nodiscard]] bool contains_all(const BitField& other) const noexcept;
  [[nodiscard]] bool contains_any(const BitField& other) const noexcept;
  [[nodiscard]] const std::vector<Range>& ranges() const noexcept { return ranges_; }

  /// InvalidArgument for UINT64_MAX.
  Result<void> set(std::uint64_t bit);
  void unset(std::uint64_t bit);

  /// At most `count` members after leaving out the `skip` smallest.
  [[nodiscard]] BitField slice(std::uint64_t skip, std::uint64_t count) const;
  /// All members in order; TooLarge when there are more than `max`.
  [[nodiscard]] Result<std::vector<std::uint64_t>> bits(std::uint64_t max) const;
  /// Members in order; the visit returns true to go on. Mind that a set of 32 KiB may have 2^64 members.
  void for_each(FunctionRef<bool(std::uint64_t)> visit) const;

  /// Union, intersection, difference.
  friend BitField operator|(const BitField& a, const BitField& b);
  friend BitField operator&(const BitField& a, const BitField& b);
  friend BitField operator-(const BitField& a, const BitField& b);
  /// Union of many at once.
  static BitField union_of(std::span<const BitField> sets);
  bool operator==(const BitField&) const = default;

 private:
  /// Appends a range that starts at or after all others; merges it when it touches the last.
  void append(std::uint64_t first, std::uint64_t end);
  static BitField merged(std::vector<Range> ranges);

  std::vector<Range> ranges_;  ///< in order, none empty, none touching the next
};

/// A byte string of RLE+.
template <>
struct CborCodec<BitField> {
  static void encode(cbor::Writer& w, const BitField& v);
  static void decode(cbor::Reader& r, BitField& v);
};

}  // namespace venus::ipld

namespace venus {
using ipld::BitField;
}

/// Run lengths as go-bitfield writes them: [not in the set, in it, not in it, ...].
template <>
struct venus::base::JsonCodec<venus::ipld::BitField> {
  static boost::json::value encode(const venus::ipld::BitField& v);
  static Result<venus::ipld::BitField> decode(const boost::json::value& v);
};
