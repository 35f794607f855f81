// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/rlp.hpp"

namespace venus::types::rlp {
namespace {

constexpr std::size_t kMaxInput = 2U << 20U;
constexpr std::size_t kMaxItems = 12;
constexpr int kMaxDepth = 32;
// Content longer than this has its length in bytes of its own.
constexpr std::size_t kShort = 55;

constexpr std::uint8_t kString = 0x80;
constexpr std::uint8_t kList = 0xc0;

std::unexpected<Error> bad(const char* why) { return fail(ErrorCode::Malformed, "RLP: {}", why); }

struct Head {
  std::size_t head = 0;
  std::size_t content = 0;
};

/// Size of head and content of an item that begins with `first`, whose short form starts at `base`.
Result<Head> read_head(BytesView data, std::uint8_t base) {
  const std::size_t info = data[0] - base;
  if (info <= kShort) {
    if (info > data.size() - 1) return bad("truncated");
    return Head{1, info};
  }
  const auto width = info - kShort;
  if (width > data.size() - 1) return bad("truncated length");
  if (data[1] == 0) return bad("length with leading zeros");
  std::uint64_t size = 0;
  for (std::size_t i = 1; i <= width; ++i)
    size = size << 8U | data[i];
  if (size <= kShort) return bad("length not in its shortest form");
  if (size > data.size() - 1 - width) return bad("truncated");
  return Head{1 + width, static_cast<std::size_t>(size)};
}

/// Reads one item from the front and tells how many bytes it took.
Result<Item> read_item(BytesView data, int depth, std::size_t& used) {
  if (data.empty()) return bad("truncated");
  if (depth > kMaxDepth) return fail(ErrorCode::TooLarge, "RLP: nested too deeply");
  Item out;
  if (data[0] < kString) {
    used = 1;
    out.bytes = data.first(1);
    return out;
  }
  out.is_list = data[0] >= kList;
  TRY(const auto head, read_head(data, out.is_list ? kList : kString));
  used = head.head + head.content;
  auto content = data.subspan(head.head, head.content);
  if (!out.is_list) {
    if (head.head == 1 && content.size() == 1 && content[0] < kString) {
      return bad("single byte not in its shortest form");
    }
    out.bytes = content;
    return out;
  }
  while (!content.empty()) {
    if (out.items.size() == kMaxItems) return fail(ErrorCode::TooLarge, "RLP: list is too long");
    std::size_t item_size = 0;
    TRY(auto item, read_item(content, depth + 1, item_size));
    out.items.push_back(std::move(item));
    content = content.subspan(item_size);
  }
  return out;
}

void write_head(Bytes& out, std::uint8_t base, std::size_t size) {
  if (size <= kShort) return out.push_back(static_cast<std::uint8_t>(base + size));
  const auto length = base::be64(size);
  const auto* first = std::ranges::find_if(length, [](auto byte) { return byte != 0; });
  out.push_back(
      static_cast<std::uint8_t>(base + kShort + static_cast<std::size_t>(length.end() - first)));
  out.insert(out.end(), first, length.end());
}

}  // namespace

Result<Item> decode(BytesView data) {
  if (data.size() > kMaxInput) return fail(ErrorCode::TooLarge, "RLP: over 2 MiB");
  std::size_t used = 0;
  TRY(auto item, read_item(data, 0, used));
  if (used != data.size()) return bad("bytes left over");
  return item;
}

List& List::bytes(BytesView data) {
  if (data.size() != 1 || data[0] >= kString) write_head(body_, kString, data.size());
  base::append(body_, data);
  return *this;
}

List& List::number(std::uint64_t value) {
  const auto big_endian = base::be64(value);
  const auto* first = std::ranges::find_if(big_endian, [](auto byte) { return byte != 0; });
  return bytes({first, big_endian.end()});
}

List& List::number(const BigInt& value) { return bytes(value.magnitude()); }

List& List::empty_list() {
  body_.push_back(kList);
  return *this;
}

Bytes List::encoded() const {
  Bytes out;
  out.reserve(body_.size() + 9);
  write_head(out, kList, body_.size());
  base::append(out, body_);
  return out;
}

}  // namespace venus::types::rlp
