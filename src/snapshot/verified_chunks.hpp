// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "snapshot/section_reader.hpp"

namespace venus::snapshot {

/// Reads a CAR on one thread and hashes its blocks on others, a bounded stretch ahead of who takes them. Chunks
/// come out in the file's order, each block proved to have its CID.
class VerifiedChunks {
 public:
  VerifiedChunks(SectionReader reader, std::size_t hash_threads);
  ~VerifiedChunks();
  VerifiedChunks(const VerifiedChunks&) = delete;
  VerifiedChunks& operator=(const VerifiedChunks&) = delete;

  /// The next chunk, or nothing at the end. The reader's errors, or Corrupt naming a block.
  Result<std::optional<Chunk>> next();

 private:
  struct Slot {
    Chunk chunk;
    bool taken = false;
    bool hashed = false;
    Result<void> verdict;
  };

  void read_all();
  void hash_all();

  SectionReader reader_;
  const std::size_t ahead_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Slot>> slots_;
  Result<void> read_verdict_;
  bool read_done_ = false;
  bool stopped_ = false;
  std::vector<std::jthread> threads_;
};

/// Checks all hashes of a chunk; Corrupt or Unsupported names the block.
Result<void> verify_chunk(const Chunk& chunk);

}  // namespace venus::snapshot
