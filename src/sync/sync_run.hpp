// SPDX-License-Identifier: MIT OR Apache-2.0
// The sync of one target: headers back to our chain, then messages and validation forward.
#pragma once

#include <atomic>
#include <deque>
#include <memory>

#include "consensus/tipset_pipeline.hpp"
#include "sync/async.hpp"
#include "sync/chain_rules.hpp"
#include "sync/chain_source.hpp"
#include "sync/header_stack.hpp"
#include "sync/options.hpp"
#include "sync/status.hpp"
#include "sync/target_queue.hpp"

namespace venus::sync {

/// What syncs work with; everything outlives them.
struct RunParts {
  chainstore::ChainStore& chain;
  ChainRules& rules;
  ChainSource& source;
  const base::Clock& clock;
  WorkerPool& pool;
  const SyncOptions& options;
  asio::any_io_executor strand;
  /// Tipsets validated by all runs.
  std::shared_ptr<std::atomic<std::uint64_t>> validated;
  /// Held while anything of a run is alive.
  std::shared_ptr<void> alive;
};

/// Coroutines run on the strand; make it with make_shared.
class SyncRun : public std::enable_shared_from_this<SyncRun> {
 public:
  SyncRun(RunParts parts, Target target, std::shared_ptr<SyncRecord> record, std::unique_ptr<HeaderStack> headers);
  ~SyncRun();

  /// Synchronises; the head moves with each tipset that proves good and heavier. FailedValidation: the target
  /// breaks a rule, now known as bad (its cause and all descendants met are marked). Temporal: it is from the
  /// future. NotFound, Unavailable, Timeout, Exhausted: it can't be had for the moment. Others are our own
  /// troubles. Whatever was validated stays.
  Task<> run();
  /// Interrupts what run() left in the background. On the strand.
  void cancel();
  [[nodiscard]] const Target& target() const noexcept { return target_; }
  void add_sources(const Target& other) { target_.add_sources(other); }

 private:
  struct Batch {
    std::vector<TipsetPtr> tipsets;  // oldest first
    bool done = false;
    Result<void> outcome;
  };

  // Headers (header_collector.cpp).
  Task<> collect();
  Result<bool> nothing_to_do();
  Result<void> check_target();
  Result<bool> walk_local();
  Result<void> accept(std::span<const TipsetPtr> newest_first);
  Result<void> check_header(const TipsetPtr& tipset);
  Result<void> check_fork(const TipsetPtr& tipset);
  Task<std::vector<TipsetPtr>> fetch_headers(TipsetKey from, std::size_t count);
  [[nodiscard]] std::size_t window_below(ChainEpoch lowest);
  void mark_waiting_bad(const std::string& reason);
  PeerId next_source();

  // Messages and validation (chain_builder.cpp).
  Task<> build();
  Task<> build_one(TipsetPtr tipset);
  Task<> build_many();
  Task<> start_batches();
  Result<void> commit();
  Result<void> adopt(const types::Tipset& tipset);
  static Task<> fill(std::shared_ptr<SyncRun> self, std::shared_ptr<Batch> batch);
  Result<std::vector<std::size_t>> prepare(const Batch& batch);
  Result<void> store_messages(const types::Tipset& tipset, const TipsetMessages& messages);
  consensus::PipelineSteps steps();
  void mark_descendants();
  [[nodiscard]] std::size_t batch_size() const;

  RunParts parts_;
  Target target_;
  std::shared_ptr<SyncRecord> record_;
  std::unique_ptr<HeaderStack> headers_;
  Scope children_;
  Event event_;

  TipsetPtr base_;      // where the target's chain leaves ours
  TipsetPtr ours_;      // our chain, walked down beside the target's
  std::int64_t reverted_ = 0;
  std::size_t next_source_ = 0;
  std::size_t fork_window_ = 0;
  unsigned slow_answers_ = 0;

  std::unique_ptr<consensus::TipsetPipeline> pipeline_;
  std::deque<std::shared_ptr<Batch>> batches_;
  std::deque<TipsetPtr> in_flight_;  // popped and not adopted, oldest first
  bool drained_ = false;
  std::atomic<std::size_t> tipset_bytes_{16 << 10};  // of messages, on average
};

}  // namespace venus::sync
