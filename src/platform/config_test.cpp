// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/config.hpp"

#include "platform/test_util/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace venus::platform {
namespace {

using std::chrono::milliseconds;

struct Sample {
  std::string listen = "127.0.0.1:1";
  std::int64_t limit = 10;
  std::uint16_t port = 80;
  bool fast = false;
  double factor = 1.5;
  milliseconds timeout{30'000};
  ByteSize size{64U << 20};
  std::vector<std::string> peers{"a", "b"};
  SecretText token{"s3cret-default"};

  void declare(Properties& p) {
    p.add("api.listen", &listen, "Where to listen", std::optional(not_empty()));
    p.add("api.limit", &limit, "How many", std::optional(in_range<std::int64_t>(1, 100)));
    p.add("api.port", &port, "Which port");
    p.add("api.fast", &fast, "Whether to hurry");
    p.add("engine.factor", &factor, "Factor");
    p.add("engine.time_out", &timeout, "Timeout");
    p.add("engine.size", &size, "Size");
    p.add("engine.peers", &peers, "Peers");
    p.add("auth.token", &token, "Token");
  }
};

class Config : public testing::Test {
 protected:
  Config() { sample.declare(properties); }

  Result<void> load(std::string_view file, std::vector<std::string> environment = {},
                    std::map<std::string, std::string> flags = {}) {
    const auto path = folder.path() / "config.toml";
    std::ofstream(path) << file;
    return properties.load(
        {.file = path, .flags = std::move(flags), .environment = std::move(environment)});
  }
  std::string error_of(const Result<void>& result) {
    return result ? "no error" : result.error().message;
  }

