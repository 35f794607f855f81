// SPDX-License-Identifier: MIT OR Apache-2.0
// Validates a chain of tipsets as a pipeline: one thread executes them in order, others judge the blocks above
// what is executed. Replay and sync both feed it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "types/tipset.hpp"

namespace venus::consensus {

/// What is done with each tipset; called on the pipeline's threads.
struct PipelineSteps {
  /// Executes a tipset; in order, one at a time, beginning with the base.
  std::function<Result<void>(const TipsetPtr& tipset)> execute;
  /// Judges the blocks of a tipset whose parent is executed; several tipsets at once.
  std::function<Result<void>(const TipsetPtr& parent, const TipsetPtr& tipset)> validate;
  /// Makes messages ready to be executed; a little ahead, failures are of no consequence. May be empty.
  std::function<void(const TipsetPtr& tipset)> prefetch = {};
  /// Called without locks whenever try_next() may have something new. May be empty.
  std::function<void()> ready = {};
};

struct PipelineOptions {
  std::size_t validators = 1;  ///< threads that judge; at least 1
  std::size_t window = 64;     ///< how many tipsets execution may be ahead of what was taken
};

/// Thread-safe.
class TipsetPipeline {
 public:
  /// `base` is the parent of the first tipset that will be pushed; it is executed first.
  TipsetPipeline(TipsetPtr base, PipelineSteps steps, PipelineOptions options);
  /// Stops and joins: waits for the steps that run.
  ~TipsetPipeline();
  TipsetPipeline(const TipsetPipeline&) = delete;
  TipsetPipeline& operator=(const TipsetPipeline&) = delete;

  /// Appends the child of the tipset pushed last. Never waits: the caller bounds waiting().
  void push(TipsetPtr tipset);
  /// The oldest tipset not taken yet, once it is executed and judged good; waits for it. The first failure
  /// ends the pipeline and is returned from then on. Cancelled after stop(), and when nothing is left.
  Result<TipsetPtr> next();
  /// The same without waiting: nothing when it is not ready.
  std::optional<Result<TipsetPtr>> try_next();
  /// Tipsets pushed and not taken.
  [[nodiscard]] std::size_t waiting() const;
  /// Ends the threads as soon as their steps return.
  void stop();

 private:
  struct Item {
    TipsetPtr parent;
    TipsetPtr tipset;
    std::optional<Result<void>> verdict;
  };

  void execute_all();
  void validate_all();
  void prefetch_all();
  std::optional<Result<TipsetPtr>> take_locked();
  Item& item(std::size_t index) { return items_[index - taken_ - 1]; }
  [[nodiscard]] std::size_t pushed() const { return taken_ + items_.size(); }
  void tell();

  const TipsetPtr base_;
  const PipelineSteps steps_;
  const PipelineOptions options_;

  // Tipsets are counted from 1; 0 is the base.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;     // those after taken_
  TipsetPtr last_;             // pushed last
  std::size_t taken_ = 0;
  std::size_t executed_ = 0;   // how many, the base among them
  std::size_t validating_ = 1; // next to be judged
  bool stopped_ = false;
  std::optional<Error> failure_;          // told to whoever takes
  std::optional<Error> execution_error_;  // of the tipset `executed_`
  std::vector<std::jthread> threads_;
};

}  // namespace venus::consensus
