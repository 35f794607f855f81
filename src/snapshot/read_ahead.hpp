// SPDX-License-Identifier: MIT OR Apache-2.0
// Reading blocks in parallel for a walk that itself goes one block at a time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "db/rocksdb_blockstore.hpp"

namespace venus::snapshot {

/// Reads a block; from any thread.
using ReadBlock = std::function<Result<std::optional<Bytes>>(const Cid&)>;
/// Reads those of many blocks that are here, in no order; from any thread. Quickest when the CIDs rise.
using ReadBlocks = std::function<Result<void>(std::span<const Cid>, FunctionRef<void(std::size_t, BytesView)>)>;

/// How a walk reads.
struct BlockReader {
  ReadBlock one;
  ReadBlocks many;

  /// From a function for single blocks alone.
  explicit BlockReader(ReadBlock read);
  /// Past the cache of a database, which must outlive it.
  explicit BlockReader(db::RocksdbBlockstore& store);
};

/// One walker; helpers read for it what it will ask for next.
class ReadAhead {
 public:
  struct Options {
    /// Threads that read beside the walker.
    std::size_t helpers = 1;
    /// Helpers and walker yield to other threads.
    bool background = false;
    /// Of blocks that were read and not taken yet.
    std::size_t max_bytes = 32U << 20;
  };
  static constexpr std::size_t kAtOnce = 256;

  ReadAhead(ReadBlock read, Options options);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// Whether a block was read and waits to be taken.
  [[nodiscard]] bool holds(const Cid& cid) const { return held_.contains(cid); }
  /// Whether more may be read ahead.
  [[nodiscard]] bool has_room() const noexcept { return held_bytes_ < options_.max_bytes; }
  /// Reads these now, in parallel, to be taken later. At most kAtOnce.
  Result<void> fetch(std::vector<Cid> cids);
  /// The block, from what was read ahead or from the store; nothing when it is not here.
  Result<std::optional<Bytes>> take(const Cid& cid);

 private:
  struct Job {
    std::vector<Cid> cids;
    std::vector<Result<std::optional<Bytes>>> found;
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> done{0};
  };
  void help();
  void work(Job& job);

  ReadBlock read_;
  const Options options_;
  boost::unordered_flat_map<Cid, std::optional<Bytes>, std::hash<Cid>> held_;
  std::size_t held_bytes_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<Job> job_;
  bool stopped_ = false;
  std::vector<std::jthread> helpers_;
};

}  // namespace venus::snapshot
