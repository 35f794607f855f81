// SPDX-License-Identifier: MIT OR Apache-2.0
// The WebSocket as a Go peer sees it, and as a hostile one uses it.
#include "rpc/server.hpp"
#include "rpc/test_util/test_server.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <gtest/gtest.h>

namespace venus::rpc {
namespace {

namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using std::chrono::milliseconds;
using test::RawConnection;
using test::TestServer;
using test::TestVerifier;

/// A blocking WebSocket.
class RawWs {
 public:
  explicit RawWs(std::uint16_t port, std::string_view target = "/rpc/v1", bool only_ready = false)
      : ws_(io_) {
    ws_.next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
    ws_.set_option(
        websocket::stream_base::decorator([only_ready](websocket::request_type& request) {
          if (only_ready) request.set(kOnlyReadyHeader, "1");
        }));
    ws_.handshake("127.0.0.1", std::string(target), refused_);
  }

  [[nodiscard]] bool refused() const { return refused_.failed(); }
  void send(std::string_view text) { ws_.write(asio::buffer(text), gone_); }
  void send_binary(std::string_view bytes) {
    ws_.binary(true);
    ws_.write(asio::buffer(bytes), gone_);
    ws_.text(true);
  }
  void send_raw(std::string_view bytes) {
    asio::write(ws_.next_layer(), asio::buffer(bytes), gone_);
  }
  /// The next message, or "" when the peer is gone.
  std::string read() {
    boost::beast::flat_buffer buffer;
    ws_.read(buffer, gone_);
    if (gone_) return {};
    return boost::beast::buffers_to_string(buffer.data());
  }
  std::string ask(std::string_view text) {
    send(text);
    return read();
  }
  /// Reads until the peer ends the connection, at most 10 s.
  bool ended_by_peer() {
    timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(ws_.next_layer().native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    std::array<char, 65536> chunk{};
    for (;;) {
      const auto got = ::recv(ws_.next_layer().native_handle(), chunk.data(), chunk.size(), 0);
      if (got > 0) continue;
      return got == 0 || errno == ECONNRESET;
    }
  }
  void hang_up() { ws_.next_layer().close(); }

 private:
  asio::io_context io_;
  websocket::stream<tcp::socket> ws_;
  boost::system::error_code refused_;
  boost::system::error_code gone_;
};

ServerOptions with(std::function<void(Limits&)> change) {
  ServerOptions options;
  change(options.limits);
  return options;
}

TEST(WebSocket, AnswersTextAndBinaryAndBatches) {
  TestServer server;
  RawWs ws(server.port);
  EXPECT_EQ(ws.ask(R"({"jsonrpc":"2.0","id":1,"method":"Test.Add","params":[1,2]})"),
            R"({"jsonrpc":"2.0","result":3,"id":1})");
  ws.send_binary(R"({"id":2,"method":"Test.Add","params":[1,2]})");
  EXPECT_EQ(ws.read(), R"({"jsonrpc":"2.0","result":3,"id":2})");
  EXPECT_EQ(
      ws.ask(R"({"id":"x","method":"Test.Nix"})"),
      R"({"jsonrpc":"2.0","error":{"code":-32601,"message":"method 'Test.Nix' not found"},"id":"x"})");
  ws.send(R"([{"id":3,"method":"Test.Add","params":[1,2]},{"id":4,"method":"Test.Nothing"}])");
  EXPECT_EQ(ws.read(), R"({"jsonrpc":"2.0","result":3,"id":3})");
  EXPECT_EQ(ws.read(), R"({"jsonrpc":"2.0","result":null,"id":4})");
}

TEST(WebSocket, SpeaksTheChannelProtocolOfGoJsonrpc) {
  TestServer server;
  RawWs ws(server.port);
  EXPECT_EQ(ws.ask(R"({"jsonrpc":"2.0","id":7,"method":"Test.Count","params":[2,0]})"),
            R"({"jsonrpc":"2.0","result":1,"id":7})");
  EXPECT_EQ(ws.read(), R"({"jsonrpc":"2.0","method":"xrpc.ch.val","params":[1,0]})");
  EXPECT_EQ(ws.read(), R"({"jsonrpc":"2.0","method":"xrpc.ch.val","params":[1,1]})");
  EXPECT_EQ(ws.read(), R"({"jsonrpc":"2.0","method":"xrpc.ch.close","params":[1]})");
  EXPECT_EQ(ws.ask(R"({"jsonrpc":"2.0","id":"s","method":"Test.Count","params":[-1,60000]})"),
            R"({"jsonrpc":"2.0","result":2,"id":"s"})");
  EXPECT_EQ(ws.read(), R"({"jsonrpc":"2.0","method":"xrpc.ch.val","params":[2,0]})");
  EXPECT_EQ(ws.ask(R"({"jsonrpc":"2.0","method":"xrpc.cancel","params":["s"]})"),
            R"({"jsonrpc":"2.0","method":"xrpc.ch.close","params":[2]})");
}

TEST(WebSocket, CancelEndsACall) {
  TestServer server;
  RawWs ws(server.port);
  ws.send(R"({"id":1,"method":"Test.Sleep","params":[60000]})");
  ASSERT_TRUE(TestServer::eventually([&] { return server.sleeping == 1; }));
  ws.send(R"({"method":"xrpc.cancel","params":[99]})");
  ws.send(R"({"method":"xrpc.cancel"})");
  ws.send(R"({"method":"xrpc.cancel","params":[1]})");
  EXPECT_EQ(ws.read(), R"({"jsonrpc":"2.0","error":{"code":1,"message":"woken"},"id":1})");
  EXPECT_EQ(server.sleeping, 0);
}

TEST(WebSocket, CallsRunSideBySide) {
  TestServer server;
  RawWs ws(server.port);
  ws.send(R"({"id":1,"method":"Test.Sleep","params":[60000]})");
  EXPECT_EQ(ws.ask(R"({"id":2,"method":"Test.Nothing"})"),
            R"({"jsonrpc":"2.0","result":null,"id":2})");
}

TEST(WebSocket, HangingUpCancelsCallsAndStreams) {
  TestServer server;
  {
    RawWs ws(server.port);
    ws.send(R"({"id":1,"method":"Test.Sleep","params":[60000]})");
    ws.send(R"({"id":2,"method":"Test.Count","params":[-1,1]})");
    ASSERT_TRUE(
        TestServer::eventually([&] { return server.sleeping == 1 && server.open_streams == 1; }));
    ws.hang_up();
  }
  EXPECT_TRUE(
      TestServer::eventually([&] { return server.sleeping == 0 && server.open_streams == 0; }));
  EXPECT_TRUE(TestServer::eventually([&] { return server.server->stats().connections == 0; }));
}

TEST(WebSocket, ABadTokenIsRefusedAtTheDoorAndARevokedOneShownOut) {
  auto verifier = std::make_shared<TestVerifier>();
  TestServer server({.limits = {.request_timeout = milliseconds(500)},
                     .auth = verifier,
                     .auth_recheck = milliseconds(0)});
  EXPECT_TRUE(RawWs(server.port, "/rpc/v1?token=bad").refused());
  RawWs ws(server.port, "/rpc/v1?token=good");
  ASSERT_FALSE(ws.refused());
  EXPECT_EQ(ws.ask(R"({"id":1,"method":"Test.Sign"})"),
            R"({"jsonrpc":"2.0","result":true,"id":1})");
  verifier->revoked = true;
  ws.send(R"({"id":2,"method":"Test.Sign"})");
  EXPECT_TRUE(ws.ended_by_peer());
}

TEST(WebSocket, WhoWantsAReadyServiceIsShownOutWhenItIsNoLonger) {
  std::atomic<bool> ready{false};
  TestServer server(
      {.limits = {.request_timeout = milliseconds(500)}, .ready = [&] { return ready.load(); }});
  EXPECT_TRUE(RawWs(server.port, "/rpc/v1", true).refused());
  ready = true;
  RawWs picky(server.port, "/rpc/v1", true);
  ASSERT_FALSE(picky.refused());
  RawWs other(server.port);
  ready = false;
  EXPECT_TRUE(picky.ended_by_peer());
  EXPECT_EQ(other.ask(R"({"id":1,"method":"Test.Add","params":[1,2]})"),
            R"({"jsonrpc":"2.0","result":3,"id":1})");
}

TEST(WebSocketLimits, GarbageGetsAnErrorAndTheConnectionGoesOn) {
  TestServer server;
  RawWs ws(server.port);
  EXPECT_NE(ws.ask("garbage").find("-32700"), std::string::npos);
  EXPECT_NE(ws.ask(R"({"id":1)").find("-32700"), std::string::npos);
  EXPECT_NE(ws.ask("[]").find("-32600"), std::string::npos);
  EXPECT_NE(ws.ask("5").find("-32600"), std::string::npos);
  EXPECT_NE(ws.ask(R"({"id":{},"method":"Test.Nothing"})").find("-32600"), std::string::npos);
  EXPECT_EQ(ws.ask(R"({"id":2,"method":"Test.Nothing"})"),
            R"({"jsonrpc":"2.0","result":null,"id":2})");
}

TEST(WebSocketLimits, BrokenFramesEndTheConnection) {
  TestServer server;
  // Not masked; reserved bits; a control frame of 126 bytes; text that is not UTF-8.
  const std::string_view frames[] = {std::string_view("\x81\x02{}", 4),
                                     std::string_view("\xF1\x80\0\0\0\0", 6),
                                     std::string_view("\x89\xFE\0\x7E\0\0\0\0", 8),
                                     std::string_view("\x81\x82\0\0\0\0\xff\xfe", 8)};
  for (const auto frame : frames) {
    RawWs ws(server.port);
    ws.send_raw(frame);
    EXPECT_TRUE(ws.ended_by_peer());
  }
  {
    RawWs half(server.port);
    half.send_raw(std::string_view("\x81\xFE\x10", 3));
    half.hang_up();
  }
  EXPECT_TRUE(TestServer::eventually([&] { return server.server->stats().connections == 0; }));
}

TEST(WebSocketLimits, LargeMessagesEndTheConnection) {
  TestServer server(with([](auto& l) { l.max_request_bytes = 1000; }));
  RawWs ws(server.port);
  ws.send(std::string(2000, ' '));
  EXPECT_TRUE(ws.ended_by_peer());
}

TEST(WebSocketLimits, TooManyCallsAtOnceAreRefused) {
  TestServer server(with([](auto& l) { l.max_running_per_ws = 2; }));
  RawWs ws(server.port);
  for (int id = 1; id <= 2; ++id) {
    ws.send(fmt::format(R"({{"id":{},"method":"Test.Sleep","params":[60000]}})", id));
  }
  EXPECT_NE(ws.ask(R"({"id":3,"method":"Test.Sleep","params":[1]})").find("-32005"),
            std::string::npos);
  ws.send(R"({"method":"xrpc.cancel","params":[1]})");
  EXPECT_NE(ws.read().find("\"id\":1"), std::string::npos);
  std::string got;
  ASSERT_TRUE(TestServer::eventually([&] {
    got = ws.ask(R"({"id":4,"method":"Test.Sleep","params":[1]})");
    return got.find("-32005") == std::string::npos;
  }));
  EXPECT_NE(got.find("slept"), std::string::npos) << got;
}

TEST(WebSocketLimits, ASlowReaderIsDropped) {
  TestServer server(with([](auto& l) { l.ws_queue_bytes = 1U << 20; }));
  RawWs ws(server.port);
  ws.send(R"({"id":1,"method":"Test.Count","params":[-1,0]})");
  EXPECT_TRUE(TestServer::eventually([&] { return server.server->stats().connections == 0; }));
  EXPECT_TRUE(TestServer::eventually([&] { return server.open_streams == 0; }));
}

TEST(WebSocketLimits, APeerThatDoesNotAnswerPingsIsDropped) {
  TestServer server(with([](auto& l) { l.ws_ping_interval = milliseconds(100); }));
  RawWs silent(server.port);
  ASSERT_TRUE(TestServer::eventually([&] { return server.server->stats().connections == 1; }));
  EXPECT_TRUE(TestServer::eventually([&] { return server.server->stats().connections == 0; }));
}

TEST(WebSocketLimits, StopMayMeetAGoodbyeUnderWay) {
  auto verifier = std::make_shared<TestVerifier>();
  TestServer server({.auth = verifier, .auth_recheck = milliseconds(0)});
  RawWs ws(server.port, "/rpc/v1?token=good");
  verifier->revoked = true;
  // The peer never answers the close frame, so that it is still awaited when stop() wants to close
  // too.
  EXPECT_NE(ws.ask(R"({"id":2,"method":"Test.Sign"})").find("unknown token"), std::string::npos);
  server.stop();
  EXPECT_TRUE(ws.ended_by_peer());
}

TEST(WebSocketLimits, StopEndsStreamsAndSaysGoodbye) {
  TestServer server;
  RawWs ws(server.port);
  EXPECT_NE(ws.ask(R"({"id":1,"method":"Test.Count","params":[-1,60000]})"), "");
  EXPECT_NE(ws.read().find("xrpc.ch.val"), std::string::npos);
  std::jthread stopper([&] { server.stop(); });
  EXPECT_EQ(ws.read(), R"({"jsonrpc":"2.0","method":"xrpc.ch.close","params":[1]})");
  EXPECT_EQ(ws.read(), "");
  stopper.join();
}

}  // namespace
}  // namespace venus::rpc
