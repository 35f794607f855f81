// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/devnet/supervisor.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

namespace venus::devnet {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(10);

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// argv and environment as exec wants them, made before the fork.
struct ExecText {
  std::vector<std::string> environment;
  std::vector<char*> argv;
  std::vector<char*> envp;

  ExecText(const std::vector<std::string>& words, const std::map<std::string, std::string>& more) {
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view text(*entry);
      if (!more.contains(std::string(text.substr(0, text.find('=')))))
        environment.emplace_back(text);
    }
    for (const auto& [name, value] : more)
      environment.push_back(name + "=" + value);
    // exec does not write to them.
    for (const auto& word : words)
      argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    for (auto& entry : environment)
      envp.push_back(entry.data());
    envp.push_back(nullptr);
  }
};

/// In the child: only calls that are safe after a fork. Never returns.
[[noreturn]] void become(const ExecText& text, int out, int err, int niceness, int report,
                         pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(127);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGCHLD, SIGHUP})
    ::signal(signal, SIG_DFL);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  if (niceness != 0) ::setpriority(PRIO_PROCESS, 0, niceness);
  ::execve(text.argv.front(), text.argv.data(), text.envp.data());
  const int error = errno;
  static_cast<void>(::write(report, &error, sizeof error));
  ::_exit(127);
}

Result<pid_t> launch(const std::vector<std::string>& argv,
                     const std::map<std::string, std::string>& environment, int out, int err,
                     int niceness) {
  if (argv.empty()) return fail(ErrorCode::InvalidArgument, "no program to start");
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return fail(ErrorCode::Io, "pipe: {}", std::strerror(errno));
  Fd reading(pipe[0]);
  Fd writing(pipe[1]);
  const ExecText text(argv, environment);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail(ErrorCode::Exhausted, "fork: {}", std::strerror(errno));
  if (pid == 0) become(text, out, err, niceness, writing.get(), parent);
  writing.reset();
  int error = 0;
  ssize_t got = 0;
  do
    got = ::read(reading.get(), &error, sizeof error);
  while (got < 0 && errno == EINTR);
  if (got == 0) return pid;
  ::waitpid(pid, nullptr, 0);
  return fail(error == ENOENT ? ErrorCode::NotFound : ErrorCode::Io, "{}: {}", argv.front(),
              std::strerror(error));
}

std::string end_text(int wait_status) {
  if (WIFSIGNALED(wait_status)) return fmt::format("killed by signal {}", WTERMSIG(wait_status));
  return fmt::format("exit code {}", WEXITSTATUS(wait_status));
}

std::string read_all(int fd) {
  std::string out;
  std::array<char, 4096> buffer{};
  ::lseek(fd, 0, SEEK_SET);
  for (ssize_t got = 0; (got = ::read(fd, buffer.data(), buffer.size())) > 0;) {
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return out;
}

}  // namespace

std::string_view to_string(ChildState state) noexcept {
  switch (state) {
    case ChildState::Stopped:
      return "stopped";
    case ChildState::Running:
      return "running";
    case ChildState::Waiting:
      return "restarting";
    case ChildState::Done:
      return "done";
  }
  return "unknown";
}

Result<std::string> run_to_end(const std::vector<std::string>& argv,
                               const std::map<std::string, std::string>& environment) {
  // Files rather than pipes: nothing has to be read while it runs.
  Fd out(::memfd_create("out", MFD_CLOEXEC));
  Fd err(::memfd_create("err", MFD_CLOEXEC));
  if (out.get() < 0 || err.get() < 0) return fail(ErrorCode::Io, "memfd: {}", std::strerror(errno));
  TRY(const auto pid, launch(argv, environment, out.get(), err.get(), 0));
  int wait_status = 0;
  while (::waitpid(pid, &wait_status, 0) < 0) {
    if (errno != EINTR) return fail(ErrorCode::Io, "waitpid: {}", std::strerror(errno));
  }
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) return read_all(out.get());
  auto said = read_all(err.get());
  while (said.ends_with('\n'))
    said.pop_back();
  if (said.size() > 2000) said.erase(0, said.size() - 2000);
  return fail(ErrorCode::Internal, "{}: {}: {}",
              std::filesystem::path(argv.front()).filename().string(), end_text(wait_status), said);
}

Supervisor::~Supervisor() { stop_all(std::chrono::milliseconds(0)); }

