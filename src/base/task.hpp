// SPDX-License-Identifier: MIT OR Apache-2.0
// Waiting is done by coroutines, computing and blocking by named pools.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

#include "base/result.hpp"

namespace venus::base {

namespace asio = boost::asio;

template <class T = void>
using Task = asio::awaitable<Result<T>>;

/// Threads for work that blocks or computes, so that io threads never do. Joins in its destructor.
class WorkerPool {
 public:
  /// threads >= 1.
  explicit WorkerPool(std::size_t threads) : pool_(threads) {}
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool() { pool_.join(); }

  asio::thread_pool::executor_type executor() { return pool_.get_executor(); }
  /// Drops queued work; running work finishes.
  void stop() { pool_.stop(); }

 private:
  asio::thread_pool pool_;
};

namespace detail {
template <class F>
asio::awaitable<std::invoke_result_t<F&>> call_on_pool(F function) {
  co_return function();
}
}  // namespace detail

/// Runs a plain function on the pool and resumes the caller on its own executor:
///   `CO_TRY(auto row, co_await on(pool, [id] { return read_row(id); }));`
/// The function is not interrupted; a caller that was cancelled meanwhile notices right after it. (A coroutine
/// that Asio 1.81 starts on another executor and that is cancelled before its first step throws where nobody
/// catches, and the process ends: so the cancellation is kept from it.)
template <class F>
asio::awaitable<std::invoke_result_t<F&>> on(WorkerPool& pool, F function) {
  co_return co_await asio::co_spawn(pool.executor(), detail::call_on_pool<F>(std::move(function)),
                                    asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
}

}  // namespace venus::base

namespace venus {
namespace asio = boost::asio;
using base::on;
using base::Task;
using base::WorkerPool;
}  // namespace venus
