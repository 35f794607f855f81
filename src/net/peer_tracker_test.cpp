// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/peer_tracker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "net/peer_limits.hpp"
#include "net/test_util/pipe_host.hpp"

namespace venus::net {
namespace {

using test_util::test_peer;
using std::chrono::milliseconds;
using std::chrono::seconds;

const PeerTracker::Clock::time_point kNow{std::chrono::hours(1)};
TipsetKey key(std::uint8_t number) { return TipsetKey({ipld::cid_of_cbor(Bytes{number})}); }

TEST(PeerTracker, ThePreferredPeerComesFirstThenWhoHasTheTipset) {
  PeerTracker tracker(1);
  for (std::uint8_t i = 0; i < 30; ++i) tracker.add(test_peer(i));
  tracker.set_head(test_peer(9), {key(1), ChainEpoch(5), BigInt(7)});
  const auto order = tracker.choose(test_peer(3), key(1), 8, kNow);
  ASSERT_EQ(order.size(), 8U);
  EXPECT_EQ(order[0], test_peer(3));
  EXPECT_EQ(order[1], test_peer(9));
  EXPECT_EQ(tracker.choose(test_peer(200), key(2), 100, kNow).size(), 30U);  // an unknown preference is no peer
}

TEST(PeerTracker, TheQuickOnesComeBeforeTheSlowAndTheBestAreShuffled) {
  PeerTracker tracker(1);
  for (std::uint8_t i = 0; i < 40; ++i) {
    tracker.add(test_peer(i));
    tracker.started(test_peer(i));
    tracker.succeeded(test_peer(i), milliseconds(i < 16 ? 10 : 1000), 1);
  }
  std::set<PeerId> firsts;
  for (int round = 0; round < 200; ++round) {
    const auto order = tracker.choose(PeerId(), TipsetKey(), 40, kNow);
    firsts.insert(order[0]);
    for (std::size_t i = 0; i < 16; ++i) {
      const bool quick = std::ranges::any_of(std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                             [&](int n) { return order[i] == test_peer(static_cast<std::uint8_t>(n)); });
      ASSERT_TRUE(quick) << i;
    }
  }
  EXPECT_GT(firsts.size(), 10U);
}

TEST(PeerTracker, AFailureIsForgivenWithTimeAndBySuccess) {
  PeerTracker tracker(1);
  tracker.add(test_peer(1));
  tracker.add(test_peer(2));
  tracker.started(test_peer(1));
  tracker.failed(test_peer(1), milliseconds(1), kNow);
  EXPECT_EQ(tracker.choose(PeerId(), TipsetKey(), 2, kNow)[1], test_peer(1));
  // It is still asked when nobody else is there.
  tracker.remove(test_peer(2));
  EXPECT_EQ(tracker.choose(PeerId(), TipsetKey(), 2, kNow), std::vector{test_peer(1)});
  tracker.add(test_peer(2));
  for (int i = 0; i < 20; ++i) tracker.blame(test_peer(1), kNow);
  bool first_again = false;
  for (int i = 0; i < 50; ++i) {
    first_again = first_again || tracker.choose(PeerId(), TipsetKey(), 1, kNow + seconds(61))[0] == test_peer(1);
    ASSERT_EQ(tracker.choose(PeerId(), TipsetKey(), 1, kNow + seconds(59))[0], test_peer(2));
  }
  EXPECT_TRUE(first_again);
  tracker.succeeded(test_peer(1), milliseconds(1), 1);
  first_again = false;
  for (int i = 0; i < 50; ++i) {
    first_again = first_again || tracker.choose(PeerId(), TipsetKey(), 1, kNow)[0] == test_peer(1);
  }
  EXPECT_TRUE(first_again);
}

TEST(PeerTracker, RemembersHeadsAndForgetsWhoLeft) {
  PeerTracker tracker(1);
  tracker.set_head(test_peer(1), {key(1), ChainEpoch(5), BigInt(7)});
  EXPECT_FALSE(tracker.heaviest());  // not added: it disconnected meanwhile
  tracker.add(test_peer(1));
  tracker.add(test_peer(2));
  tracker.set_head(test_peer(1), {key(1), ChainEpoch(5), BigInt(7)});
  tracker.set_head(test_peer(2), {key(2), ChainEpoch(4), BigInt(9)});
  EXPECT_EQ(tracker.heaviest()->first, test_peer(2));
  tracker.set_head(test_peer(2), {key(3), ChainEpoch(6), BigInt(0)});  // gossip knows no weight
  EXPECT_EQ(tracker.heaviest()->second.weight, BigInt(9));
  EXPECT_EQ(tracker.heaviest()->second.key, key(3));
  tracker.remove(test_peer(2));
  EXPECT_EQ(tracker.heaviest()->first, test_peer(1));
  EXPECT_EQ(tracker.size(), 1U);
}

TEST(PeerTracker, RequestsInFlightAreCounted) {
  PeerTracker tracker(1);
  tracker.add(test_peer(1));
  tracker.started(test_peer(1));
  tracker.started(test_peer(1));
  EXPECT_EQ(tracker.peers()[0].in_flight, 2U);
  tracker.aborted(test_peer(1));
  tracker.succeeded(test_peer(1), milliseconds(1), 0);
  tracker.succeeded(test_peer(1), milliseconds(1), 0);  // never below none
  EXPECT_EQ(tracker.peers()[0].in_flight, 0U);
  EXPECT_EQ(tracker.peers()[0].successes, 2U);
}

TEST(PeerLimits, SlotsAreGivenBack) {
  PeerSlots slots(3, 2);
  auto first = slots.enter(test_peer(1));
  auto second = slots.enter(test_peer(1));
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
  EXPECT_FALSE(slots.enter(test_peer(1)));
  auto third = slots.enter(test_peer(2));
  EXPECT_TRUE(third);
  EXPECT_FALSE(slots.enter(test_peer(3)));
  second.release();
  second.release();
  EXPECT_TRUE(slots.enter(test_peer(3)));
  EXPECT_EQ(slots.running(), 2U);
  first = std::move(third);
  EXPECT_EQ(slots.running(), 1U);
  EXPECT_EQ(slots.running(test_peer(1)), 0U);
}

TEST(PeerLimits, BucketsRefillAndForgetTheOldest) {
  PeerBuckets buckets(2, 4, 2);
  EXPECT_TRUE(buckets.take(test_peer(1), 4, kNow));
  EXPECT_FALSE(buckets.take(test_peer(1), 1, kNow));
  EXPECT_FALSE(buckets.take(test_peer(1), 1, kNow + milliseconds(499)));
  EXPECT_TRUE(buckets.take(test_peer(1), 1, kNow + milliseconds(501)));
  EXPECT_TRUE(buckets.take(test_peer(1), 100, kNow + seconds(100)));  // never more than the burst
  EXPECT_FALSE(buckets.take(test_peer(1), 1, kNow + seconds(100)));
  EXPECT_TRUE(buckets.take(test_peer(2), 1, kNow + seconds(100)));
  EXPECT_TRUE(buckets.take(test_peer(3), 1, kNow + seconds(100)));  // the third pushes the first out
  EXPECT_TRUE(buckets.take(test_peer(1), 1, kNow + seconds(100)));
}

}  // namespace
}  // namespace venus::net
