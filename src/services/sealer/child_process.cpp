// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/sealer/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace venus::sealer {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kPollMillis = 100;

class File {
 public:
  explicit File(int number) : number_(number) {}
  ~File() { close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

/// A child that never outlives this object.
class Child {
 public:
  explicit Child(pid_t id) : id_(id) {}
  ~Child() {
    if (id_ <= 0) return;
    ::kill(id_, SIGKILL);
    std::ignore = wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Its wait status.
  int wait() {
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    id_ = 0;
    return status;
  }

 private:
  pid_t id_;
};

Result<pid_t> start(const ChildCommand& command, int channel) {
  const auto program = command.program.string();
  std::vector<std::string> words{program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, channel, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, channel, STDOUT_FILENO);
  pid_t id = 0;
  const int error = ::posix_spawn(&id, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    return fail(ErrorCode::Unavailable, "can't start {}: {}", program, std::strerror(error));
  return id;
}

/// Sends `input` and reads until the child closes its end.
Result<std::string> talk(int channel, const ChildCommand& command, const std::string& input,
                         const std::atomic<bool>& cancelled) {
  const auto end = Clock::now() + command.time_limit;
  std::size_t sent = 0;
  std::string output;
  bool sending = true;
  while (true) {
    if (cancelled) return fail(ErrorCode::Cancelled, "the program stops");
    if (Clock::now() >= end) {
      return fail(ErrorCode::Timeout, "took more than {} ms", command.time_limit.count());
    }
    pollfd state{channel, static_cast<short>(POLLIN | (sending ? POLLOUT : 0)), 0};
    if (::poll(&state, 1, kPollMillis) < 0 && errno != EINTR)
      return fail(ErrorCode::Io, "poll: {}", std::strerror(errno));
    if (sending && (state.revents & POLLOUT) != 0) {
      const auto count =
          ::send(channel, input.data() + sent, input.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) sent += static_cast<std::size_t>(count);
      if (sent == input.size() || (count < 0 && errno != EAGAIN && errno != EINTR)) {
        sending = false;
        ::shutdown(channel, SHUT_WR);
      }
    }
    if ((state.revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    char buffer[65'536];
    const auto count = ::recv(channel, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count > 0) output.append(buffer, static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return output;
    if (output.size() > command.max_output)
      return fail(ErrorCode::TooLarge, "the child's output is too large");
  }
}

}  // namespace

Result<std::string> run_child(const ChildCommand& command, const std::string& input,
                              const std::atomic<bool>& cancelled) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail(ErrorCode::Io, "socketpair: {}", std::strerror(errno));
  }
  File ours(ends[0]);
  File theirs(ends[1]);
  TRY(const auto id, start(command, theirs.get()));
  Child child(id);
  theirs.close();
  TRY(auto output, talk(ours.get(), command, input, cancelled));
  const int status = child.wait();
  if (WIFSIGNALED(status)) {
    return fail(ErrorCode::Unavailable, "the child was ended by signal {}", WTERMSIG(status));
  }
  if (WEXITSTATUS(status) != 0) {
    return fail(ErrorCode::Unavailable, "the child ended with code {}", WEXITSTATUS(status));
  }
  return output;
}

void follow_parent(int parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (parent > 0 && ::getppid() != parent) std::_Exit(1);
  std::ofstream("/proc/self/oom_score_adj") << 800;
}

}  // namespace venus::sealer
