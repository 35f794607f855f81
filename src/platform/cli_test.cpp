// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/cli.hpp"

#include "platform/home.hpp"
#include "platform/program.hpp"
#include "platform/test_util/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace venus::platform {
namespace {

class CliTest : public testing::Test {
 protected:
  CliTest() {
    cli.out = [this](std::string_view text) { out += text; };
    cli.err = [this](std::string_view text) { err += text; };
    auto& chain = cli.root().add("chain", "The chain");
    auto& get = chain.add("get", "Show a block");
    get.arg("cid", &cid, "Which block");
    get.option("--limit,-n", &limit, "How many");
    get.flag("--all,-a", &all, "Everything");
    get.option("--kind", &kind, "Which kind").choices("--kind", {"block", "message"});
    get.action([this](Cli& c) -> Result<void> {
      if (cid == "none") return fail(ErrorCode::NotFound, "no such block");
      Table table({"Cid", "Size"});
      table.row({cid, fmt::to_string(limit)});
      c.note("a note");
      return c.print_table(table);
    });
    chain.add("notify", "Follow").action([](Cli& c) -> Result<void> {
      TRY(const auto peer, c.client());
      static_cast<void>(peer);
      return {};
    });
  }

  int run(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "venus");
    return cli.run(static_cast<int>(arguments.size()), arguments.data());
  }

  Cli cli{{.program = "venus", .component = "node", .doc = "Node", .version = "1.2.3"}};
  std::string out;
  std::string err;
  std::string cid;
  std::int64_t limit = 5;
  bool all = false;
  std::string kind;
};

TEST_F(CliTest, RunsTheCommandWithItsOptionsAnywhere) {
  EXPECT_EQ(run({"chain", "get", "bafy", "-n", "7", "-a"}), 0);
  EXPECT_EQ(out, "Cid   Size\nbafy  7\n");
  EXPECT_EQ(err, "a note\n");
  EXPECT_TRUE(all);
}

TEST_F(CliTest, PrintsJsonOnDemand) {
  EXPECT_EQ(run({"chain", "get", "bafy", "-o", "json"}), 0);
  EXPECT_EQ(base::write_json(*base::parse_json(out)), R"([{"cid":"bafy","size":"5"}])");
  EXPECT_EQ(err, "") << "notes are for people";
}

TEST_F(CliTest, ExitCodesTellWhatWentWrong) {
  EXPECT_EQ(run({"chain", "get", "none"}), static_cast<int>(ExitCode::NotFound));
  EXPECT_NE(err.find("error: no such block"), std::string::npos);
  EXPECT_EQ(exit_code_of({ErrorCode::Unavailable, ""}), ExitCode::Unreachable);
  EXPECT_EQ(exit_code_of({ErrorCode::PermissionDenied, ""}), ExitCode::Denied);
}

TEST_F(CliTest, UsageErrorsNameWhatWasMeant) {
  EXPECT_EQ(run({"chian"}), static_cast<int>(ExitCode::Usage));
  EXPECT_NE(err.find("did you mean 'chain'?"), std::string::npos) << err;
}

TEST_F(CliTest, AGroupAloneShowsItsHelp) {
  EXPECT_EQ(run({"chain"}), static_cast<int>(ExitCode::Usage));
  EXPECT_NE(out.find("Show a block"), std::string::npos) << out;
}

TEST_F(CliTest, MissingArgumentsAndBadChoicesAreUsageErrors) {
  EXPECT_EQ(run({"chain", "get"}), static_cast<int>(ExitCode::Usage));
  EXPECT_NE(err.find("cid"), std::string::npos) << err;
  Cli other({.program = "x", .component = "x", .doc = "", .version = "1"});
  EXPECT_EQ(run({"chain", "get", "bafy", "--kind", "sector"}), static_cast<int>(ExitCode::Usage));
}

TEST_F(CliTest, HelpAndVersionSucceed) {
  EXPECT_EQ(run({"--version"}), 0);
  EXPECT_NE(out.find("1.2.3"), std::string::npos);
}

