// SPDX-License-Identifier: MIT OR Apache-2.0
// Strict DAG-CBOR as the chain uses it (protocol.md 2.1): definite lengths, shortest integers, tag 42
// alone, no floats. Non-canonical input is refused everywhere, since consensus demands it.
#pragma once

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
  explicit Reader(BytesView data) noexcept : data_(data) {}

  std::uint64_t read_uint() noexcept;
  std::int64_t read_int() noexcept;
  bool read_bool() noexcept;
  /// A view into the input; at most `max` bytes.
  BytesView read_bytes(std::uint64_t max = kMaxByteString) noexcept;
  std::string_view read_text(std::uint64_t max = kMaxByteString) noexcept;
  /// Number of items; fails above `max` or above what the remaining input can hold.
  std::size_t read_array(std::uint64_t max = kMaxArray) noexcept;
  /// An array of exactly `count` items.
  void expect_array(std::size_t count) noexcept;
  /// Number of key-value pairs.
  std::size_t read_map(std::uint64_t max = kMaxArray) noexcept;
  /// Tag 42 with a byte string 0x00 ‖ cid.
  Cid read_cid() noexcept;
  /// Consumes a null if one is next.
  bool try_null() noexcept;
  /// Consumes one item of any kind, nested at most kMaxDepth, and returns its bytes.
  BytesView read_raw() noexcept;

  [[nodiscard]] Major peek() const noexcept;
  [[nodiscard]] bool next_is_null() const noexcept { return ok_ && offset_ < data_.size() && data_[offset_] == 0xf6; }
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] bool at_end() const noexcept { return offset_ == data_.size(); }
  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::size_t remaining() const noexcept { return data_.size() - offset_; }

  /// Marks the input as bad; `reason` must be a literal. The first reason wins.
  void fail(const char* reason, ErrorCode code = ErrorCode::Malformed) noexcept;
  /// Success if nothing failed (and, by default, nothing is left over).
  [[nodiscard]] Result<void> finish(bool allow_trailing = false) const;

 private:
  struct Head {
    Major major;
    std::uint64_t value;
  };
  Head read_head() noexcept;
  std::uint64_t expect(Major major, const char* reason) noexcept;
  void skip(int depth) noexcept;

  BytesView data_;
  std::size_t offset_ = 0;
  bool ok_ = true;
  ErrorCode code_ = ErrorCode::Malformed;
  const char* reason_ = nullptr;
};

/// Appends canonical CBOR to a buffer of its own.
class Writer {
 public:
  Writer() = default;
  explicit Writer(std::size_t reserve) { out_.reserve(reserve); }

  void write_uint(std::uint64_t value) { write_head(Major::Unsigned, value); }
  void write_int(std::int64_t value);
  void write_bool(bool value) { out_.push_back(value ? 0xf5 : 0xf4); }
  void write_null() { out_.push_back(0xf6); }
  void write_bytes(BytesView bytes);
  void write_text(std::string_view text);
  void write_array(std::size_t count) { write_head(Major::Array, count); }
  void write_map(std::size_t count) { write_head(Major::Map, count); }
  void write_cid(const Cid& cid);
  /// Appends bytes that already are CBOR.
  void write_raw(BytesView encoded) { base::append(out_, encoded); }

  [[nodiscard]] const Bytes& bytes() const& noexcept { return out_; }
  [[nodiscard]] Bytes take() && noexcept { return std::move(out_); }
  [[nodiscard]] std::size_t size() const noexcept { return out_.size(); }

 private:
  void write_head(Major major, std::uint64_t value);
  Bytes out_;
};

/// Checks that `data` is exactly one well-formed canonical item.
Result<void> check(BytesView data);

/// Calls visit(cid) for every link in one item, in order. The visit may stop the walk by an error.
Result<void> for_each_link(BytesView data, const std::function<Result<void>(const Cid&)>& visit);

}  // namespace venus::ipld::cbor
