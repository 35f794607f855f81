// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/devnet/runner.hpp"

#include "platform/home.hpp"
#include "services/devnet/parameters.hpp"
#include "services/devnet/status.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <thread>

namespace venus::devnet {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kStopGrace = 15s;
constexpr auto kRefresh = 2s;
constexpr auto kLineEvery = 30s;
constexpr auto kDetachedStart = 30min;
constexpr auto kDownTimeout = 120s;

/// The signals that end or wake the main loop, blocked for as long as it lives.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD})
      sigaddset(&set_, signal);
    ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  /// Whether the end was asked for. Returns early when a child ended.
  [[nodiscard]] bool wait(std::chrono::milliseconds span) {
    const timespec time{span.count() / 1000, (span.count() % 1000) * 1'000'000};
    const int signal = ::sigtimedwait(&set_, nullptr, &time);
    return signal == SIGINT || signal == SIGTERM || signal == SIGHUP;
  }

 private:
  sigset_t set_{};
  sigset_t before_{};
};

void write_status(const fs::path& folder, const std::vector<ProcessLine>& lines) {
  // Only news for `status`: a full disk must not end the devnet.
  static_cast<void>(
      platform::write_private_file(folder / "status.json", base::write_json(base::to_json(lines))));
}

void show(platform::Cli& cli, const Deployment& d, const fs::path& folder,
          std::vector<ProcessLine> lines, bool terminal) {
  auto status = gather(d, std::move(lines), cli.io());
  status.running = true;
  if (terminal) {
    cli.note("\x1b[H\x1b[2J" + screen(status, folder.string(), cli.color()));
    return;
  }
  std::string text = status.head ? fmt::format("head {}", *status.head) : "no head";
  for (const auto& m : status.miners)
    text += fmt::format(", {}: {} wins {} blocks", m.address, m.wins, m.blocks);
  cli.note(text);
}

void supervise(platform::Cli& cli, const Deployment& d, const fs::path& folder,
               Supervisor& supervisor, Signals& signals) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  auto next_status = std::chrono::steady_clock::now();
  auto next_show = next_status;
  while (!signals.wait(200ms)) {
    supervisor.tick();
    const auto now = std::chrono::steady_clock::now();
    if (now < next_status) continue;
    auto lines = process_lines(d, supervisor);
    write_status(folder, lines);
    next_status = now + kRefresh;
    if (now < next_show) continue;
    show(cli, d, folder, std::move(lines), terminal);
    next_show = now + (terminal ? kRefresh : kLineEvery);
  }
}

/// Removes what a set-up makes; other files of the folder stay.
void discard(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto name = entry.path().filename().string();
    constexpr std::string_view kMade[] = {
        "drand",       "auth",         "node",         "gateway",     "messager",   "miner",
        "genesis.car", "genesis.json", "network.toml", "devnet.json", "status.json"};
    const auto dash = name.find('-');
    constexpr std::string_view kNumbered[] = {"wallet", "sealer", "node", "miner"};
    const bool is_home = dash != std::string::npos &&
                         std::ranges::find(kNumbered, name.substr(0, dash)) != std::end(kNumbered);
    if (is_home || std::ranges::find(kMade, name) != std::end(kMade))
      fs::remove_all(entry.path(), error);
  }
}

Result<Deployment> prepare(platform::Cli& cli, const fs::path& folder, const UpOptions& options,
                           Supervisor& supervisor) {
  const Say say = [&cli](const std::string& text) { cli.note(text); };
  auto known = Deployment::load(folder);
  if (known && known->complete) {
    say(fmt::format("going on with the devnet in {}", folder.string()));
    return *std::move(known);
  }
  std::error_code error;
  if (fs::exists(folder / "devnet.json", error)) {
    say("the set-up here was cut off before there was a chain: beginning again");
    discard(folder);
  }
  return set_up(self_path(), folder, options.setup, supervisor, cli.io(), say);
}

Result<void> start_all(platform::Cli& cli, const Deployment& d, const fs::path& folder,
                       Supervisor& supervisor) {
  for (const auto& component : d.components) {
    if (supervisor.status_of(component.name)) continue;
    cli.note(fmt::format("starting {}", component.name));
    TRY_VOID(start_component(d, component, self_path(), folder, supervisor, cli.io()));
  }
  return {};
}

