// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/disk_watch.hpp"

#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>

#include "platform/table.hpp"

namespace venus::node {

Result<std::uint64_t> free_bytes(const std::filesystem::path& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) {
    return base::fail(ErrorCode::Io, "look at the disk of {}: {}", folder.string(), std::strerror(errno));
  }
  return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

Result<void> DiskWatch::check() const {
  if (options_.min_free == 0) return {};
  TRY(const auto left, free_bytes(options_.folder));
  if (left >= options_.min_free) return {};
  return base::fail(ErrorCode::Exhausted,
                    "disk full: {} free in {}, {} are needed (store.min_free); free space or lower store.max_disk, "
                    "then start again",
                    platform::format_bytes(left), options_.folder.string(), platform::format_bytes(options_.min_free));
}

void DiskWatch::start() {
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      if (const auto enough = check(); !enough && enough.error().code == ErrorCode::Exhausted) {
        speak_up(enough.error().message);
      }
      lock.lock();
      wake_.wait_for(lock, options_.every, [this] { return stopping_; });
    }
  });
}

void DiskWatch::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void DiskWatch::fail(const Error& error) {
  const auto left = free_bytes(options_.folder).value_or(0);
  speak_up(error.code == ErrorCode::Exhausted
               ? fmt::format("disk full: {} free in {}; free space or lower store.max_disk, then start again ({})",
                             platform::format_bytes(left), options_.folder.string(), error.message)
               : fmt::format("the database in {} can't write any more: {}", options_.folder.string(), error.message));
}

void DiskWatch::speak_up(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(spoken_, true)) return;
  }
  on_full_(reason);
}

}  // namespace venus::node
