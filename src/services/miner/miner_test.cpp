// SPDX-License-Identifier: MIT OR Apache-2.0
// Rounds with real keys and a real slash filter; chain, wallets and provers stand behind the real API tables.
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include "api/draw_random.hpp"
#include "api/gateway.hpp"
#include "base/test_util/vectors.hpp"
#include "bridge/bls.hpp"
#include "rpc/run_blocking.hpp"
#include "services/miner/service.hpp"

namespace venus::miner {
namespace {

constexpr std::uint64_t kDelay = 30;

struct Key {
  bridge::BlsPrivateKey secret;
  Address address;
  explicit Key(std::uint8_t seed) : secret(bridge::bls_generate(Bytes(32, seed)).value()) {
    address = Address::bls(bridge::bls_public_key(secret).value()).value();
  }
};

TipsetPtr make_base(std::uint64_t salt = 0) {
  types::BlockHeader block;
  block.miner = Address::id(99);
  block.ticket = types::Ticket{Bytes(96, 3)};
  block.height = ChainEpoch(10);
  block.parents = {ipld::cid_of_raw({})};
  block.timestamp = 1000 + salt;
  block.parent_state_root = block.parent_message_receipts = block.messages = ipld::cid_of_raw({});
  return types::Tipset::make({block}).value();
}

types::BlockHeader block_of(std::uint64_t miner, std::int64_t epoch, std::vector<Cid> parents, std::uint64_t salt = 0) {
  types::BlockHeader block;
  block.miner = Address::id(miner);
  block.ticket = types::Ticket{{1}};
  block.election_proof = types::ElectionProof{2, {}};
  block.height = ChainEpoch(epoch);
  block.parents = std::move(parents);
  block.timestamp = salt;
  block.parent_state_root = block.parent_message_receipts = block.messages = ipld::cid_of_raw({});
  return block;
}

class SlashFilterTest : public ::testing::Test {
 protected:
  SlashFilterTest() { reopen(); }
  void reopen() {
    filter_.reset();
    database_.reset();
    database_ = db::sql::Database::open((folder_.path() / "miner.db").string()).value();
    filter_ = SlashFilter::open(*database_, clock_).value();
  }
  ErrorCode refused(const types::BlockHeader& block, std::int64_t parent_epoch) {
    const auto checked = filter_->check_and_record(block, ChainEpoch(parent_epoch));
    EXPECT_FALSE(checked);
    return checked ? ErrorCode::Internal : checked.error().code;
  }
  base::test_util::TempFolder folder_;
  base::ManualClock clock_{1'000'000};
  std::unique_ptr<db::sql::Database> database_;
  std::unique_ptr<SlashFilter> filter_;
  const Cid a_ = ipld::cid_of_raw(Bytes{1});
  const Cid b_ = ipld::cid_of_raw(Bytes{2});
};

TEST_F(SlashFilterTest, SecondBlockAtAnEpochIsRefusedAlsoAfterARestart) {
  const auto block = block_of(1000, 5, {a_});
  EXPECT_TRUE(filter_->check_and_record(block, ChainEpoch(4)));
  EXPECT_TRUE(filter_->check_and_record(block, ChainEpoch(4)));
  reopen();
  EXPECT_EQ(refused(block_of(1000, 5, {b_}), 4), ErrorCode::Conflict);
  EXPECT_EQ(refused(block_of(1000, 5, {a_}, 7), 4), ErrorCode::Conflict);
  EXPECT_TRUE(filter_->check_and_record(block_of(1001, 5, {a_}), ChainEpoch(4)));
}

TEST_F(SlashFilterTest, SameParentsAtAnotherEpochAreRefused) {
  ASSERT_TRUE(filter_->check_and_record(block_of(1000, 5, {a_}), ChainEpoch(4)));
  EXPECT_EQ(refused(block_of(1000, 6, {a_}), 4), ErrorCode::Conflict);
}

TEST_F(SlashFilterTest, OwnBlockMustBeAmongTheParents) {
  const auto own = block_of(1000, 5, {a_});
  ASSERT_TRUE(filter_->check_and_record(own, ChainEpoch(4)));
  ASSERT_TRUE(filter_->finish(own.miner, ChainEpoch(5), api::MineState::Success, "", 1, 2));
  EXPECT_EQ(refused(block_of(1000, 6, {b_}), 5), ErrorCode::Conflict);
  EXPECT_TRUE(filter_->check_and_record(block_of(1000, 6, {b_, own.cid()}), ChainEpoch(5)));
}

TEST_F(SlashFilterTest, WinsAreRecordedAndListed) {
  ASSERT_TRUE(filter_->note_win(Address::id(1000), ChainEpoch(5), ChainEpoch(4), 3));
  ASSERT_TRUE(filter_->finish(Address::id(1000), ChainEpoch(5), api::MineState::Error, "no proof", 10, 20));
  const auto all = filter_->list({}).value();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].win_count, 3);
  EXPECT_EQ(all[0].error, "no proof");
  EXPECT_EQ(filter_->between(ChainEpoch(6), ChainEpoch(9))->size(), 0U);
}

