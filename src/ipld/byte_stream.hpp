// SPDX-License-Identifier: MIT OR Apache-2.0
// Where CARs come from and go to: files, memory, and zstd around either.
#pragma once

#include "base/bytes.hpp"

#include <filesystem>
#include <memory>

namespace venus::ipld {

/// Bytes in order. Blocks the thread while it reads.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills the front of `into`; how many bytes, 0 only at the end (or for an empty `into`).
  virtual Result<std::size_t> read(std::span<std::uint8_t> into) = 0;
  /// Passes over bytes, without reading them where that is possible. Malformed when there are fewer.
  virtual Result<void> skip(std::uint64_t bytes);
  /// Bytes taken from the file or memory so far (of the compressed form, where there is one).
  [[nodiscard]] virtual std::uint64_t position() const noexcept = 0;
  /// Size of the file or memory.
  [[nodiscard]] virtual std::uint64_t size() const noexcept = 0;
};

/// Takes bytes in order. Blocks the thread while it writes.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Result<void> write(BytesView bytes) = 0;
  /// Writes what is held back and makes it durable where that means something. Nothing may follow.
  virtual Result<void> finish() = 0;
};

/// Io or NotFound when it can't be opened.
Result<std::unique_ptr<ByteSource>> open_file_source(const std::filesystem::path& path);
/// Views memory that must outlive it.
std::unique_ptr<ByteSource> memory_source(BytesView bytes);
/// Unpacks zstd if the content begins with its magic number, else hands through what it reads. A
/// window over 128 MiB is refused.
Result<std::unique_ptr<ByteSource>> unpacked(std::unique_ptr<ByteSource> source);

/// Writes beside the path and renames in finish(), so that the path never holds a part. Without
/// finish() the part is removed.
Result<std::unique_ptr<ByteSink>> create_file_sink(const std::filesystem::path& path);
/// Appends to memory that must outlive it.
std::unique_ptr<ByteSink> memory_sink(Bytes& to);
struct PackOptions {
  int level = 3;  ///< 1 to 19
  /// Threads that pack beside the caller's.
  int workers = 0;
  /// Starts a new frame after so many bytes, 0 for never: readers may unpack frames side by side.
  std::uint64_t frame_bytes = 0;
};
/// Packs with zstd. InvalidArgument for another level.
Result<std::unique_ptr<ByteSink>> packed(std::unique_ptr<ByteSink> sink, PackOptions options = {});

}  // namespace venus::ipld
