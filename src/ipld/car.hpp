// SPDX-License-Identifier: MIT OR Apache-2.0
// CAR version 1, the file form of a DAG: a header with roots, then blocks, each with its CID. Read
// and written block by block; zstd is recognised by itself.
#pragma once

#include "ipld/blockstore.hpp"
#include "ipld/byte_stream.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace venus::ipld {

struct CarBlock {
  Cid cid;
  Bytes data;
};

struct CarLimits {
  std::size_t max_header = 1U << 20;
  /// CID and data of one block together.
  std::size_t max_section = 8U << 20;
  /// Check that each block hashes to its CID.
  bool verify = true;
};

/// Reads one CAR. The first failure is final.
class CarReader {
 public:
  /// Reads the header. Malformed unless it is a CAR of version 1.
  static Result<CarReader> open(std::unique_ptr<ByteSource> source, CarLimits limits = {});
  static Result<CarReader> open_file(const std::filesystem::path& path, CarLimits limits = {});

  [[nodiscard]] const std::vector<Cid>& roots() const noexcept { return roots_; }
  /// The next block, or nothing at the end. Malformed, TooLarge, Corrupt (hash) or Io.
  Result<std::optional<CarBlock>> next();
  /// For progress: bytes of the file read so far, and its size.
  [[nodiscard]] std::uint64_t position() const noexcept { return source_->position(); }
  [[nodiscard]] std::uint64_t size() const noexcept { return source_->size(); }

 private:
  CarReader(std::unique_ptr<ByteSource> source, CarLimits limits)
      : source_(std::move(source)), limits_(limits), buffer_(256U << 10) {}
  Result<bool> fill();
  Result<std::optional<std::uint64_t>> read_length(std::size_t max);
  Result<void> read_exact(std::span<std::uint8_t> into);
  Result<void> read_header();

  std::unique_ptr<ByteSource> source_;
  CarLimits limits_;
  std::vector<Cid> roots_;
  Bytes buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
};

/// Writes one CAR.
class CarWriter {
 public:
  /// Writes the header.
  static Result<CarWriter> create(std::unique_ptr<ByteSink> sink, const std::vector<Cid>& roots);
  /// A file, packed with zstd when its name ends in ".zst".
  static Result<CarWriter> create_file(const std::filesystem::path& path,
                                       const std::vector<Cid>& roots);

  Result<void> write(const Cid& cid, BytesView data);
  /// Without it a file does not come into being.
  Result<void> finish();
  [[nodiscard]] std::uint64_t blocks() const noexcept { return blocks_; }
  /// Bytes written before packing.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  explicit CarWriter(std::unique_ptr<ByteSink> sink) : sink_(std::move(sink)) {}
  Result<void> put(BytesView bytes);

  std::unique_ptr<ByteSink> sink_;
  Bytes held_;
  std::uint64_t blocks_ = 0;
  std::uint64_t bytes_ = 0;
};

struct CarImport {
  std::vector<Cid> roots;
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;  ///< of blocks' data
};

/// Told after each batch how many bytes of `total` are read; false cancels the import (Cancelled).
using CarProgress = std::function<bool(std::uint64_t read, std::uint64_t total)>;

/// Puts all blocks of a CAR into a store, in batches of about 4 MiB.
Result<CarImport> import_car(CarReader& reader, Blockstore& store,
                             const CarProgress& progress = {});
/// The same from a file.
Result<CarImport> import_car_file(const std::filesystem::path& path, Blockstore& store,
                                  const CarProgress& progress = {}, CarLimits limits = {});

}  // namespace venus::ipld
