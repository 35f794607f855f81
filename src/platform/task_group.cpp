// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/task_group.hpp"

#include "platform/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <mutex>

namespace venus::platform {

struct TaskGroup::State {
  struct Entry {
    std::string name;
    asio::strand<asio::any_io_executor> strand;
    asio::cancellation_signal signal;
  };

  explicit State(asio::any_io_executor on) : executor(std::move(on)) {}

  void cancel_all() {
    std::lock_guard lock(mutex);
    stopped = true;
    for (const auto& [key, entry] : entries) {
      asio::post(entry->strand,
                 [held = entry] { held->signal.emit(asio::cancellation_type::terminal); });
    }
  }

  asio::any_io_executor executor;
  mutable std::mutex mutex;
  bool stopped = false;
  std::uint64_t next = 0;
  std::map<std::uint64_t, std::shared_ptr<Entry>> entries;
};

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}
TaskGroup::~TaskGroup() { state_->cancel_all(); }

void TaskGroup::spawn(std::string name, Task<> task) {
  std::shared_ptr<State::Entry> entry;
  std::uint64_t key = 0;
  {
    std::lock_guard lock(state_->mutex);
    if (state_->stopped) return;
    key = state_->next++;
    entry = std::make_shared<State::Entry>(std::move(name), asio::make_strand(state_->executor));
    state_->entries.emplace(key, entry);
  }
  const auto slot = entry->signal.slot();
  auto done = [state = state_, entry, key](std::exception_ptr thrown, const Result<void>& result) {
    const Log log{"tasks"};
    std::string why;
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      why = error.what();
    }
    std::lock_guard lock(state->mutex);
    if (!state->stopped) {
      if (!why.empty())
        log.error("a background task broke", kv("task", entry->name), kv("error", why));
      else if (!result)
        log.error("a background task failed", kv("task", entry->name), kv("error", result.error()));
    }
    state->entries.erase(key);
  };
  asio::co_spawn(entry->strand, std::move(task),
                 asio::bind_cancellation_slot(slot, std::move(done)));
}

std::size_t TaskGroup::running() const {
  std::lock_guard lock(state_->mutex);
  return state_->entries.size();
}

Task<> TaskGroup::stop(std::chrono::milliseconds grace) {
  const auto state = state_;
  const auto until = std::chrono::steady_clock::now() + grace;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    state->cancel_all();
    std::string names;
    {
      std::lock_guard lock(state->mutex);
      for (const auto& [key, entry] : state->entries)
        names += (names.empty() ? "" : ", ") + entry->name;
    }
    if (names.empty()) co_return Result<void>{};
    if (std::chrono::steady_clock::now() >= until)
      co_return fail(ErrorCode::Timeout, "tasks did not end: {}", names);
    timer.expires_after(std::chrono::milliseconds(10));
    static_cast<void>(co_await timer.async_wait(asio::as_tuple(asio::use_awaitable)));
  }
}

}  // namespace venus::platform
