// SPDX-License-Identifier: MIT OR Apache-2.0
#include "mpool/pool.hpp"

#include <gtest/gtest.h>

#include <map>

#include "mpool/test_util/recorded_pool.hpp"

namespace venus::mpool {
namespace {

// A chain whose tipsets carry the messages the test puts into them.
class FakeChain final : public ChainView {
 public:
  TipsetPtr extend(const TipsetPtr& parent, std::vector<types::SignedMessage> messages, std::uint64_t salt = 0) {
    types::BlockHeader block;
    block.miner = Address::id(1000);
    block.ticket = types::Ticket{{1}};
    block.height = parent ? parent->height() + 1 : ChainEpoch(0);
    if (parent) block.parents = parent->cids();
    block.timestamp = salt;
    const auto any = ipld::cid_of_raw({});
    block.parent_state_root = block.parent_message_receipts = block.messages = any;
    auto tipset = types::Tipset::make({block}).value();
    messages_[tipset->key()] = std::move(messages);
    parents_[tipset->key()] = parent;
    return tipset;
  }

  Result<SenderState> sender(const TipsetPtr& tipset, const Address& address) override {
    SenderState out{address, Nonce(0), balance, true};
    for (auto at = tipset; at; at = parents_.at(at->key())) {
      for (const auto& m : messages_.at(at->key())) {
        if (m.message.from == address) out.nonce = std::max(out.nonce, m.message.nonce + 1);
      }
    }
    return out;
  }
  Result<TokenAmount> next_base_fee(const TipsetPtr&) override { return base_fee; }
  NetworkVersion network_version(ChainEpoch) const override { return NetworkVersion(28); }
  Gas on_chain_message_gas(std::size_t length, ChainEpoch) const override {
    return types::on_chain_message_gas(length);
  }
  Result<void> verify_signature(const types::SignedMessage& m, const Address&) override {
    if (m.signature.data.empty()) return fail(ErrorCode::FailedValidation, "bad signature");
    return {};
  }
  Result<TipsetMessages> messages(const TipsetPtr& tipset) override {
    TipsetMessages out;
    for (const auto& m : messages_.at(tipset->key())) {
      if (m.signature.type == types::SignatureType::Bls) out.bls.push_back(m.message);
      else out.secpk.push_back(m);
    }
    return out;
  }
  Result<Path> path(const TipsetPtr& from, const TipsetPtr& to) override {
    Path out;
    auto a = from;
    auto b = to;
    while (a->key() != b->key()) {
      if (a->height() >= b->height()) {
        out.revert.push_back(a);
        a = parents_.at(a->key());
      } else {
        out.apply.insert(out.apply.begin(), b);
        b = parents_.at(b->key());
      }
    }
    return out;
  }

  TokenAmount balance = TokenAmount::from_fil(10);
  TokenAmount base_fee = TokenAmount::from_atto(100);

 private:
  std::map<TipsetKey, std::vector<types::SignedMessage>> messages_;
  std::map<TipsetKey, TipsetPtr> parents_;
};

class FakeStore final : public MessageStore {
 public:
  Result<void> save(const types::SignedMessage& m) override {
    kept[m.cid()] = m;
    return {};
  }
  Result<void> erase(const Cid& cid) override {
    kept.erase(cid);
    return {};
  }
  Result<std::vector<types::SignedMessage>> load_all() override {
    std::vector<types::SignedMessage> out;
    for (const auto& [cid, m] : kept) out.push_back(m);
    return out;
  }
  std::map<Cid, types::SignedMessage> kept;
};

types::SignedMessage message(std::uint64_t sender, std::uint64_t nonce, std::int64_t premium = 100) {
  return *test_util::make_message(sender, nonce, 2'000'000, premium);
}

class PoolTest : public ::testing::Test {
 protected:
  PoolTest() : pool(chain, store, clock, {}) {
    genesis = chain.extend(nullptr, {});
    EXPECT_TRUE(pool.start(genesis));
  }
  ErrorCode refused(types::SignedMessage m, Origin origin = Origin::Remote) {
    const auto added = pool.add(std::move(m), origin);
    EXPECT_FALSE(added);
    return added ? ErrorCode::Internal : added.error().code;
  }
  void move_head(const TipsetPtr& to) {
    const auto path = chain.path(head, to).value();
    ASSERT_TRUE(pool.head_change(to, path.revert, path.apply));
    head = to;
  }

