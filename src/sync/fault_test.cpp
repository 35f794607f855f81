// SPDX-License-Identifier: MIT OR Apache-2.0
// Whatever peers do, the node ends on the heaviest valid chain that honest ones have.
#include <gtest/gtest.h>

#include <random>

#include "sync/header_stack.hpp"
#include "sync/test_util/network.hpp"

namespace venus::sync {
namespace {

using namespace std::chrono_literals;
using test_util::Answer;
using test_util::LightNetwork;
using test_util::quick;
using test_util::StoreSource;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t limit) {
    std::lock_guard lock(mutex_);
    return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random_);
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::mutex mutex_;
  std::mt19937_64 random_;
};

// Misbehaves for a number of requests, then answers.
StoreSource::Script stumbling(std::shared_ptr<Dice> dice, std::shared_ptr<std::atomic<int>> faults) {
  return [dice, faults](StoreSource::Kind, const PeerId&) {
    Answer out;
    out.at_most = 1 + dice->below(40);
    if (dice->one_in(3)) out.delay = std::chrono::milliseconds(dice->below(3));
    if (*faults <= 0 || !dice->one_in(2)) return out;
    --*faults;
    static constexpr ErrorCode kCodes[] = {ErrorCode::NotFound, ErrorCode::Unavailable, ErrorCode::Timeout,
                                           ErrorCode::Malformed};
    out.error = Error{kCodes[dice->below(4)], "a scripted fault"};
    return out;
  };
}

// A forest over the genesis: honest branches, and branches with a bad block in them.
struct Forest {
  std::vector<TipsetPtr> honest;
  std::vector<TipsetPtr> cursed;
};

// Children of one tipset differ in height, so that they never join into one tipset.
TipsetPtr branch(LightNetwork& net, Dice& dice, TipsetPtr from, std::int64_t gap, std::size_t length,
                 std::uint64_t miner, std::uint64_t& ticket) {
  auto tipset = from;
  for (std::size_t i = 0; i < length; ++i) {
    const auto height = tipset->height().value() + (i == 0 ? gap : 1 + static_cast<std::int64_t>(dice.one_in(6)));
    std::vector<types::BlockHeader> blocks;
    for (std::uint64_t b = 0; b <= dice.below(3); ++b) {
      blocks.push_back(net.world_.block(tipset, height, miner + b, ticket++, 1 + static_cast<std::int64_t>(dice.below(3)),
                                        dice.below(3)));
    }
    tipset = net.world_.put(std::move(blocks));
  }
  return tipset;
}

Forest plant(LightNetwork& net, Dice& dice) {
  Forest out;
  std::uint64_t ticket = 1'000'000;
  std::vector<TipsetPtr> tops{branch(net, dice, net.world_.genesis, 1, 5 + dice.below(30), 1000, ticket)};
  out.honest.push_back(tops.front());
  const auto branches = 1 + dice.below(4);
  for (std::uint64_t i = 0; i < branches; ++i) {
    // From somewhere on an honest branch; the gap makes the height its own.
    auto from = out.honest[dice.below(out.honest.size())];
    for (auto back = dice.below(12); back > 0 && from->height() > ChainEpoch(0); --back) {
      from = *net.world_.chain->parent(*from);
    }
    const auto gap = 10 + static_cast<std::int64_t>(i);
    const bool cursed = dice.one_in(3);
    const auto first = branch(net, dice, from, gap, 1, 2000 + 10 * i, ticket);
    const auto top = branch(net, dice, first, 1, 1 + dice.below(40), 2000 + 10 * i, ticket);
    if (!cursed) {
      out.honest.push_back(top);
    } else {
      net.rules_.bad.insert(first->cids().front());
      out.cursed.push_back(top);
    }
  }
  return out;
}

TipsetPtr heaviest(LightNetwork& net, const std::vector<TipsetPtr>& tops) {
  TipsetPtr best;
  for (const auto& top : tops) {
    if (!best) {
      best = top;
      continue;
    }
    const auto a = *net.world_.chain->weight(top);
    const auto b = *net.world_.chain->weight(best);
    if (a > b || (a == b && chainstore::ChainStore::wins_tie(*top, *best))) best = top;
  }
  return best;
}

// The heaviest honest top, grown until even its parents outweigh all others: as in Lotus, heads are compared by
// the weight in their headers, which is that of the parents.
TipsetPtr clear_winner(LightNetwork& net, Forest& forest) {
  const auto best = heaviest(net, forest.honest);
  const auto most = *net.world_.chain->weight(best);
  auto top = best;
  while (top->parent_weight() <= most) top = net.world_.grow(top, 1, 3000);
  std::replace(forest.honest.begin(), forest.honest.end(), best, top);
  return top;
}

