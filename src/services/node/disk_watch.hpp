// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "base/result.hpp"

namespace venus::node {

/// Bytes that an ordinary user may still write to the file system of a folder; Io.
Result<std::uint64_t> free_bytes(const std::filesystem::path& folder);

/// Looks at the free space of a disk now and then, and speaks up once before it runs out: a database that is
/// closed in time need not be repaired.
class DiskWatch {
 public:
  struct Options {
    std::filesystem::path folder;
    std::uint64_t min_free = 1U << 30;  ///< 0: never speaks up
    std::chrono::milliseconds every{3'000};
  };
  /// Called once, on the watch's thread, or on that of whoever calls fail(); the text is for the operator.
  using OnFull = std::function<void(const std::string& reason)>;

  DiskWatch(Options options, OnFull on_full) : options_(std::move(options)), on_full_(std::move(on_full)) {}
  ~DiskWatch() { stop(); }
  DiskWatch(const DiskWatch&) = delete;
  DiskWatch& operator=(const DiskWatch&) = delete;

  /// Exhausted, with what to do, when there is less space than wanted.
  [[nodiscard]] Result<void> check() const;
  void start();
  /// Ends the watching; idempotent.
  void stop();
  /// For a write that failed all the same.
  void fail(const Error& error);

 private:
  void speak_up(const std::string& reason);

  const Options options_;
  const OnFull on_full_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool spoken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace venus::node
