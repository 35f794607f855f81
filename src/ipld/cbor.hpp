// SPDX-License-Identifier: MIT OR Apache-2.0
// Strict DAG-CBOR as the chain uses it (protocol.md 2.1): definite lengths, shortest integers, tag 42
// alone, no floats. Non-canonical input is refused everywhere, since consensus demands it.
#pragma once

#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "ipld/cid.hpp"

namespace venus::ipld::cbor {

enum class Major : std::uint8_t { Unsigned = 0, Negative = 1, Bytes = 2, Text = 3, Array = 4, Map = 5, Tag = 6, Simple = 7 };

/// Limits of cbor-gen that Lotus applies to everything it decodes.
inline constexpr std::uint64_t kMaxByteString = 2U << 20;
inline constexpr std::uint64_t kMaxArray = 8192;
inline constexpr int kMaxDepth = 128;

/// Reads values one after another from a span that must outlive it. The first failure sticks: every
/// later read returns a zero value, and finish() reports what went wrong and where. So decoders read
/// all fields in a row and check once.
class Reader {
 public:
  explicit Reader(BytesView data) noexcept
      : begin_(data.data()), at_(data.data()), end_(data.data() + data.size()) {}

  std::uint64_t read_uint() noexcept { return expect(Major::Unsigned, "want an unsigned integer"); }
  std::int64_t read_int() noexcept;
  bool read_bool() noexcept;
  /// A view into the input; at most `max` bytes.
  BytesView read_bytes(std::uint64_t max = kMaxByteString) noexcept {
    return take(expect(Major::Bytes, "want a byte string"), max);
  }
  /// A view into the input; at most `max` bytes of valid UTF-8.
  std::string_view read_text(std::uint64_t max = kMaxByteString) noexcept;
  /// Number of items; fails above `max` or above what the remaining input can hold.
  std::size_t read_array(std::uint64_t max = kMaxArray) noexcept;
  /// An array of exactly `count` items.
  void expect_array(std::size_t count) noexcept {
    if (expect(Major::Array, "want an array") != count) fail("array of the wrong length");
  }
  /// Number of key-value pairs.
  std::size_t read_map(std::uint64_t max = kMaxArray) noexcept;
  /// Tag 42 with a byte string 0x00 ‖ cid.
  Cid read_cid() noexcept;
  /// Consumes a null if one is next.
  bool try_null() noexcept {
    const bool null = next_is_null();
    at_ += null ? 1 : 0;
    return null;
  }
  /// Consumes one item of any kind, nested at most kMaxDepth, and returns its bytes.
  BytesView read_raw() noexcept;

  /// The kind of the next item; Simple at the end of the input.
  [[nodiscard]] Major peek() const noexcept {
    return at_ == end_ ? Major::Simple : static_cast<Major>(*at_ >> 5);
  }
  [[nodiscard]] bool next_is_null() const noexcept { return at_ != end_ && *at_ == 0xf6; }
  [[nodiscard]] bool ok() const noexcept { return reason_ == nullptr; }
  /// Whether all input was read, or the reader failed.
  [[nodiscard]] bool at_end() const noexcept { return at_ == end_; }
  [[nodiscard]] std::size_t offset() const noexcept {
    return static_cast<std::size_t>((ok() ? at_ : failed_at_) - begin_);
  }
  /// Bytes not read yet; 0 after a failure.
  [[nodiscard]] std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  /// Marks the input as bad; `reason` must be a literal. The first reason wins.
  void fail(const char* reason, ErrorCode code = ErrorCode::Malformed) noexcept;
  /// Success if nothing failed (and, by default, nothing is left over).
  [[nodiscard]] Result<void> finish(bool allow_trailing = false) const;

 private:
  friend class Walker;
  std::uint64_t expect(Major major, const char* reason) noexcept;
  std::uint64_t long_argument(unsigned info) noexcept;
  BytesView take(std::uint64_t size, std::uint64_t max) noexcept;
  static constexpr std::size_t kUsualLink = 43;
  [[nodiscard]] bool usual_link() const noexcept;
  Cid rare_cid() noexcept;
  BytesView walk_raw() noexcept;

  // A failure moves at_ to end_, so that the hot paths test nothing but the end of the input.
  const std::uint8_t* begin_;
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  const std::uint8_t* failed_at_ = nullptr;
  const char* reason_ = nullptr;
  ErrorCode code_ = ErrorCode::Malformed;
};

/// Appends canonical CBOR to a buffer of its own.
class Writer {
 public:
  Writer() = default;
  explicit Writer(std::size_t reserve) { out_.reserve(reserve); }

