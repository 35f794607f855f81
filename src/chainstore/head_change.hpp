// SPDX-License-Identifier: MIT OR Apache-2.0
// How the head moves, and telling others so.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "types/tipset.hpp"

namespace venus::chainstore {

/// From one head to another: first the reverted tipsets, newest first, then the applied ones, oldest
/// first.
struct HeadChange {
  std::vector<TipsetPtr> reverted;
  std::vector<TipsetPtr> applied;
};

/// A subscriber's queue of head changes. When its owner does not keep up, the oldest changes give way
/// and `lost` is set on the next one read: the reader then starts anew from the current head.
class HeadSubscription {
 public:
  struct Item {
    HeadChange change;
    bool lost = false;
  };

  explicit HeadSubscription(std::size_t capacity) : capacity_(capacity == 0 ? 1 : capacity) {}

  /// The next change; nothing when none came within `timeout`, or after close().
  std::optional<Item> next(std::chrono::milliseconds timeout);
  /// The next change if one is waiting.
  std::optional<Item> try_next() { return next(std::chrono::milliseconds{0}); }
  /// Called (on the thread that moves the head, so briefly) whenever a change was queued.
  void on_ready(std::function<void()> wake);
  /// Ends the subscription; next() returns nothing from then on.
  void close();
  [[nodiscard]] bool closed() const;

  /// For the chain store.
  void push(const HeadChange& change);

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<HeadChange> queue_;
  std::function<void()> wake_;
  bool lost_ = false;
  bool closed_ = false;
};

}  // namespace venus::chainstore
