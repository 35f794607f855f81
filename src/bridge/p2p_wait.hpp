// SPDX-License-Identifier: MIT OR Apache-2.0
// How a coroutine waits for something that Rust ends on a thread of its own.
#pragma once

#include "base/task.hpp"
#include "bridge/native_error.hpp"
#include "venus-p2p/src/lib.rs.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace venus::bridge::detail {

/// One end that is awaited. Ending it twice, or after the coroutine was cancelled, does nothing.
template <class T>
class Pending {
 public:
  virtual ~Pending() = default;
  /// From any thread; the coroutine goes on in its own executor.
  virtual void complete(Result<T> result) = 0;
};

template <class T, class Handler>
class PendingHandler final : public Pending<T>,
                             public std::enable_shared_from_this<PendingHandler<T, Handler>> {
 public:
  explicit PendingHandler(Handler handler)
      : work_(asio::make_work_guard(handler)), handler_(std::move(handler)) {}

  void listen_to_cancellation() {
    auto slot = asio::get_associated_cancellation_slot(*handler_);
    if (!slot.is_connected()) return;
    slot.assign([weak = this->weak_from_this()](asio::cancellation_type) {
      if (const auto self = weak.lock()) self->cancel();
    });
  }

  void complete(Result<T> result) override {
    asio::post(work_.get_executor(),
               [self = this->shared_from_this(), result = std::move(result)]() mutable {
                 self->finish(std::move(result));
               });
  }

 private:
  // The rest runs in the coroutine's executor alone, as cancellation does, so it needs no lock.

  void finish(Result<T> result) {
    if (!handler_) return;
    asio::get_associated_cancellation_slot(*handler_).clear();
    auto handler = take();
    std::move(handler)(std::move(result));
  }

  void cancel() {
    if (!handler_) return;
    // Not from within the cancellation signal: what goes on may destroy it.
    const auto executor = work_.get_executor();
    asio::post(executor, [handler = take()]() mutable {
      std::move(handler)(Result<T>(std::unexpected(Error{ErrorCode::Cancelled, "cancelled"})));
    });
  }

  Handler take() {
    Handler handler = std::move(*handler_);
    handler_.reset();
    return handler;
  }

  asio::executor_work_guard<asio::associated_executor_t<Handler>> work_;
  std::optional<Handler> handler_;
};

/// Waits until what `start` was given is completed.
template <class T, class Start>
asio::awaitable<Result<T>> wait_for(Start start) {
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<T>)>(
      [](auto handler, Start begin) {
        using Handler = std::decay_t<decltype(handler)>;
        const auto pending = std::make_shared<PendingHandler<T, Handler>>(std::move(handler));
        pending->listen_to_cancellation();
        begin(std::shared_ptr<Pending<T>>(pending));
      },
      asio::use_awaitable, std::move(start));
}

/// What a command of Rust ends with.
struct Answer {
  native::P2pReply reply;
  std::optional<rust::Box<native::P2pRawStream>> stream;
};

class Done final : public native::P2pDone {
 public:
  explicit Done(std::shared_ptr<Pending<Answer>> pending) : pending_(std::move(pending)) {}

  void finish(native::P2pReply reply) noexcept override {
    if (reply.error.empty()) {
      pending_->complete(Answer{std::move(reply), std::nullopt});
    } else {
      pending_->complete(std::unexpected(native_error({reply.error.data(), reply.error.size()})));
    }
  }

  void opened(rust::Box<native::P2pRawStream> stream) noexcept override {
    pending_->complete(Answer{{}, std::move(stream)});
  }

 private:
  std::shared_ptr<Pending<Answer>> pending_;
};

/// Gives a command to Rust, with what ends it, and waits for its end. `command` owns what it uses.
template <class Command>
asio::awaitable<Result<Answer>> ask(Command command) {
  co_return co_await wait_for<Answer>(
      [command = std::move(command)](std::shared_ptr<Pending<Answer>> pending) mutable {
        command(std::unique_ptr<native::P2pDone>(std::make_unique<Done>(std::move(pending))));
      });
}

}  // namespace venus::bridge::detail
