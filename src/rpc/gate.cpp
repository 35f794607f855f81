// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/gate.hpp"

namespace venus::rpc {

std::optional<Gate::Pass> Gate::try_enter() {
  std::lock_guard lock(mutex_);
  if (running_ >= max_running_ || !waiting_.empty()) return std::nullopt;
  ++running_;
  return Pass(this);
}

Task<Gate::Pass> Gate::enter() {
  if (auto pass = try_enter()) co_return *std::move(pass);
  auto [writer, place] = make_stream<char>(1);
  {
    std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [](const auto& waiter) { return !waiter.open(); });
    if (running_ < max_running_ && waiting_.empty()) {
      ++running_;
      co_return Pass(this);
    }
    if (waiting_.size() >= max_queued_) co_return fail(ErrorCode::Exhausted, "the server is busy");
    waiting_.push_back(writer);
  }
  const auto granted = co_await place.next();
  if (granted && *granted) co_return Pass(this);
  // Cancelled: a place granted in the same moment goes to the next.
  place.close();
  if (place.try_next()) leave();
  co_return fail(ErrorCode::Cancelled, "cancelled while it waited for its turn");
}

void Gate::leave() {
  std::lock_guard lock(mutex_);
  while (!waiting_.empty()) {
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    if (next.send(1)) return;
  }
  --running_;
}

std::size_t Gate::running() const {
  std::lock_guard lock(mutex_);
  return running_;
}

std::size_t Gate::queued() const {
  std::lock_guard lock(mutex_);
  return waiting_.size();
}

}  // namespace venus::rpc