TEST_F(CliTest, NoDaemonIsUnreachableWithAdvice) {
  const test::TempFolder folder;
  EXPECT_EQ(run({"--home", folder.path().c_str(), "chain", "notify"}),
            static_cast<int>(ExitCode::Unreachable));
  EXPECT_NE(err.find("--url"), std::string::npos) << err;
}

class Completion : public CliTest, public testing::WithParamInterface<const char*> {};

TEST_P(Completion, NamesCommandsAndOptionsAndParses) {
  EXPECT_EQ(run({"completion", GetParam()}), 0);
  for (const std::string_view word : {"chain", "notify", "limit", "kind", "completion", "output"}) {
    EXPECT_NE(out.find(word), std::string::npos) << word << "\n" << out;
  }
}
INSTANTIATE_TEST_SUITE_P(Shells, Completion, testing::Values("bash", "zsh", "fish"));

TEST_F(CliTest, BashCompletesWithTheScript) {
  ASSERT_EQ(run({"completion", "bash"}), 0);
  const test::TempFolder folder;
  const auto script = folder.path() / "c.bash";
  const auto answer = folder.path() / "answer";
  std::ofstream(script) << out
                        << "COMP_WORDS=(venus --home /x chain ge); COMP_CWORD=4; _venus_complete; "
                           "echo \"${COMPREPLY[*]}\" > "
                        << answer << "\n";
  ASSERT_EQ(std::system(fmt::format("bash {}", script.string()).c_str()), 0);
  EXPECT_EQ(read_file(answer), "get\n");
}

struct ProgramTest : testing::Test {
  int run(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), {"venus-test", "--home", folder.path().c_str()});
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    CommonConfig common;
    std::string extra = "default";
    const int code = run_program(
        static_cast<int>(arguments.size()), arguments.data(),
        {.info = {.program = "venus-test", .component = "test", .doc = "Test", .version = "1"},
         .common = &common,
         .declare = [&](Properties& p) { p.add("own.extra", &extra, "More"); },
         .build = [](Daemon& daemon) -> Result<void> {
           daemon.request_stop();
           return {};
         }});
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
    return code;
  }
  test::TempFolder folder;
  std::string out;
  std::string err;
};

TEST_F(ProgramTest, ShowsChecksAndExplainsSettings) {
  EXPECT_EQ(run({"config", "default"}), 0);
  EXPECT_NE(out.find("#extra = \"default\""), std::string::npos) << out;
  std::ofstream(folder.path() / "config.toml")
      << "[own]\nextra = 'mine'\n[auth]\ntoken = 'hidden'\n";
  EXPECT_EQ(run({"config", "show", "--origin"}), 0);
  EXPECT_NE(out.find("extra = \"mine\"  # file"), std::string::npos) << out;
  EXPECT_EQ(out.find("hidden"), std::string::npos);
  EXPECT_EQ(run({"config", "check"}), 0);
  std::ofstream(folder.path() / "config.toml") << "[own]\nextar = 'mine'\n";
  EXPECT_EQ(run({"config", "check"}), static_cast<int>(ExitCode::Usage));
  EXPECT_NE(err.find("did you mean 'own.extra'?"), std::string::npos) << err;
  EXPECT_EQ(run({"run"}), static_cast<int>(ExitCode::Usage));
}

TEST_F(ProgramTest, RunsAndMakesTokens) {
  EXPECT_EQ(run({"run", "--own-extra", "flag", "--log-level", "error"}), 0) << err;
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "token"));
  EXPECT_EQ(run({"auth", "create-token", "--perm", "sign"}), 0);
  const auto tokens = LocalTokens::open(folder.path() / "jwt.secret");
  while (out.ends_with('\n'))
    out.pop_back();
  EXPECT_EQ(tokens->verify(out), rpc::PermSet::up_to(rpc::Perm::Sign)) << out;
  EXPECT_EQ(run({"wait-api", "--timeout", "10ms"}), static_cast<int>(ExitCode::Unreachable));
}

}  // namespace
}  // namespace venus::platform
