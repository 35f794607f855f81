// SPDX-License-Identifier: MIT OR Apache-2.0
#include "chainstore/chain_store.hpp"

#include <gtest/gtest.h>

#include "base/test_util/vectors.hpp"
#include "chainstore/database.hpp"

namespace venus::chainstore {
namespace {

// Chains of headers without state: the weight is the parents' plus ten for each win.
class Chains : public testing::Test {
 protected:
  void SetUp() override {
    chain_ = *ChainStore::open(store_, metadata_);
    chain_->set_rules(
        [](const TipsetPtr& tipset) -> Result<BigInt> {
          std::int64_t wins = 0;
          for (const auto& block : tipset->blocks()) wins += block.election_proof->win_count;
          return tipset->parent_weight() + BigInt(10 * wins);
        },
        [](const Cid&, const Address& address) -> Result<ActorId> { return address.actor_id(); });
    meta_ = *store_message_meta(store_, {}, {});
    auto first = header(0, 0, nullptr, 1);
    genesis_ = put({first});
    ASSERT_TRUE(chain_->set_genesis(genesis_->cids().front()));
  }

  types::BlockHeader header(std::uint64_t miner, std::int64_t height, const TipsetPtr& parent, std::uint8_t ticket,
                            std::int64_t wins = 1) {
    types::BlockHeader out;
    out.miner = Address::id(miner);
    out.ticket = types::Ticket{Bytes{ticket}};
    out.election_proof = types::ElectionProof{wins, {}};
    out.height = ChainEpoch(height);
    out.messages = meta_;
    out.parent_state_root = meta_;
    out.parent_message_receipts = meta_;
    if (parent) {
      out.parents = parent->cids();
      out.parent_weight = *chain_->weight(parent);
    }
    return out;
  }
  TipsetPtr put(std::vector<types::BlockHeader> blocks) {
    for (const auto& block : blocks) EXPECT_TRUE(chain_->put_block(block));
    return *types::Tipset::make(std::move(blocks));
  }
  TipsetPtr extend(const TipsetPtr& parent, std::int64_t by = 1, std::uint8_t ticket = 1, std::int64_t wins = 1) {
    return put({header(1000, parent->height().value() + by, parent, ticket, wins)});
  }

