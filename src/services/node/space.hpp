// SPDX-License-Identifier: MIT OR Apache-2.0
// What a running node does about the space its chain takes: collecting garbage, by command or when the store nears
// its bound, and writing snapshots.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "api/node/space.hpp"
#include "chainstore/database.hpp"
#include "rpc/stream.hpp"
#include "snapshot/collector.hpp"
#include "snapshot/exporter.hpp"

namespace venus::node {

struct SpaceOptions {
  std::filesystem::path home;
  std::int64_t keep_epochs = 2000;
  /// The store should not take more, in bytes; 0: no bound, garbage goes by command alone.
  std::uint64_t max_disk = 0;
  /// What must stay free on the disk, in bytes.
  std::uint64_t min_free = 1U << 30;
  std::chrono::seconds block_delay{30};
  /// How often the store's size is looked at.
  std::chrono::milliseconds look{15'000};
};

/// One export and one collection at a time, each on a thread of its own that yields to all others. Thread-safe.
class Space {
 public:
  Space(chainstore::ChainStore& chain, chainstore::ChainDatabase& database, SpaceOptions options);
  ~Space();
  Space(const Space&) = delete;
  Space& operator=(const Space&) = delete;

  /// Roots of what no collection may take (manifests of actors). Before start().
  void keep(std::vector<Cid> roots) { roots_ = std::move(roots); }
  /// Starts watching the store's size; a collection that was cut short goes on.
  void start();
  /// Ends all work: an export is lost, a collection goes on after the next start. Idempotent.
  void stop();

  /// Conflict while one runs; Exhausted when the disk has no room for the copies.
  Result<void> start_collection();
  [[nodiscard]] api::CollectionStatus collection() const;

  /// Writes a snapshot to a file of the node's machine; a relative path is below the node's home folder. Conflict
  /// while an export runs; InvalidArgument, Io.
  Result<void> start_export(const TipsetPtr& head, const api::ExportRequest& request);
  [[nodiscard]] api::ExportStatus exporting() const;
  /// Ends the export; no error when none runs.
  void cancel_export();

  /// Lotus's ChainExport: pieces of a CAR of some MiB, then an empty one if it is whole. The reader's pace is that
  /// of the export. At most two at a time (Exhausted).
  Result<rpc::Stream<Bytes>> stream(const TipsetPtr& head, std::int64_t epochs, bool skip_old_messages);

 private:
  void watch();
  void collect();
  void run_export(TipsetPtr head, api::ExportRequest request, std::filesystem::path path);
  [[nodiscard]] bool due() const;
  Result<void> check_room() const;

  chainstore::ChainStore& chain_;
  chainstore::ChainDatabase& database_;
  const SpaceOptions options_;
  std::vector<Cid> roots_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> stopping_{false};
  bool started_ = false;
  api::CollectionStatus collection_;
  api::ExportStatus export_;
  std::uint64_t live_bytes_ = 0;  // after the last collection
  std::atomic<bool> cancel_export_{false};
  /// Reads that need the old generation: exports.
  std::atomic<int> readers_{0};
  std::atomic<int> streams_{0};

  std::thread watcher_;
  std::thread collector_;
  std::thread exporter_;
  std::vector<std::thread> streamers_;
};

}  // namespace venus::node
