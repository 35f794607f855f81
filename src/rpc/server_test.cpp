// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/server.hpp"

#include "rpc/test_util/test_server.hpp"

#include <gtest/gtest.h>

namespace venus::rpc {
namespace {

using test::RawConnection;
using test::TestServer;
using test::TestVerifier;

struct Case {
  std::string_view request;
  unsigned status;
  std::string_view answer;
};

TEST(Server, AnswersAsGoJsonrpcDoes) {
  TestServer server;
  RawConnection client(server.port);
  const Case cases[] = {
      {R"j({"jsonrpc":"2.0","id":1,"method":"Test.Add","params":[1,2]})j", 200,
       R"j({"jsonrpc":"2.0","result":3,"id":1})j"},
      {R"j({"jsonrpc":"2.0","id":"a\"b","method":"Test.Add","params":[1,2]})j", 200,
       R"j({"jsonrpc":"2.0","result":3,"id":"a\"b"})j"},
      {R"j({"jsonrpc":"2.0","id":null,"method":"Test.Add","params":[1,2]})j", 200,
       R"j({"jsonrpc":"2.0","result":3,"id":null})j"},
      {R"j({"id":18446744073709551615,"method":"Test.Nothing"})j", 200,
       R"j({"jsonrpc":"2.0","result":null,"id":18446744073709551615})j"},
      {R"j({"jsonrpc":"2.0","id":2,"method":"Test.Nothing","params":null})j", 200,
       R"j({"jsonrpc":"2.0","result":null,"id":2})j"},
      {R"j({"jsonrpc":"2.0","method":"Test.Add","params":[1,2]})j", 200, ""},
      {R"j({"jsonrpc":"2.0","id":3,"method":"Test.Add","params":{"b":5,"a":1}})j", 200,
       R"j({"jsonrpc":"2.0","result":6,"id":3})j"},
      {R"j({"jsonrpc":"2.0","id":4,"method":"Test.Echo","params":[{"Text":"x","Number":7,"Tags":null,"Other":1}]})j",
       200, R"j({"jsonrpc":"2.0","result":{"Text":"x","Number":7,"Tags":[]},"id":4})j"},
      {R"j({"jsonrpc":"2.0","id":5,"method":"test_echo","params":[{},"new"]})j", 200,
       R"j({"jsonrpc":"2.0","result":{"Text":"new","Number":0,"Tags":[]},"id":5})j"},
      {R"j({"jsonrpc":"2.0","id":6,"method":"Test.Fail","params":["it \"broke\"\n"]})j", 200,
       R"j({"jsonrpc":"2.0","error":{"code":1,"message":"it \"broke\"\n"},"id":6})j"},
      {R"j({"jsonrpc":"2.0","id":7,"method":"Test.Missing","params":[]})j", 200,
       R"j({"jsonrpc":"2.0","error":{"code":3,"message":"actor not found"},"id":7})j"},
      {R"j({"jsonrpc":"2.0","id":8,"method":"Test.Sign","params":[]})j", 200,
       R"j({"jsonrpc":"2.0","error":{"code":1,"message":"missing permission to invoke 'Sign' (need 'sign')"},"id":8})j"},
      {R"j({"jsonrpc":"2.0","id":9,"method":"Test.Nix","params":[]})j", 500,
       R"j({"jsonrpc":"2.0","error":{"code":-32601,"message":"method 'Test.Nix' not found"},"id":9})j"},
      {R"j({"jsonrpc":"2.0","id":10,"method":"Test.Add","params":[1]})j", 500,
       R"j({"jsonrpc":"2.0","error":{"code":-32602,"message":"wrong param count (method 'Test.Add'): 1 != 2"},"id":10})j"},
      {R"j({"jsonrpc":"2.0","id":11,"method":"Test.Add","params":[1,"2"]})j", 500,
       R"j({"jsonrpc":"2.0","error":{"code":-32602,"message":"parameter 'b' (number 2) of 'Test.Add': want an integer in range, got a string"},"id":11})j"},
      {R"j({"jsonrpc":"2.0","id":12,"method":"Test.Count","params":[1,1]})j", 500,
       R"j({"jsonrpc":"2.0","error":{"code":-32601,"message":"method 'Test.Count' not supported in this mode (no out channel support)"},"id":12})j"},
      {R"j({"jsonrpc":"2.0","id":13})j", 400,
       R"j({"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid request: no method"},"id":13})j"},
      {R"j({"jsonrpc":"2.0","id":[1],"method":"Test.Add"})j", 400,
       R"j({"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid request: id must be a number, a string or null"},"id":null})j"},
      {"[]", 400,
       R"j({"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid request: an empty batch"},"id":null})j"},
      {R"j([{"id":1,"method":"Test.Add","params":[1,1]},{"method":"Test.Nothing"},5,{"id":"z","method":"Test.Nix"}])j",
       200,
       R"j([{"jsonrpc":"2.0","result":2,"id":1},{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid request: not an object"},"id":null},{"jsonrpc":"2.0","error":{"code":-32601,"message":"method 'Test.Nix' not found"},"id":"z"}])j"},
      {R"j([{"method":"Test.Nothing"}])j", 200, ""},
  };
  for (const auto& [request, status, answer] : cases) {
    const auto got = client.post("/rpc/v1", request);
    EXPECT_EQ(got.status, status) << request;
    EXPECT_EQ(got.body, answer) << request;
  }
}

