// SPDX-License-Identifier: MIT OR Apache-2.0
// Reading from a peer who may be slow, silent or endless.
#pragma once

#include <chrono>

#include "bridge/p2p.hpp"
#include "net/cbor_scanner.hpp"

namespace venus::net {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How long a sender may take. It starts with `wait` of credit; reading spends it, each received byte earns
/// 1 / bytes_per_second of it back, never above `wait` (Lotus lib/increadtimeout). `total` bounds the whole.
struct Pace {
  milliseconds wait{5'000};
  std::uint64_t bytes_per_second = 50U << 10;
  milliseconds total{10 * 60'000};
};

/// Reads one stream at a pace. Not thread-safe; must outlive the tasks it gives.
class StreamReader {
 public:
  /// Bytes asked of the stream at a time.
  static constexpr std::size_t kChunk = 256U << 10;

  StreamReader(bridge::P2pStreamPtr stream, Pace pace)
      : stream_(std::move(stream)), pace_(pace), credit_(pace.wait), end_(steady_clock::now() + pace.total) {}

  /// The next bytes (those item() left over first), empty at the stream's end. Timeout, Unavailable.
  Task<Bytes> next();
  /// One CBOR item of at most `max` bytes. Malformed, TooLarge, Timeout, Unavailable (also when the
  /// stream ends within it: over QUIC a broken connection looks so).
  Task<Bytes> item(std::size_t max);
  /// Begins a new pace, with all its credit, from now on.
  void set_pace(Pace pace) {
    pace_ = pace;
    credit_ = pace.wait;
    end_ = steady_clock::now() + pace.total;
  }
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

 private:
  Task<Bytes> receive();

  bridge::P2pStreamPtr stream_;
  Pace pace_;
  std::chrono::microseconds credit_;
  steady_clock::time_point end_;
  std::uint64_t received_ = 0;
  Bytes held_;
};

/// Writes all bytes in pieces; `total` bounds all of them together. Timeout, Unavailable.
Task<> write_pieces(bridge::P2pStreamPtr stream, Bytes bytes, milliseconds total);

}  // namespace venus::net
