// SPDX-License-Identifier: MIT OR Apache-2.0
// The service over a real SQLite file, with a small chain and wallet behind the real API tables.
#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <map>

#include "api/gateway.hpp"
#include "api/node/common.hpp"
#include "base/test_util/vectors.hpp"
#include "crypto/secp256k1.hpp"
#include "rpc/run_blocking.hpp"
#include "services/messager/service.hpp"
#include "types/signing.hpp"

namespace venus::messager {
namespace {

using api::MessageState;

struct Chain {
  std::map<TipsetKey, TipsetPtr> tipsets;
  std::map<TipsetKey, std::vector<types::SignedMessage>> messages;
  std::vector<types::SignedMessage> pushed;
  std::uint64_t actor_nonce = 0;
  bool reject_estimates = false;
  int salt = 0;

  TipsetPtr extend(const TipsetPtr& parent, std::vector<types::SignedMessage> included) {
    types::BlockHeader block;
    block.miner = Address::id(1000);
    block.ticket = types::Ticket{{1}};
    block.height = parent ? parent->height() + 1 : ChainEpoch(10);
    block.parents = parent ? parent->cids() : std::vector<Cid>{ipld::cid_of_raw({})};
    block.timestamp = static_cast<std::uint64_t>(++salt);
    block.parent_state_root = block.parent_message_receipts = block.messages = ipld::cid_of_raw({});
    auto tipset = types::Tipset::make({block}).value();
    tipsets[tipset->key()] = tipset;
    messages[tipset->key()] = std::move(included);
    return tipset;
  }