TEST_F(SlashFilterTest, OnlyAWinWithoutABlockTimesOut) {
  const auto miner = Address::id(1000);
  ASSERT_TRUE(filter_->note_win(miner, ChainEpoch(5), ChainEpoch(4), 1));
  ASSERT_TRUE(filter_->time_out(miner, ChainEpoch(5)));
  EXPECT_EQ(filter_->list({})->at(0).state, static_cast<std::int64_t>(api::MineState::Timeout));
  ASSERT_TRUE(filter_->check_and_record(block_of(1000, 6, {a_}), ChainEpoch(4)));
  ASSERT_TRUE(filter_->time_out(miner, ChainEpoch(6)));
  EXPECT_EQ(filter_->list({})->at(0).state, static_cast<std::int64_t>(api::MineState::Mining));
}

class RoundTest : public ::testing::Test {
 protected:
  RoundTest() {
    bind_node();
    bind_gateway();
    database_ = db::sql::Database::open((folder_.path() / "miner.db").string()).value();
    filter_ = SlashFilter::open(*database_, clock_).value();
    make_service({&node_}, SubmitTo::All);
    head_ = make_base();
  }

  using SubmitTo = Settings::SubmitTo;
  void make_service(std::vector<rpc::Dispatcher*> submit_nodes, SubmitTo submit_to, std::size_t in_use = 0) {
    Peers peers;
    peers.node = rpc::make_local_client(io_, node_);
    for (auto* one : submit_nodes) peers.submit_nodes.push_back(rpc::make_local_client(io_, *one));
    peers.node_in_use = [in_use] { return in_use; };
    peers.gateway = rpc::make_local_client(io_, gateway_);
    Settings settings;
    settings.block_delay_seconds = kDelay;
    settings.miner_timeout = std::chrono::seconds(20);
    settings.submit_to = submit_to;
    service_ = std::make_unique<Service>(
        *filter_, clock_, peers, settings,
        std::vector<api::MinerForMining>{{Address::id(1000), "alice", true}, {Address::id(1001), "bob", true}});
  }

  void bind_node(bool selects_many = true) {
    using M = api::MpoolApi;
    node_.bind<M::GetBaseInfo>([this](Address miner, ChainEpoch, TipsetKey)
                                   -> Result<std::optional<api::MiningBaseInfo>> {
      api::MiningBaseInfo info;
      info.miner_power = info.network_power = BigInt(2048);
      info.sectors.resize(1);
      info.sectors[0].sealed_cid = ipld::cid_of_raw({});
      info.worker_key = keys_.at(miner).address;
      info.beacon_entries = {{7, Bytes(48, 9)}};
      info.eligible_for_mining = miner != ineligible_;
      return std::optional(info);
    });
    if (selects_many) node_.bind<M::SelectMany>([](TipsetKey, std::vector<double> q) -> Result<std::vector<api::SignedMessages>> {
      std::vector<api::SignedMessages> out(q.size());
      for (std::size_t i = 0; i < q.size(); ++i) {
        types::SignedMessage message;
        message.message.from = Address::id(200 + i);
        message.message.to = Address::id(1);
        out[i].push_back(message);
      }
      return out;
    });
    node_.bind<M::CreateBlock>([](api::BlockTemplate t) -> Result<types::BlockMessage> {
      auto header = block_of(1, t.epoch.value(), t.parents.cids(), t.timestamp);
      header.miner = t.miner;
      header.ticket = t.ticket;
      header.election_proof = t.election_proof;
      header.winning_post_proof = t.winning_post_proof;
      types::BlockMessage out{header, {}, {}};
      for (const auto& message : t.messages) out.secpk_messages.push_back(message.cid());
      return out;
    });
    node_.bind<api::ChainApi::Head>([this]() -> Result<TipsetPtr> { return head_; });
    node_.bind<api::StateApi::NetworkVersion>([](TipsetKey) -> Result<std::uint32_t> { return 28; });
    node_.bind<api::ChainApi::SyncSubmitBlock>([this](types::BlockMessage block) -> Result<void> {
      submitted_.push_back(block);
      return {};
    });
  }

