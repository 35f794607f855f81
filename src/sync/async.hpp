// SPDX-License-Identifier: MIT OR Apache-2.0
// Small tools for coroutines that all run on one strand.
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <list>

#include "base/task.hpp"

namespace venus::sync {

/// Remembers that something happened until its one waiter has seen it. Everything on one strand.
class Event {
 public:
  explicit Event(const asio::any_io_executor& strand) : timer_(strand) {}
  void set();
  /// Returns once set() was called after the last wait; or after `limit`.
  asio::awaitable<void> wait(std::chrono::milliseconds limit);

 private:
  asio::steady_timer timer_;
  bool set_ = false;
};

/// Coroutines that end together. All calls on the strand; it must outlive what it runs (drained()).
class Scope {
 public:
  using Done = std::function<void(Result<void>)>;

  explicit Scope(asio::any_io_executor strand) : strand_(std::move(strand)) {}
  /// Starts a task; `done` gets its outcome on the strand: Cancelled after cancel(), Internal if it threw.
  void spawn(Task<> task, Done done = {});
  /// Interrupts what runs; later spawns end at once.
  void cancel();
  [[nodiscard]] std::size_t running() const noexcept { return entries_.size(); }

 private:
  asio::any_io_executor strand_;
  std::list<asio::cancellation_signal> entries_;
  bool cancelled_ = false;
};

/// Pauses a coroutine.
asio::awaitable<void> pause(std::chrono::milliseconds span);

}  // namespace venus::sync
