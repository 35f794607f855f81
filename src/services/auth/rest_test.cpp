// SPDX-License-Identifier: MIT OR Apache-2.0
// The REST interface over real sockets, with the typed client and with raw requests.
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/json.hpp>
#include <thread>

#include "base/test_util/vectors.hpp"
#include "rpc/http_client.hpp"
#include "rpc/run_blocking.hpp"
#include "services/auth/routes.hpp"
#include "services/auth/schema.hpp"
#include "services/auth/verifier.hpp"

namespace venus::auth {
namespace {

using namespace api::auth;

class Rest : public testing::Test {
 protected:
  void SetUp() override {
    database_ = db::sql::Database::open((folder_.path() / "auth.db").string()).value();
    ASSERT_TRUE(migrate(*database_));
    service_ = std::make_unique<Service>(*database_, clock_);
    admin_ = service_->ensure_admin_token().value();
    rpc::ServerOptions options;
    options.auth = make_verifier(*service_);
    options.anonymous = {};
    options.auth_recheck = std::chrono::milliseconds(50);
    server_ = std::make_unique<rpc::Server>(server_io_, options);
    bind_routes(*server_, *service_, "test");
    url_ = server_->listen("127.0.0.1", 0).value().url();
    while (url_.ends_with('/')) url_.pop_back();
    thread_ = std::jthread([this] { server_io_.run(); });
  }
  void TearDown() override {
    ASSERT_TRUE(rpc::run_blocking(io_, stop_server()));
    server_io_.stop();
  }
  Task<> stop_server() {
    co_return co_await asio::co_spawn(server_io_, server_->stop(std::chrono::milliseconds(100)), asio::use_awaitable);
  }

  template <class T>
  Result<T> wait(Task<T> task) {
    return rpc::run_blocking(io_, std::move(task));
  }
  std::unique_ptr<Auth> client(std::string token) { return make_auth_client(io_, url_, std::move(token)).value(); }
  rpc::HttpResponse send(rpc::Verb verb, std::string path, std::string body, std::string token,
                         std::string type = "application/json") {
    rpc::HttpClient http(io_);
    rpc::HttpClient::Request request;
    request.verb = verb;
    request.url = url_ + path;
    request.body = std::move(body);
    request.token = std::move(token);
    if (!request.body.empty()) request.headers = {{"Content-Type", type}};
    return wait(http.send(std::move(request))).value();
  }

