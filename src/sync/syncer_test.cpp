// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sync/syncer.hpp"

#include <gtest/gtest.h>

#include "sync/test_util/network.hpp"

namespace venus::sync {
namespace {

using namespace std::chrono_literals;
using test_util::Answer;
using test_util::LightChain;
using test_util::peer;
using test_util::quick;
using test_util::StoreSource;

class SyncTest : public testing::Test, protected test_util::LightNetwork {};

TEST_F(SyncTest, FollowsAPeersHead) {
  const auto target = world_.grow(world_.genesis, 30, 1000, 1, 3);
  run(quick());
  head_of(1, target);
  ASSERT_TRUE(reaches(target)) << states();
  for (const auto& cid : target->cids()) EXPECT_TRUE(ours_.chain->is_validated(cid));
  EXPECT_TRUE(eventually([&] { return syncer_->status().syncs.at(0).stage == Stage::Complete; })) << states();
}

TEST_F(SyncTest, ExtensionsAndBlocksFollow) {
  auto target = world_.grow(world_.genesis, 10, 1000);
  run(quick());
  head_of(1, target);
  ASSERT_TRUE(reaches(target)) << states();
  for (int i = 0; i < 20; ++i) {
    target = world_.grow(target, 1, 1000, 1, 2);
    head_of(1, target);
  }
  ASSERT_TRUE(reaches(target)) << states();
}

TEST_F(SyncTest, WaitsForEnoughPeersAndTakesTheHeaviest) {
  const auto light = world_.grow(world_.genesis, 5, 1000);
  const auto heavy = world_.grow(world_.genesis, 5, 1001, 3);
  auto options = quick();
  options.bootstrap_peers = 2;
  options.bootstrap_timeout = 1h;
  run(options);
  head_of(1, light);
  ASSERT_TRUE(eventually([&] { return syncer_->status().peers == 1; }));
  EXPECT_TRUE(syncer_->status().waiting_for_peers);
  EXPECT_EQ(ours_.chain->head()->height(), ChainEpoch(0));
  head_of(2, heavy);
  ASSERT_TRUE(reaches(heavy)) << states();
}

TEST_F(SyncTest, AHeavierHeadOnLighterParentsIsTaken) {
  const auto ours = world_.grow(world_.grow(world_.genesis, 5, 1000, 3), 1, 1000, 1);
  const auto heavier = world_.grow(world_.grow(world_.genesis, 5, 1001, 2), 1, 1001, 8);
  ASSERT_GT(ours->parent_weight(), heavier->parent_weight());
  run(quick());
  head_of(1, ours);
  ASSERT_TRUE(reaches(ours)) << states();
  head_of(2, heavier);
  ASSERT_TRUE(reaches(heavier)) << states();
  head_of(3, ours);
  EXPECT_TRUE(eventually([&] { return syncer_->status().peers == 3; }));
  EXPECT_EQ(ours_.chain->head()->key(), heavier->key());
}

TEST_F(SyncTest, AfterATimeFewerPeersDo) {
  const auto target = world_.grow(world_.genesis, 5, 1000);
  auto options = quick();
  options.bootstrap_peers = 4;
  options.bootstrap_timeout = 20ms;
  run(options);
  head_of(1, target);
  ASSERT_TRUE(reaches(target)) << states();
}

TEST_F(SyncTest, ABadBlockIsNamedAndWhatIsBuiltOnItIsBadToo) {
  const auto good = world_.grow(world_.genesis, 20, 1000);
  const auto bad = world_.grow(good, 1, 1000);
  const auto above = world_.grow(bad, 40, 1000);
  rules_.bad.insert(bad->cids().front());
  run(quick());
  head_of(1, above);
  ASSERT_TRUE(eventually([&] { return !source_->punished().empty(); })) << states();
  EXPECT_EQ(source_->punished().front().peer, peer(1));
  EXPECT_TRUE(source_->punished().front().severe);
  EXPECT_NE(ours_.chain->bad_reason(bad->cids().front())->find("listed as bad"), std::string::npos);
  EXPECT_NE(ours_.chain->bad_reason(above->cids().front())->find("linked to bad block"), std::string::npos);
  EXPECT_FALSE(ours_.chain->bad_reason(good->cids().front()));
  EXPECT_EQ(ours_.chain->head()->key(), good->key());
  // A later descendant is refused by its headers alone.
  const auto later = world_.grow(above, 3, 1000);
  const auto asked = source_->message_requests.load();
  head_of(2, later);
  ASSERT_TRUE(eventually([&] { return ours_.chain->bad_reason(later->cids().front()).has_value(); })) << states();
  EXPECT_EQ(source_->message_requests, asked);
}

TEST_F(SyncTest, TheSiblingsOfABadBlockStayGood) {
  const auto base = world_.grow(world_.genesis, 5, 1000);
  const auto good = world_.block(base, 6, 1000, 70);
  const auto bad = world_.block(base, 6, 1001, 71);
  const auto both = world_.put({good, bad});
  rules_.bad.insert(bad.cid());
  run(quick());
  head_of(1, both);
  ASSERT_TRUE(eventually([&] { return ours_.chain->bad_reason(bad.cid()).has_value(); })) << states();
  head_of(2, both);  // now refused by its header
  head_of(3, world_.put({good}));
  ASSERT_TRUE(eventually([&] { return ours_.chain->head()->cids().front() == good.cid(); })) << states();
  EXPECT_FALSE(ours_.chain->bad_reason(good.cid()));
}

TEST_F(SyncTest, TwoBlocksOfOneMinerMakeNoTipset) {
  const auto base = world_.grow(world_.genesis, 5, 1000);
  const auto twice = world_.put({world_.block(base, 6, 1000, 70), world_.block(base, 6, 1000, 71)});
  const auto above = world_.grow(twice, 5, 1000);
  run(quick());
  head_of(1, above);
  ASSERT_TRUE(eventually([&] { return ours_.chain->bad_reason(above->cids().front()).has_value(); })) << states();
  EXPECT_FALSE(ours_.chain->bad_reason(twice->cids().front()));
}

TEST_F(SyncTest, AForkThatIsHeavierWins) {
  const auto trunk = world_.grow(world_.genesis, 50, 1000);
  const auto ours = world_.grow(trunk, 100, 1000);
  const auto theirs = world_.grow(trunk, 90, 1001, 2);
  run(quick());
  head_of(1, ours);
  ASSERT_TRUE(reaches(ours)) << states();
  head_of(2, theirs);
  ASSERT_TRUE(reaches(theirs)) << states();
  EXPECT_EQ(syncer_->status().syncs.back().base->key(), trunk->key());
}

TEST_F(SyncTest, NoForkPastFinalityIsTaken) {
  const auto trunk = world_.grow(world_.genesis, 5, 1000);
  const auto ours = world_.grow(trunk, 899, 1000);
  const auto near = world_.grow(trunk, 901, 1001, 2);
  run(quick());
  head_of(1, ours);
  ASSERT_TRUE(reaches(ours)) << states();
  head_of(2, near);
  ASSERT_TRUE(reaches(near)) << states();
  const auto far = world_.grow(trunk, 1000, 1002, 3);
  head_of(3, far);
  ASSERT_TRUE(eventually([&] { return ours_.chain->bad_reason(far->cids().front()).has_value(); })) << states();
  EXPECT_EQ(*ours_.chain->bad_reason(far->cids().front()), "fork past finality");
  EXPECT_EQ(ours_.chain->head()->key(), near->key());
}

TEST_F(SyncTest, ACheckpointIsNotLeft) {
  const auto trunk = world_.grow(world_.genesis, 20, 1000);
  const auto ours = world_.grow(trunk, 10, 1000);
  const auto theirs = world_.grow(trunk, 10, 1001, 5);
  run(quick());
  head_of(1, ours);
  ASSERT_TRUE(reaches(ours)) << states();
  ASSERT_TRUE(ours_.chain->set_checkpoint(*ours_.chain->tipset(ours->parents())));
  head_of(2, theirs);
  ASSERT_TRUE(eventually([&] { return ours_.chain->bad_reason(theirs->cids().front()).has_value(); })) << states();
  EXPECT_EQ(ours_.chain->head()->key(), ours->key());
}

TEST_F(SyncTest, ACheckpointElsewhereIsFetchedAndKept) {
  const auto trunk = world_.grow(world_.genesis, 20, 1000);
  const auto ours = world_.grow(trunk, 10, 1000, 5);
  const auto lighter = world_.grow(trunk, 10, 1001);
  run(quick());
  head_of(1, ours);
  ASSERT_TRUE(reaches(ours)) << states();
  const auto done = wait(syncer_->checkpoint(lighter->key()));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(ours_.chain->head()->key(), lighter->key());
  EXPECT_EQ(ours_.chain->checkpoint()->key(), lighter->key());
  // The heavier chain that was left stays left.
  const auto more = world_.grow(ours, 3, 1000, 5);
  head_of(1, more);
  ASSERT_TRUE(eventually([&] { return ours_.chain->bad_reason(more->cids().front()).has_value(); })) << states();
  EXPECT_EQ(ours_.chain->head()->key(), lighter->key());
}

TEST_F(SyncTest, ABlockOfTheFutureIsTakenInItsTime) {
  const auto now = world_.grow(world_.genesis, 10, 1000);
  const auto next = world_.grow(now, 1, 1000);
  clock_.set_millis(static_cast<std::int64_t>(now->min_timestamp()) * 1000);
  run(quick());
  head_of(1, next);
  ASSERT_TRUE(eventually([&] {
    const auto syncs = syncer_->status().syncs;
    return !syncs.empty() && syncs.back().stage == Stage::Errored;
  }));
  EXPECT_FALSE(ours_.chain->bad_reason(next->cids().front()));
  EXPECT_TRUE(source_->punished().empty());
  clock_.set_millis(static_cast<std::int64_t>(next->min_timestamp()) * 1000);
  ASSERT_TRUE(reaches(next)) << states();
}

TEST_F(SyncTest, HeadsFarAboveTheClockWaitUntilItIsRight) {
  const auto target = world_.grow(world_.genesis, 100, 1000);
  clock_.set_millis(test_util::kLightGenesis * 1000);
  run(quick());
  head_of(1, target);
  ASSERT_TRUE(eventually([&] { return source_->header_requests > 0; }));
  EXPECT_EQ(ours_.chain->head()->height(), ChainEpoch(0));
  clock_.set_millis((test_util::kLightGenesis + 100 * 30) * 1000);
  ASSERT_TRUE(reaches(target)) << states();
}

TEST_F(SyncTest, GossipedBlocksOfOneHeightJoin) {
  const auto base = world_.grow(world_.genesis, 5, 1000);
  run(quick());
  head_of(1, base);
  ASSERT_TRUE(reaches(base)) << states();
  std::vector<types::BlockHeader> blocks;
  for (std::uint64_t miner = 1000; miner < 1004; ++miner) blocks.push_back(world_.block(base, 6, miner, miner));
  const auto whole = world_.put(blocks);
  for (const auto& block : blocks) {
    const auto sent = wait(syncer_->incoming_block({block, {}, {}}, peer(2)));
    ASSERT_TRUE(sent) << sent.error().message;
  }
  ASSERT_TRUE(reaches(whole)) << states();
}

TEST_F(SyncTest, AGossipedBlockBringsItsAncestors) {
  const auto base = world_.grow(world_.genesis, 5, 1000);
  run(quick());
  head_of(1, base);
  ASSERT_TRUE(reaches(base)) << states();
  const auto parent = world_.grow(base, 30, 1000, 1, 2);
  const auto block = world_.block(parent, parent->height().value() + 1, 1000, 77);
  const auto tipset = world_.put({block});
  const auto sent = wait(syncer_->incoming_block({block, {}, {}}, peer(2)));
  ASSERT_TRUE(sent) << sent.error().message;
  ASSERT_TRUE(reaches(tipset)) << states();
}

TEST_F(SyncTest, OurOwnBlockIsJudgedAtOnce) {
  run(quick());
  const auto good = world_.block(world_.genesis, 1, 1000, 7);
  const auto bad = world_.block(world_.genesis, 1, 1001, 8);
  rules_.bad.insert(bad.cid());
  const auto submit = [&](const types::BlockHeader& header) {
    return wait(syncer_->own_block({header, {}, {}}));
  };
  const auto refused = submit(bad);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::FailedValidation);
  const auto taken = submit(good);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(ours_.chain->head()->cids().front(), good.cid());
  auto child = good;
  child.parents = {bad.cid()};
  const auto cursed = submit(child);
  ASSERT_FALSE(cursed);
  EXPECT_EQ(cursed.error().code, ErrorCode::FailedValidation) << cursed.error().message;
  auto orphan = good;
  orphan.parents = {world_.block(world_.genesis, 1, 1005, 99).cid()};
  const auto missing = submit(orphan);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::Unavailable) << missing.error().message;
}

