// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/daemon.hpp"

#include "platform/test_util/temp_folder.hpp"
#include "rpc/client.hpp"
#include "rpc/http_client.hpp"
#include "rpc/run_blocking.hpp"

#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>
#include <signal.h>

#include <future>
#include <thread>

namespace venus::platform {
namespace {

using rpc::Perm;
using rpc::PermSet;
using Hello = rpc::Method<"Test.Hello", Perm::Read, std::string(), "A greeting">;
using Sign = rpc::Method<"Test.Sign", Perm::Sign, std::string(), "Who signs">;

Task<> note_down(std::vector<std::string>* log, std::string what, bool good) {
  log->push_back(what);
  if (!good) co_return fail(ErrorCode::Unavailable, "{} is not there", what);
  co_return Result<void>{};
}

asio::awaitable<Result<void>> wait_for_ever() {
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
  co_await timer.async_wait(asio::use_awaitable);
  co_return Result<void>{};
}

/// A daemon that runs on a thread of its own.
class Running {
 public:
  explicit Running(const std::filesystem::path& home, CommonConfig config = {}) {
    config.log_level = "off";
    daemon = *Daemon::open({.component = "test", .version = "1", .home = home}, config);
    daemon->dispatcher().bind<Hello>([]() -> Result<std::string> { return "hello"; });
    daemon->dispatcher().bind<Sign>(
        [](rpc::CallContext c) -> Result<std::string> { return c.user(); });
  }
  ~Running() {
    if (!thread.joinable()) return;
    daemon->request_stop();
    thread.join();
  }
  void start() {
    std::promise<void> listening;
    daemon->on_listening([&](const rpc::Endpoint& at) {
      endpoint = at;
      listening.set_value();
    });
    thread = std::jthread([this] { result = daemon->run(); });
    listening.get_future().wait();
  }
  void finish() { thread.join(); }
  std::string root() const { return "http://" + endpoint.authority(); }

