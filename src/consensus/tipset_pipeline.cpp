// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/tipset_pipeline.hpp"

#include <algorithm>

namespace venus::consensus {
namespace {

// Decoded messages wait in the chain store's cache, which is not large.
constexpr std::size_t kPrefetchAhead = 16;

}  // namespace

TipsetPipeline::TipsetPipeline(TipsetPtr base, PipelineSteps steps, PipelineOptions options)
    : base_(std::move(base)), steps_(std::move(steps)), options_(options), last_(base_) {
  threads_.emplace_back([this] { execute_all(); });
  if (steps_.prefetch) threads_.emplace_back([this] { prefetch_all(); });
  for (std::size_t i = 0; i < std::max<std::size_t>(1, options_.validators); ++i) {
    threads_.emplace_back([this] { validate_all(); });
  }
}

TipsetPipeline::~TipsetPipeline() {
  stop();
  threads_.clear();
}

void TipsetPipeline::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

void TipsetPipeline::tell() {
  changed_.notify_all();
  if (steps_.ready) steps_.ready();
}

void TipsetPipeline::push(TipsetPtr tipset) {
  {
    std::lock_guard lock(mutex_);
    items_.push_back({last_, tipset, std::nullopt});
    last_ = std::move(tipset);
  }
  changed_.notify_all();
}

std::size_t TipsetPipeline::waiting() const {
  std::lock_guard lock(mutex_);
  return items_.size();
}

void TipsetPipeline::execute_all() {
  for (std::size_t i = 0;; ++i) {
    TipsetPtr tipset = base_;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopped_ || (i <= pushed() && i <= taken_ + options_.window); });
      if (stopped_) return;
      if (i > 0) tipset = item(i).tipset;
    }
    auto done = steps_.execute(tipset);
    {
      std::lock_guard lock(mutex_);
      if (done) executed_ = i + 1;
      else execution_error_ = std::move(done).error().context(fmt::format("execute epoch {}", tipset->height()));
    }
    tell();
    if (execution_error_) return;  // written by this thread alone
  }
}

void TipsetPipeline::prefetch_all() {
  for (std::size_t i = 1;; ++i) {
    TipsetPtr tipset;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] {
        i = std::max(i, taken_ + 1);
        return stopped_ || (i <= pushed() && i <= executed_ + kPrefetchAhead);
      });
      if (stopped_) return;
      tipset = item(i).tipset;
    }
    steps_.prefetch(tipset);
  }
}

void TipsetPipeline::validate_all() {
  for (;;) {
    std::size_t mine = 0;
    TipsetPtr parent;
    TipsetPtr tipset;
    {
      std::unique_lock lock(mutex_);
      // The parents' state is needed; ahead of execution there is nothing to do.
      changed_.wait(lock, [&] { return stopped_ || (validating_ <= pushed() && executed_ >= validating_); });
      if (stopped_) return;
      mine = validating_++;
      parent = item(mine).parent;
      tipset = item(mine).tipset;
    }
    auto verdict = steps_.validate(parent, tipset);
    {
      std::lock_guard lock(mutex_);
      // After a failure the queue may have been given up.
      if (mine > taken_ && mine <= pushed()) item(mine).verdict = std::move(verdict);
    }
    tell();
  }
}

std::optional<Result<TipsetPtr>> TipsetPipeline::take_locked() {
  if (failure_) return std::unexpected(*failure_);
  if (stopped_) return std::unexpected(Error{ErrorCode::Cancelled, "the pipeline was stopped"});
  if (items_.empty()) return std::nullopt;
  const auto index = taken_ + 1;
  auto& first = items_.front();
  if (first.verdict && !*first.verdict) {
    failure_ = first.verdict->error();
  } else if (execution_error_ && executed_ <= index && (first.verdict || executed_ < index)) {
    failure_ = execution_error_;
  } else if (!first.verdict || executed_ <= index) {
    return std::nullopt;
  }
  if (failure_) {
    stopped_ = true;
    changed_.notify_all();
    return std::unexpected(*failure_);
  }
  auto out = std::move(first.tipset);
  items_.pop_front();
  ++taken_;
  changed_.notify_all();
  return out;
}

std::optional<Result<TipsetPtr>> TipsetPipeline::try_next() {
  std::lock_guard lock(mutex_);
  return take_locked();
}

Result<TipsetPtr> TipsetPipeline::next() {
  std::unique_lock lock(mutex_);
  if (items_.empty() && !failure_) return fail(ErrorCode::Cancelled, "nothing is left in the pipeline");
  for (;;) {
    if (auto out = take_locked()) return *std::move(out);
    changed_.wait(lock);
  }
}

}  // namespace venus::consensus