  base::test_util::TempFolder folder_;
  base::SystemClock clock_;
  asio::io_context io_;
  asio::io_context server_io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{server_io_.get_executor()};
  std::unique_ptr<db::sql::Database> database_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<rpc::Server> server_;
  std::string url_, admin_;
  std::jthread thread_;
};

TEST_F(Rest, nothing_but_version_and_health_is_open) {
  EXPECT_EQ(send(rpc::Verb::Get, "/version", "", "").body, R"({"Version":"test"})");
  EXPECT_EQ(send(rpc::Verb::Get, "/healthcheck", "", "").status, 200U);
  const std::pair<rpc::Verb, const char*> closed[] = {
      {rpc::Verb::Post, "/verify"}, {rpc::Verb::Post, "/genToken"}, {rpc::Verb::Get, "/tokens"},
      {rpc::Verb::Get, "/token?name=x"}, {rpc::Verb::Delete, "/token"}, {rpc::Verb::Put, "/user/new"},
      {rpc::Verb::Get, "/user/list"}, {rpc::Verb::Post, "/user/miner/add"}, {rpc::Verb::Get, "/miner/has?miner=t01000"}};
  for (const auto& [verb, path] : closed) {
    const auto status = send(verb, path, verb == rpc::Verb::Get ? "" : "{}", "").status;
    EXPECT_TRUE(status == 401 || status == 403) << path << " " << status;
    EXPECT_EQ(send(verb, path, verb == rpc::Verb::Get ? "" : "{}", "no.such.token").status, 401U) << path;
  }
}

TEST_F(Rest, the_typed_client_walks_through_everything) {
  auto auth = client(admin_);
  EXPECT_EQ(wait(auth->create_user({"miner-a", "first pool user", 1})).value().name, "miner-a");
  EXPECT_EQ(wait(auth->create_user({"miner-a", {}, 1})).error().code, ErrorCode::AlreadyExists);
  const auto token = wait(auth->generate_token({"miner-a", "sign", "x"})).value();
  EXPECT_EQ(wait(auth->verify(token)).value().perm, "sign");
  EXPECT_EQ(wait(auth->verify("a.b.c")).error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(wait(auth->token_info("", "miner-a")).value().at(0).token, token);
  EXPECT_EQ(wait(auth->tokens({})).value().size(), 2U);
  EXPECT_TRUE(wait(auth->has_user("miner-a")).value());
  EXPECT_EQ(wait(auth->user("nobody")).error().code, ErrorCode::NotFound);
  EXPECT_TRUE(wait(auth->verify_users({"miner-a"})));
  EXPECT_EQ(wait(auth->users({0, 1}, UserState::Enabled)).value().size(), 1U);

  const auto miner = Address::id(1000);
  EXPECT_TRUE(wait(auth->add_miner({"miner-a", miner, true})).value());
  EXPECT_EQ(wait(auth->user_of_miner(miner)).value().name, "miner-a");
  EXPECT_TRUE(wait(auth->miner_in_user("miner-a", miner)).value());
  EXPECT_EQ(wait(auth->miners("miner-a")).value().at(0).miner, miner);
  EXPECT_TRUE(wait(auth->has_miner(miner)).value());
  const auto signer = Address::parse("t1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za").value();
  EXPECT_TRUE(wait(auth->register_signers({"miner-a", {signer}})));
  EXPECT_EQ(wait(auth->users_of_signer(signer)).value().at(0).name, "miner-a");
  EXPECT_EQ(wait(auth->signers("miner-a")).value().at(0).signer, signer);
  EXPECT_TRUE(wait(auth->unregister_signers({"miner-a", {signer}})));
  EXPECT_FALSE(wait(auth->has_signer(signer)).value());

  const auto limit = wait(auth->upsert_limit({"", "miner-a", "", "", {10, 5}})).value();
  EXPECT_EQ(wait(auth->limits("miner-a", "")).value().at(0).id, limit);
  EXPECT_TRUE(wait(auth->delete_limit("miner-a", limit)));
  EXPECT_TRUE(wait(auth->delete_miner(miner)).value());
  EXPECT_TRUE(wait(auth->delete_user("miner-a")));
  EXPECT_FALSE(wait(auth->has_user("miner-a")).value());
}

TEST_F(Rest, a_user_sees_himself_only) {
  auto auth = client(admin_);
  for (const auto* name : {"alice", "bob"}) ASSERT_TRUE(wait(auth->create_user({name, {}, 1})));
  const auto alices = wait(auth->generate_token({"alice", "read", ""})).value();
  const auto bobs = wait(auth->generate_token({"bob", "sign", ""})).value();
  auto alice = client(alices);
  EXPECT_TRUE(wait(alice->verify(bobs)));
  EXPECT_EQ(wait(alice->user("alice")).value().name, "alice");
  EXPECT_EQ(wait(alice->user("bob")).error().code, ErrorCode::PermissionDenied);
  EXPECT_EQ(wait(alice->token_info("", "bob")).error().code, ErrorCode::PermissionDenied);
  EXPECT_EQ(wait(alice->token_info(bobs, "")).error().code, ErrorCode::PermissionDenied);
  // Naming oneself beside another's token must not help.
  EXPECT_EQ(wait(alice->token_info(bobs, "alice")).error().code, ErrorCode::PermissionDenied);
  EXPECT_EQ(wait(alice->remove_token(bobs)).error().code, ErrorCode::PermissionDenied);
  EXPECT_EQ(wait(alice->tokens({})).error().code, ErrorCode::PermissionDenied);
  EXPECT_EQ(wait(alice->generate_token({"alice", "admin", ""})).error().code, ErrorCode::PermissionDenied);
  EXPECT_EQ(wait(alice->miner_in_user("bob", Address::id(1))).error().code, ErrorCode::PermissionDenied);
  EXPECT_FALSE(wait(alice->miner_in_user("alice", Address::id(1))).value());
  EXPECT_TRUE(wait(alice->remove_token(alices)));
}

TEST_F(Rest, revocation_is_seen_by_callers_within_the_recheck) {
  auto auth = client(admin_);
  ASSERT_TRUE(wait(auth->create_user({"alice", {}, 1})));
  const auto token = wait(auth->generate_token({"alice", "read", ""})).value();
  auto alice = client(token);
  ASSERT_TRUE(wait(alice->user("alice")));
  ASSERT_TRUE(wait(auth->remove_token(token)));
  EXPECT_FALSE(wait(auth->verify(token)));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  while (wait(alice->user("alice")) && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_EQ(wait(alice->user("alice")).error().code, ErrorCode::Unauthenticated);
}

TEST_F(Rest, bodies_are_read_as_gos_client_writes_them) {
  // Go writes field names without tags as they are; names match without regard to case.
  const auto made = send(rpc::Verb::Put, "/user/new", R"({"Name":"go","Comment":null,"State":1})", admin_);
  EXPECT_EQ(made.status, 200U) << made.body;
  EXPECT_EQ(base::parse_json(made.body)->as_object().at("state"), 1);
  EXPECT_EQ(send(rpc::Verb::Post, "/verify", R"({"Token":")" + admin_ + "\"}", admin_).status, 200U);
  const auto added = send(rpc::Verb::Post, "/user/miner/add", R"({"User":"go","Miner":"f01000","OpenMining":false})", admin_);
  EXPECT_EQ(added.body, "true");
  EXPECT_EQ(send(rpc::Verb::Get, "/user/miner/exist?user=go&miner=t01000", "", admin_).body, "true");
  EXPECT_EQ(send(rpc::Verb::Get, "/miner/list-by-user?user=go", "", admin_).status, 200U);
  const auto form = send(rpc::Verb::Post, "/verify", "token=" + admin_, admin_, "application/x-www-form-urlencoded");
  EXPECT_EQ(form.body, R"({"name":"defaultLocalToken","perm":"admin","ext":""})");
  const auto bad = send(rpc::Verb::Post, "/genToken", R"({"name":"nobody","perm":"read"})", admin_);
  EXPECT_EQ(bad.status, 400U);
  EXPECT_TRUE(base::parse_json(bad.body)->as_object().contains("error"));
}

TEST_F(Rest, nonsense_is_refused_politely) {
  for (const auto* body : {"", "{", "[]", "5", R"({"token":5})", R"({"token":{"a":1}})", R"({"Miner":"t0x"})"}) {
    const auto status = send(rpc::Verb::Post, "/genToken", body, admin_).status;
    EXPECT_EQ(status, 400U) << body;
  }
  EXPECT_EQ(send(rpc::Verb::Get, "/tokens?skip=-1", "", admin_).status, 400U);
  EXPECT_EQ(send(rpc::Verb::Get, "/user/list?state=7", "", admin_).status, 400U);
  EXPECT_EQ(send(rpc::Verb::Get, "/user/miner?miner=garbage", "", admin_).status, 400U);
}

}  // namespace
}  // namespace venus::auth