  std::unique_ptr<Daemon> daemon;
  rpc::Endpoint endpoint;
  Result<void> result;
  std::jthread thread;
};

template <class T>
Result<T> wait(asio::io_context& io, Task<T> task) {
  return rpc::run_blocking(io, std::move(task));
}

TEST(DaemonLife, StartsServesAndStopsInOrder) {
  const test::TempFolder folder;
  const auto home = folder.path() / "home";
  std::vector<std::string> order;
  Running running(home);
  auto& daemon = *running.daemon;
  bool ready = false;
  daemon.health().add("sync", Health::Kind::Ready, [&]() -> Result<void> {
    if (!ready) return fail(ErrorCode::Temporal, "behind");
    return {};
  });
  for (const std::string part : {"database", "service"}) {
    daemon.on_start(part, [&order, part] { return note_down(&order, "start " + part, true); });
    daemon.on_stop(part, [&order, part] { return note_down(&order, "stop " + part, true); });
  }
  daemon.tasks().spawn("loop", wait_for_ever());
  running.start();

  asio::io_context io;
  rpc::HttpClient http(io);
  EXPECT_EQ(wait(io, http.get(running.root() + "/healthz")), "ok\n");
  const auto not_ready = wait(io, http.get(running.root() + "/readyz"));
  ASSERT_FALSE(not_ready);
  EXPECT_NE(not_ready.error().message.find("[-]sync failed: behind"), std::string::npos)
      << not_ready.error().message;
  rpc::HttpClient::Request picky{.verb = rpc::Verb::Post,
                                 .url = running.root() + "/rpc/v1",
                                 .headers = {{std::string(rpc::kOnlyReadyHeader), "1"}},
                                 .body = R"({"id":1,"method":"Test.Hello"})"};
  EXPECT_EQ(wait(io, http.send(picky))->status, 503U);
  ready = true;
  EXPECT_EQ(wait(io, http.send(picky))->status, 200U);
  EXPECT_NE(wait(io, http.get(running.root() + "/readyz?verbose"))->find("[+]sync ok"),
            std::string::npos);

  const auto api = read_file(home / "api");
  ASSERT_TRUE(api);
  EXPECT_EQ(*api, running.endpoint.multiaddr());
  const auto token = read_file(home / "token");
  const auto stranger = *rpc::make_client(io, *api);
  EXPECT_EQ(wait(io, stranger->call<Hello>()), "hello");
  EXPECT_EQ(wait(io, stranger->call<Sign>()).error().code, ErrorCode::PermissionDenied);
  const auto owner = *rpc::make_client(io, *api, {.token = *token});
  EXPECT_EQ(wait(io, owner->call<Sign>()), "");
  const auto metrics = wait(io, http.get(running.root() + "/metrics"));
  EXPECT_NE(metrics->find("venus_rpc_requests_total{method=\"Test.Hello\",outcome=\"ok\"} 2"),
            std::string::npos)
      << *metrics;
  EXPECT_NE(metrics->find("venus_build_info{component=\"test\",version=\"1\"} 1"),
            std::string::npos);

  const auto second = Daemon::open({.component = "test", .version = "1", .home = home}, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Conflict);

  daemon.request_stop();
  running.finish();
  EXPECT_TRUE(running.result);
  EXPECT_EQ(order, (std::vector<std::string>{"start database", "start service", "stop service",
                                             "stop database"}));
  EXPECT_EQ(daemon.tasks().running(), 0U);
  EXPECT_FALSE(std::filesystem::exists(home / "api")) << "a stopped daemon has no address";
}

TEST(DaemonLife, ASignalStopsIt) {
  const test::TempFolder folder;
  Running running(folder.path());
  running.start();
  ::kill(::getpid(), SIGTERM);
  running.finish();
  EXPECT_TRUE(running.result);
}

TEST(DaemonLife, AFailedStartNeverListens) {
  const test::TempFolder folder;
  Running running(folder.path());
  std::vector<std::string> order;
  bool listened = false;
  running.daemon->on_listening([&](const rpc::Endpoint&) { listened = true; });
  running.daemon->on_start("database", [&] { return note_down(&order, "database", false); });
  running.daemon->on_start("service", [&] { return note_down(&order, "service", true); });
  const auto result = running.daemon->run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "database: database is not there");
  EXPECT_EQ(order, std::vector<std::string>{"database"});
  EXPECT_FALSE(listened);
}

TEST(DaemonLife, WhatACallbackHoldsMayPostWhenItEnds) {
  struct Posts {
    asio::io_context& io;
    std::shared_ptr<int> ran;
    ~Posts() {
      asio::post(io, [ran = ran] { ++*ran; });
    }
  };
  const test::TempFolder folder;
  const auto ran = std::make_shared<int>(0);
  {
    Running running(folder.path());
    auto& daemon = *running.daemon;
    const auto holder = [&] { return std::make_shared<Posts>(daemon.io(), ran); };
    daemon.metrics().on_scrape([held = holder()] {});
    daemon.health().add("held", Health::Kind::Ready, [held = holder()]() -> Result<void> { return {}; });
    daemon.on_stop("held", [held = holder()]() -> Task<> { co_return Result<void>{}; });
    running.start();
  }
  // Nothing runs any more by then, and all that was posted is gone.
  EXPECT_EQ(*ran, 0);
  EXPECT_EQ(ran.use_count(), 1);
}

TEST(DaemonLife, ATakenPortIsAClearError) {
  const test::TempFolder folder;
  Running first(folder.path() / "a");
  first.start();
  CommonConfig config;
  config.listen = first.endpoint.multiaddr();
  Running second(folder.path() / "b", config);
  const auto result = second.daemon->run();
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("Address already in use"), std::string::npos)
      << result.error().message;
}