TEST(Server, GarbageIsAParseError) {
  TestServer server;
  RawConnection client(server.port);
  for (const std::string_view body :
       {"", "{", "nonsense", R"({"id":1,"method":"Test.Add","params":[1,2]}})", "\xff\xfe"}) {
    const auto got = client.post("/rpc/v1", body);
    EXPECT_EQ(got.status, 500U) << body;
    EXPECT_NE(got.body.find(R"("code":-32700)"), std::string::npos) << got.body;
  }
}

TEST(Server, ABrokenHandlerIsAnInternalError) {
  TestServer server;
  RawConnection client(server.port);
  const auto got = client.post("/rpc/v1", R"({"id":1,"method":"Test.Throw"})");
  EXPECT_EQ(got.status, 200U);
  EXPECT_NE(got.body.find("broken"), std::string::npos) << got.body;
  EXPECT_EQ(client.post("/rpc/v1", R"({"id":1,"method":"Test.Nothing"})").status, 200U);
}

TEST(Server, VersionsHaveTheirOwnMethods) {
  TestServer server;
  RawConnection client(server.port);
  constexpr auto kCall = R"({"id":1,"method":"Test.Version"})";
  EXPECT_EQ(client.post("/rpc/v0", kCall).body, R"({"jsonrpc":"2.0","result":"old","id":1})");
  EXPECT_EQ(client.post("/rpc/v1", kCall).body, R"({"jsonrpc":"2.0","result":1,"id":1})");
  EXPECT_TRUE(server.dispatcher.check_complete<test::TestApi>());
  Dispatcher half;
  half.bind<test::TestApi::Nothing>([]() -> Result<void> { return {}; });
  const auto missing = half.check_complete<test::TestApi>();
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("Test.Add, Test.Echo"), std::string::npos)
      << missing.error().message;
  EXPECT_EQ(missing.error().message.find("Test.Nothing"), std::string::npos);
}

TEST(Server, PipelinedAndSplitRequestsAreAnsweredInOrder) {
  TestServer server;
  RawConnection client(server.port);
  std::string burst;
  for (int i = 0; i < 50; ++i) {
    const auto body = fmt::format(R"({{"id":{},"method":"Test.Add","params":[{},1]}})", i, i);
    burst += fmt::format("POST /rpc/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}",
                         body.size(), body);
  }
  for (std::size_t at = 0; at < burst.size(); at += 37)
    client.send(std::string_view(burst).substr(at, 37));
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.read_answer().body,
              fmt::format(R"({{"jsonrpc":"2.0","result":{},"id":{}}})", i + 1, i));
  }
}