  test::TempFolder folder;
  Sample sample;
  Properties properties{"node"};
};

TEST_F(Config, LaterSourcesWin) {
  const auto loaded =
      load("[api]\nlisten = 'file'\nlimit = 20\nport = 81\n[engine]\nfactor = 2\n",
           {"VENUS_NODE_API_LIMIT=30", "VENUS_NODE_API_PORT=82", "HOME=/x", "VENUS_OTHER_X=1"},
           {{"api.port", "83"}});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(sample.listen, "file");
  EXPECT_EQ(sample.limit, 30);
  EXPECT_EQ(sample.port, 83);
  EXPECT_EQ(sample.factor, 2.0);
  EXPECT_FALSE(sample.fast);
  const auto shown = properties.show(true);
  EXPECT_NE(shown.find("listen = \"file\"  # file "), std::string::npos) << shown;
  EXPECT_NE(shown.find("limit = 30  # environment VENUS_NODE_API_LIMIT"), std::string::npos)
      << shown;
  EXPECT_NE(shown.find("port = 83  # flag"), std::string::npos) << shown;
  EXPECT_NE(shown.find("fast = false  # default"), std::string::npos) << shown;
}

TEST_F(Config, EveryTypeIsReadFromFileAndText) {
  ASSERT_TRUE(
      load("[api]\nfast = true\n[engine]\nfactor = 0.25\ntime_out = '1m30s'\nsize = '2GiB'\npeers "
           "= ['x']\n"));
  EXPECT_TRUE(sample.fast);
  EXPECT_EQ(sample.factor, 0.25);
  EXPECT_EQ(sample.timeout, milliseconds(90'000));
  EXPECT_EQ(sample.size.bytes, 2ULL << 30);
  EXPECT_EQ(sample.peers, std::vector<std::string>{"x"});
  ASSERT_TRUE(load("", {"VENUS_NODE_API_FAST=no", "VENUS_NODE_ENGINE_TIME_OUT=250ms",
                        "VENUS_NODE_ENGINE_PEERS=p,q", "VENUS_NODE_ENGINE_SIZE=1000"}));
  EXPECT_FALSE(sample.fast);
  EXPECT_EQ(sample.timeout, milliseconds(250));
  EXPECT_EQ(sample.peers, (std::vector<std::string>{"p", "q"}));
  EXPECT_EQ(sample.size.bytes, 1000U);
}

TEST_F(Config, MistakesAreNamedWithTheirPlaceAndAHint) {
  EXPECT_NE(error_of(load("[api]\n\nlisen = 'x'\n"))
                .find("config.toml:3: there is no setting 'api.lisen'; did you mean 'api.listen'?"),
            std::string::npos);
  EXPECT_NE(
      error_of(load("[api]\nlimit = 1000\n")).find("config.toml:2: api.limit must be 1 to 100"),
      std::string::npos);
  EXPECT_NE(error_of(load("[api]\nlimit = 'many'\n")).find("'many' is no integer"),
            std::string::npos);
  EXPECT_NE(error_of(load("[api]\nport = 70000\n")).find("70000 is out of range"),
            std::string::npos);
  EXPECT_NE(error_of(load("[api]\nlisten = 5\n")).find("must be a text"), std::string::npos);
  EXPECT_NE(error_of(load("[api\n")).find("config.toml:1"), std::string::npos);
  EXPECT_NE(
      error_of(load("", {"VENUS_NODE_API_LISTN=x"})).find("did you mean VENUS_NODE_API_LISTEN?"),
      std::string::npos);
  EXPECT_NE(error_of(load("", {"VENUS_NODE_ENGINE_TIME_OUT=soon"})).find("'soon' is no duration"),
            std::string::npos);
  EXPECT_NE(error_of(load("", {}, {{"api.x", "1"}})).find("flag: there is no setting 'api.x'"),
            std::string::npos);
  EXPECT_NE(error_of(properties.load({.file = folder.path() / "none.toml",
                                      .file_required = true,
                                      .environment = {{}}}))
                .find("cannot read"),
            std::string::npos);
}

TEST_F(Config, SecretsAreNeverShownNorTakenFromFlags) {
  ASSERT_TRUE(load("", {"VENUS_NODE_AUTH_TOKEN=s3cret-given"}));
  EXPECT_EQ(sample.token.reveal(), "s3cret-given");
  const auto all = properties.show(true) + properties.default_toml();
  EXPECT_EQ(all.find("s3cret"), std::string::npos) << all;
  EXPECT_NE(all.find("token = \"<set>\""), std::string::npos);
  const auto refused = load("", {}, {{"auth.token", "s3cret-flag"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message.find("s3cret"), std::string::npos);
  static_assert(!fmt::is_formattable<SecretText>::value);
}

TEST_F(Config, TheDefaultFileLoadsAndChangesNothing) {
  const auto text = properties.default_toml();
  ASSERT_TRUE(load(text));
  std::string active;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool setting = text[i] == '#' && (i == 0 || text[i - 1] == '\n') && text[i + 1] != ' ';
    if (!setting) active += text[i];
  }
  const auto before = properties.show(false);
  const auto loaded = load(active);
  ASSERT_TRUE(loaded) << loaded.error().message << active;
  sample.token = SecretText("s3cret-default");
  EXPECT_EQ(properties.show(false), before);
}

TEST(Durations, AreReadAndWrittenExactly) {
  EXPECT_EQ(parse_duration("2d3h"), milliseconds(51LL * 3'600'000));
  EXPECT_EQ(parse_duration("30"), milliseconds(30'000));
  EXPECT_EQ(format_duration(milliseconds(5'400'250)), "1h30m250ms");
  for (const std::string_view wrong : {"", "x", "5x", "-5s", "1h5", "99999999999999999999d"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(Sizes, AreReadExactly) {
  EXPECT_EQ(parse_size("64MiB"), 64U << 20);
  EXPECT_EQ(parse_size("10 GB"), 10'000'000'000U);
  for (const std::string_view wrong : {"", "MiB", "5 XB", "-1", "99999999999TiB"})
    EXPECT_FALSE(parse_size(wrong)) << wrong;
}

}  // namespace
}  // namespace venus::platform
