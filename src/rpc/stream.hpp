// SPDX-License-Identifier: MIT OR Apache-2.0
// A bounded one-way queue between coroutines, also across a WebSocket: the result of subscriptions
// (ChainNotify, gateway pushes). The writer never waits: a reader that falls behind loses its
// stream.
#pragma once

#include "base/task.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace venus::rpc {

using SteadyTime = std::chrono::steady_clock::time_point;

namespace detail {

/// The part of a stream that does not know its items. Thread-safe.
class StreamCore {
 public:
  StreamCore();
  virtual ~StreamCore();
  StreamCore(const StreamCore&) = delete;
  StreamCore& operator=(const StreamCore&) = delete;

  /// Ends the stream; queued items can still be read. The first call wins.
  void finish(std::optional<Error> error);
  /// The reader does not want more; runs the hooks of on_reader_gone.
  void abandon();
  [[nodiscard]] bool open() const;
  /// `hook` runs once when the reader leaves or the stream ends, at once if it has.
  void on_end(std::function<void()> hook);

 protected:
  /// Waits until wake() after the last unlock, or the deadline: Timeout. One waiter at a time.
  Task<> wait(SteadyTime deadline);
  /// Call with mutex_ held.
  void wake_locked();

  mutable std::mutex mutex_;
  bool finished_ = false;
  bool abandoned_ = false;
  std::optional<Error> error_;
  virtual bool has_items_locked() const = 0;

 private:
  struct Waiter;
  std::unique_ptr<Waiter> waiter_;
  std::vector<std::function<void()>> hooks_;
};

template <class T>
class StreamState final : public StreamCore {
 public:
  explicit StreamState(std::size_t capacity) : capacity_(capacity) {}

  bool push(T item) {
    std::unique_lock lock(mutex_);
    if (finished_ || abandoned_) return false;
    if (items_.size() >= capacity_) {
      lock.unlock();
      finish(Error{ErrorCode::Exhausted, "the reader of the stream is too slow"});
      return false;
    }
    items_.push_back(std::move(item));
    wake_locked();
    return true;
  }

  std::size_t queued() const {
    std::lock_guard lock(mutex_);
    return items_.size();
  }

  /// The next item if there is one, without waiting.
  std::optional<T> take() {
    std::lock_guard lock(mutex_);
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    return item;
  }

  Result<bool> ended() const {
    std::lock_guard lock(mutex_);
    if (!items_.empty() || !(finished_ || abandoned_)) return false;
    if (error_) return std::unexpected(*error_);
    return true;
  }

  static Task<std::optional<T>> next(std::shared_ptr<StreamState> self, SteadyTime deadline) {
    for (;;) {
      if (auto item = self->take()) co_return item;
      CO_TRY(const bool ended, self->ended());
      if (ended) co_return std::nullopt;
      CO_TRY_VOID(co_await self->wait(deadline));
    }
  }

 private:
  bool has_items_locked() const override { return !items_.empty(); }

  std::size_t capacity_;
  std::deque<T> items_;
};

}  // namespace detail

/// The reading end; movable, one reader. Its destructor tells the writer that nobody listens.
template <class T>
class Stream {
 public:
  using Item = T;

  Stream() = default;
  explicit Stream(std::shared_ptr<detail::StreamState<T>> state) : state_(std::move(state)) {}
  Stream(Stream&&) noexcept = default;
  Stream& operator=(Stream&& other) noexcept {
    if (this != &other) {
      close();
      state_ = std::move(other.state_);
    }
    return *this;
  }
  ~Stream() { close(); }

  /// The next item; nothing at the regular end; the writer's error (Exhausted: this reader was too
  /// slow, Unavailable: the connection broke) after the items before it were read.
  Task<std::optional<T>> next() { return next_until(SteadyTime::max()); }
  /// The same, with Timeout at the deadline; the stream stays usable.
  Task<std::optional<T>> next_until(SteadyTime deadline) {
    return detail::StreamState<T>::next(state_, deadline);
  }
  /// An item that is there already.
  std::optional<T> try_next() { return state_->take(); }
  /// Tells the writer to stop. Idempotent.
  void close() {
    if (state_) state_->abandon();
  }
  [[nodiscard]] bool valid() const noexcept { return state_ != nullptr; }

 private:
  std::shared_ptr<detail::StreamState<T>> state_;
};

/// The writing end; copyable, usable from any thread. Call close() (or close(error)) when done.
template <class T>
class StreamWriter {
 public:
  StreamWriter() = default;
  explicit StreamWriter(std::shared_ptr<detail::StreamState<T>> state) : state_(std::move(state)) {}

  /// Queues an item. False: the stream is over (closed, abandoned or the queue was full, which
  /// ends the stream with Exhausted); forget this writer.
  bool send(T item) const { return state_->push(std::move(item)); }
  /// Regular end.
  void close() const { state_->finish(std::nullopt); }
  /// End by failure.
  void close(Error error) const { state_->finish(std::move(error)); }
  /// Items the reader has not taken yet: who can slow down waits for it to fall.
  [[nodiscard]] std::size_t queued() const { return state_->queued(); }
  /// Whether someone still listens.
  [[nodiscard]] bool open() const { return state_ && state_->open(); }
  /// `hook` runs once, on whatever thread, when the stream has ended for any reason.
  void on_end(std::function<void()> hook) const { state_->on_end(std::move(hook)); }

 private:
  std::shared_ptr<detail::StreamState<T>> state_;
};

/// Both ends of a stream that holds at most `capacity` unread items.
template <class T>
std::pair<StreamWriter<T>, Stream<T>> make_stream(std::size_t capacity = 256) {
  auto state = std::make_shared<detail::StreamState<T>>(capacity);
  return {StreamWriter<T>(state), Stream<T>(state)};
}

}  // namespace venus::rpc
