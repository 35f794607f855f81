// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

namespace venus::rpc::detail {

struct StreamCore::Waiter {
  asio::steady_timer* timer = nullptr;
};

StreamCore::StreamCore() : waiter_(std::make_unique<Waiter>()) {}
StreamCore::~StreamCore() = default;

void StreamCore::finish(std::optional<Error> error) {
  std::vector<std::function<void()>> hooks;
  {
    std::lock_guard lock(mutex_);
    if (finished_) return;
    finished_ = true;
    error_ = std::move(error);
    wake_locked();
    hooks.swap(hooks_);
  }
  for (const auto& hook : hooks)
    hook();
}

void StreamCore::abandon() {
  std::vector<std::function<void()>> hooks;
  {
    std::lock_guard lock(mutex_);
    if (abandoned_) return;
    abandoned_ = true;
    wake_locked();
    hooks.swap(hooks_);
  }
  for (const auto& hook : hooks)
    hook();
}

bool StreamCore::open() const {
  std::lock_guard lock(mutex_);
  return !finished_ && !abandoned_;
}

void StreamCore::on_end(std::function<void()> hook) {
  {
    std::lock_guard lock(mutex_);
    if (!finished_ && !abandoned_) {
      hooks_.push_back(std::move(hook));
      return;
    }
  }
  hook();
}

void StreamCore::wake_locked() {
  if (waiter_->timer == nullptr) return;
  waiter_->timer->cancel();
  waiter_->timer = nullptr;
}

// The timer lives in the waiting coroutine. Starting and cancelling it happen under the mutex, so
// that a wake-up between the last look at the queue and the wait is not lost.
Task<> StreamCore::wait(SteadyTime deadline) {
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
  const auto start = [this, &timer](auto handler) {
    std::lock_guard lock(mutex_);
    if (has_items_locked() || finished_ || abandoned_)
      timer.expires_at(SteadyTime::min());
    else
      waiter_->timer = &timer;
    timer.async_wait(std::move(handler));
  };
  using Token = asio::as_tuple_t<asio::use_awaitable_t<>>;
  static_cast<void>(co_await asio::async_initiate<const Token, void(boost::system::error_code)>(
      start, asio::as_tuple(asio::use_awaitable)));
  const auto state = co_await asio::this_coro::cancellation_state;
  std::lock_guard lock(mutex_);
  waiter_->timer = nullptr;
  if (has_items_locked() || finished_ || abandoned_) co_return Result<void>{};
  if (state.cancelled() != asio::cancellation_type::none) {
    co_return fail(ErrorCode::Cancelled, "the wait was cancelled");
  }
  if (std::chrono::steady_clock::now() >= deadline)
    co_return fail(ErrorCode::Timeout, "nothing came in time");
  co_return Result<void>{};
}

}  // namespace venus::rpc::detail
