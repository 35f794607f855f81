// SPDX-License-Identifier: MIT OR Apache-2.0
// Keeps processes running: starts them, writes their output to files, starts again what ends, stops
// all.
#pragma once

#include "base/result.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace venus::devnet {

struct ChildSpec {
  std::string name;
  std::vector<std::string> argv;                   ///< argv[0] is the program's path
  std::map<std::string, std::string> environment;  ///< besides the parent's own
  std::filesystem::path log;                       ///< standard output and error are appended to it
  int niceness = 0;
  bool keep = true;  ///< start again when it ends; false: runs once
};

enum class ChildState : std::uint8_t { Stopped, Running, Waiting, Done };
std::string_view to_string(ChildState state) noexcept;

struct ChildStatus {
  std::string name;
  ChildState state = ChildState::Stopped;
  pid_t pid = 0;
  std::uint64_t restarts = 0;
  std::chrono::seconds uptime{};
  std::string last_end;  ///< "killed by signal 9", "exit code 1"; empty when it never ended
  std::optional<int> exit_code;
};

/// How long to wait before a process is started again: doubled from `first` to `most`, from the
/// beginning when it had run for `healthy`.
struct BackOff {
  std::chrono::milliseconds first{250};
  std::chrono::milliseconds most{20'000};
  std::chrono::milliseconds healthy{30'000};
};

/// A process and all its output, for programs that end by themselves. The error has the end of what
/// it wrote to standard error. Blocks.
Result<std::string> run_to_end(const std::vector<std::string>& argv,
                               const std::map<std::string, std::string>& environment = {});

/// Not thread-safe: start(), tick() and stop() belong to the one thread that made it, which must
/// live as long as the children (they get SIGTERM when it ends).
class Supervisor {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit Supervisor(BackOff back_off = {}) : back_off_(back_off) {}
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  /// Kills what still runs.
  ~Supervisor();

  /// Starts it. AlreadyExists for a name in use, NotFound or Io when it can't be started.
  Result<void> start(ChildSpec spec);
  /// Takes note of what ended and starts what is due.
  void tick(Time now = std::chrono::steady_clock::now());
  /// SIGTERM, then SIGKILL after `grace`; it is not started again. NotFound for an unknown name.
  Result<void> stop(const std::string& name, std::chrono::milliseconds grace);
  /// All, the last started first.
  void stop_all(std::chrono::milliseconds grace);
  /// Forgets a child that is stopped or done, so that its name is free.
  void forget(const std::string& name);

  [[nodiscard]] std::vector<ChildStatus> status(Time now = std::chrono::steady_clock::now()) const;
  [[nodiscard]] std::optional<ChildStatus> status_of(const std::string& name) const;

 private:
  struct Child {
    ChildSpec spec;
    ChildState state = ChildState::Stopped;
    pid_t pid = 0;
    std::uint64_t restarts = 0;
    Time started{};
    Time next_start{};
    std::chrono::milliseconds pause{};
    std::string last_end;
    std::optional<int> exit_code;
  };
  Child* find(const std::string& name);
  static ChildStatus status_of(const Child& child, Time now);
  Result<void> spawn(Child& child, Time now);
  void note_end(Child& child, int wait_status, Time now);
  /// Whether the process has ended by `until`.
  bool wait_for_end(Child& child, Time until);

  BackOff back_off_;
  std::vector<Child> children_;
};

}  // namespace venus::devnet
