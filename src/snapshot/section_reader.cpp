// SPDX-License-Identifier: MIT OR Apache-2.0
#include "snapshot/section_reader.hpp"

#include <algorithm>

#include "base/varint.hpp"
#include "ipld/car.hpp"

namespace venus::snapshot {
namespace {

constexpr std::size_t kMaxVarint = 9;
constexpr std::size_t kMaxHeader = 1U << 20;

}  // namespace

Result<std::optional<SectionReader::Length>> SectionReader::length_at(BytesView from) {
  std::size_t width = 0;
  while (width < from.size() && (from[width] & 0x80) != 0) ++width;
  if (width >= kMaxVarint) return fail(ErrorCode::Malformed, "CAR length over 63 bits");
  if (width == from.size()) return std::optional<Length>{};
  TRY(const auto varint, with_context(base::read_varint(from.first(width + 1)), "CAR length"));
  if (varint.value == 0) return fail(ErrorCode::Malformed, "CAR section without content");
  return std::optional(Length{varint.value, width + 1});
}

// Reads until `bytes` are held; false when the source ends before.
Result<bool> SectionReader::want(std::size_t bytes) {
  auto have = rest_.size();
  if (have >= bytes) return true;
  rest_.resize(bytes);
  while (have < bytes && !at_end_) {
    TRY(const auto got, source_->read(std::span(rest_).subspan(have)));
    at_end_ = got == 0;
    have += got;
  }
  rest_.resize(have);
  return have >= bytes;
}

Result<void> SectionReader::read_header() {
  TRY_VOID(want(kMaxVarint));
  TRY(const auto length, length_at(rest_));
  if (!length) return fail(ErrorCode::Malformed, "CAR is empty");
  if (length->value > kMaxHeader) return fail(ErrorCode::TooLarge, "CAR header of {} bytes", length->value);
  const auto size = length->width + static_cast<std::size_t>(length->value);
  TRY(const bool whole, want(size));
  if (!whole) return fail(ErrorCode::Malformed, "CAR is truncated in its header");
  TRY(auto header, ipld::CarReader::open(ipld::memory_source(BytesView(rest_).first(size))));
  roots_ = header.roots();
  rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(size));
  offset_ = size;
  return {};
}

Result<SectionReader> SectionReader::open(std::unique_ptr<ipld::ByteSource> source) {
  TRY(auto plain, ipld::unpacked(std::move(source)));
  SectionReader out(std::move(plain));
  TRY_VOID(out.read_header());
  return out;
}

Result<std::optional<Chunk>> SectionReader::next(std::size_t blocks) {
  if (blocks == SIZE_MAX) TRY_VOID(want(chunk_bytes_));
  Chunk out;
  std::size_t at = 0;
  for (;;) {
    TRY(const auto length, length_at(BytesView(rest_).subspan(at)));
    if (length && length->value > kMaxSection) {
      return fail(ErrorCode::TooLarge, "block of {} bytes", length->value);
    }
    const auto end = length ? at + length->width + static_cast<std::size_t>(length->value) : at + kMaxVarint;
    if (!length || end > rest_.size()) {
      // Cut off: the next chunk begins with it, unless it is all there is.
      if (at > 0) break;
      const auto before = rest_.size();
      TRY_VOID(want(end));
      if (rest_.size() == before) {
        if (before == 0) return std::optional<Chunk>{};
        return fail(ErrorCode::Malformed, "CAR is truncated");
      }
      continue;
    }
    const auto front = BytesView(rest_).subspan(at + length->width, static_cast<std::size_t>(length->value));
    std::size_t used = 0;
    TRY_VOID(with_context(Cid::read(front.first(std::min(front.size(), Cid::kMaxBytes)), used), "CAR"));
    out.sections.push_back({static_cast<std::uint32_t>(at + length->width), static_cast<std::uint32_t>(used),
                            static_cast<std::uint32_t>(front.size() - used)});
    at = end;
    if (out.sections.size() == blocks || at == rest_.size()) break;
  }
  Bytes rest(rest_.begin() + static_cast<std::ptrdiff_t>(at), rest_.end());
  rest_.resize(at);
  out.bytes = std::exchange(rest_, std::move(rest));
  offset_ += at;
  out.end = offset_;
  out.position = position();
  return out;
}

Result<Cid> SectionReader::stream(FunctionRef<Result<void>(BytesView)> visit) {
  TRY_VOID(want(kMaxVarint + Cid::kMaxBytes));
  TRY(const auto length, length_at(rest_));
  if (!length) return fail(ErrorCode::Malformed, "CAR is truncated");
  std::size_t used = 0;
  const auto front = BytesView(rest_).subspan(length->width);
  TRY(const auto cid, Cid::read(front.first(std::min<std::uint64_t>(
                                    {front.size(), length->value, Cid::kMaxBytes})), used));
  auto left = length->value - used;
  offset_ += length->width + length->value;
  auto held = front.subspan(used, static_cast<std::size_t>(std::min<std::uint64_t>(left, front.size() - used)));
  TRY_VOID(visit(held));
  left -= held.size();
  rest_.erase(rest_.begin(), rest_.begin() + (held.data() + held.size() - rest_.data()));
  Bytes buffer(left > 0 ? 1U << 20 : 0);
  while (left > 0) {
    const auto part = std::min<std::uint64_t>(left, buffer.size());
    TRY(const auto got, source_->read(std::span(buffer).first(static_cast<std::size_t>(part))));
    if (got == 0) return fail(ErrorCode::Malformed, "CAR is truncated");
    TRY_VOID(visit(BytesView(buffer).first(got)));
    left -= got;
  }
  return cid;
}

Result<void> SectionReader::skip_to(std::uint64_t offset) {
  if (offset < offset_) return fail(ErrorCode::InvalidArgument, "offset {} lies behind", offset);
  auto left = offset - offset_;
  const auto held = static_cast<std::size_t>(std::min<std::uint64_t>(left, rest_.size()));
  rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(held));
  TRY_VOID(source_->skip(left - held));
  offset_ = offset;
  return {};
}

}  // namespace venus::snapshot
