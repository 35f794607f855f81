// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/stream_reader.hpp"

#include <algorithm>

namespace venus::net {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

constexpr std::size_t kWritePiece = 256U << 10;

}  // namespace

Task<Bytes> StreamReader::receive() {
  const auto start = steady_clock::now();
  const auto left = std::min(duration_cast<milliseconds>(credit_), duration_cast<milliseconds>(end_ - start));
  if (left.count() <= 0) co_return fail(ErrorCode::Timeout, "{} sends too slowly", stream_->peer());
  auto bytes = co_await stream_->read(kChunk, left);
  if (!bytes) co_return std::unexpected(std::move(bytes).error());
  const auto earned = microseconds(1'000'000 * bytes->size() / std::max<std::uint64_t>(pace_.bytes_per_second, 1));
  credit_ += earned - duration_cast<microseconds>(steady_clock::now() - start);
  credit_ = std::min(credit_, duration_cast<microseconds>(pace_.wait));
  received_ += bytes->size();
  co_return bytes;
}

Task<Bytes> StreamReader::next() {
  if (!held_.empty()) co_return std::exchange(held_, Bytes());
  co_return co_await receive();
}

Task<Bytes> StreamReader::item(std::size_t max) {
  CborScanner scanner(max);
  auto buffer = std::exchange(held_, Bytes());
  for (;;) {
    CO_TRY(const auto size, scanner.scan(buffer));
    if (size) {
      held_.assign(buffer.begin() + static_cast<std::ptrdiff_t>(*size), buffer.end());
      buffer.resize(*size);
      co_return buffer;
    }
    CO_TRY(const auto more, co_await receive());
    if (more.empty()) co_return fail(ErrorCode::Unavailable, "the stream of {} ends within an item", stream_->peer());
    base::append(buffer, more);
  }
}

Task<> write_pieces(bridge::P2pStreamPtr stream, Bytes bytes, milliseconds total) {
  const auto end = steady_clock::now() + total;
  for (std::size_t at = 0; at < bytes.size(); at += kWritePiece) {
    const auto left = duration_cast<milliseconds>(end - steady_clock::now());
    if (left.count() <= 0) co_return fail(ErrorCode::Timeout, "{} reads too slowly", stream->peer());
    const auto size = std::min(kWritePiece, bytes.size() - at);
    const auto piece = BytesView(bytes).subspan(at, size);
    CO_TRY_VOID(co_await stream->write(base::to_bytes(piece), left));
  }
  co_return Result<void>();
}

}  // namespace venus::net
