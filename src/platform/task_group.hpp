// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/task.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace venus::platform {

/// Owns the background tasks of a daemon: each is named, none outlives stop(), failures are logged.
class TaskGroup {
 public:
  explicit TaskGroup(asio::any_io_executor executor);
  /// Cancels what still runs; does not wait for it.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts a task on a strand of its own. After stop() it is dropped unstarted.
  void spawn(std::string name, Task<> task);
  [[nodiscard]] std::size_t running() const;
  /// Cancels all tasks and waits until they have ended; Timeout names those that have not.
  Task<> stop(std::chrono::milliseconds grace = std::chrono::seconds(10));

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace venus::platform
