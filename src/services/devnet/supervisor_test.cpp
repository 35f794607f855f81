// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/devnet/supervisor.hpp"

#include "platform/home.hpp"
#include "platform/test_util/temp_folder.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

namespace venus::devnet {
namespace {

using namespace std::chrono_literals;

class Supervised : public testing::Test {
 protected:
  ChildSpec shell(const std::string& name, const std::string& script, bool keep = true) {
    ChildSpec spec;
    spec.name = name;
    spec.argv = {"/bin/sh", "-c", script};
    spec.log = folder_.path() / (name + ".log");
    spec.keep = keep;
    return spec;
  }
  /// Ticks until it holds; false after 10 s.
  template <class F>
  bool until(F holds) {
    for (const auto end = std::chrono::steady_clock::now() + 10s;
         std::chrono::steady_clock::now() < end;) {
      supervisor_.tick();
      if (holds()) return true;
      std::this_thread::sleep_for(5ms);
    }
    return false;
  }
  std::string log(const std::string& name) {
    return platform::read_file(folder_.path() / (name + ".log")).value_or("");
  }

  platform::test::TempFolder folder_;
  Supervisor supervisor_{BackOff{10ms, 40ms, 1h}};
};

TEST_F(Supervised, OutputGoesToTheLogAndEnvironmentToTheChild) {
  auto spec = shell("talk", "echo out $WORD; echo err >&2", false);
  spec.environment["WORD"] = "given";
  ASSERT_TRUE(supervisor_.start(spec));
  ASSERT_TRUE(until([&] { return supervisor_.status_of("talk")->state == ChildState::Done; }));
  EXPECT_EQ(log("talk"), "out given\nerr\n");
  EXPECT_EQ(supervisor_.status_of("talk")->exit_code, 0);
}

TEST_F(Supervised, WhatIsKilledStartsAgain) {
  ASSERT_TRUE(supervisor_.start(shell("sleeper", "echo up; exec sleep 600")));
  const auto first = supervisor_.status_of("sleeper")->pid;
  ASSERT_TRUE(until([&] { return log("sleeper") == "up\n"; }));
  ::kill(first, SIGKILL);
  ASSERT_TRUE(until([&] { return log("sleeper") == "up\nup\n"; }));
  const auto status = *supervisor_.status_of("sleeper");
  EXPECT_EQ(status.restarts, 1U);
  EXPECT_NE(status.pid, first);
  EXPECT_EQ(status.last_end, "killed by signal 9");
}

TEST_F(Supervised, PausesGrowUpToTheirLimit) {
  ASSERT_TRUE(supervisor_.start(shell("failing", "exit 3")));
  ASSERT_TRUE(until([&] { return supervisor_.status_of("failing")->restarts >= 4; }));
  EXPECT_EQ(supervisor_.status_of("failing")->last_end, "exit code 3");
  // With pauses of 10, 20, 40, 40 ms it can't have been quicker; and a tick does not start early.
  ASSERT_TRUE(
      until([&] { return supervisor_.status_of("failing")->state == ChildState::Waiting; }));
  const auto before = supervisor_.status_of("failing")->restarts;
  supervisor_.tick(Supervisor::Time{});
  EXPECT_EQ(supervisor_.status_of("failing")->restarts, before);
}

TEST_F(Supervised, StopIsGracefulFirstAndFirmThen) {
  ASSERT_TRUE(supervisor_.start(
      shell("polite", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done")));
  ASSERT_TRUE(
      supervisor_.start(shell("deaf", "trap '' TERM; echo up; while :; do sleep 0.01; done")));
  ASSERT_TRUE(until([&] { return log("polite") == "up\n" && log("deaf") == "up\n"; }));
  ASSERT_TRUE(supervisor_.stop("polite", 10s));
  EXPECT_EQ(log("polite"), "up\nbye\n");
  ASSERT_TRUE(supervisor_.stop("deaf", 50ms));
  EXPECT_EQ(supervisor_.status_of("deaf")->last_end, "killed by signal 9");
  supervisor_.tick();
  EXPECT_EQ(supervisor_.status_of("deaf")->state, ChildState::Stopped);
  EXPECT_FALSE(supervisor_.stop("nobody", 1s));
}

TEST_F(Supervised, WhatCannotStartSaysWhy) {
  auto spec = shell("missing", "");
  spec.argv = {(folder_.path() / "no-such-program").string()};
  const auto started = supervisor_.start(spec);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::NotFound);
  EXPECT_NE(started.error().message.find("no-such-program"), std::string::npos);
  ASSERT_TRUE(supervisor_.start(shell("twice", "exec sleep 600")));
  EXPECT_EQ(supervisor_.start(shell("twice", "exec sleep 600")).error().code,
            ErrorCode::AlreadyExists);
}

TEST_F(Supervised, AProgramRunToItsEndGivesItsOutputOrItsComplaint) {
  EXPECT_EQ(run_to_end({"/bin/sh", "-c", "echo fine"}).value(), "fine\n");
  const auto failed = run_to_end({"/bin/sh", "-c", "echo no disk >&2; exit 4"});
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("exit code 4: no disk"), std::string::npos);
}

}  // namespace
}  // namespace venus::devnet