  FakeChain chain;
  FakeStore store;
  base::ManualClock clock{1'000'000};
  Pool pool;
  TipsetPtr genesis;
  TipsetPtr& head = genesis;
};

TEST_F(PoolTest, AcceptsInOrderAndKnowsTheNextNonce) {
  EXPECT_EQ(pool.next_nonce(Address::id(100)), Nonce(0));
  for (std::uint64_t nonce = 0; nonce < 3; ++nonce) ASSERT_TRUE(pool.add(message(100, nonce), Origin::Local));
  EXPECT_EQ(pool.next_nonce(Address::id(100)), Nonce(3));
  EXPECT_EQ(pool.size(), 3U);
  EXPECT_EQ(refused(message(100, 1)), ErrorCode::AlreadyExists);
}

TEST_F(PoolTest, RemoteGapsAreBoundedLocalOnesAreNot) {
  EXPECT_TRUE(pool.add(message(100, 4), Origin::Remote));
  EXPECT_EQ(refused(message(100, 5 + 4)), ErrorCode::Temporal);
  EXPECT_EQ(refused(message(101, 1), Origin::Untrusted), ErrorCode::Temporal);
  EXPECT_TRUE(pool.add(message(101, 50), Origin::Local));
  EXPECT_EQ(pool.next_nonce(Address::id(101)), Nonce(0));
}

TEST_F(PoolTest, ReplacementNeedsTenPercentMore) {
  ASSERT_TRUE(pool.add(message(100, 0, 1000), Origin::Remote));
  EXPECT_EQ(refused(message(100, 0, 1100)), ErrorCode::Temporal);
  ASSERT_TRUE(pool.add(message(100, 0, 1101), Origin::Remote));
  EXPECT_EQ(pool.size(), 1U);
  EXPECT_EQ(pool.pending().front().message.gas_premium, TokenAmount::from_atto(1101));
}

TEST_F(PoolTest, RefusesForGoodWhatCanNeverBeIncluded) {
  auto unsigned_message = message(100, 0);
  unsigned_message.signature.data.clear();
  EXPECT_EQ(refused(unsigned_message), ErrorCode::FailedValidation);
  auto huge = message(100, 0);
  huge.message.params.resize(70'000);
  EXPECT_EQ(refused(huge), ErrorCode::TooLarge);
  auto cheap = message(100, 0);
  cheap.message.gas_fee_cap = TokenAmount::from_atto(99);
  cheap.message.gas_premium = TokenAmount::from_atto(1);
  EXPECT_EQ(refused(cheap), ErrorCode::Temporal);
}

TEST_F(PoolTest, LowFeeCapsAreKeptOnlyForOwnMessages) {
  chain.base_fee = TokenAmount::from_atto(1'000'000'000);
  auto low = message(100, 0);
  low.message.gas_fee_cap = TokenAmount::from_atto(9'999'999);
  EXPECT_EQ(refused(low), ErrorCode::Temporal);
  const auto added = pool.add(low, Origin::Local);
  ASSERT_TRUE(added);
  EXPECT_FALSE(added->publish);
}

TEST_F(PoolTest, PendingMessagesTogetherMustBeAffordable) {
  chain.balance = message(100, 0).message.required_funds() * BigInt(2);
  EXPECT_TRUE(pool.add(message(100, 0), Origin::Remote));
  EXPECT_TRUE(pool.add(message(100, 1), Origin::Remote));
  EXPECT_EQ(refused(message(100, 2)), ErrorCode::Temporal);
}

TEST_F(PoolTest, FollowsTheHeadThroughAReorganisation) {
  for (std::uint64_t nonce = 0; nonce < 3; ++nonce) ASSERT_TRUE(pool.add(message(100, nonce), Origin::Local));
  const auto start = genesis;
  const auto a1 = chain.extend(start, {message(100, 0), message(100, 1)}, 1);
  move_head(a1);
  EXPECT_EQ(pool.size(), 1U);
  EXPECT_EQ(store.kept.size(), 1U);
  EXPECT_EQ(refused(message(100, 0)), ErrorCode::Temporal);
  const auto b1 = chain.extend(start, {message(100, 0)}, 2);
  const auto b2 = chain.extend(b1, {}, 3);
  move_head(b2);
  EXPECT_EQ(pool.size(), 2U);
  EXPECT_EQ(pool.next_nonce(Address::id(100)), Nonce(3));
  const auto selected = pool.select(b2, 0.9).value();
  ASSERT_EQ(selected.size(), 2U);
  EXPECT_EQ(selected[0]->message.nonce, Nonce(1));
  // The same pool seen from the other branch: nonce 2 alone is left there.
  EXPECT_EQ(pool.select(a1, 0.9).value().size(), 1U);
}

TEST_F(PoolTest, BlsMessagesReturnWithTheirRememberedSignature) {
  auto bls = message(100, 0);
  bls.signature = {types::SignatureType::Bls, Bytes(96, 7)};
  ASSERT_TRUE(pool.add(bls, Origin::Remote));
  const auto start = genesis;
  move_head(chain.extend(start, {bls}, 1));
  EXPECT_EQ(pool.size(), 0U);
  move_head(chain.extend(chain.extend(start, {}, 2), {}, 3));
  ASSERT_EQ(pool.size(), 1U);
  EXPECT_EQ(pool.pending().front(), bls);
}

TEST_F(PoolTest, LocalMessagesSurviveARestart) {
  ASSERT_TRUE(pool.add(message(100, 0), Origin::Local));
  ASSERT_TRUE(pool.add(message(101, 0), Origin::Remote));
  Pool next(chain, store, clock, {});
  ASSERT_TRUE(next.start(genesis));
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next.pending().front().message.from, Address::id(100));
  const auto republished = next.to_republish().value();
  EXPECT_EQ(republished.size(), 1U);
}

TEST_F(PoolTest, PruningKeepsLocalAndTheMostValuable) {
  Config config;
  config.size_limit_high = 20;
  config.size_limit_low = 10;
  ASSERT_TRUE(pool.set_config(config));
  ASSERT_TRUE(pool.add(message(99, 0, 1), Origin::Local));
  for (std::uint64_t id = 100; id < 130; ++id) {
    ASSERT_TRUE(pool.add(message(id, 0, static_cast<std::int64_t>(id)), Origin::Remote));
  }
  ASSERT_TRUE(pool.prune_if_needed());
  EXPECT_EQ(pool.size(), 11U);
  EXPECT_EQ(pool.pending_of(Address::id(99)).size(), 1U);
  EXPECT_EQ(pool.pending_of(Address::id(129)).size(), 1U);
  EXPECT_TRUE(pool.pending_of(Address::id(100)).empty());
}

TEST_F(PoolTest, ListenersHearEachChangeOnce) {
  std::vector<Update::Kind> heard;
  const auto id = pool.subscribe([&](const Update& update) { heard.push_back(update.kind); });
  ASSERT_TRUE(pool.add(message(100, 0), Origin::Local));
  move_head(chain.extend(genesis, {message(100, 0)}, 1));
  pool.unsubscribe(id);
  ASSERT_TRUE(pool.add(message(100, 1), Origin::Local));
  EXPECT_EQ(heard, (std::vector{Update::Kind::Added, Update::Kind::Removed}));
}

TEST(PoolConfig, OutOfRangeValuesAreNamed) {
  Config config;
  EXPECT_TRUE(check_config(config));
  config.replace_by_fee_ratio = 1.05;
  EXPECT_FALSE(check_config(config));
  config = {};
  config.size_limit_low = config.size_limit_high + 1;
  EXPECT_FALSE(check_config(config));
}

}  // namespace
}  // namespace venus::mpool