  void bind(rpc::Dispatcher& node) {
    using C = api::ChainApi;
    using S = api::StateApi;
    using M = api::MpoolApi;
    node.bind<S::GetActor>([this](Address, TipsetKey) -> Result<types::Actor> {
      return types::Actor{ipld::cid_of_raw({}), ipld::cid_of_raw({}), Nonce(actor_nonce), TokenAmount::from_fil(5), {}};
    });
    node.bind<M::GetNonce>([this](Address) -> Result<Nonce> { return Nonce(actor_nonce); });
    node.bind<S::AccountKey>([](Address a, TipsetKey) -> Result<Address> { return a; });
    node.bind<M::BatchEstimateMessageGas>(
        [this](std::vector<api::EstimateMessage> in, Nonce, TipsetKey) -> Result<std::vector<api::EstimateResult>> {
          std::vector<api::EstimateResult> out;
          for (auto& one : in) {
            if (reject_estimates || one.message.method == MethodNum(99)) {
              out.push_back({std::nullopt, "exit code 33"});
              continue;
            }
            one.message.gas_limit = Gas(1'000'000);
            one.message.gas_fee_cap = TokenAmount::from_atto(1000);
            one.message.gas_premium = TokenAmount::from_atto(100);
            out.push_back({one.message, ""});
          }
          return out;
        });
    node.bind<M::Push>([this](types::SignedMessage message) -> Result<Cid> {
      pushed.push_back(message);
      return message.cid();
    });
    node.bind<C::GetTipset>([this](TipsetKey key) -> Result<TipsetPtr> {
      const auto found = tipsets.find(key);
      if (found == tipsets.end()) return fail(ErrorCode::NotFound, "no tipset");
      return found->second;
    });
    node.bind<C::GetParentMessages>([this](Cid block) -> Result<std::vector<api::MessageAndCid>> {
      std::vector<api::MessageAndCid> out;
      for (const auto& m : messages[tipsets.at(TipsetKey({block}))->parents()]) out.push_back({m.cid(), m.message});
      return out;
    });
    node.bind<C::GetParentReceipts>([this](Cid block) -> Result<std::vector<types::Receipt>> {
      std::vector<types::Receipt> out;
      for (const auto& m : messages[tipsets.at(TipsetKey({block}))->parents()]) {
        out.push_back({ExitCode(0), {}, m.message.gas_limit, {}});
      }
      return out;
    });
    node.bind<S::SearchMessage>([](TipsetKey, Cid, ChainEpoch, bool) -> Result<std::optional<api::MessageLookup>> {
      return std::optional<api::MessageLookup>{};
    });
  }
};

class MessagerTest : public ::testing::Test {
 protected:
  MessagerTest() {
    types::set_display_prefix(types::NetworkPrefix::Testnet);
    key_ = Bytes(32, 3);
    sender_ = Address::secp256k1(crypto::secp256k1_public_key(key_).value()).value();
    chain_.bind(node_);
    gateway_.bind<api::GatewayApi::WalletSign>(
        [this](Address, std::vector<std::string>, Bytes data, api::MsgMeta) -> Result<types::Signature> {
          if (wallet_gone_) return fail(ErrorCode::Unavailable, "no connected wallet has the key");
          return types::sign_without_bls(types::SignatureType::Secp256k1, key_, data);
        });
    reopen();
    base_ = chain_.extend(nullptr, {});
  }
  // As after a crash: everything but the file is gone.
  void reopen() {
    service_.reset();
    store_.reset();
    database_.reset();
    database_ = db::sql::Database::open((folder_.path() / "m.db").string()).value();
    store_ = Store::open(*database_, clock_).value();
    const auto node = rpc::make_local_client(io_, node_);
    service_ = std::make_unique<Service>(
        *store_, Peers{node, {node}, rpc::make_local_client(io_, gateway_)}, Settings{});
  }
  template <class T>
  Result<T> run(Task<T> task) {
    return rpc::run_blocking(io_, std::move(task));
  }
  void work_on(const TipsetPtr& head) {
    const auto tracked = run(service_->track(head));
    ASSERT_TRUE(tracked) << tracked.error().message;
    const auto filled = run(service_->fill_all(head));
    ASSERT_TRUE(filled) << filled.error().message;
  }
  types::Message message(std::int64_t value, std::uint64_t method = 0) {
    types::Message out;
    out.from = sender_;
    out.to = Address::id(99);
    out.value = TokenAmount::from_atto(value);
    out.method = MethodNum(method);
    return out;
  }
  static api::MessagerSendSpec expiring(std::int64_t epoch) {
    api::MessagerSendSpec spec;
    spec.expire_epoch = ChainEpoch(epoch);
    return spec;
  }
  void push(const std::string& id, types::Message what, api::MessagerSendSpec spec = {}) {
    ASSERT_TRUE(store_->push(id, what, spec, "alice"));
  }
  MessageState state_of(const std::string& id) { return store_->by_id(id).value().value().state; }

