// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/endpoint.hpp"

#include "rpc/http_types.hpp"
#include "rpc/perm.hpp"
#include "rpc/router.hpp"

#include <gtest/gtest.h>

namespace venus::rpc {
namespace {

TEST(Endpoint, ReadsAllForms) {
  struct Case {
    std::string_view text;
    std::string_view url;
    std::string_view token;
  };
  const Case cases[] = {
      {"http://a.b:80", "http://a.b:80/rpc/v1", ""},
      {"https://a.b/x?y=1", "https://a.b:443/x?y=1", ""},
      {"ws://127.0.0.1:3453/", "ws://127.0.0.1:3453/rpc/v1", ""},
      {"localhost:1234", "http://localhost:1234/rpc/v1", ""},
      {"http://[::1]:9/rpc/v0", "http://[::1]:9/rpc/v0", ""},
      {"/ip4/127.0.0.1/tcp/3453/http", "http://127.0.0.1:3453/rpc/v1", ""},
      {"/ip4/127.0.0.1/tcp/3453", "http://127.0.0.1:3453/rpc/v1", ""},
      {"/dns4/node.example/tcp/443/wss", "wss://node.example:443/rpc/v1", ""},
      {"/ip6/::1/tcp/3453/ws", "ws://[::1]:3453/rpc/v1", ""},
      {"eyJ.x-_.y:/ip4/1.2.3.4/tcp/5/http", "http://1.2.3.4:5/rpc/v1", "eyJ.x-_.y"},
      {"eyJ.x.y:ws://1.2.3.4:5/rpc/v0", "ws://1.2.3.4:5/rpc/v0", "eyJ.x.y"},
  };
  for (const auto& [text, url, token] : cases) {
    const auto got = Endpoint::parse(text);
    ASSERT_TRUE(got) << text << ": " << got.error().message;
    EXPECT_EQ(got->url(), url) << text;
    EXPECT_EQ(got->token, token) << text;
  }
  EXPECT_EQ(Endpoint::parse("http://127.0.0.1:3453")->multiaddr(), "/ip4/127.0.0.1/tcp/3453/http");
}

TEST(Endpoint, RefusesWhatItDoesNotUnderstand) {
  for (const std::string_view text :
       {"", "ftp://a", "http://", "http://a:99999", "http://a:b", "/ip4/1.2.3.4", "/ip4//tcp/1",
        "/ip4/1.2.3.4/udp/1", "/ip4/1.2.3.4/tcp/1/quic", "http://a b/", "http://a/\r\nX: y",
        "http://[::1", ":80"}) {
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  }
}

TEST(Perms, AreALadderAndASet) {
  EXPECT_EQ(PermSet::up_to(Perm::Sign).names(),
            (std::vector<std::string>{"read", "write", "sign"}));
  EXPECT_EQ(PermSet::from_names({"sign", "read"})->names(),
            (std::vector<std::string>{"read", "sign"}));
  EXPECT_FALSE(PermSet::from_names({"root"}));
  EXPECT_FALSE(PermSet::up_to(Perm::Read).has(Perm::Write));
}

TEST(Router, PrefersLiteralPartsAndTakesTheRest) {
  Router router;
  const auto handler = [](HttpRequest) -> Task<HttpResponse> { co_return HttpResponse{}; };
  router.add(Verb::Get, "/a/{x}", std::nullopt, handler);
  router.add(Verb::Get, "/a/b", Perm::Read, handler);
  router.add(Verb::Get, "/files/{path...}", std::nullopt, handler);
  EXPECT_TRUE(router.find_route(Verb::Get, "/a/b").route->perm.has_value());
  EXPECT_EQ(router.find_route(Verb::Get, "/a/c").args.at("x"), "c");
  EXPECT_EQ(router.find_route(Verb::Get, "/files/x/y%2Fz").args.at("path"), "x/y/z");
  EXPECT_EQ(router.find_route(Verb::Get, "/a/b/c").route, nullptr);
  EXPECT_EQ(router.find_route(Verb::Get, "/").route, nullptr);
  EXPECT_TRUE(router.find_route(Verb::Post, "/a/b").other_verb);
}

TEST(Url, DecodesAndEncodes) {
  EXPECT_EQ(url_decode("a%20b%zz%4", false), "a b%zz%4");
  EXPECT_EQ(url_encode("a b/ü"), "a%20b%2F%C3%BC");
  EXPECT_EQ(parse_query("a=1&b=x+y%26&&c").at("b"), "x y&");
}

}  // namespace
}  // namespace venus::rpc