TEST_F(SyncTest, AMissingChainIsGivenUpAndAnotherTaken) {
  LightChain elsewhere;
  const auto claimed = elsewhere.grow(elsewhere.genesis, 50, 1009, 9);
  const auto there = world_.grow(world_.genesis, 20, 1000);
  auto options = quick();
  options.bootstrap_peers = 2;
  options.attempts = 3;
  // The top of the heavy chain is there, its ancestors are nowhere.
  world_.put(claimed->blocks());
  run(options);
  head_of(1, claimed);
  head_of(2, there);
  ASSERT_TRUE(reaches(there)) << states();
  EXPECT_TRUE(source_->punished().empty());
  EXPECT_FALSE(ours_.chain->bad_reason(claimed->cids().front()));
}

TEST_F(SyncTest, GoesForwardAgainAfterTheHeadWasMovedBackByHand) {
  const auto low = world_.grow(world_.genesis, 5, 1000);
  const auto target = world_.grow(low, 30, 1000);
  run(quick());
  head_of(1, target);
  ASSERT_TRUE(reaches(target)) << states();
  ASSERT_TRUE(ours_.chain->set_head(*ours_.chain->tipset(low->key())));
  ASSERT_TRUE(reaches(target)) << states();
}

TEST_F(SyncTest, StopsInTheMiddle) {
  const auto target = world_.grow(world_.genesis, 300, 1000, 1, 1);
  std::atomic<unsigned> asked = 0;
  run(quick(), [&](StoreSource::Kind kind, const PeerId&) {
    Answer out;
    if (kind == StoreSource::Kind::Messages && ++asked > 3) out.delay = 1h;
    return out;
  });
  head_of(1, target);
  ASSERT_TRUE(eventually([&] { return asked > 3; })) << states();
  stop();  // returns although requests would take an hour
}

}  // namespace
}  // namespace venus::sync
