// SPDX-License-Identifier: MIT OR Apache-2.0
// For command lines and tests: runs one task on an io context of its own thread.
#pragma once

#include "base/task.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>

namespace venus::rpc {

/// Runs the io context on this thread until the task is done and returns its result. Tasks may use
/// clients made for the same `io`. Not for use inside a coroutine or on an io thread.
template <class T>
Result<T> run_blocking(asio::io_context& io, Task<T> task) {
  std::optional<Result<T>> result;
  std::exception_ptr failure;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown, Result<T> value) {
    failure = std::move(thrown);
    result.emplace(std::move(value));
  });
  io.restart();
  while (!result && io.run_one() > 0) {
  }
  if (failure || !result) return fail(ErrorCode::Internal, "the task ended without a result");
  return *std::move(result);
}

}  // namespace venus::rpc