Supervisor::Child* Supervisor::find(const std::string& name) {
  for (auto& child : children_) {
    if (child.spec.name == name) return &child;
  }
  return nullptr;
}

Result<void> Supervisor::spawn(Child& child, Time now) {
  Fd log(::open(child.spec.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (log.get() < 0)
    return fail(ErrorCode::Io, "{}: {}", child.spec.log.string(), std::strerror(errno));
  TRY(child.pid,
      launch(child.spec.argv, child.spec.environment, log.get(), log.get(), child.spec.niceness));
  child.state = ChildState::Running;
  child.started = now;
  return {};
}

Result<void> Supervisor::start(ChildSpec spec) {
  if (find(spec.name) != nullptr)
    return fail(ErrorCode::AlreadyExists, "{} runs already", spec.name);
  Child child;
  child.spec = std::move(spec);
  TRY_VOID(with_context(spawn(child, std::chrono::steady_clock::now()), child.spec.name));
  children_.push_back(std::move(child));
  return {};
}

void Supervisor::note_end(Child& child, int wait_status, Time now) {
  child.last_end = end_text(wait_status);
  child.exit_code = WIFEXITED(wait_status) ? std::optional(WEXITSTATUS(wait_status)) : std::nullopt;
  child.pid = 0;
  child.state = child.spec.keep ? ChildState::Waiting : ChildState::Done;
  const bool was_healthy = now - child.started >= back_off_.healthy;
  child.pause = was_healthy || child.pause.count() == 0 ? back_off_.first
                                                        : std::min(child.pause * 2, back_off_.most);
  child.next_start = now + child.pause;
}

void Supervisor::tick(Time now) {
  for (auto& child : children_) {
    int wait_status = 0;
    if (child.state == ChildState::Running &&
        ::waitpid(child.pid, &wait_status, WNOHANG) == child.pid) {
      note_end(child, wait_status, now);
    }
    if (child.state != ChildState::Waiting || now < child.next_start) continue;
    ++child.restarts;
    if (auto started = spawn(child, now); !started) {
      child.last_end = started.error().message;
      child.pause = std::min(child.pause * 2, back_off_.most);
      child.next_start = now + child.pause;
    }
  }
}

bool Supervisor::wait_for_end(Child& child, Time until) {
  int wait_status = 0;
  while (::waitpid(child.pid, &wait_status, WNOHANG) != child.pid) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(kPoll);
  }
  note_end(child, wait_status, std::chrono::steady_clock::now());
  return true;
}

Result<void> Supervisor::stop(const std::string& name, std::chrono::milliseconds grace) {
  auto* child = find(name);
  if (child == nullptr) return fail(ErrorCode::NotFound, "no process {}", name);
  if (child->state == ChildState::Running) {
    ::kill(child->pid, SIGTERM);
    if (!wait_for_end(*child, std::chrono::steady_clock::now() + grace)) {
      ::kill(child->pid, SIGKILL);
      wait_for_end(*child, Time::max());
    }
  }
  child->state = ChildState::Stopped;
  return {};
}

void Supervisor::stop_all(std::chrono::milliseconds grace) {
  for (auto child = children_.rbegin(); child != children_.rend(); ++child) {
    static_cast<void>(stop(child->spec.name, grace));
  }
}

void Supervisor::forget(const std::string& name) {
  std::erase_if(children_, [&](const Child& child) {
    return child.spec.name == name &&
           (child.state == ChildState::Stopped || child.state == ChildState::Done);
  });
}

ChildStatus Supervisor::status_of(const Child& child, Time now) {
  ChildStatus out{child.spec.name, child.state,    child.pid, child.restarts, {},
                  child.last_end,  child.exit_code};
  if (child.state == ChildState::Running)
    out.uptime = std::chrono::duration_cast<std::chrono::seconds>(now - child.started);
  return out;
}

std::vector<ChildStatus> Supervisor::status(Time now) const {
  std::vector<ChildStatus> out;
  for (const auto& child : children_)
    out.push_back(status_of(child, now));
  return out;
}

std::optional<ChildStatus> Supervisor::status_of(const std::string& name) const {
  for (const auto& child : children_) {
    if (child.spec.name == name) return status_of(child, std::chrono::steady_clock::now());
  }
  return std::nullopt;
}

}  // namespace venus::devnet
