// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/client.hpp"

#include "rpc/error.hpp"
#include "rpc/http_client.hpp"
#include "rpc/run_blocking.hpp"
#include "rpc/test_util/test_server.hpp"

#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

namespace venus::rpc {
namespace {

using std::chrono::milliseconds;
using test::Item;
using test::TestApi;
using test::TestServer;
using test::TestVerifier;

template <class T>
Result<T> wait(TestServer& server, Task<T> task) {
  return asio::co_spawn(server.io, std::move(task), asio::use_future).get();
}

std::shared_ptr<Client> connect(TestServer& server, std::string_view scheme,
                                ClientOptions options = {}) {
  return *make_client(server.io, server.url(scheme), std::move(options));
}

class AnyTransport : public testing::TestWithParam<const char*> {};

TEST_P(AnyTransport, CallsAreTyped) {
  TestServer server({.auth = std::make_shared<TestVerifier>()});
  const auto client = connect(server, GetParam(), {.token = "good"});
  EXPECT_EQ(wait(server, client->call<TestApi::Add>(2, 3)), 5);
  const Item item{"text", 7, {"a", "b"}};
  EXPECT_EQ(wait(server, client->call<TestApi::Echo>(item)), item);
  EXPECT_EQ(wait(server, client->call<TestApi::Echo>(item, "new"))->text, "new");
  EXPECT_TRUE(wait(server, client->call<TestApi::Nothing>()));
  EXPECT_EQ(wait(server, client->call<TestApi::Sign>()), true);
  EXPECT_EQ(wait(server, client->call<TestApi::Who>()), "user of good");
  EXPECT_EQ(wait(server, client->call<TestApi::Blob>(3'000'000))->size(), 3'000'000U);
  EXPECT_TRUE(client->connected());
}

TEST_P(AnyTransport, ErrorsKeepTheirKindAndCode) {
  TestServer server({.auth = std::make_shared<TestVerifier>()});
  const auto client = connect(server, GetParam());
  const auto missing = wait(server, client->call<TestApi::Missing>());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_EQ(rpc_code(missing.error()), 3);
  EXPECT_NE(missing.error().message.find("actor not found"), std::string::npos);
  EXPECT_EQ(wait(server, client->call<TestApi::Sign>()).error().code, ErrorCode::PermissionDenied);
  EXPECT_EQ(wait(server, client->call_raw("Test.Nix", {})).error().code, ErrorCode::Unsupported);
  EXPECT_EQ(wait(server, client->call_raw("Test.Add", {1})).error().code,
            ErrorCode::InvalidArgument);
}

TEST_P(AnyTransport, ARefusedTokenIsUnauthenticated) {
  TestServer server({.auth = std::make_shared<TestVerifier>()});
  const auto client = connect(server, GetParam(), {.token = "bad"});
  EXPECT_EQ(wait(server, client->call<TestApi::Nothing>()).error().code,
            ErrorCode::Unauthenticated);
}

TEST_P(AnyTransport, ACallThatTakesTooLongTimesOutAndIsCancelledAtThePeer) {
  TestServer server;
  const auto client = connect(server, GetParam(), {.call_timeout = milliseconds(100)});
  EXPECT_EQ(wait(server, client->call<TestApi::Sleep>(60'000)).error().code, ErrorCode::Timeout);
  EXPECT_TRUE(TestServer::eventually([&] { return server.sleeping == 0; }));
  EXPECT_EQ(wait(server, client->call_with<TestApi::Sleep>({.timeout = milliseconds(5'000)}, 200)),
            "slept");
}

TEST_P(AnyTransport, NobodyThereIsUnavailable) {
  TestServer server;
  const auto client = connect(server, GetParam());
  server.stop();
  const auto got = wait(server, client->call<TestApi::Nothing>());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::Unavailable) << got.error().message;
}

TEST_P(AnyTransport, APeerThatComesBackIsUsedAgain) {
  TestServer server;
  const auto client = connect(server, GetParam(), {.reconnect_min = milliseconds(10)});
  ASSERT_TRUE(wait(server, client->call<TestApi::Nothing>()));
  server.restart();
  EXPECT_TRUE(TestServer::eventually(
      [&] { return wait(server, client->call<TestApi::Nothing>()).has_value(); }));
}

TEST_P(AnyTransport, ManyCallsAtOnceAllReturn) {
  TestServer server;
  const auto client = connect(server, GetParam());
  std::vector<std::future<Result<std::int64_t>>> calls;
  for (int i = 0; i < 200; ++i) {
    calls.push_back(asio::co_spawn(server.io, client->call<TestApi::Add>(i, i), asio::use_future));
  }
  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(calls[static_cast<std::size_t>(i)].get(), 2 * i);
}

TEST_P(AnyTransport, TheTraceGoesAlong) {
  TestServer server;
  const auto client = connect(server, GetParam());
  const auto trace = Trace::fresh();
  EXPECT_EQ(wait(server, client->call_with<TestApi::Trace>({.trace = trace})), trace.id());
}

TEST_P(AnyTransport, StopEndsACallInFlight) {
  TestServer server;
  const auto client = connect(server, GetParam());
  auto call = asio::co_spawn(server.io, client->call<TestApi::Sleep>(60'000), asio::use_future);
  ASSERT_TRUE(TestServer::eventually([&] { return server.sleeping == 1; }));
  client->stop();
  EXPECT_EQ(call.get().error().code, ErrorCode::Cancelled);
}

INSTANTIATE_TEST_SUITE_P(Client, AnyTransport, testing::Values("http", "ws"));

Task<std::vector<std::int64_t>> collect(Task<Stream<std::int64_t>> opening, std::size_t most) {
  CO_TRY(auto stream, co_await std::move(opening));
  std::vector<std::int64_t> out;
  while (out.size() < most) {
    CO_TRY(const auto item, co_await stream.next());
    if (!item) break;
    out.push_back(*item);
  }
  co_return out;
}

TEST(Streams, DeliverAllItemsInOrderAndEnd) {
  TestServer server;
  const auto client = connect(server, "ws");
  const auto got = wait(server, collect(client->call<TestApi::Count>(1000, 0), 5000));
  ASSERT_TRUE(got) << got.error().message;
  ASSERT_EQ(got->size(), 1000U);
  EXPECT_EQ(got->front(), 0);
  EXPECT_EQ(got->back(), 999);
  EXPECT_TRUE(TestServer::eventually([&] { return server.open_streams == 0; }));
}

TEST(Streams, AReaderThatLeavesStopsTheWriter) {
  TestServer server;
  const auto client = connect(server, "ws");
  EXPECT_EQ(wait(server, collect(client->call<TestApi::Count>(-1, 1), 3))->size(), 3U);
  EXPECT_TRUE(TestServer::eventually([&] { return server.open_streams == 0; }));
  EXPECT_TRUE(wait(server, client->call<TestApi::Nothing>()));
}

TEST(Streams, ARefusedStreamIsAnError) {
  TestServer server;
  const auto client = connect(server, "ws");
  EXPECT_FALSE(wait(server, client->call<TestApi::Count>(1, -1)));
  const auto http = connect(server, "http");
  EXPECT_EQ(wait(server, http->call<TestApi::Count>(1, 1)).error().code, ErrorCode::Unsupported);
}

TEST(Streams, BreakWithTheConnection) {
  TestServer server;
  const auto client = connect(server, "ws");
  auto stream = wait(server, client->call<TestApi::Count>(1, 60'000));
  ASSERT_TRUE(stream);
  EXPECT_EQ(wait(server, stream->next()), 0);
  client->stop();
  EXPECT_FALSE(wait(server, stream->next()));
  EXPECT_EQ(server.open_streams, 1) << "the writer of this test sleeps";
}

TEST(Streams, ASubscriptionSurvivesARestartOfThePeer) {
  TestServer server;
  const auto client = connect(server, "ws", {.reconnect_min = milliseconds(10)});
  std::atomic<int> connects{0};
  client->on_connect([&] { ++connects; });
  auto stream = client->subscribe<TestApi::Count>(-1, 1);
  EXPECT_EQ(wait(server, stream.next()), 0);
  server.restart();
  int starts = 0;
  for (int i = 0; i < 100'000 && starts < 1; ++i) {
    const auto item = wait(server, stream.next());
    ASSERT_TRUE(item) << item.error().message;
    if (*item == 0) ++starts;
  }
  EXPECT_EQ(starts, 1) << "it starts again from 0 after the reconnect";
  EXPECT_EQ(connects, 2);
  stream.close();
  EXPECT_TRUE(TestServer::eventually([&] { return server.open_streams == 0; }));
}

TEST(Streams, ASlowReaderLosesItsStreamOnly) {
  TestServer server;
  const auto client = connect(server, "ws", {.stream_capacity = 10});
  auto stream = wait(server, client->call<TestApi::Count>(1000, 0));
  ASSERT_TRUE(stream);
  EXPECT_TRUE(wait(server, client->call<TestApi::Nothing>()));
  ASSERT_TRUE(TestServer::eventually([&] { return server.open_streams == 0; }));
  Result<std::optional<std::int64_t>> item;
  for (int i = 0; i < 20; ++i) {
    item = wait(server, stream->next());
    if (!item) break;
  }
  ASSERT_FALSE(item);
  EXPECT_EQ(item.error().code, ErrorCode::Exhausted);
}

TEST(LocalClient, CallsAndStreamsWithoutASocket) {
  TestServer server;
  const auto client = make_local_client(server.io, server.dispatcher);
  EXPECT_EQ(wait(server, client->call<TestApi::Add>(2, 3)), 5);
  EXPECT_EQ(wait(server, client->call<TestApi::Sign>()), true);
  EXPECT_EQ(wait(server, collect(client->call<TestApi::Count>(10, 0), 50))->size(), 10U);
}

TEST(HttpClient, GetsAndPosts) {
  TestServer server({.auth = std::make_shared<TestVerifier>()});
  asio::io_context io;
  HttpClient http(io);
  const auto root = fmt::format("http://127.0.0.1:{}", server.port);
  EXPECT_EQ(run_blocking(io, http.get(root + "/healthz")), "ok\n");
  EXPECT_EQ(run_blocking(io, http.get(root + "/nothing")).error().code, ErrorCode::NotFound);
  EXPECT_EQ(run_blocking(io, http.post_json(root + "/user/x", {{"a", 1}})).error().code,
            ErrorCode::Unauthenticated);
  const auto posted = run_blocking(io, http.post_json(root + "/user/x", {{"a", 1}}, "good"));
  ASSERT_TRUE(posted) << posted.error().message;
  EXPECT_EQ(base::write_json(*posted), R"({"a":1})");
  EXPECT_EQ(run_blocking(io, http.get("ftp://x/")).error().code, ErrorCode::InvalidArgument);
}

TEST(HttpClient, ReplacesAKeptConnectionThatDied) {
  TestServer server({.limits = {.idle_timeout = milliseconds(50)}});
  asio::io_context io;
  HttpClient http(io);
  const auto url = fmt::format("http://127.0.0.1:{}/healthz", server.port);
  EXPECT_TRUE(run_blocking(io, http.get(url)));
  ASSERT_TRUE(TestServer::eventually([&] { return server.server->stats().connections == 0; }));
  EXPECT_TRUE(run_blocking(io, http.get(url)));
}

}  // namespace
}  // namespace venus::rpc
