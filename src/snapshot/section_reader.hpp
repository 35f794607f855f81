// SPDX-License-Identifier: MIT OR Apache-2.0
// Reads a CAR in pieces of some MiB that other threads can work on, instead of block by block.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/function_ref.hpp"
#include "ipld/byte_stream.hpp"
#include "ipld/cid.hpp"

namespace venus::snapshot {

/// Some consecutive blocks of a CAR, in one piece of memory.
struct Chunk {
  struct Section {
    std::uint32_t at = 0;  ///< of the CID, which the data follows
    std::uint32_t cid_size = 0;
    std::uint32_t data_size = 0;
  };
  Bytes bytes;
  std::vector<Section> sections;
  std::uint64_t end = 0;       ///< offset in the unpacked CAR behind the last block
  std::uint64_t position = 0;  ///< of the packed source

  [[nodiscard]] BytesView cid(const Section& s) const { return BytesView(bytes).subspan(s.at, s.cid_size); }
  [[nodiscard]] BytesView data(const Section& s) const {
    return BytesView(bytes).subspan(s.at + s.cid_size, s.data_size);
  }
};

/// One thread at a time; the first failure is final. Hashes are not checked.
class SectionReader {
 public:
  static constexpr std::size_t kChunkBytes = 4U << 20;
  /// CID and data of one block.
  static constexpr std::size_t kMaxSection = 8U << 20;

  /// Reads the header; zstd is recognised. Malformed unless it is a CAR of version 1.
  static Result<SectionReader> open(std::unique_ptr<ipld::ByteSource> source);

  /// How much next() reads at a time instead of kChunkBytes.
  void set_chunk_bytes(std::size_t bytes) noexcept { chunk_bytes_ = bytes; }
  [[nodiscard]] const std::vector<Cid>& roots() const noexcept { return roots_; }
  /// The next blocks, about kChunkBytes of them (at most `blocks`); nothing at the end.
  Result<std::optional<Chunk>> next(std::size_t blocks = SIZE_MAX);
  /// Streams the next block, of any size, past a visitor; its CID.
  Result<Cid> stream(FunctionRef<Result<void>(BytesView)> visit);
  /// Goes on at an offset of the unpacked CAR where a block begins, not before offset().
  Result<void> skip_to(std::uint64_t offset);
  /// Where the next block begins.
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::uint64_t position() const noexcept { return source_->position(); }
  [[nodiscard]] std::uint64_t size() const noexcept { return source_->size(); }

 private:
  explicit SectionReader(std::unique_ptr<ipld::ByteSource> source) : source_(std::move(source)) {}
  Result<bool> want(std::size_t bytes);
  Result<void> read_header();
  /// Length at `at` of `from`; nothing when it is cut off.
  struct Length {
    std::uint64_t value = 0;
    std::size_t width = 0;
  };
  static Result<std::optional<Length>> length_at(BytesView from);

  std::unique_ptr<ipld::ByteSource> source_;
  std::vector<Cid> roots_;
  Bytes rest_;  // read, not handed out
  std::uint64_t offset_ = 0;
  bool at_end_ = false;
  std::size_t chunk_bytes_ = kChunkBytes;
};

}  // namespace venus::snapshot
