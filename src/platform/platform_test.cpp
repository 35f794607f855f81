// SPDX-License-Identifier: MIT OR Apache-2.0
// Log, metrics, health, home folder, tables, progress.
#include "base/json.hpp"
#include "platform/health.hpp"
#include "platform/home.hpp"
#include "platform/log.hpp"
#include "platform/metrics.hpp"
#include "platform/progress.hpp"
#include "platform/table.hpp"
#include "platform/test_util/temp_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace venus::platform {
namespace {

TEST(LogLine, IsTextForPeople) {
  const std::array facts{kv("epoch", 5), kv("cid", "bafy"), kv("why", "two words"),
                         kv("quote", "a\"b\n"), kv("empty", "")};
  EXPECT_EQ(
      format_event(false, 1'700'000'000'123, Level::Info, "sync", "head changed\nfake", facts),
      "2023-11-14T22:13:20.123Z info  sync       head changed fake epoch=5 cid=bafy why=\"two "
      "words\" "
      "quote=\"a\\\"b\\n\" empty=\"\"");
}

TEST(LogLine, IsJsonForMachines) {
  const std::array facts{kv("epoch", 5), kv("rate", 1.5), kv("ok", true), kv("text", "7"),
                         kv("error", Error{ErrorCode::NotFound, "no\n"})};
  EXPECT_EQ(
      format_event(true, 1'700'000'000'123, Level::Error, "sync", "e", facts),
      R"j({"time":"2023-11-14T22:13:20.123Z","level":"error","module":"sync","event":"e","epoch":5,"rate":1.5,"ok":true,"text":"7","error":"no\n (not_found)"})j");
}

TEST(LogLevels, ChangePerModuleAtRunTime) {
  const test::TempFolder folder;
  const auto file = folder.path() / "log";
  ASSERT_TRUE(open_log(
      {.level = Level::Warn, .json = true, .file = file, .modules = {{"loud", Level::Debug}}}));
  const Log quiet{"quiet"};
  const Log loud{"loud"};
  quiet.info("not this");
  loud.debug("this");
  set_log_level("quiet", Level::Info);
  quiet.info("now this", kv("n", 1));
  EXPECT_EQ(log_levels().at("quiet"), Level::Info);
  set_log_level("*", Level::Off);
  loud.error("not this either");
  flush_log();
  ASSERT_TRUE(open_log({}));
  const auto text = read_file(file);
  ASSERT_TRUE(text);
  EXPECT_EQ(text->find("not this"), std::string::npos) << *text;
  EXPECT_NE(text->find(R"("event":"this")"), std::string::npos) << *text;
  EXPECT_NE(text->find(R"("event":"now this","n":1)"), std::string::npos) << *text;
  EXPECT_FALSE(open_log({.file = file / "below a file"}));
}

TEST(MetricsText, HasEverySeries) {
  Metrics metrics;
  metrics.counter("venus_things_total", "Things", {{"kind", "a"}}).add(2);
  metrics.counter("venus_things_total", "Things", {{"kind", "a"}}).add();
  metrics.counter("venus_things_total", "Things", {{"kind", "b"}}).add();
  metrics.histogram("venus_seconds", "Time").observe(0.002);
  auto& gauge = metrics.gauge("venus_level", "Level");
  metrics.on_scrape([&] { gauge.set(7); });
  add_process_metrics(metrics);
  const auto text = metrics.exposition();
  for (const std::string_view line :
       {"venus_things_total{kind=\"a\"} 3", "venus_things_total{kind=\"b\"} 1", "venus_level 7",
        "# TYPE venus_seconds histogram", "venus_seconds_bucket{le=\"0.001\"} 0",
        "venus_seconds_bucket{le=\"0.003\"} 1", "process_resident_memory_bytes "}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

TEST(HealthReport, FailsWithAnyCheckOfItsKind) {
  Health health;
  bool synced = false;
  health.add("process", Health::Kind::Alive, [] { return Result<void>{}; });
  health.add("sync", Health::Kind::Ready, [&]() -> Result<void> {
    if (!synced) return fail(ErrorCode::Temporal, "5 epochs behind");
    return {};
  });
  EXPECT_TRUE(health.report(Health::Kind::Alive).ok);
  const auto report = health.report(Health::Kind::Ready);
  EXPECT_FALSE(report.ok);
  EXPECT_NE(report.text.find("[-]sync failed: 5 epochs behind"), std::string::npos) << report.text;
  EXPECT_NE(report.text.find("[+]process ok"), std::string::npos);
  synced = true;
  EXPECT_TRUE(health.report(Health::Kind::Ready).ok);
}

TEST(HomeFolder, IsPrivateAndNeverShared) {
  const test::TempFolder folder;
  const auto path = folder.path() / "deep" / "home";
  {
    const auto home = Home::open(path);
    ASSERT_TRUE(home) << home.error().message;
    struct stat facts{};
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0700U);
    const auto second = Home::open(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::Conflict);
    EXPECT_NE(second.error().message.find(fmt::to_string(::getpid())), std::string::npos)
        << second.error().message;
    ASSERT_TRUE(write_private_file(home->file("token"), "abc"));
    ASSERT_EQ(::stat(home->file("token").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    EXPECT_EQ(read_file(home->file("token")), "abc");
    EXPECT_EQ(read_file(home->file("none")).error().code, ErrorCode::NotFound);
    EXPECT_EQ(read_file(home->file("token"), 2).error().code, ErrorCode::TooLarge);
  }
  EXPECT_TRUE(Home::open(path));
}

TEST(HomeFolder, IsFoundInOrder) {
  ::setenv("VENUS_HOME", "/from/env", 1);
  EXPECT_EQ(Home::locate("node", "/given"), "/given");
  EXPECT_EQ(Home::locate("node"), "/from/env");
  ::unsetenv("VENUS_HOME");
  ::setenv("HOME", "/users/x", 1);
  EXPECT_EQ(Home::locate("node"), "/users/x/.venus/node");
}

TEST(Tables, AlignAndBecomeJson) {
  Table table({"Name", "Free Space"});
  table.right(1);
  table.row({"a", "1.5 GiB"});
  table.row({"längér", "7"});
  table.row({"x"});
  EXPECT_EQ(table.text(), "Name    Free Space\na          1.5 GiB\nlängér           7\nx\n");
  EXPECT_EQ(base::write_json(table.json().at(0)), R"({"name":"a","free_space":"1.5 GiB"})");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(display_width("\x1b[1mab\x1b[0m世"), 4U);
}

class ProgressTest : public testing::Test {
 protected:
  std::chrono::steady_clock::time_point now{};
  std::string written;
  Progress::Output output = [this](std::string_view text) { written += text; };
  Progress::Clock clock = [this] { return now; };
};

TEST_F(ProgressTest, IsALineEveryTenSecondsInAFile) {
  Progress progress("import", 100, Progress::Unit::Count, false, output, clock);
  progress.update(10);
  EXPECT_EQ(written, "");
  now += std::chrono::seconds(10);
  progress.update(20);
  EXPECT_EQ(written, "import 20.0% 20/100 2.0/s ETA 40s\n");
  now += std::chrono::seconds(5);
  progress.update(100);
  progress.finish();
  progress.finish();
  EXPECT_EQ(written, "import 20.0% 20/100 2.0/s ETA 40s\nimport 100.0% 100/100 6.7/s in 15s\n");
}

TEST_F(ProgressTest, IsABarOnATerminal) {
  {
    Progress progress("copy", 4096, Progress::Unit::Bytes, true, output, clock);
    now += std::chrono::seconds(1);
    progress.add(2048);
  }
  EXPECT_NE(written.find(
                "\rcopy [###############...............] 50.0% 2.0 KiB/4.0 KiB 2.0 KiB/s ETA 1s"),
            std::string::npos)
      << written;
  EXPECT_TRUE(written.ends_with("\n"));
}

}  // namespace
}  // namespace venus::platform
