// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sync/async.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/system_error.hpp>

namespace venus::sync {

void Event::set() {
  set_ = true;
  timer_.cancel();
}

asio::awaitable<void> Event::wait(std::chrono::milliseconds limit) {
  if (!set_) {
    timer_.expires_after(limit);
    static_cast<void>(co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable)));
  }
  set_ = false;
}

void Scope::spawn(Task<> task, Done done) {
  if (cancelled_) {
    if (done) done(fail(ErrorCode::Cancelled, "interrupted"));
    return;
  }
  const auto at = entries_.emplace(entries_.end());
  auto slot = at->slot();
  auto ended = [this, at, done = std::move(done)](std::exception_ptr thrown, Result<void> result) {
    const bool was_cancelled = cancelled_;
    entries_.erase(at);
    if (thrown) {
      result = fail(was_cancelled ? ErrorCode::Cancelled : ErrorCode::Internal, "interrupted");
      try {
        std::rethrow_exception(thrown);
      } catch (const std::exception& error) {
        if (!was_cancelled) result = fail(ErrorCode::Internal, "{}", error.what());
      }
    }
    if (done) done(std::move(result));
  };
  asio::co_spawn(strand_, std::move(task),
                 asio::bind_cancellation_slot(slot, asio::bind_executor(strand_, std::move(ended))));
}

void Scope::cancel() {
  cancelled_ = true;
  // A signal may end its task at once, and with it the entry.
  for (auto at = entries_.begin(); at != entries_.end();) {
    auto& signal = *at++;
    signal.emit(asio::cancellation_type::terminal);
  }
}

asio::awaitable<void> pause(std::chrono::milliseconds span) {
  asio::steady_timer timer(co_await asio::this_coro::executor, span);
  static_cast<void>(co_await timer.async_wait(asio::as_tuple(asio::use_awaitable)));
}

}  // namespace venus::sync