  void bind_gateway() {
    gateway_.bind<api::GatewayApi::WalletSign>(
        [this](Address key, std::vector<std::string>, Bytes data, api::MsgMeta meta) -> Result<types::Signature> {
          for (const auto& [miner, own] : keys_) {
            if (own.address != key) continue;
            auto bytes = data;
            if (meta.type == api::sign_type::kDrawRandomParam) {
              TRY(const auto params, ipld::decode<api::DrawRandomParams>(data));
              bytes = params.signing_bytes();
            }
            TRY(const auto signature, bridge::bls_sign(own.secret, bytes));
            return types::Signature{types::SignatureType::Bls, Bytes(signature.begin(), signature.end())};
          }
          return fail(ErrorCode::Unavailable, "no such key");
        });
    gateway_.bind<api::GatewayApi::ComputeProof>(
        [this](Address miner, std::vector<types::ExtendedSectorInfo>, Bytes, ChainEpoch,
               NetworkVersion) -> Result<api::gateway::ComputeProofResponse> {
          if (miner == proverless_) return fail(ErrorCode::Unavailable, "no prover");
          return api::gateway::ComputeProofResponse{{0, Bytes(192, 1)}};
        });
  }

  void mine(std::int64_t round) {
    clock_.set_millis(static_cast<std::int64_t>(head_->min_timestamp() + kDelay * 5) * 1000);
    const auto mined = rpc::run_blocking(io_, service_->mine_round(head_, ChainEpoch(round)));
    ASSERT_TRUE(mined) << mined.error().message;
  }

  base::test_util::TempFolder folder_;
  base::ManualClock clock_{0};
  asio::io_context io_;
  std::map<Address, Key> keys_{{Address::id(1000), Key(1)}, {Address::id(1001), Key(2)}};
  Address ineligible_;
  Address proverless_;
  TipsetPtr head_;
  std::vector<types::BlockMessage> submitted_;
  rpc::Dispatcher node_;
  rpc::Dispatcher gateway_;
  std::unique_ptr<db::sql::Database> database_;
  std::unique_ptr<SlashFilter> filter_;
  std::unique_ptr<Service> service_;
};

TEST_F(RoundTest, TwoWinnersSubmitSignedBlocksWithoutCommonMessages) {
  mine(11);
  ASSERT_EQ(submitted_.size(), 2U);
  EXPECT_NE(submitted_[0].secpk_messages, submitted_[1].secpk_messages);
  for (const auto& block : submitted_) {
    const auto& key = keys_.at(block.header.miner);
    ASSERT_TRUE(block.header.block_sig);
    EXPECT_TRUE(bridge::bls_verify(block.header.block_sig->data, block.header.signing_bytes(), key.address.payload()));
    api::DrawRandomParams ticket{Bytes(48, 9), 1, ChainEpoch(10), ipld::encode(block.header.miner)};
    base::append(ticket.entropy, head_->min_ticket().vrf_proof);
    EXPECT_TRUE(bridge::bls_verify(block.header.ticket->vrf_proof, ticket.signing_bytes(), key.address.payload()));
    EXPECT_EQ(block.header.timestamp, head_->min_timestamp() + kDelay);
    EXPECT_GE(block.header.election_proof->win_count, 1);
  }
  const auto records = filter_->list({}).value();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].state, static_cast<std::int64_t>(api::MineState::Success));
}

TEST_F(RoundTest, ANodeThatSelectsForOneBlockOnlyStillFillsBoth) {
  using M = api::MpoolApi;
  rpc::Dispatcher lotus;  // without MpoolSelects
  std::swap(node_, lotus);
  bind_node(false);
  int asked = 0;
  node_.bind<M::Select>([&](TipsetKey, double) -> Result<api::SignedMessages> {
    api::SignedMessages out(2);
    out[0].message.from = Address::id(200);
    out[1].message.from = Address::id(201U + static_cast<std::uint64_t>(asked++));
    for (auto& message : out) message.message.to = Address::id(1);
    return out;
  });
  mine(11);
  ASSERT_EQ(submitted_.size(), 2U);
  EXPECT_EQ(submitted_[0].secpk_messages.size() + submitted_[1].secpk_messages.size(), 3U);
  EXPECT_EQ(asked, 2);
}