TEST(Server, TokensDecideOnRights) {
  auto verifier = std::make_shared<TestVerifier>();
  TestServer server({.auth = verifier, .auth_recheck = std::chrono::hours(1)});
  RawConnection client(server.port);
  constexpr auto kSign = R"({"id":1,"method":"Test.Sign"})";
  EXPECT_NE(client.post("/rpc/v1", kSign).body.find("missing permission"), std::string::npos);
  EXPECT_NE(client.post("/rpc/v1", kSign, "Authorization: Bearer reader\r\n")
                .body.find("missing permission"),
            std::string::npos);
  EXPECT_EQ(client.post("/rpc/v1", kSign, "Authorization: Bearer good\r\n").body,
            R"({"jsonrpc":"2.0","result":true,"id":1})");
  EXPECT_EQ(client.post("/rpc/v1?token=good", kSign).body,
            R"({"jsonrpc":"2.0","result":true,"id":1})");
  EXPECT_EQ(verifier->asked, 2) << "a verdict is kept per connection";
  EXPECT_EQ(client.post("/rpc/v1", kSign, "Authorization: Bearer bad\r\n").status, 401U);
  EXPECT_EQ(client.post("/rpc/v1", kSign, "Authorization: Basic good\r\n").status, 401U);
  EXPECT_EQ(
      client.post("/rpc/v1", R"({"id":1,"method":"Test.Who"})", "Authorization: Bearer good\r\n")
          .body,
      R"({"jsonrpc":"2.0","result":"user of good","id":1})");
}

TEST(Server, RevokedTokensEndAndAnAbsentJudgeDoesNot) {
  auto verifier = std::make_shared<TestVerifier>();
  TestServer server({.auth = verifier, .auth_recheck = std::chrono::milliseconds(0)});
  RawConnection client(server.port);
  constexpr auto kSign = R"({"id":1,"method":"Test.Sign"})";
  constexpr auto kGood = "Authorization: Bearer good\r\n";
  EXPECT_EQ(client.post("/rpc/v1", kSign, kGood).status, 200U);
  verifier->down = true;
  EXPECT_EQ(client.post("/rpc/v1", kSign, kGood).status, 200U);
  RawConnection stranger(server.port);
  EXPECT_EQ(stranger.post("/rpc/v1", kSign, kGood).status, 503U);
  verifier->down = false;
  verifier->revoked = true;
  EXPECT_EQ(client.post("/rpc/v1", kSign, kGood).status, 401U);
}

TEST(Server, AnonymousCallersHaveWhatTheOptionsSay) {
  TestServer server({.anonymous = PermSet()});
  RawConnection client(server.port);
  EXPECT_NE(client.post("/rpc/v1", R"({"id":1,"method":"Test.Add","params":[1,2]})")
                .body.find("need 'read'"),
            std::string::npos);
}

TEST(Server, WhoWantsAReadyServiceIsRefusedByOneThatIsNot) {
  std::atomic<bool> ready{false};
  TestServer server({.ready = [&] { return ready.load(); }});
  RawConnection client(server.port);
  constexpr std::string_view kAdd = R"({"id":1,"method":"Test.Add","params":[1,2]})";
  const auto refused = client.post("/rpc/v1", kAdd, "X-Venus-Only-Ready: 1\r\n");
  EXPECT_EQ(refused.status, 503U);
  EXPECT_NE(refused.body.find("not ready"), std::string::npos);
  EXPECT_EQ(client.post("/rpc/v1", kAdd).status, 200U) << "nobody else is refused";
  ready = true;
  EXPECT_EQ(client.post("/rpc/v1", kAdd, "x-venus-only-ready: 1\r\n").status, 200U);
}

