// SPDX-License-Identifier: MIT OR Apache-2.0
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "snapshot/background.hpp"
#include "snapshot/exporter.hpp"

namespace venus::snapshot {
namespace {

constexpr std::size_t kMaxWaiting = 8;

class ThreadedSink final : public ipld::ByteSink {
 public:
  ThreadedSink(std::unique_ptr<ipld::ByteSink> below, bool background) : below_(std::move(below)) {
    thread_ = std::jthread([this, background] {
      if (background) yield_to_others();
      write_all();
    });
  }
  ThreadedSink(const ThreadedSink&) = delete;
  ThreadedSink& operator=(const ThreadedSink&) = delete;
  ~ThreadedSink() override { end(true); }

  Result<void> write(BytesView bytes) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.size() < kMaxWaiting || !verdict_; });
    TRY_VOID(verdict_);
    waiting_.push_back(base::to_bytes(bytes));
    changed_.notify_all();
    return {};
  }

  Result<void> finish() override {
    end(false);
    TRY_VOID(verdict_);
    return below_->finish();
  }

 private:
  void end(bool drop) {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      if (drop) waiting_.clear();
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void write_all() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return ended_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const auto bytes = std::move(waiting_.front());
      waiting_.pop_front();
      changed_.notify_all();
      lock.unlock();
      auto verdict = below_->write(bytes);
      lock.lock();
      if (verdict) continue;
      verdict_ = std::move(verdict);
      waiting_.clear();
      changed_.notify_all();
      return;
    }
  }

  std::unique_ptr<ipld::ByteSink> below_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Bytes> waiting_;
  Result<void> verdict_;
  bool ended_ = false;
  std::jthread thread_;
};

}  // namespace

std::unique_ptr<ipld::ByteSink> threaded(std::unique_ptr<ipld::ByteSink> below, bool background) {
  return std::make_unique<ThreadedSink>(std::move(below), background);
}

}  // namespace venus::snapshot
