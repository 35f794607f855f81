// SPDX-License-Identifier: MIT OR Apache-2.0
// RLE+, the compressed form of bit fields. After two version bits (0) and the value of the first
// run follow the runs, values in turn, each in one of three blocks, least significant bits first:
//   1              one
//   01 llll        up to 15
//   00 varint      any length, LEB128
#include "ipld/bitfield.hpp"

namespace venus::ipld {
namespace {

constexpr unsigned kVersion = 0;
constexpr std::uint64_t kShortLimit = 16;

class BitReader {
 public:
  explicit BitReader(BytesView bytes) noexcept : bytes_(bytes) {}

  /// The next `count` <= 8 bits; behind the end there are zeros.
  unsigned take(unsigned count) noexcept {
    const auto at = offset_ / 8;
    const unsigned low = at < bytes_.size() ? bytes_[at] : 0U;
    const unsigned high = at + 1 < bytes_.size() ? bytes_[at + 1] : 0U;
    const unsigned out = (high << 8 | low) >> (offset_ % 8) & ((1U << count) - 1);
    offset_ += count;
    return out;
  }
  [[nodiscard]] bool at_end() const noexcept { return offset_ >= bytes_.size() * 8; }

 private:
  BytesView bytes_;
  std::size_t offset_ = 0;
};

class BitWriter {
 public:
  /// Appends the low `count` <= 8 bits of `value`.
  void put(unsigned value, unsigned count) {
    window_ |= value << filled_;
    filled_ += count;
    if (filled_ < 8) return;
    out_.push_back(static_cast<std::uint8_t>(window_));
    window_ >>= 8;
    filled_ -= 8;
  }

  Bytes finish() && {
    if (filled_ > 0) out_.push_back(static_cast<std::uint8_t>(window_));
    while (!out_.empty() && out_.back() == 0)
      out_.pop_back();
    return std::move(out_);
  }

 private:
  Bytes out_;
  unsigned window_ = 0;
  unsigned filled_ = 0;
};

void put_run(BitWriter& out, std::uint64_t length) {
  if (length == 1) {
    out.put(1, 1);
  } else if (length < kShortLimit) {
    out.put(0b10, 2);
    out.put(static_cast<unsigned>(length), 4);
  } else {
    out.put(0, 2);
    for (; length >= 0x80; length >>= 7)
      out.put(static_cast<unsigned>(length & 0x7f) | 0x80, 8);
    out.put(static_cast<unsigned>(length), 8);
  }
}

Result<std::uint64_t> take_varint(BitReader& in) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    const auto byte = in.take(8);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    if (byte == 0 && shift > 0) return fail(ErrorCode::Malformed, "RLE+ run is not minimal");
    return value;
  }
  return fail(ErrorCode::Malformed, "RLE+ run over 64 bits");
}

Result<std::uint64_t> take_run(BitReader& in) {
  if (in.take(1) == 1) return 1;
  if (in.take(1) == 1) return in.take(4);
  return take_varint(in);
}

}  // namespace

Bytes BitField::encode() const {
  if (empty()) return {};
  BitWriter out;
  out.put(kVersion, 2);
  const bool starts_set = ranges_.front().first == 0;
  out.put(starts_set ? 1 : 0, 1);
  std::uint64_t at = 0;
  for (const auto& range : ranges_) {
    if (range.first > at) put_run(out, range.first - at);
    put_run(out, range.count);
    at = range.end();
  }
  return std::move(out).finish();
}

Result<BitField> BitField::decode(BytesView rle) {
  if (rle.size() > kMaxEncoded) return fail(ErrorCode::TooLarge, "RLE+ of {} bytes", rle.size());
  if (rle.empty()) return BitField();
  if (rle.back() == 0) return fail(ErrorCode::Malformed, "RLE+ ends in a zero byte");
  BitReader in(rle);
  if (in.take(2) != kVersion) return fail(ErrorCode::Malformed, "RLE+ of an unknown version");
  bool member = in.take(1) == 1;
  BitField out;
  std::uint64_t at = 0;
  while (true) {
    TRY(const auto length, take_run(in));
    // Zero ends the runs: it is what the padding of the last byte reads as.
    if (length == 0) break;
    if (length > UINT64_MAX - at) return fail(ErrorCode::TooLarge, "RLE+ of more than 2^64-1 bits");
    if (member) out.append(at, at + length);
    at += length;
    member = !member;
  }
  if (!in.at_end()) return fail(ErrorCode::Malformed, "RLE+ goes on after its last run");
  return out;
}

}  // namespace venus::ipld