  base::test_util::TempFolder folder_;
  base::ManualClock clock_{1'000'000};
  asio::io_context io_;
  Bytes key_;
  Address sender_;
  Chain chain_;
  bool wallet_gone_ = false;
  rpc::Dispatcher node_;
  rpc::Dispatcher gateway_;
  std::unique_ptr<db::sql::Database> database_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Service> service_;
  TipsetPtr base_;
};

TEST_F(MessagerTest, FillsPushesAndFindsTheReceipt) {
  push("a", message(1));
  push("b", message(2));
  work_on(base_);
  EXPECT_EQ(state_of("a"), MessageState::Filled);
  ASSERT_EQ(chain_.pushed.size(), 2U);
  EXPECT_EQ(chain_.pushed[0].message.nonce, Nonce(0));
  EXPECT_EQ(chain_.pushed[1].message.nonce, Nonce(1));
  EXPECT_TRUE(types::authenticate_without_bls(chain_.pushed[0], sender_, 31415926));
  const auto carrier = chain_.extend(base_, {chain_.pushed[0], chain_.pushed[1]});
  chain_.actor_nonce = 2;
  work_on(chain_.extend(carrier, {}));
  const auto found = store_->by_id("b").value().value();
  EXPECT_EQ(found.state, MessageState::OnChain);
  EXPECT_EQ(found.height, carrier->height().value());
  EXPECT_EQ(found.receipt->gas_used, Gas(1'000'000));
  EXPECT_EQ(found.tipset, carrier->key());
}

TEST_F(MessagerTest, EveryNodeThatLivesGetsMessages) {
  rpc::Dispatcher refusing, other;
  int refused = 0;
  std::vector<types::SignedMessage> got;
  refusing.bind<api::MpoolApi::Push>([&](types::SignedMessage) -> Result<Cid> {
    ++refused;
    return fail(ErrorCode::Unavailable, "shutting down");
  });
  other.bind<api::MpoolApi::Push>([&](types::SignedMessage message) -> Result<Cid> {
    got.push_back(message);
    return message.cid();
  });
  // The first of the list, which is told to be dead, would never answer.
  rpc::Dispatcher mute;
  mute.bind<api::MpoolApi::Push>([](types::SignedMessage message) -> Task<Cid> {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
    co_await timer.async_wait(asio::use_awaitable);
    co_return message.cid();
  });
  const auto node = rpc::make_local_client(io_, node_);
  Peers peers{node, {}, rpc::make_local_client(io_, gateway_)};
  for (auto* one : {&mute, &refusing, &other}) peers.push_nodes.push_back(rpc::make_local_client(io_, *one));
  peers.push_node_alive = [](std::size_t i) { return i != 0; };
  service_ = std::make_unique<Service>(*store_, peers, Settings{});
  push("a", message(1));
  push("b", message(2));
  work_on(base_);
  EXPECT_EQ(refused, 1) << "one that can't be reached is not asked for each message";
  EXPECT_EQ(got.size(), 2U);
  EXPECT_TRUE(chain_.pushed.empty());

  Settings one;
  one.push_to_all = false;
  service_ = std::make_unique<Service>(*store_, peers, one);
  work_on(base_);
  EXPECT_EQ(chain_.pushed.size(), 2U);
  EXPECT_EQ(got.size(), 2U);
}

TEST_F(MessagerTest, SameIdTwiceIsOneMessage) {
  push("a", message(1));
  EXPECT_FALSE(store_->push("a", message(1), {}, "alice").value());
  EXPECT_EQ(store_->push("a", message(2), {}, "alice").error().code, ErrorCode::Conflict);
  work_on(base_);
  EXPECT_FALSE(store_->push("a", message(1), {}, "alice").value());
  EXPECT_EQ(chain_.pushed.size(), 1U);
}

TEST_F(MessagerTest, ReorganisationSendsMessagesBackAndForth) {
  push("a", message(1));
  work_on(base_);
  const auto signed_message = chain_.pushed.front();
  const auto left = chain_.extend(base_, {signed_message});
  work_on(chain_.extend(left, {}));
  EXPECT_EQ(state_of("a"), MessageState::OnChain);
  const auto right = chain_.extend(base_, {});
  const auto right2 = chain_.extend(right, {});
  work_on(chain_.extend(right2, {}));
  EXPECT_EQ(state_of("a"), MessageState::Filled);
  const auto again = chain_.extend(right2, {signed_message});
  work_on(chain_.extend(again, {}));
  EXPECT_EQ(state_of("a"), MessageState::OnChain);
  EXPECT_EQ(store_->by_id("a").value()->height, again->height().value());
}

TEST_F(MessagerTest, ForeignMessageWithOurNonceIsAConflict) {
  push("a", message(1));
  work_on(base_);
  auto foreign = chain_.pushed.front();
  foreign.message.value = TokenAmount::from_atto(77);
  const auto carrier = chain_.extend(base_, {foreign});
  work_on(chain_.extend(carrier, {}));
  EXPECT_EQ(state_of("a"), MessageState::NonceConflict);
}

TEST_F(MessagerTest, WhatCannotBeEstimatedOrSignedLeavesNoHole) {
  push("bad", message(1, 99));
  push("good", message(2));
  work_on(base_);
  EXPECT_EQ(state_of("bad"), MessageState::UnFilled);
  EXPECT_NE(store_->by_id("bad").value()->error_message.find("exit code 33"), std::string::npos);
  EXPECT_EQ(chain_.pushed.front().message.nonce, Nonce(0));
  wallet_gone_ = true;
  push("later", message(3));
  work_on(chain_.extend(base_, {}));
  EXPECT_EQ(state_of("later"), MessageState::UnFilled);
  wallet_gone_ = false;
  work_on(chain_.extend(base_, {}));
  EXPECT_EQ(store_->by_id("later").value()->message.nonce, Nonce(1));
  ASSERT_TRUE(store_->mark_bad("bad", "by hand"));
  EXPECT_EQ(state_of("bad"), MessageState::Failed);
  EXPECT_FALSE(store_->mark_bad("good", "by hand"));
}

TEST_F(MessagerTest, SelectionIsBoundedAndSoonestExpiryGoesFirst) {
  api::MessagerSharedParams shared;
  shared.select_count = 2;
  ASSERT_TRUE(store_->set_shared_params(shared));
  push("slow", message(1));
  push("soon", message(2), expiring(50));
  push("sooner", message(3), expiring(40));
  push("late", message(4), expiring(5));
  work_on(base_);
  EXPECT_EQ(state_of("late"), MessageState::Failed);
  EXPECT_EQ(store_->by_id("sooner").value()->message.nonce, Nonce(0));
  EXPECT_EQ(store_->by_id("soon").value()->message.nonce, Nonce(1));
  EXPECT_EQ(state_of("slow"), MessageState::UnFilled);
}

TEST_F(MessagerTest, AfterACrashNothingIsLostOrDoubled) {
  push("a", message(1));
  work_on(base_);
  const auto first = chain_.pushed.front();
  reopen();
  work_on(base_);
  // The same bytes again, not another message.
  ASSERT_EQ(chain_.pushed.size(), 2U);
  EXPECT_EQ(chain_.pushed.back(), first);
  push("b", message(2));
  work_on(base_);
  EXPECT_EQ(store_->by_id("b").value()->message.nonce, Nonce(1));
}

TEST_F(MessagerTest, TwoMessagersNeverGiveOneNonceTwice) {
  push("a", message(1));
  Settings other;
  other.holder = "other";
  const auto node = rpc::make_local_client(io_, node_);
  Service rival(*store_, Peers{node, {node}, rpc::make_local_client(io_, gateway_)}, other);
  work_on(base_);
  push("b", message(2));
  ASSERT_TRUE(run(rival.fill_all(base_)));
  // The first one holds the sender's lease, so the rival does nothing.
  EXPECT_EQ(state_of("b"), MessageState::UnFilled);
  const auto lease = store_->lease(sender_, "messager").value().value();
  types::SignedMessage stale{message(2), {}};
  EXPECT_EQ(store_->save_filled(sender_, Nonce(0), {{"b", stale}}, lease).error().code, ErrorCode::Conflict);
}

TEST_F(MessagerTest, ForbiddenSendersAreRefused) {
  push("a", message(1));
  ASSERT_TRUE(store_->set_address_state(sender_, 4));
  EXPECT_EQ(store_->push("b", message(2), {}, "").error().code, ErrorCode::PermissionDenied);
}

TEST_F(MessagerTest, ListsByStateAndSender) {
  push("a", message(1));
  push("b", message(2));
  api::MessagerQuery query;
  query.states = {MessageState::UnFilled};
  query.from = {sender_};
  query.ascending = true;
  const auto found = store_->list(query).value();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].id, "a");
  query.from = {Address::id(5)};
  EXPECT_TRUE(store_->list(query)->empty());
}

}  // namespace
}  // namespace venus::messager
