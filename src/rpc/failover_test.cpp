// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/failover.hpp"

#include "rpc/failover_core.hpp"
#include "rpc/test_util/test_server.hpp"

#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

namespace venus::rpc {
namespace {

using std::chrono::milliseconds;
using test::TestApi;
using test::TestServer;

const Result<std::int64_t> kLost = fail(ErrorCode::Unavailable, "gone");

TEST(PeerChoice, TakesTheFirstThatAnswersAndIsNotBehind) {
  PeerChoice choice(3, {.max_behind = 3, .return_after = 2});
  // Nothing is known of the first: it stays, though the others answer.
  EXPECT_FALSE(choice.note(1, 100));
  EXPECT_FALSE(choice.note(2, 100));
  EXPECT_EQ(choice.in_use(), 0U);
  EXPECT_FALSE(choice.note(0, 97));  // three behind is near enough
  EXPECT_TRUE(choice.note(0, 96));
  EXPECT_EQ(choice.in_use(), 1U);
  // The one in use is good: a better one further down does not matter.
  EXPECT_FALSE(choice.note(2, 103));
  EXPECT_TRUE(choice.note(2, 104));
  EXPECT_EQ(choice.in_use(), 2U);
}

TEST(PeerChoice, ComesBackToAPreferredPeerWhenItHasProvedGood) {
  PeerChoice choice(2, {.max_behind = 3, .return_after = 3});
  EXPECT_FALSE(choice.note(0, 10));
  EXPECT_FALSE(choice.note(1, 10));
  EXPECT_TRUE(choice.note(0, kLost));
  EXPECT_FALSE(choice.note(0, 10));
  EXPECT_FALSE(choice.note(0, 10));
  EXPECT_FALSE(choice.note(0, kLost));  // counted from the beginning
  EXPECT_FALSE(choice.note(0, 10));
  EXPECT_FALSE(choice.note(0, 10));
  EXPECT_TRUE(choice.note(0, 10));
  EXPECT_EQ(choice.in_use(), 0U);
}

TEST(PeerChoice, StaysWhenNoneIsAnyBetter) {
  PeerChoice choice(2, {});
  EXPECT_FALSE(choice.note(0, kLost));
  EXPECT_FALSE(choice.note(1, kLost));
  EXPECT_EQ(choice.in_use(), 0U);
  EXPECT_EQ(choice.next({}), 0U);
  EXPECT_EQ(choice.next({0}), std::nullopt);
  const auto states = choice.states();
  EXPECT_EQ(states[1].error, "gone");
  EXPECT_FALSE(states[1].progress);
  EXPECT_TRUE(choice.note(1, 5));
  EXPECT_EQ(choice.in_use(), 1U);
}

TEST(PeerChoice, NextLeavesOutWhatWasTried) {
  PeerChoice choice(3, {.max_behind = 3});
  static_cast<void>(choice.note(0, 10));
  static_cast<void>(choice.note(1, 1));
  static_cast<void>(choice.note(2, 10));
  EXPECT_EQ(choice.next({}), 0U);
  EXPECT_EQ(choice.next({0}), 2U);     // one that lags comes last
  EXPECT_EQ(choice.next({0, 2}), 1U);  // but is better than none
  EXPECT_EQ(choice.next({0, 1, 2}), std::nullopt);
}

/// Two servers, a client over both, and a progress that the test sets.
class Failover : public testing::Test {
 protected:
  void make(std::string_view scheme, milliseconds probe_interval = milliseconds(20)) {
    const ClientOptions options{.reconnect_max = milliseconds(100)};
    std::vector<std::shared_ptr<Client>> peers;
    for (auto* server : {&first, &second})
      peers.push_back(*make_client(first.io, server->url(scheme), options));
    const ProgressProbe probe = [this](std::shared_ptr<Client> peer, Millis timeout) {
      return ask(std::move(peer), timeout, &bonus);
    };
    client = *make_failover_client(first.io, std::move(peers), probe,
                                   {.probe_interval = probe_interval,
                                    .probe_timeout = milliseconds(300),
                                    .max_behind = 3,
                                    .return_after = 2});
  }
  static Task<std::int64_t> ask(std::shared_ptr<Client> peer, Millis timeout,
                                std::atomic<std::int64_t>* bonus) {
    co_return co_await peer->call_with<TestApi::Add>(CallMeta{.timeout = timeout}, bonus->load(),
                                                     10);
  }
  template <class T>
  Result<T> wait(Task<T> task) {
    return asio::co_spawn(first.io, std::move(task), asio::use_future).get();
  }
  bool uses(std::size_t peer) {
    return TestServer::eventually([&] { return client->in_use() == peer; });
  }
  void TearDown() override {
    if (client) client->stop();
  }

