// SPDX-License-Identifier: MIT OR Apache-2.0
#include "snapshot/background.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace venus::snapshot {
namespace {

// From linux/ioprio.h, which not every libc installs.
constexpr int kWhoProcess = 1;
constexpr int kClassBestEffort = 2;
constexpr int kLowestLevel = 7;
constexpr int kClassShift = 13;
// About a tenth of what a usual thread gets. At 19, or in the idle class, work on a busy machine never ends.
constexpr int kNice = 10;

}  // namespace

void yield_to_others() noexcept {
  const auto thread = static_cast<id_t>(::gettid());
  static_cast<void>(::setpriority(PRIO_PROCESS, thread, kNice));
  static_cast<void>(::syscall(SYS_ioprio_set, kWhoProcess, 0, kClassBestEffort << kClassShift | kLowestLevel));
}

}  // namespace venus::snapshot
