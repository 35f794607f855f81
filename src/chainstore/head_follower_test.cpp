// SPDX-License-Identifier: MIT OR Apache-2.0
// Consumers see exact sequences: over random forks a model that applies them always has a chain of the store,
// and in the end that of the head.
#include "chainstore/head_follower.hpp"

#include <gtest/gtest.h>

#include <random>

namespace venus::chainstore {
namespace {

// Headers without state: the weight is the parents' plus ten for each win.
class Forks {
 public:
  explicit Forks(std::uint64_t seed) : random_(seed), chain(ChainStore::open(store_, metadata_).value()) {
    chain->set_rules(
        [](const TipsetPtr& tipset) -> Result<BigInt> {
          std::int64_t wins = 0;
          for (const auto& block : tipset->blocks()) wins += block.election_proof->win_count;
          return tipset->parent_weight() + BigInt(10 * wins);
        },
        [](const Cid&, const Address& address) -> Result<ActorId> { return address.actor_id(); });
    meta_ = store_message_meta(store_, {}, {}).value();
    tipsets.push_back(put(nullptr, 0));
    chain->set_genesis(tipsets.front()->cids().front()).value();
  }

  std::uint64_t pick(std::uint64_t below) { return std::uniform_int_distribution<std::uint64_t>(0, below - 1)(random_); }

  TipsetPtr put(const TipsetPtr& parent, std::int64_t height) {
    types::BlockHeader out;
    out.miner = Address::id(1000 + pick(5));
    const auto ticket = base::be64(next_++);
    out.ticket = types::Ticket{Bytes(ticket.begin(), ticket.end())};
    out.election_proof = types::ElectionProof{1 + static_cast<std::int64_t>(pick(3)), {}};
    out.height = ChainEpoch(height);
    out.messages = meta_;
    out.parent_state_root = meta_;
    out.parent_message_receipts = meta_;
    if (parent) {
      out.parents = parent->cids();
      out.parent_weight = chain->weight(parent).value();
    }
    chain->put_block(out).value();
    return types::Tipset::make({out}).value();
  }

  // A new tipset on one of the last few, sometimes on an old one.
  TipsetPtr grow() {
    const auto size = tipsets.size();
    const auto near = std::min<std::size_t>(size, 4);
    const auto& parent = pick(8) == 0 ? tipsets[pick(size)] : tipsets[size - 1 - pick(near)];
    tipsets.push_back(put(parent, parent->height().value() + 1 + static_cast<std::int64_t>(pick(2))));
    return tipsets.back();
  }

  // The head moves by weight, by a registered block, or by hand.
  void move() {
    const auto tipset = grow();
    switch (pick(4)) {
      case 0: chain->set_head(tipsets[pick(tipsets.size())]).value(); break;
      case 1: chain->add_validated_block(tipset->blocks().front()).value(); break;
      default: chain->consider(tipset).value();
    }
  }

  std::vector<TipsetKey> chain_of(TipsetPtr tipset) const {
    std::vector<TipsetKey> out;
    for (;;) {
      out.push_back(tipset->key());
      if (tipset->height() == ChainEpoch(0)) break;
      tipset = chain->parent(*tipset).value();
    }
    std::reverse(out.begin(), out.end());
    return out;
  }

 private:
  std::mt19937_64 random_;
  std::uint64_t next_ = 0;
  ipld::MemoryBlockstore store_;
  MemoryMetadata metadata_;
  Cid meta_;

 public:
  std::unique_ptr<ChainStore> chain;
  std::vector<TipsetPtr> tipsets;
};

// What a consumer builds from the changes it was told.
struct Model {
  std::vector<TipsetKey> chain;

  void apply(const HeadChange& change) {
    for (const auto& tipset : change.reverted) {
      ASSERT_FALSE(chain.empty());
      ASSERT_EQ(chain.back(), tipset->key()) << "reverts what is not the head";
      chain.pop_back();
    }
    for (const auto& tipset : change.applied) {
      ASSERT_FALSE(chain.empty());
      ASSERT_EQ(chain.back(), tipset->parents()) << "applies what does not follow the head";
      chain.push_back(tipset->key());
    }
  }
};

TEST(HeadFollower, AModelOfRandomForksAlwaysHasTheHeadsChain) {
  std::size_t lost = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Forks forks(seed);
    for (std::uint64_t i = forks.pick(20); i > 0; --i) forks.move();
    const auto subscription = forks.chain->subscribe(1 + forks.pick(6));
    // A move between subscribing and looking at the head is no trouble.
    if (forks.pick(2) == 0) forks.move();
    HeadFollower follower(*forks.chain, forks.chain->head());
    Model model{forks.chain_of(forks.chain->head())};
    const auto read = [&] {
      const auto item = subscription->try_next();
      if (!item) return false;
      lost += item->lost ? 1 : 0;
      const auto change = follower.follow(*item);
      EXPECT_TRUE(change) << change.error().message;
      model.apply(*change);
      EXPECT_EQ(model.chain, forks.chain_of(follower.at()));
      return true;
    };
    for (int step = 0; step < 60; ++step) {
      forks.move();
      // Sometimes slow, sometimes quick.
      for (std::uint64_t reads = forks.pick(3); reads > 0 && read(); --reads) {
      }
      if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure()) FAIL() << "seed " << seed;
    }
    while (read()) {
    }
    ASSERT_EQ(model.chain, forks.chain_of(forks.chain->head())) << "seed " << seed;
    ASSERT_EQ(follower.at()->key(), forks.chain->head()->key()) << "seed " << seed;
  }
  EXPECT_GT(lost, 400U) << "the queues hardly ever ran over: this test shows nothing";
}

TEST(HeadFollower, TheHeadMovesBackByHand) {
  Forks forks(1);
  const auto first = forks.put(forks.tipsets[0], 1);
  const auto second = forks.put(first, 2);
  ASSERT_TRUE(forks.chain->set_head(second));
  const auto subscription = forks.chain->subscribe();
  HeadFollower follower(*forks.chain, forks.chain->head());
  ASSERT_TRUE(forks.chain->set_head(first));
  const auto change = follower.follow(*subscription->try_next());
  ASSERT_TRUE(change);
  ASSERT_EQ(change->reverted.size(), 1U);
  EXPECT_TRUE(change->applied.empty());
  EXPECT_EQ(follower.at()->key(), first->key());
}

TEST(HeadFollower, SeveralConsumersGoTheirOwnPace) {
  Forks forks(2);
  HeadFollower slow(*forks.chain, forks.chain->head());
  Model model{forks.chain_of(forks.chain->head())};
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 10; ++i) forks.move();
    const auto change = slow.go_to(forks.chain->head());
    ASSERT_TRUE(change);
    model.apply(*change);
    ASSERT_EQ(model.chain, forks.chain_of(forks.chain->head()));
  }
}

}  // namespace
}  // namespace venus::chainstore
