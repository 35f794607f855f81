// SPDX-License-Identifier: MIT OR Apache-2.0
// What strangers may use up, and what happens when they try more.
#include "rpc/server.hpp"
#include "rpc/test_util/test_server.hpp"

#include <gtest/gtest.h>

namespace venus::rpc {
namespace {

using std::chrono::milliseconds;
using test::RawConnection;
using test::TestServer;

ServerOptions with(std::function<void(Limits&)> change) {
  ServerOptions options;
  change(options.limits);
  return options;
}

TEST(Limits, LargeBodiesAreRefusedBeforeTheyAreRead) {
  TestServer server(with([](auto& l) { l.max_request_bytes = 1000; }));
  RawConnection client(server.port);
  EXPECT_EQ(client.post("/rpc/v1", std::string(2000, ' ')).status, 413U);
  EXPECT_TRUE(client.closed_by_peer());
  RawConnection chunked(server.port);
  chunked.send("POST /rpc/v1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
               std::string(2000, ' ') + "\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.read_answer().status, 413U);
  RawConnection fits(server.port);
  EXPECT_EQ(
      fits.post("/rpc/v1", R"({"id":1,"method":"Test.Nothing"})" + std::string(900, ' ')).status,
      200U);
}

TEST(Limits, LargeHeadersAreRefused) {
  TestServer server;
  RawConnection client(server.port);
  EXPECT_EQ(client.get("/healthz", "X: " + std::string(20'000, 'x') + "\r\n").status, 431U);
}

TEST(Limits, BrokenHttpIsRefused) {
  TestServer server;
  for (const std::string_view bytes : {"\x16\x03\x01\x02\x00\x01", "GET\r\n\r\n",
                                       "POST /rpc/v1 HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                                       "GET / HTTP/9.9\r\n\r\n", "\r\n\r\n\r\nx y z\r\n"}) {
    RawConnection client(server.port);
    client.send(bytes);
    const auto got = client.read_answer();
    EXPECT_TRUE(got.status == 400 || got.status == 0) << bytes << got.status;
  }
  RawConnection well(server.port);
  EXPECT_EQ(well.get("/healthz").status, 200U);
}

TEST(Limits, DeepJsonIsRefused) {
  TestServer server(with([](auto& l) { l.max_json_depth = 20; }));
  RawConnection client(server.port);
  const auto nested = [](std::size_t depth) {
    return R"({"id":1,"method":"Test.Nothing","params":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}";
  };
  EXPECT_NE(client.post("/rpc/v1", nested(19)).body.find("-32602"), std::string::npos);
  EXPECT_NE(client.post("/rpc/v1", nested(20)).body.find("-32700"), std::string::npos);
  EXPECT_NE(client.post("/rpc/v1", nested(1'000'000)).body.find("-32700"), std::string::npos);
}

TEST(Limits, LongBatchesAreRefused) {
  TestServer server(with([](auto& l) { l.max_batch = 3; }));
  RawConnection client(server.port);
  constexpr std::string_view kCall = R"({"id":1,"method":"Test.Nothing"})";
  EXPECT_EQ(client.post("/rpc/v1", fmt::format("[{0},{0},{0}]", kCall)).status, 200U);
  const auto got = client.post("/rpc/v1", fmt::format("[{0},{0},{0},{0}]", kCall));
  EXPECT_EQ(got.status, 400U);
  EXPECT_NE(got.body.find("-32600"), std::string::npos);
}

TEST(Limits, TooManyRequestsAtOnceAreTurnedAwayAndLaterOnesServed) {
  TestServer server(with([](auto& l) {
    l.max_running = 1;
    l.max_queued = 1;
  }));
  constexpr std::string_view kSleep = R"({"id":1,"method":"Test.Sleep","params":[300]})";
  const auto start = [&](RawConnection& client) {
    client.send(fmt::format("POST /rpc/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}",
                            kSleep.size(), kSleep));
  };
  RawConnection first(server.port);
  RawConnection second(server.port);
  RawConnection third(server.port);
  start(first);
  ASSERT_TRUE(TestServer::eventually([&] { return server.sleeping == 1; }));
  start(second);
  ASSERT_TRUE(TestServer::eventually([&] { return server.server->stats().queued == 1; }));
  start(third);
  const auto refused = third.read_answer();
  EXPECT_EQ(refused.status, 503U);
  EXPECT_NE(refused.body.find(R"("code":-32005)"), std::string::npos) << refused.body;
  EXPECT_EQ(first.read_answer().status, 200U);
  EXPECT_EQ(second.read_answer().status, 200U);
  EXPECT_EQ(third.post("/rpc/v1", kSleep).status, 200U);
  EXPECT_EQ(server.server->stats().running, 0U);
}

TEST(Limits, ConnectionsBeyondTheLimitAreClosed) {
  TestServer server(with([](auto& l) { l.max_connections = 2; }));
  RawConnection first(server.port);
  RawConnection second(server.port);
  EXPECT_EQ(first.get("/healthz").status, 200U);
  EXPECT_EQ(second.get("/healthz").status, 200U);
  RawConnection third(server.port);
  EXPECT_TRUE(third.closed_by_peer());
  EXPECT_EQ(first.get("/healthz", "Connection: close\r\n").status, 200U);
  EXPECT_TRUE(first.closed_by_peer());
  ASSERT_TRUE(TestServer::eventually([&] { return server.server->stats().connections == 1; }));
  RawConnection fourth(server.port);
  EXPECT_EQ(fourth.get("/healthz").status, 200U);
}

TEST(Limits, SlowAndSilentClientsAreDropped) {
  TestServer server(with([](auto& l) {
    l.request_timeout = milliseconds(100);
    l.idle_timeout = milliseconds(400);
  }));
  RawConnection half(server.port);
  half.send("POST /rpc/v1 HTTP/1.1\r\nHost: x\r\nContent-Le");
  EXPECT_TRUE(half.closed_by_peer());
  RawConnection half_body(server.port);
  half_body.send("POST /rpc/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
  EXPECT_TRUE(half_body.closed_by_peer());
  RawConnection silent(server.port);
  EXPECT_EQ(silent.get("/healthz").status, 200U);
  EXPECT_TRUE(silent.closed_by_peer());
  ASSERT_TRUE(TestServer::eventually([&] { return server.server->stats().connections == 0; }));
}

TEST(Limits, AReaderThatDoesNotReadIsDropped) {
  TestServer server(with([](auto& l) { l.write_timeout = milliseconds(200); }));
  RawConnection client(server.port);
  constexpr std::string_view kBody = R"({"id":1,"method":"Test.Blob","params":[50000000]})";
  client.send(fmt::format("POST /rpc/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}",
                          kBody.size(), kBody));
  EXPECT_TRUE(TestServer::eventually([&] { return server.server->stats().requests == 1; }));
  EXPECT_TRUE(TestServer::eventually([&] { return server.server->stats().connections == 0; }));
}

TEST(Limits, ACallerThatHangsUpCancelsItsCall) {
  TestServer server;
  {
    RawConnection client(server.port);
    constexpr std::string_view kBody = R"({"id":1,"method":"Test.Sleep","params":[60000]})";
    client.send(fmt::format("POST /rpc/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}",
                            kBody.size(), kBody));
    ASSERT_TRUE(TestServer::eventually([&] { return server.sleeping == 1; }));
  }
  EXPECT_TRUE(TestServer::eventually([&] { return server.sleeping == 0; }));
}

}  // namespace
}  // namespace venus::rpc