TEST(Server, RoutesAreAnswered) {
  TestServer server({.auth = std::make_shared<TestVerifier>()});
  RawConnection client(server.port);
  EXPECT_EQ(client.get("/healthz").body, "ok\n");
  EXPECT_EQ(client.get("/healthz", "Authorization: Bearer bad\r\n").status, 200U);
  const auto got = client.get("/user/a%20b?q=1%2B1&x", "Authorization: Bearer good\r\n");
  EXPECT_EQ(got.body, R"({"name":"a b","q":"1+1","caller":"user of good"})");
  EXPECT_EQ(client.get("/nothing").status, 404U);
  EXPECT_EQ(client.get("/rpc/v1").status, 405U);
  EXPECT_EQ(client.post("/healthz", "x").status, 405U);
  EXPECT_EQ(client.post("/user/x", "{}").status, 401U);
  EXPECT_EQ(client.post("/user/x", "{}", "Authorization: Bearer reader\r\n").status, 403U);
  EXPECT_EQ(client.post("/user/x", "", "Authorization: Bearer good\r\n").status, 400U);
  const auto made = client.post("/user/x", R"({"a":1})", "Authorization: Bearer good\r\n");
  EXPECT_EQ(made.status, 201U);
  EXPECT_EQ(made.body, R"({"a":1})");
  client.send("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto head = client.read_answer(true);
  EXPECT_EQ(head.status, 200U);
  EXPECT_NE(head.head.find("Content-Length: 3"), std::string::npos);
  EXPECT_EQ(client.get("/healthz").body, "ok\n") << "no body may follow HEAD";
}

TEST(Server, HttpVersionAndConnectionHeadersAreHonoured) {
  TestServer server;
  RawConnection close(server.port);
  EXPECT_EQ(close.get("/healthz", "Connection: close\r\n").status, 200U);
  EXPECT_TRUE(close.closed_by_peer());
  RawConnection old(server.port);
  old.send("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.read_answer().status, 200U);
  EXPECT_TRUE(old.closed_by_peer());
  RawConnection expect(server.port);
  expect.send(
      "POST /rpc/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(expect.read_answer().status, 100U);
  expect.send(R"({"id":1,"method":"Test.Fail"} )");
  EXPECT_EQ(expect.read_answer().status, 500U);
}

TEST(Server, TheTraceOfTheCallerIsKept) {
  TestServer server;
  RawConnection client(server.port);
  constexpr auto kTrace =
      "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
  EXPECT_EQ(client.post("/rpc/v1", R"({"id":1,"method":"Test.Trace"})", kTrace).body,
            R"({"jsonrpc":"2.0","result":"4bf92f3577b34da6a3ce929d0e0e4736","id":1})");
}

TEST(Server, StopLetsARunningRequestFinish) {
  TestServer server;
  RawConnection busy(server.port);
  RawConnection idle(server.port);
  EXPECT_EQ(idle.get("/healthz").status, 200U);
  constexpr std::string_view kBody = R"({"id":1,"method":"Test.Sleep","params":[100]})";
  busy.send(fmt::format("POST /rpc/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}",
                        kBody.size(), kBody));
  ASSERT_TRUE(TestServer::eventually([&] { return server.sleeping == 1; }));
  server.stop();
  EXPECT_TRUE(idle.closed_by_peer());
  const auto got = busy.read_answer();
  EXPECT_EQ(got.body, R"({"jsonrpc":"2.0","result":"slept","id":1})");
  EXPECT_NE(got.head.find("Connection: close"), std::string::npos);
}

TEST(Server, StopCancelsWhatOutlastsTheGrace) {
  TestServer server;
  RawConnection busy(server.port);
  constexpr std::string_view kBody = R"({"id":1,"method":"Test.Sleep","params":[60000]})";
  busy.send(fmt::format("POST /rpc/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}",
                        kBody.size(), kBody));
  ASSERT_TRUE(TestServer::eventually([&] { return server.sleeping == 1; }));
  server.stop();
  EXPECT_EQ(server.sleeping, 0);
  EXPECT_TRUE(busy.closed_by_peer());
}

TEST(Server, TheOpenRpcDocumentDescribesTheApi) {
  TestServer server;
  RawConnection client(server.port);
  const auto got = client.post("/rpc/v1", R"({"id":1,"method":"rpc.discover"})");
  const auto document = base::parse_json(got.body);
  ASSERT_TRUE(document) << got.body.substr(0, 300);
  const auto& result = document->at("result");
  EXPECT_EQ(result.at("info").at("version").as_string(), "1.2.3");
  boost::json::object by_name;
  for (const auto& method : result.at("methods").as_array())
    by_name[method.at("name").as_string()] = method;
  EXPECT_EQ(by_name.size(), 13U) << "every method of v1 once";
  const auto& echo = by_name["Test.Echo"];
  EXPECT_EQ(echo.at("x-permission").as_string(), "read");
  EXPECT_EQ(echo.at("params").at(0).at("schema").at("$ref").as_string(),
            "#/components/schemas/Item");
  EXPECT_TRUE(echo.at("params").at(0).at("required").as_bool());
  EXPECT_FALSE(echo.at("params").at(1).at("required").as_bool());
  EXPECT_EQ(
      base::write_json(result.at("components").at("schemas").at("Item")),
      R"({"type":"object","properties":{"Text":{"type":"string"},"Number":{"type":"integer"},)"
      R"("Tags":{"type":"array","items":{"type":"string"}}}})");
  EXPECT_EQ(by_name["Test.Version"].at("summary").as_string(), "v1");
  EXPECT_TRUE(by_name["Test.Count"].at("x-stream").as_bool());
}

}  // namespace
}  // namespace venus::rpc
