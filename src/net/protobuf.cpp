// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/protobuf.hpp"

namespace venus::net::protobuf {
namespace {

constexpr std::size_t kMaxVarint = 10;
enum WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5 };
constexpr std::uint64_t kMaxFieldNumber = (1U << 29) - 1;

}  // namespace

Result<std::optional<Varint>> read_varint(BytesView bytes) {
  Varint out;
  for (; out.size < kMaxVarint; ++out.size) {
    if (out.size == bytes.size()) return std::optional<Varint>();
    const auto byte = bytes[out.size];
    if (out.size == kMaxVarint - 1 && byte > 1) break;
    out.value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * out.size);
    if (byte < 0x80) return ++out.size, std::optional(out);
  }
  return fail(ErrorCode::Malformed, "protobuf: a varint over 64 bits");
}

Result<std::uint64_t> Reader::varint() {
  TRY(const auto read, read_varint(rest_));
  if (!read) return fail(ErrorCode::Malformed, "protobuf: truncated");
  rest_ = rest_.subspan(read->size);
  return read->value;
}

Result<BytesView> Reader::take(std::uint64_t size) {
  if (size > rest_.size()) return fail(ErrorCode::Malformed, "protobuf: truncated");
  const auto out = rest_.first(static_cast<std::size_t>(size));
  rest_ = rest_.subspan(out.size());
  return out;
}

Result<std::optional<Field>> Reader::next() {
  while (!rest_.empty()) {
    TRY(const auto tag, varint());
    const auto number = tag >> 3;
    if (number == 0 || number > kMaxFieldNumber) return fail(ErrorCode::Malformed, "protobuf: field {}", number);
    Field out{static_cast<std::uint32_t>(number), false, 0, {}};
    switch (tag & 7) {
      case kVarint: {
        TRY(out.value, varint());
        return std::optional(out);
      }
      case kLengthDelimited: {
        TRY(const auto size, varint());
        TRY(out.bytes, take(size));
        out.is_bytes = true;
        return std::optional(out);
      }
      case kFixed64: TRY_VOID(take(8)); break;
      case kFixed32: TRY_VOID(take(4)); break;
      default: return fail(ErrorCode::Malformed, "protobuf: wire type {}", tag & 7);
    }
  }
  return std::optional<Field>();
}

void write_varint(Bytes& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

void write_number(Bytes& out, std::uint32_t field, std::uint64_t value) {
  if (value == 0) return;
  write_varint(out, std::uint64_t{field} << 3 | kVarint);
  write_varint(out, value);
}

void write_bytes(Bytes& out, std::uint32_t field, BytesView bytes) {
  write_varint(out, std::uint64_t{field} << 3 | kLengthDelimited);
  write_varint(out, bytes.size());
  base::append(out, bytes);
}

}  // namespace venus::net::protobuf
