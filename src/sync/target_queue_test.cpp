// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sync/target_queue.hpp"

#include <gtest/gtest.h>

#include "sync/test_util/network.hpp"

namespace venus::sync {
namespace {

using test_util::LightChain;
using test_util::peer;

Target target(const TipsetPtr& tipset, std::uint8_t from = 1) {
  return {tipset, test_util::light_weight(*tipset), {peer(from)}, {}, false};
}

class Queue : public testing::Test {
 protected:
  // Starts what the queue says is to be started.
  std::uint64_t start(std::optional<Target> next) {
    EXPECT_TRUE(next);
    return queue_.started(*next);
  }
  LightChain chain_;
  TargetQueue queue_{3};
};

TEST_F(Queue, ATargetIsStartedOnce) {
  const auto tipset = chain_.grow(chain_.genesis, 5, 1000);
  const auto worker = start(queue_.add(target(tipset)));
  EXPECT_FALSE(queue_.add(target(tipset, 2)));
  EXPECT_FALSE(queue_.finished(worker, true));
  EXPECT_FALSE(queue_.add(target(tipset))) << "it was synchronised just now";
}

TEST_F(Queue, AnExtensionIsNextAndOnlyTheHeaviestOfItsChain) {
  const auto first = chain_.grow(chain_.genesis, 5, 1000);
  const auto second = chain_.grow(first, 1, 1000);
  const auto third = chain_.grow(second, 1, 1000);
  const auto worker = start(queue_.add(target(first)));
  EXPECT_FALSE(queue_.add(target(second)));
  EXPECT_FALSE(queue_.add(target(third)));
  const auto next = queue_.finished(worker, true);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->tipset->key(), third->key());
}

TEST_F(Queue, LighterTargetsAreIgnored) {
  const auto heavy = chain_.grow(chain_.genesis, 9, 1000);
  const auto light = chain_.grow(chain_.genesis, 3, 1001);
  const auto worker = start(queue_.add(target(heavy)));
  EXPECT_FALSE(queue_.add(target(light)));
  EXPECT_FALSE(queue_.finished(worker, true)) << "nothing was kept";
  EXPECT_FALSE(queue_.add(target(light)));
}

TEST_F(Queue, UnrelatedTargetsWaitUntilTheChainWasCaughtUpWith) {
  const auto first = chain_.grow(chain_.genesis, 5, 1000);
  const auto other = chain_.grow(chain_.genesis, 6, 1001);
  const auto worker = start(queue_.add(target(first)));
  EXPECT_FALSE(queue_.add(target(other)));
  queue_.set_caught_up();
  const auto next = queue_.next_deferred();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->tipset->key(), other->key());
  start(next);
  EXPECT_EQ(queue_.active(), 2U);
  queue_.finished(worker, true);
}

TEST_F(Queue, NoMoreWorkersThanAllowed) {
  queue_.set_caught_up();
  std::vector<std::uint64_t> workers;
  for (std::uint64_t miner = 0; miner < 3; ++miner) {
    workers.push_back(start(queue_.add(target(chain_.grow(chain_.genesis, 5 + miner, 1000 + miner)))));
  }
  const auto waiting = chain_.grow(chain_.genesis, 20, 1009);
  EXPECT_FALSE(queue_.add(target(waiting)));
  EXPECT_EQ(queue_.active(), 3U);
  const auto next = queue_.finished(workers.front(), false);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->tipset->key(), waiting->key());
}

TEST_F(Queue, AFailedTargetMayBeTriedAgain) {
  const auto tipset = chain_.grow(chain_.genesis, 5, 1000);
  const auto worker = start(queue_.add(target(tipset)));
  EXPECT_FALSE(queue_.finished(worker, false));
  EXPECT_TRUE(queue_.add(target(tipset)));
}

TEST_F(Queue, PeersCannotFillTheMemory) {
  queue_.set_caught_up();
  start(queue_.add(target(chain_.grow(chain_.genesis, 1, 1))));
  start(queue_.add(target(chain_.grow(chain_.genesis, 1, 2))));
  start(queue_.add(target(chain_.grow(chain_.genesis, 1, 3))));
  TipsetPtr heaviest;
  for (std::uint64_t miner = 10; miner < 300; ++miner) {
    heaviest = chain_.grow(chain_.genesis, 2 + miner / 10, miner);
    EXPECT_FALSE(queue_.add(target(heaviest)));
  }
  std::size_t kept = 0;
  std::optional<Target> first;
  for (auto next = queue_.finished(0, false); next; next = queue_.next_deferred()) {
    if (!first) first = next;
    ++kept;
  }
  EXPECT_LE(kept, 64U);
  EXPECT_EQ(first->tipset->parent_weight(), heaviest->parent_weight());
}

}  // namespace
}  // namespace venus::sync
