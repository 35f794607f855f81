// SPDX-License-Identifier: MIT OR Apache-2.0
#include "chainstore/head_change.hpp"

namespace venus::chainstore {

std::optional<HeadSubscription::Item> HeadSubscription::next(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  if (!arrived_.wait_for(lock, timeout, [&] { return closed_ || !queue_.empty(); })) return std::nullopt;
  if (closed_ || queue_.empty()) return std::nullopt;
  Item out{std::move(queue_.front()), lost_};
  queue_.pop_front();
  lost_ = false;
  return out;
}

void HeadSubscription::on_ready(std::function<void()> wake) {
  std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void HeadSubscription::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    queue_.clear();
    wake_ = nullptr;
  }
  arrived_.notify_all();
}

bool HeadSubscription::closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

void HeadSubscription::push(const HeadChange& change) {
  std::function<void()> wake;
  {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    if (queue_.size() == capacity_) {
      queue_.pop_front();
      lost_ = true;
    }
    queue_.push_back(change);
    wake = wake_;
  }
  arrived_.notify_one();
  if (wake) wake();
}

}  // namespace venus::chainstore
