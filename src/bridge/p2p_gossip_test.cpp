// SPDX-License-Identifier: MIT OR Apache-2.0
// Gossip between hosts on loopback: verdicts, scores, refusals, bounds.
#include "bridge/p2p.hpp"
#include "bridge/test_util/p2p_peer.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace venus::bridge {
namespace {

using namespace test_util;
using namespace std::chrono_literals;

class P2pGossipTest : public testing::Test {
 protected:
  /// Waits until the host knows that the other follows the topic.
  bool follows(Peer& host, const PeerId& other) {
    return eventually([&] {
      const auto peers = loop.run(host->topic_peers(kTopic));
      return peers && std::find(peers->begin(), peers->end(), other) != peers->end();
    });
  }
  bool join(Peer& one, Peer& two) {
    return one.connect(two).has_value() && follows(one, two.id()) && follows(two, one.id());
  }
  /// The score of a peer at a host.
  P2pScore score(Peer& host, const PeerId& peer) {
    const auto scores = loop.run(host->scores());
    if (scores) {
      for (const auto& one : *scores) {
        if (one.peer == peer) return one;
      }
    }
    ADD_FAILURE() << "no score of " << peer.str();
    return {};
  }
  static bool got(Peer& peer, const Bytes& data) {
    return peer.saw<P2pGossip>([&](const P2pGossip& gossip) { return gossip.data == data; });
  }
  static std::size_t count(Peer& peer, const Bytes& data) {
    std::size_t n = 0;
    for (const auto& gossip : peer.all<P2pGossip>())
      n += gossip.data == data ? 1 : 0;
    return n;
  }

  Loop loop;
};

TEST_F(P2pGossipTest, VerdictsDecideWhatIsRelayed) {
  Peer one(loop, loopback_settings(1)), two(loop, loopback_settings(2)),
      three(loop, loopback_settings(3));
  const Bytes good{1, 1}, dull{2, 2}, bad{3, 3};
  two.judge([&](const P2pGossip& gossip) {
    if (gossip.data == good) return P2pVerdict::Accept;
    return gossip.data == bad ? P2pVerdict::Reject : P2pVerdict::Ignore;
  });
  three.judge([](const auto&) { return P2pVerdict::Accept; });
  ASSERT_TRUE(join(one, two));
  ASSERT_TRUE(join(two, three));
  for (const auto& data : {dull, bad, good})
    ASSERT_TRUE(loop.run(one->publish(kTopic, data)));
  ASSERT_TRUE(got(three, good));
  const auto events = three.all<P2pGossip>();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].topic, kTopic);
  EXPECT_EQ(events[0].from, two.id());
  EXPECT_EQ(two.all<P2pGossip>().size(), 3U);
  // What was seen is not told again, nor gossiped again.
  const auto again = loop.run(one->publish(kTopic, good));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::AlreadyExists);
  EXPECT_EQ(loop.run(three->publish(kTopic, good)).error().code, ErrorCode::AlreadyExists);
  EXPECT_EQ(count(two, good), 1U);

  // One rejected message costs 1000 x 0.1, more than the accepted one brings.
  EXPECT_TRUE(eventually([&] { return score(two, one.id()).score < -50; }));
  const auto sender = score(two, one.id());
  const auto& topic = sender.topics.at(kTopic);
  EXPECT_NEAR(topic.first_deliveries, 1, 0.2);
  EXPECT_NEAR(topic.invalid_deliveries, 1, 0.2);
  // Its own verdict may still be on its way.
  EXPECT_TRUE(eventually([&] { return score(three, two.id()).score > 0; }));
}

TEST_F(P2pGossipTest, MeshTimeAndApplicationScoresAreTold) {
  Peer one(loop, loopback_settings(1)), two(loop, loopback_settings(2));
  one->set_app_score(two.id(), 42);
  ASSERT_TRUE(join(one, two));
  EXPECT_TRUE(eventually([&] { return score(one, two.id()).score >= 42; }));
  EXPECT_EQ(score(one, two.id()).app, 42);
  EXPECT_TRUE(
      eventually([&] { return score(one, two.id()).topics.at(kTopic).time_in_mesh.count() > 0; }));
  one->set_app_score(two.id(), 0);
  EXPECT_TRUE(eventually([&] { return score(one, two.id()).score < 42; }));
}