Result<void> restart_prepared(Supervisor& supervisor, const Deployment& d) {
  // What ran during the set-up was started before its settings were complete.
  for (const auto& component : d.components) {
    if (!supervisor.status_of(component.name)) continue;
    TRY_VOID(supervisor.stop(component.name, kStopGrace));
    supervisor.forget(component.name);
  }
  return {};
}

}  // namespace

fs::path self_path() { return fs::read_symlink("/proc/self/exe"); }

Result<void> run_foreground(platform::Cli& cli, const fs::path& folder, const UpOptions& options) {
  Signals signals;
  TRY_VOID(check_machine(self_path(), folder, [&cli](const std::string& text) { cli.note(text); }));
  TRY(const auto home, platform::Home::open(folder));
  TRY_VOID(platform::write_private_file(folder / "devnet.pid", std::to_string(::getpid())));
  std::error_code ignored;
  fs::remove(folder / "ready", ignored);
  Supervisor supervisor;
  TRY(const auto d, prepare(cli, folder, options, supervisor));
  TRY_VOID(restart_prepared(supervisor, d));
  TRY_VOID(write_settings(d, folder));
  TRY_VOID(start_all(cli, d, folder, supervisor));
  if (options.porep) {
    TRY(const auto there, have_parameters("porep", d.parameters));
    if (!there) {
      ChildSpec porep{"porep-parameters",
                      {self_path().string(), "parameters", "porep", "--folder", d.parameters},
                      {},
                      folder / "logs" / "porep-parameters.log",
                      19,
                      false};
      TRY_VOID(supervisor.start(std::move(porep)));
    }
  }
  write_status(folder, process_lines(d, supervisor));
  TRY_VOID(platform::write_private_file(folder / "ready", d.genesis_cid));
  for (const auto& node : d.running("venus"))
    cli.note(fmt::format("{} at {}", node.name, node.url));
  cli.note("all components answer");
  supervise(cli, d, folder, supervisor, signals);
  cli.note("stopping");
  fs::remove(folder / "ready", ignored);
  supervisor.stop_all(kStopGrace);
  write_status(folder, process_lines(d, supervisor));
  fs::remove(folder / "devnet.pid", ignored);
  return {};
}

Result<void> run_detached(platform::Cli& cli, const fs::path& folder,
                          std::vector<std::string> words) {
  std::error_code error;
  fs::create_directories(folder / "logs", error);
  if (error) return fail(ErrorCode::Io, "{}: {}", folder.string(), error.message());
  fs::remove(folder / "ready", error);
  const auto log = (folder / "logs" / "devnet.log").string();
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  auto self = self_path().string();
  words.insert(words.begin(), self);
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, self.c_str(), &files, &attributes, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0) return fail(ErrorCode::Io, "{}: {}", self, std::strerror(failed));
  const auto until = std::chrono::steady_clock::now() + kDetachedStart;
  while (!fs::exists(folder / "ready", error)) {
    int wait_status = 0;
    if (::waitpid(pid, &wait_status, WNOHANG) == pid) {
      return fail(ErrorCode::Unavailable, "the devnet did not start:\n{}",
                  platform::read_file(log).value_or(""));
    }
    if (std::chrono::steady_clock::now() > until)
      return fail(ErrorCode::Timeout, "not up yet; see {}", log);
    std::this_thread::sleep_for(100ms);
  }
  return cli.print(
      fmt::format("the devnet is up (process {}); 'venus-devnet status' shows it", pid));
}

pid_t running_pid(const fs::path& folder) {
  const auto text = platform::read_file(folder / "devnet.pid", 64);
  if (!text) return 0;
  const auto pid = static_cast<pid_t>(std::strtol(text->c_str(), nullptr, 10));
  if (pid <= 0) return 0;
  // Whoever has the folder's lock runs; else the file is left over.
  const auto free = platform::Home::open(folder);
  return free || free.error().code != ErrorCode::Conflict ? 0 : pid;
}

Result<void> bring_down(const fs::path& folder) {
  const auto pid = running_pid(folder);
  if (pid == 0) return {};
  if (::kill(pid, SIGTERM) != 0)
    return fail(ErrorCode::Io, "process {}: {}", pid, std::strerror(errno));
  const auto until = std::chrono::steady_clock::now() + kDownTimeout;
  while (running_pid(folder) != 0) {
    if (std::chrono::steady_clock::now() > until)
      return fail(ErrorCode::Timeout, "process {} does not end", pid);
    std::this_thread::sleep_for(100ms);
  }
  return {};
}

}  // namespace venus::devnet
