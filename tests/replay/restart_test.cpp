// SPDX-License-Identifier: MIT OR Apache-2.0
// An import that is killed at any moment goes on with the next start and loses nothing.
#include <gtest/gtest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "chainstore/database.hpp"
#include "recording.hpp"

extern char** environ;

namespace venus::replay {
namespace {

// A running replay program whose lines can be read.
class Program {
 public:
  explicit Program(const std::filesystem::path& folder) {
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    const auto network = network_file().string();
    const auto bundle = actors_bundle().string();
    const auto database = folder.string();
    const auto car = (recording_folder() / "chain-197.car").string();
    std::vector<std::string> words{VENUS_REPLAY_PROGRAM, "--verbose", "--network", network,
                                   "--actors", bundle, "--db", database, car};
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const auto failed = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_ends[1]);
    out_ = fdopen(pipe_ends[0], "r");
    if (failed != 0) throw std::runtime_error("cannot start the replay program");
  }
  ~Program() {
    kill_now();
    if (out_ != nullptr) std::fclose(out_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The next line; nothing at the end.
  std::optional<std::string> line() {
    char buffer[512];
    if (std::fgets(buffer, sizeof buffer, out_) == nullptr) return std::nullopt;
    std::string text(buffer);
    if (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }
  // Reads until a line begins so; false if the program ended first.
  bool wait_for(std::string_view start) {
    while (auto text = line()) {
      if (text->starts_with(start)) return true;
    }
    return false;
  }
  void kill_now() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  int wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
  std::FILE* out_ = nullptr;
};

TEST(Restart, AKilledImportGoesOnWhereItWas) {
  VENUS_RECORDING_OR_SKIP();
  const base::test_util::TempFolder folder;
  {
    Program loading(folder.path());
    ASSERT_TRUE(loading.wait_for("actors ready"));
    loading.kill_now();
  }
  {
    Program replaying(folder.path());
    ASSERT_TRUE(replaying.wait_for("epoch 60"));
    replaying.kill_now();
  }
  std::int64_t kept = 0;
  {
    const auto database = chainstore::ChainDatabase::open(folder.path());
    ASSERT_TRUE(database) << database.error().message;
    const auto chain = chainstore::ChainStore::open((*database)->blocks(), **database);
    ASSERT_TRUE(chain) << chain.error().message;
    kept = (*chain)->head()->height().value();
    EXPECT_GE(kept, 60);
  }
  Program finishing(folder.path());
  ASSERT_TRUE(finishing.wait_for(fmt::format("head at epoch {}", kept)));
  ASSERT_TRUE(finishing.wait_for("epoch 197"));
  EXPECT_EQ(finishing.wait(), 0);
}

}  // namespace
}  // namespace venus::replay