TEST_F(P2pGossipTest, PublishTellsWhyNot) {
  Peer one(loop, loopback_settings(1)), two(loop, loopback_settings(2));
  const auto code = [&](std::string topic, Bytes data) {
    const auto result = loop.run(one->publish(std::move(topic), std::move(data)));
    return result ? std::optional<ErrorCode>() : result.error().code;
  };
  EXPECT_EQ(code(kTopic, {1}), ErrorCode::Unavailable);
  ASSERT_TRUE(join(one, two));
  EXPECT_EQ(code("/fil/other", {1}), ErrorCode::InvalidArgument);
  EXPECT_EQ(code(kTopic, Bytes(1 << 20)), ErrorCode::TooLarge);
  EXPECT_EQ(code(kTopic, {1}), std::nullopt);
  EXPECT_EQ(code(kTopic, {1}), ErrorCode::AlreadyExists);
}

TEST_F(P2pGossipTest, TheLargestMessageArrives) {
  Peer one(loop, loopback_settings(1)), two(loop, loopback_settings(2));
  ASSERT_TRUE(join(one, two));
  const Bytes large((1 << 20) - 1024, 7);
  ASSERT_TRUE(loop.run(one->publish(kTopic, large)));
  EXPECT_TRUE(got(two, large));
  const auto in = two->bandwidth().by_protocol["/meshsub/1.1.0"].in;
  EXPECT_GT(in, large.size());
  EXPECT_LT(in, large.size() + 10'000);
}

TEST_F(P2pGossipTest, AFullQueueIgnoresUntilSomeAreJudged) {
  auto settings = loopback_settings(2);
  settings.limits.gossip_queue = 5;
  Peer one(loop, loopback_settings(1)), two(loop, std::move(settings));
  ASSERT_TRUE(join(one, two));
  for (std::uint8_t i = 0; i < 20; ++i)
    ASSERT_TRUE(loop.run(one->publish(kTopic, {i})));
  ASSERT_TRUE(eventually([&] { return two->ignored_gossip() == 15; }));
  const auto waiting = two.all<P2pGossip>();
  ASSERT_EQ(waiting.size(), 5U);
  for (const auto& gossip : waiting)
    two->report(gossip.token, P2pVerdict::Accept);
  // Twice, or of a token that never was: nothing.
  two->report(waiting[0].token, P2pVerdict::Reject);
  two->report(123'456, P2pVerdict::Reject);
  ASSERT_TRUE(
      eventually([&] { return score(two, one.id()).topics.at(kTopic).first_deliveries > 4; }));
  EXPECT_EQ(score(two, one.id()).topics.at(kTopic).invalid_deliveries, 0);
  ASSERT_TRUE(loop.run(one->publish(kTopic, {100})));
  EXPECT_TRUE(got(two, {100}));
}

TEST_F(P2pGossipTest, BytesThatWaitAreBounded) {
  auto settings = loopback_settings(2);
  settings.limits.gossip_queue_bytes = 1'000'000;
  Peer one(loop, loopback_settings(1)), two(loop, std::move(settings));
  ASSERT_TRUE(join(one, two));
  for (std::uint8_t i = 0; i < 10; ++i)
    ASSERT_TRUE(loop.run(one->publish(kTopic, Bytes(300'000, i))));
  EXPECT_TRUE(
      eventually([&] { return two->ignored_gossip() + two.all<P2pGossip>().size() == 10; }));
  EXPECT_EQ(two.all<P2pGossip>().size(), 3U);
}

TEST_F(P2pGossipTest, BurstsArriveWhole) {
  Peer one(loop, loopback_settings(1)), two(loop, loopback_settings(2));
  std::atomic<int> judged = 0;
  two.judge([&](const auto&) {
    ++judged;
    return P2pVerdict::Accept;
  });
  ASSERT_TRUE(join(one, two));
  constexpr int kMessages = 2000;
  for (int i = 0; i < kMessages; ++i) {
    Bytes data(400, 0);
    data[0] = static_cast<std::uint8_t>(i);
    data[1] = static_cast<std::uint8_t>(i >> 8);
    ASSERT_TRUE(loop.run(one->publish(kTopic, std::move(data))));
  }
  EXPECT_TRUE(eventually([&] { return judged == kMessages; }));
  EXPECT_EQ(two->ignored_gossip(), 0U);
}

}  // namespace
}  // namespace venus::bridge