  TestServer first, second;
  std::atomic<std::int64_t> bonus{0};
  std::shared_ptr<FailoverClient> client;
};

TEST_F(Failover, CallsGoOnWhenTheFirstDiesAndComeBackToIt) {
  make("http");
  EXPECT_EQ(wait(client->call<TestApi::Add>(2, 3)), 5);
  std::atomic<int> switches{0};
  client->on_switch([&](std::size_t) { ++switches; });
  first.stop();
  // Without waiting for a probe: not one call fails.
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(wait(client->call<TestApi::Add>(i, 1)), i + 1);
  EXPECT_TRUE(uses(1));
  EXPECT_EQ(switches, 1);
  first.restart();
  EXPECT_TRUE(uses(0));
  EXPECT_EQ(wait(client->call<TestApi::Add>(2, 3)), 5);
  second.stop();
  EXPECT_EQ(wait(client->call<TestApi::Add>(2, 3)), 5);
}

TEST_F(Failover, WhatMustNotBeSentTwiceFails) {
  make("http", std::chrono::minutes(1));  // the first's death is not noticed but by the call
  EXPECT_TRUE(
      TestServer::eventually([&] { return client->peers()[0].alive && client->peers()[1].alive; }));
  first.stop();
  const auto refused = wait(client->call<TestApi::Sign>());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable)
      << "the second would refuse it for want of a token";
}

TEST_F(Failover, ErrorsOfThePeerAreTheAnswer) {
  make("http");
  const auto missing = wait(client->call<TestApi::Missing>());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_EQ(client->in_use(), 0U);
}

TEST_F(Failover, ACallThatAHungPeerHoldsIsMadeElsewhere) {
  // A port that accepts and never says a word is what a stopped process looks like.
  asio::ip::tcp::acceptor mute(first.io, {asio::ip::make_address("127.0.0.1"), 0});
  std::vector<std::shared_ptr<Client>> peers{
      *make_client(first.io, fmt::format("http://127.0.0.1:{}", mute.local_endpoint().port())),
      *make_client(first.io, second.url())};
  const ProgressProbe probe = [this](std::shared_ptr<Client> peer, Millis timeout) {
    return ask(std::move(peer), timeout, &bonus);
  };
  client = *make_failover_client(
      first.io, std::move(peers), probe,
      {.probe_interval = milliseconds(20), .probe_timeout = milliseconds(200)});
  // Its own timeout is a minute.
  EXPECT_EQ(wait(client->call<TestApi::Add>(2, 3)), 5);
  EXPECT_EQ(client->in_use(), 1U);
}

TEST_F(Failover, SubscriptionsMoveToThePeerInUse) {
  make("ws");
  auto numbers = client->subscribe<TestApi::Count>(-1, 5);
  EXPECT_EQ(wait(numbers.next()), 0);
  EXPECT_TRUE(TestServer::eventually([&] { return client->peers()[1].alive; }));
  EXPECT_EQ(second.open_streams, 0);
  first.stop();
  EXPECT_TRUE(TestServer::eventually([&] { return second.open_streams == 1; }));
  bool again = false;
  for (int i = 0; i < 1000 && !again; ++i)
    again = wait(numbers.next()).value() == 0;
  EXPECT_TRUE(again) << "the count begins anew at the second";
  first.restart();
  EXPECT_TRUE(TestServer::eventually([&] {
    return first.open_streams == 1 && second.open_streams == 0;
  })) << "moved back, and the second is told";
  numbers.close();
  EXPECT_TRUE(TestServer::eventually([&] { return first.open_streams == 0; }));
}

TEST_F(Failover, ARefusedSubscriptionEnds) {
  make("http");
  auto numbers = client->subscribe<TestApi::Count>(-1, 5);
  EXPECT_EQ(wait(numbers.next()).error().code, ErrorCode::Unsupported);
}

TEST_F(Failover, StopEndsWhatWaits) {
  make("ws");
  auto numbers = client->subscribe<TestApi::Count>(1, 60'000);
  EXPECT_EQ(wait(numbers.next()), 0);
  auto call = asio::co_spawn(first.io, client->call<TestApi::Sleep>(60'000), asio::use_future);
  EXPECT_TRUE(TestServer::eventually([&] { return first.sleeping == 1; }));
  client->stop();
  EXPECT_EQ(call.get().error().code, ErrorCode::Cancelled);
  EXPECT_EQ(wait(numbers.next()).error().code, ErrorCode::Cancelled);
  EXPECT_EQ(wait(client->call<TestApi::Add>(1, 1)).error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace venus::rpc
