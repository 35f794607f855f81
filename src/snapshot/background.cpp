// SPDX-License-Identifier: MIT OR Apache-2.0
#include "snapshot/background.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace venus::snapshot {
namespace {

// From linux/ioprio.h, which not every libc installs.
constexpr int kWhoProcess = 1;
constexpr int kClassIdle = 3;
constexpr int kClassShift = 13;
constexpr int kNicest = 19;

}  // namespace

void yield_to_others() noexcept {
  const auto thread = static_cast<id_t>(::gettid());
  static_cast<void>(::setpriority(PRIO_PROCESS, thread, kNicest));
  static_cast<void>(::syscall(SYS_ioprio_set, kWhoProcess, 0, kClassIdle << kClassShift));
}

}  // namespace venus::snapshot