  ipld::MemoryBlockstore store_;
  MemoryMetadata metadata_;
  std::unique_ptr<ChainStore> chain_;
  Cid meta_;
  TipsetPtr genesis_;
};

TEST_F(Chains, TheHeavierTipsetBecomesTheHead) {
  const auto light = extend(genesis_, 1, 1, 1);
  const auto heavy = extend(genesis_, 1, 2, 2);
  EXPECT_TRUE(chain_->consider(light).value());
  EXPECT_TRUE(chain_->consider(heavy).value());
  EXPECT_FALSE(chain_->consider(light).value());
  EXPECT_EQ(chain_->head()->key(), heavy->key());
}

TEST_F(Chains, ATieGoesToTheSmallerTicket) {
  std::vector<TipsetPtr> tied;
  for (std::uint8_t ticket = 1; ticket < 6; ++ticket) tied.push_back(extend(genesis_, 1, ticket));
  for (const auto& tipset : tied) ASSERT_TRUE(chain_->consider(tipset));
  for (const auto& tipset : tied) {
    EXPECT_FALSE(ChainStore::wins_tie(*tipset, *chain_->head())) << "a smaller ticket was passed over";
  }
}

TEST_F(Chains, SubscribersHearRevertsAndApplies) {
  const auto subscription = chain_->subscribe();
  const auto a1 = extend(genesis_);
  const auto a2 = extend(a1);
  const auto b1 = extend(genesis_, 1, 9);
  const auto b2 = extend(b1, 3, 9, 5);
  ASSERT_TRUE(chain_->set_head(a2));
  auto item = subscription->try_next();
  ASSERT_TRUE(item);
  EXPECT_EQ(item->change.applied.size(), 2U);
  EXPECT_EQ(item->change.applied.front()->key(), a1->key());
  ASSERT_TRUE(chain_->consider(b2).value());
  item = subscription->try_next();
  ASSERT_TRUE(item);
  ASSERT_EQ(item->change.reverted.size(), 2U);
  EXPECT_EQ(item->change.reverted.front()->key(), a2->key());
  ASSERT_EQ(item->change.applied.size(), 2U);
  EXPECT_EQ(item->change.applied.back()->key(), b2->key());
  EXPECT_FALSE(subscription->try_next());
}

TEST_F(Chains, ASlowSubscriberLosesTheOldestAndIsTold) {
  const auto subscription = chain_->subscribe(2);
  auto tipset = genesis_;
  for (int i = 0; i < 5; ++i) {
    tipset = extend(tipset);
    ASSERT_TRUE(chain_->set_head(tipset));
  }
  const auto item = subscription->try_next();
  ASSERT_TRUE(item);
  EXPECT_TRUE(item->lost);
  EXPECT_EQ(item->change.applied.back()->height(), ChainEpoch(4));
  EXPECT_FALSE(subscription->try_next()->lost);
  EXPECT_FALSE(subscription->try_next());
}

TEST_F(Chains, BlocksOfOneHeightJoinAndEquivocatorsDropOut) {
  const auto one = header(1000, 1, genesis_, 1);
  const auto two = header(1001, 1, genesis_, 2);
  ASSERT_TRUE(chain_->add_validated_block(one).value());
  ASSERT_TRUE(chain_->add_validated_block(two).value());
  EXPECT_EQ(chain_->head()->blocks().size(), 2U);
  // A second block of miner 1001 at that height takes both of its blocks out.
  const auto second = header(1001, 1, genesis_, 3);
  ASSERT_TRUE(chain_->add_validated_block(second).value());
  ASSERT_EQ(chain_->head()->blocks().size(), 1U);
  EXPECT_EQ(chain_->head()->blocks().front().miner, Address::id(1000));
}

TEST_F(Chains, NoForkBelowACheckpointIsTaken) {
  const auto a1 = extend(genesis_);
  const auto a2 = extend(a1);
  ASSERT_TRUE(chain_->set_head(a2));
  ASSERT_TRUE(chain_->set_checkpoint(a1));
  const auto rival = extend(genesis_, 1, 7, 15);
  EXPECT_FALSE(chain_->consider(rival).value());
  EXPECT_TRUE(chain_->consider(extend(a2)).value());
  ASSERT_TRUE(chain_->remove_checkpoint());
  EXPECT_TRUE(chain_->consider(extend(rival, 1, 7, 15)).value());
}

TEST_F(Chains, NoForkDeeperThanFinalityIsTaken) {
  auto ours = genesis_;
  for (std::int64_t i = 0; i <= ChainStore::kFinality; ++i) ours = extend(ours);
  ASSERT_TRUE(chain_->set_head(ours));
  auto rival = extend(genesis_, 1, 7, 15);
  for (int i = 0; i < 700; ++i) rival = extend(rival, 1, 7, 15);
  ASSERT_GT(*chain_->weight(rival), *chain_->weight(ours));
  EXPECT_FALSE(chain_->consider(rival).value());
}

TEST(ChainDatabase, HeadAndGenesisSurviveAReopening) {
  const base::test_util::TempFolder folder;
  types::BlockHeader genesis;
  genesis.miner = Address::id(std::uint64_t{0});
  genesis.ticket = types::Ticket{Bytes{1}};
  genesis.messages = genesis.parent_state_root = genesis.parent_message_receipts = ipld::cid_of_raw(Bytes{1});
  {
    const auto database = ChainDatabase::open(folder.path());
    ASSERT_TRUE(database) << database.error().message;
    const auto chain = ChainStore::open((*database)->blocks(), **database);
    ASSERT_TRUE(chain);
    const auto cid = (*chain)->put_block(genesis);
    ASSERT_TRUE((*chain)->set_genesis(*cid));
    ASSERT_TRUE((*chain)->set_executed(TipsetKey({*cid}), {genesis.messages, genesis.messages}));
  }
  const auto database = ChainDatabase::open(folder.path());
  ASSERT_TRUE(database) << database.error().message;
  const auto chain = ChainStore::open((*database)->blocks(), **database);
  ASSERT_TRUE(chain);
  ASSERT_TRUE((*chain)->head());
  EXPECT_EQ((*chain)->head()->cids().front(), genesis.cid());
  EXPECT_EQ((*chain)->genesis()->key(), (*chain)->head()->key());
  EXPECT_TRUE((*chain)->executed((*chain)->head()->key()).value());
}

// ---- which messages run -------------------------------------------------------------------------

ChainMessage message(const Address& from, std::uint64_t nonce) {
  types::Message out;
  out.to = Address::id(std::uint64_t{99});
  out.from = from;
  out.nonce = Nonce(nonce);
  auto bytes = ipld::encode(out);
  return *ChainMessage::from_bls(ipld::cid_of_cbor(bytes), std::move(bytes));
}
MessagesPtr block_of(std::vector<ChainMessage> bls) {
  return std::make_shared<const BlockMessages>(BlockMessages{std::move(bls), {}});
}

TEST(SelectForExecution, ASendersNoncesFollowEachOtherAcrossBlocks) {
  const auto alice = *Address::bls(Bytes(48, 1));
  const auto bob = *Address::bls(Bytes(48, 2));
  int resolved = 0;
  const ResolveId resolve = [&](const Address& address) -> Result<ActorId> {
    ++resolved;
    if (address.is_id()) return address.actor_id();
    return ActorId(address == alice ? 1001 : 1002);
  };
  const std::vector<MessagesPtr> same{block_of({message(alice, 5), message(alice, 6)}),
                                      block_of({message(alice, 5), message(bob, 0), message(alice, 6), message(alice, 7)})};
  auto selected = select_for_execution(same, resolve);
  ASSERT_TRUE(selected);
  EXPECT_EQ((*selected)[0].size(), 2U);
  ASSERT_EQ((*selected)[1].size(), 2U);
  EXPECT_EQ((*selected)[1][0].index, 1U);
  EXPECT_EQ((*selected)[1][1].index, 3U);
  EXPECT_EQ(resolved, 0) << "no look at the state without id senders";

  // The same sender under two names is one sender.
  const std::vector<MessagesPtr> mixed{block_of({message(alice, 5)}), block_of({message(Address::id(1001), 5),
                                                                                message(Address::id(1001), 6)})};
  selected = select_for_execution(mixed, resolve);
  ASSERT_TRUE(selected);
  ASSERT_EQ((*selected)[1].size(), 1U);
  EXPECT_EQ((*selected)[1][0].index, 1U);
}

}  // namespace
}  // namespace venus::chainstore
