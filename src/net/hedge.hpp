// SPDX-License-Identifier: MIT OR Apache-2.0
// Asks peers in turn, and the next one early when the one before is slow: first good answer wins.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/task.hpp"
#include "net/exchange_client.hpp"

namespace venus::net {

struct HedgeOptions {
  /// When the next peer is asked though the one before may still answer: nobody sent a byte for so long.
  milliseconds after{1'500};
  std::size_t at_once = 3;    ///< peers asked at the same time
};

namespace detail {

template <class T>
struct Hedge {
  explicit Hedge(const asio::any_io_executor& executor) : wake(executor) {}
  asio::steady_timer wake;
  std::optional<T> value;
  std::vector<Error> errors;
  std::size_t running = 0;
  std::vector<ExchangeAbortPtr> aborts;
};

/// Bytes that came for all its requests.
template <class T>
std::uint64_t received(const Hedge<T>& hedge) {
  std::uint64_t out = 0;
  for (const auto& abort : hedge.aborts) out += abort->received();
  return out;
}

/// Ends requests that lost, also when the whole is cancelled.
template <class T>
struct AbortOnExit {
  std::shared_ptr<Hedge<T>> hedge;
  ~AbortOnExit() {
    for (const auto& abort : hedge->aborts) abort->abort();
  }
};

/// The gravest of several failures: what the caller can act on.
inline Error gravest(const std::vector<Error>& errors) {
  Error out{ErrorCode::Unavailable, "no peers"};
  bool only_not_found = !errors.empty();
  for (const auto& error : errors) {
    only_not_found = only_not_found && error.code == ErrorCode::NotFound;
    out = error;
    if (error.code == ErrorCode::Timeout) break;
  }
  if (only_not_found) return errors.back();
  // A lie or garbage of all peers is, for the caller, that nobody answers.
  if (out.code != ErrorCode::Timeout) out.code = ErrorCode::Unavailable;
  return out;
}

/// Starts one request; `ask` is called with a peer and gives its task.
template <class T>
void start_one(const asio::any_io_executor& executor, std::shared_ptr<Hedge<T>> hedge, Task<T> task) {
  ++hedge->running;
  asio::co_spawn(executor, std::move(task), [hedge](std::exception_ptr thrown, Result<T> result) {
    --hedge->running;
    if (thrown) hedge->errors.push_back({ErrorCode::Internal, "a request broke"});
    else if (!result) hedge->errors.push_back(std::move(result).error());
    else if (!hedge->value) hedge->value.emplace(*std::move(result));
    hedge->wake.cancel();
  });
}

template <class T>
Task<T> run_hedge(std::vector<PeerId> peers, std::function<Task<T>(PeerId, ExchangeAbortPtr)> ask,
                  HedgeOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  const auto hedge = std::make_shared<Hedge<T>>(executor);
  const AbortOnExit<T> abort_on_exit{hedge};
  std::size_t next = 0;
  std::size_t wanted = 1;
  std::uint64_t seen = 0;
  for (;;) {
    if (hedge->value) co_return *std::move(hedge->value);
    while (hedge->running < wanted && next < peers.size()) {
      const auto abort = std::make_shared<ExchangeAbort>();
      hedge->aborts.push_back(abort);
      start_one(executor, hedge, ask(peers[next++], abort));
    }
    if (hedge->running == 0) co_return std::unexpected(gravest(hedge->errors));
    hedge->wake.expires_after(options.after);
    const auto [error] = co_await hedge->wake.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) continue;
    const auto now_received = received(*hedge);
    if (now_received == seen) wanted = std::min(wanted + 1, std::max<std::size_t>(options.at_once, 1));
    seen = now_received;
  }
}

}  // namespace detail

/// Asks `peers` in order until one answers. Fails with NotFound when all said so, Timeout when one was too
/// slow, else Unavailable. Cancelling the task aborts its requests, which end shortly after.
template <class T>
Task<T> hedged(std::vector<PeerId> peers, std::function<Task<T>(PeerId, ExchangeAbortPtr)> ask, HedgeOptions options) {
  // Requests and their master share a strand, so that they may share state.
  const asio::any_io_executor strand = asio::make_strand(co_await asio::this_coro::executor);
  co_return co_await asio::co_spawn(strand, detail::run_hedge<T>(std::move(peers), std::move(ask), options),
                                    asio::use_awaitable);
}

}  // namespace venus::net