TEST(SyncFaults, EndsOnTheHeaviestValidChain) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    auto dice = std::make_shared<Dice>(seed);
    LightNetwork net;
    auto forest = plant(net, *dice);
    const auto best = clear_winner(net, forest);
    auto options = quick();
    options.tick = 1ms;
    options.retry_first = 1ms;
    options.retry_max = 4ms;
    options.bootstrap_peers = 1 + dice->below(2);
    options.bootstrap_timeout = 20ms;
    options.header_window = 2 + dice->below(30);
    options.batch_tipsets = 1 + dice->below(6);
    options.ahead = 1 + dice->below(20);
    options.attempts = 1000;  // the faults end by count, not by time
    options.held_headers = dice->one_in(2) ? 7 : 2000;
    net.run(options, stumbling(dice, std::make_shared<std::atomic<int>>(static_cast<int>(dice->below(60)))));
    std::uint8_t number = 1;
    std::vector<TipsetPtr> told = forest.honest;
    told.insert(told.end(), forest.cursed.begin(), forest.cursed.end());
    std::shuffle(told.begin(), told.end(), std::mt19937_64(seed));
    for (const auto& head : told) net.head_of(number++, head);
    // Somebody names a tipset that is nowhere.
    if (dice->one_in(2)) {
      net.syncer_->peer_head(test_util::peer(200), TipsetKey({forest.honest[0]->parent_state_root()}), ChainEpoch(900),
                             BigInt(1'000'000));
    }
    ASSERT_TRUE(net.reaches(best)) << "seed " << seed << "\n" << net.states();
    for (const auto& cid : best->cids()) EXPECT_FALSE(net.ours_.chain->bad_reason(cid)) << "seed " << seed;
    EXPECT_EQ(net.ours_.chain->head()->key(), best->key()) << "seed " << seed;
  }
}

// All peers go away for a while in the middle, and come back.
TEST(SyncFaults, SurvivesANetworkThatGoesAway) {
  LightNetwork net;
  const auto target = net.world_.grow(net.world_.genesis, 400, 1000, 1, 2);
  std::atomic<int> left = 12;
  std::atomic<bool> back = false;
  auto options = quick();
  options.batch_tipsets = 8;
  options.attempts = 1'000'000;
  net.run(options, [&](StoreSource::Kind, const PeerId&) {
    Answer out;
    if (left-- <= 0 && !back) out.error = Error{ErrorCode::Unavailable, "no peers"};
    return out;
  });
  net.head_of(1, target);
  ASSERT_TRUE(net.eventually([&] {
    const auto syncs = net.syncer_->status().syncs;
    return !syncs.empty() && syncs.back().stage == Stage::Errored;
  })) << net.states();
  const auto reached = net.ours_.chain->head()->height();
  EXPECT_LT(reached, target->height());
  EXPECT_TRUE(net.source_->punished().empty());
  back = true;
  ASSERT_TRUE(net.reaches(target)) << net.states();
}

// A long chain with little memory: headers are laid down and taken up again, also by another process.
TEST(SyncFaults, HeadersOfALongChainWaitOnDisk) {
  LightNetwork net;
  const auto target = net.world_.grow(net.world_.genesis, 3000, 1000);
  auto options = quick();
  options.held_headers = 150;
  options.header_window = 100;
  std::atomic<bool> deaf = true;
  const auto script = [&](StoreSource::Kind kind, const PeerId&) {
    Answer out;
    if (kind == StoreSource::Kind::Headers && deaf && net.source_->headers_given > 1500) out.delay = 1h;
    return out;
  };
  net.run(options, script);
  net.head_of(1, target);
  ASSERT_TRUE(net.eventually([&] { return net.source_->headers_given > 1500; })) << net.states();
  net.stop();
  // The next process asks for what is missing alone, and needs nobody to tell it the target.
  deaf = false;
  net.run(options, script);
  const auto other = net.world_.grow(net.world_.genesis, 1, 1001);
  net.head_of(2, other);
  ASSERT_TRUE(net.reaches(target)) << net.states();
  // Of 3000 some 1500 were laid down; what was in memory or under way is asked for again.
  EXPECT_LT(net.source_->headers_given, 2500U);
  const auto left = HeaderStack::resume(net.ours_.metadata, {});
  ASSERT_TRUE(left);
  EXPECT_FALSE(*left) << "headers were left behind";
}

TEST(SyncFaults, ABadChainLeavesNoHeadersBehind) {
  LightNetwork net;
  const auto good = net.world_.grow(net.world_.genesis, 10, 1000);
  const auto bad = net.world_.grow(good, 1, 1000);
  const auto target = net.world_.grow(bad, 1000, 1000);
  net.rules_.bad.insert(bad->cids().front());
  auto options = quick();
  options.held_headers = 100;
  net.run(options);
  net.head_of(1, target);
  ASSERT_TRUE(net.eventually([&] { return !net.source_->punished().empty(); })) << net.states();
  ASSERT_TRUE(net.eventually([&] {
    const auto left = HeaderStack::resume(net.ours_.metadata, {});
    return left && !*left;
  }));
  EXPECT_EQ(net.ours_.chain->head()->key(), good->key());
}

// The clock jumps a day ahead and back while blocks come in.
TEST(SyncFaults, ClockJumps) {
  LightNetwork net;
  auto target = net.world_.grow(net.world_.genesis, 50, 1000);
  const auto right = [&] { return static_cast<std::int64_t>(target->min_timestamp()) * 1000; };
  net.clock_.set_millis(right());
  net.run(quick());
  for (int i = 0; i < 6; ++i) {
    net.clock_.set_millis(right() + (i % 2 == 0 ? 86'400'000 : -86'400'000));
    net.head_of(1, target);
    if (i % 2 == 0) ASSERT_TRUE(net.reaches(target)) << net.states();
    target = net.world_.grow(target, 3, 1000);
  }
  net.head_of(1, target);
  net.clock_.set_millis(right());
  ASSERT_TRUE(net.reaches(target)) << net.states();
  EXPECT_TRUE(net.source_->punished().empty());
}

}  // namespace
}  // namespace venus::sync