TEST(LocalTokens, AreReadableByLotusAndOnlyTheirs) {
  const test::TempFolder folder;
  const auto file = folder.path() / "jwt.secret";
  const auto tokens = LocalTokens::open(file);
  ASSERT_TRUE(tokens);
  const auto token = tokens->create(PermSet::up_to(Perm::Write));
  EXPECT_EQ(tokens->verify(token), PermSet::up_to(Perm::Write));
  EXPECT_EQ(LocalTokens::open(file)->verify(token), PermSet::up_to(Perm::Write))
      << "the secret stays";
  EXPECT_EQ(LocalTokens(Bytes(32, 1)).verify(token).error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(tokens->verify(token + "x").error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(jwt_part("a.b.c___uuid"), "a.b.c");
  ASSERT_TRUE(write_private_file(file, "garbage"));
  EXPECT_EQ(LocalTokens::open(file).error().code, ErrorCode::Corrupt);
}

/// Stands in for venus-auth.
class FakeAuth {
 public:
  explicit FakeAuth(asio::io_context& io) : server(io, {}) {
    server.route(rpc::Verb::Post, "/verify", std::nullopt, [this](const rpc::HttpRequest& request) {
      ++asked;
      if (broken) return rpc::reply_now(rpc::HttpResponse::error(500, "database is gone"));
      if (request.body == R"({"token":"remote"})") {
        return rpc::reply_now(
            rpc::HttpResponse::json(R"({"name":"alice","perm":"sign","ext":"x"})"));
      }
      return rpc::reply_now(rpc::HttpResponse::error(401, "unknown"));
    });
    endpoint = *server.listen("127.0.0.1", 0);
  }
  rpc::Server server;
  rpc::Endpoint endpoint;
  std::atomic<int> asked{0};
  std::atomic<bool> broken{false};
};

TEST(TokenVerifier, AsksTheLocalSecretThenVenusAuthAndRemembers) {
  asio::io_context io;
  FakeAuth auth(io);
  const LocalTokens local(Bytes(32, 7));
  TokenVerifier verifier(
      io, local,
      {.auth_url = "http://" + auth.endpoint.authority() + "/", .keep = std::chrono::hours(1)});
  const auto own = wait(io, verifier.verify(local.create(PermSet::all()) + "___uuid"));
  ASSERT_TRUE(own);
  EXPECT_TRUE((*own)->perms.has(Perm::Admin));
  EXPECT_EQ(auth.asked, 0);
  for (int i = 0; i < 3; ++i) {
    const auto remote = wait(io, verifier.verify("remote"));
    ASSERT_TRUE(remote) << remote.error().message;
    EXPECT_EQ((*remote)->name, "alice");
    EXPECT_EQ((*remote)->extra, "x");
    EXPECT_EQ((*remote)->perms, PermSet::up_to(Perm::Sign));
    EXPECT_EQ(wait(io, verifier.verify("other")).error().code, ErrorCode::Unauthenticated);
  }
  EXPECT_EQ(auth.asked, 2) << "one question per token, good or bad";
}

TEST(TokenVerifier, AnOldVerdictStandsOnlyWhileVenusAuthIsAway) {
  asio::io_context io;
  FakeAuth auth(io);
  TokenVerifier verifier(
      io, LocalTokens(Bytes(32, 7)),
      {.auth_url = "http://" + auth.endpoint.authority(), .keep = std::chrono::milliseconds(0)});
  ASSERT_TRUE(wait(io, verifier.verify("remote")));
  auth.broken = true;
  EXPECT_TRUE(wait(io, verifier.verify("remote")));
  EXPECT_EQ(wait(io, verifier.verify("never seen")).error().code, ErrorCode::Unavailable);
  EXPECT_EQ(auth.asked, 3);
  TokenVerifier alone(io, LocalTokens(Bytes(32, 7)), {});
  EXPECT_EQ(wait(io, alone.verify("remote")).error().code, ErrorCode::Unauthenticated);
}

}  // namespace
}  // namespace venus::platform
