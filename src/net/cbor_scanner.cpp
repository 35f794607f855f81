// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/cbor_scanner.hpp"

namespace venus::net {

using ipld::cbor::Major;

Result<std::optional<CborHead>> read_cbor_head(BytesView bytes) {
  if (bytes.empty()) return std::optional<CborHead>();
  CborHead head{static_cast<Major>(bytes[0] >> 5), static_cast<std::uint64_t>(bytes[0] & 0x1f), 1};
  if (head.value < 24) return std::optional(head);
  if (head.value > 27) return fail(ErrorCode::Malformed, "CBOR: reserved or indefinite length");
  const std::size_t width = std::size_t{1} << (head.value - 24);
  if (bytes.size() <= width) return std::optional<CborHead>();
  head.value = 0;
  for (std::size_t i = 1; i <= width; ++i) head.value = head.value << 8 | bytes[i];
  // The value must not fit in the next smaller width.
  const std::uint64_t floor = width == 1 ? 24 : std::uint64_t{1} << (width * 4);
  if (head.value < floor) return fail(ErrorCode::Malformed, "CBOR: a number not in its shortest form");
  head.size += width;
  return std::optional(head);
}

void CborScanner::reset() noexcept {
  at_ = 0;
  depth_ = 0;
  done_ = false;
}

void CborScanner::item_done() noexcept {
  while (depth_ > 0) {
    if (--open_[depth_ - 1] > 0) return;
    --depth_;
  }
  done_ = true;
}

Result<void> CborScanner::take(const CborHead& head) {
  at_ += head.size;
  if (at_ > max_bytes_) return fail(ErrorCode::TooLarge, "CBOR item of more than {} bytes", max_bytes_);
  switch (head.major) {
    case Major::Map:
      return fail(ErrorCode::Malformed, "CBOR: a map where none may be");
    case Major::Bytes:
    case Major::Text:
      if (head.value > max_bytes_ - at_) {
        return fail(ErrorCode::TooLarge, "CBOR item of more than {} bytes", max_bytes_);
      }
      at_ += static_cast<std::size_t>(head.value);
      item_done();
      return {};
    case Major::Array:
    case Major::Tag: {
      const auto items = head.major == Major::Tag ? 1 : head.value;
      if (items == 0) return item_done(), Result<void>();
      // An item takes a byte at least.
      if (items > max_bytes_ - at_) return fail(ErrorCode::TooLarge, "CBOR: array of {} items", items);
      if (depth_ == kMaxDepth) return fail(ErrorCode::TooLarge, "CBOR: nested deeper than {}", kMaxDepth);
      open_[depth_++] = items;
      return {};
    }
    default:
      item_done();
      return {};
  }
}

Result<std::optional<std::size_t>> CborScanner::scan(BytesView item) {
  while (!done_) {
    if (at_ >= item.size()) return std::optional<std::size_t>();
    TRY(const auto head, read_cbor_head(item.subspan(at_)));
    if (!head) {
      if (item.size() >= max_bytes_) return fail(ErrorCode::TooLarge, "CBOR item of more than {} bytes", max_bytes_);
      return std::optional<std::size_t>();
    }
    TRY_VOID(take(*head));
  }
  if (at_ > item.size()) return std::optional<std::size_t>();
  return std::optional(at_);
}

}  // namespace venus::net