  void write_uint(std::uint64_t value) { write_head(Major::Unsigned, value); }
  void write_int(std::int64_t value) {
    if (value >= 0) write_head(Major::Unsigned, static_cast<std::uint64_t>(value));
    else write_head(Major::Negative, ~static_cast<std::uint64_t>(value));
  }
  void write_bool(bool value) { out_.push_back(value ? 0xf5 : 0xf4); }
  void write_null() { out_.push_back(0xf6); }
  void write_bytes(BytesView bytes) {
    write_head(Major::Bytes, bytes.size());
    base::append(out_, bytes);
  }
  /// The head of a byte string whose `size` bytes follow through write_raw.
  void write_bytes_head(std::size_t size) { write_head(Major::Bytes, size); }
  void write_text(std::string_view text) {
    write_head(Major::Text, text.size());
    base::append(out_, base::as_bytes(text));
  }
  void write_array(std::size_t count) { write_head(Major::Array, count); }
  void write_map(std::size_t count) { write_head(Major::Map, count); }
  /// The CID must be defined: an undefined one has no CBOR form, and every reader refuses what this writes.
  void write_cid(const Cid& cid);
  /// Appends bytes that already are CBOR.
  void write_raw(BytesView encoded) { base::append(out_, encoded); }

  [[nodiscard]] const Bytes& bytes() const& noexcept { return out_; }
  [[nodiscard]] Bytes take() && noexcept { return std::move(out_); }
  [[nodiscard]] std::size_t size() const noexcept { return out_.size(); }

 private:
  void write_head(Major major, std::uint64_t value) {
    if (value < 24) out_.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(major) << 5 | value));
    else write_long_head(major, value);
  }
  void write_long_head(Major major, std::uint64_t value);
  Bytes out_;
};

/// Checks that `data` is exactly one well-formed canonical item.
Result<void> check(BytesView data);

/// Calls visit(cid) for every link in one item, in order. The visit may stop the walk by an error. Map
/// keys may be in any order here: the mainnet's genesis links to a block where they are not sorted.
Result<void> for_each_link(BytesView data, const std::function<Result<void>(const Cid&)>& visit);

inline std::uint64_t Reader::long_argument(unsigned info) noexcept {
  const std::size_t width = std::size_t{1} << (info - 24);
  if (remaining() <= width) return fail("truncated"), 0;
  std::uint64_t value = 0;
  for (std::size_t i = 1; i <= width; ++i) value = value << 8 | at_[i];
  // Shortest form: the value must not fit in the next smaller width.
  const std::uint64_t floor = info == 24 ? 24 : std::uint64_t{1} << (width * 4);
  if (value < floor) return fail("integer is not in its shortest form"), 0;
  at_ += 1 + width;
  return value;
}

inline std::uint64_t Reader::expect(Major major, const char* reason) noexcept {
  if (at_ == end_) return fail("truncated"), 0;
  const unsigned info = *at_ - (static_cast<unsigned>(major) << 5);
  if (info < 24) return ++at_, info;
  if (info < 28) return long_argument(info);
  return fail(info < 32 ? "reserved or indefinite length" : reason), 0;
}

inline BytesView Reader::take(std::uint64_t size, std::uint64_t max) noexcept {
  if (size > max) return fail("string is too long", ErrorCode::TooLarge), BytesView();
  if (size > remaining()) return fail("truncated"), BytesView();
  const BytesView view(at_, static_cast<std::size_t>(size));
  at_ += view.size();
  return view;
}

inline std::int64_t Reader::read_int() noexcept {
  const bool negative = peek() == Major::Negative;
  const auto value = expect(negative ? Major::Negative : Major::Unsigned, "want an integer");
  if (value > static_cast<std::uint64_t>(INT64_MAX)) return fail("integer over 64 bits"), 0;
  return negative ? -1 - static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
}

inline bool Reader::read_bool() noexcept {
  if (at_ == end_) return fail("truncated"), false;
  if ((*at_ & 0xfe) != 0xf4) return fail("want a boolean"), false;
  return *at_++ == 0xf5;
}

inline std::size_t Reader::read_array(std::uint64_t max) noexcept {
  const auto count = expect(Major::Array, "want an array");
  if (count > max) return fail("array is too long", ErrorCode::TooLarge), 0;
  if (count > remaining()) return fail("truncated"), 0;
  return static_cast<std::size_t>(count);
}

inline std::size_t Reader::read_map(std::uint64_t max) noexcept {
  const auto count = expect(Major::Map, "want a map");
  if (count > max) return fail("map is too long", ErrorCode::TooLarge), 0;
  if (count > remaining() / 2) return fail("truncated"), 0;
  return static_cast<std::size_t>(count);
}

inline bool Reader::usual_link() const noexcept {
  // Tag 42, 39 bytes, 0x00, version 1, dag-cbor, blake2b-256, 32 bytes: nearly every link is one.
  constexpr ByteArray<11> kHead{0xd8, 0x2a, 0x58, 0x27, 0x00, 0x01, 0x71, 0xa0, 0xe4, 0x02, 0x20};
  return remaining() >= kUsualLink && std::memcmp(at_, kHead.data(), kHead.size()) == 0;
}

inline Cid Reader::read_cid() noexcept {
  if (!usual_link()) return rare_cid();
  at_ += kUsualLink;
  ByteArray<32> digest;
  std::memcpy(digest.data(), at_ - digest.size(), digest.size());
  return Cid::chain(digest);
}

inline BytesView Reader::read_raw() noexcept {
  if (!usual_link()) return walk_raw();
  at_ += kUsualLink;
  return {at_ - kUsualLink, kUsualLink};
}

}  // namespace venus::ipld::cbor