/// Nodes that take blocks and count them, refuse them, or never answer.
struct SubmitNodes {
  rpc::Dispatcher good, refusing, mute;
  int taken = 0, refused = 0;
  SubmitNodes() {
    using Submit = api::ChainApi::SyncSubmitBlock;
    good.bind<Submit>([this](types::BlockMessage) -> Result<void> {
      ++taken;
      return {};
    });
    refusing.bind<Submit>([this](types::BlockMessage) -> Result<void> {
      ++refused;
      return fail(ErrorCode::Unavailable, "shutting down");
    });
    mute.bind<Submit>([](types::BlockMessage) -> Task<> {
      asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
      co_await timer.async_wait(asio::use_awaitable);
      co_return Result<void>{};
    });
  }
};

TEST_F(RoundTest, ABlockIsOutWhenOneOfAllNodesHasIt) {
  SubmitNodes nodes;
  make_service({&nodes.mute, &nodes.refusing, &nodes.good, &node_}, SubmitTo::All);
  mine(11);
  EXPECT_EQ(nodes.refused, 2);
  EXPECT_EQ(nodes.taken, 2);
  EXPECT_EQ(submitted_.size(), 2U);
  EXPECT_EQ(service_->counts().blocks, 2U);
  EXPECT_EQ(service_->counts().failures, 0U);
}

TEST_F(RoundTest, ABlockGoesToTheNodeInUseAndToTheNextWhenThatFails) {
  SubmitNodes nodes;
  make_service({&node_, &nodes.refusing, &nodes.good}, SubmitTo::One, 1);
  mine(11);
  EXPECT_EQ(nodes.refused, 2);
  EXPECT_EQ(nodes.taken, 2);
  EXPECT_TRUE(submitted_.empty());
  EXPECT_EQ(service_->counts().blocks, 2U);
}

TEST_F(RoundTest, EachMinerPublishesThroughANodeOfItsOwn) {
  SubmitNodes nodes;
  make_service({&node_, &nodes.good}, SubmitTo::Spread);
  mine(11);
  ASSERT_EQ(submitted_.size(), 1U);
  EXPECT_EQ(submitted_[0].header.miner, Address::id(1000));
  EXPECT_EQ(nodes.taken, 1);
}

TEST_F(RoundTest, ABlockThatNobodyTakesIsAFailure) {
  SubmitNodes nodes;
  make_service({&nodes.refusing, &nodes.refusing}, SubmitTo::All);
  mine(11);
  EXPECT_EQ(nodes.refused, 4);
  EXPECT_EQ(service_->counts().blocks, 0U);
  EXPECT_EQ(service_->counts().failures, 2U);
  const auto records = filter_->list({}).value();
  EXPECT_NE(records.at(0).error.find("shutting down"), std::string::npos);
}

TEST_F(RoundTest, OneMinersTroubleIsNotTheOthers) {
  proverless_ = Address::id(1000);
  mine(11);
  ASSERT_EQ(submitted_.size(), 1U);
  EXPECT_EQ(submitted_[0].header.miner, Address::id(1001));
  const auto records = filter_->list({.miners = {Address::id(1000)}, .limit = 0, .offset = 0}).value();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].state, static_cast<std::int64_t>(api::MineState::Error));
  EXPECT_NE(records[0].error.find("no prover"), std::string::npos);
}

TEST_F(RoundTest, IneligibleMinersDoNotTry) {
  ineligible_ = Address::id(1001);
  mine(11);
  ASSERT_EQ(submitted_.size(), 1U);
  EXPECT_EQ(filter_->list({})->size(), 1U);
}

TEST_F(RoundTest, TheSameEpochIsNeverProducedTwiceOnAnotherBase) {
  mine(11);
  const auto first = submitted_.size();
  head_ = make_base(1);
  mine(11);
  EXPECT_EQ(submitted_.size(), first);
  EXPECT_GE(service_->counts().failures, 2U);
}

TEST_F(RoundTest, HeadThatGrewAtTheSameHeightBecomesTheBase) {
  const auto base = head_;
  auto second = base->blocks().front();
  second.miner = Address::id(98);
  second.ticket = types::Ticket{Bytes(96, 200)};
  head_ = types::Tipset::make({base->blocks().front(), second}).value();
  clock_.set_millis(static_cast<std::int64_t>(base->min_timestamp() + kDelay * 5) * 1000);
  ASSERT_TRUE(rpc::run_blocking(io_, service_->mine_round(base, ChainEpoch(11))));
  ASSERT_FALSE(submitted_.empty());
  EXPECT_EQ(submitted_[0].header.parents.size(), 2U);
}

}  // namespace
}  // namespace venus::miner
