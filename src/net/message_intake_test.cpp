// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/message_intake.hpp"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <set>

#include "bridge/bls.hpp"
#include "net/test_util/fake_host.hpp"
#include "net/test_util/live_chain.hpp"
#include "net/test_util/pipe_host.hpp"

namespace venus::net {
namespace {

using bridge::P2pVerdict;

class Intake : public ::testing::Test {
 protected:
  Intake() {
    secret_ = bridge::bls_generate(Bytes(32, 7)).value();
    sender_ = Address::bls(bridge::bls_public_key(secret_).value()).value();
    view_.accounts.push_back(sender_);
    types::BlockHeader genesis;
    genesis.miner = Address::id(1000);
    genesis.ticket = types::Ticket{{1}};
    EXPECT_TRUE(pool_.start(types::Tipset::make({genesis}).value()));
  }

  Bytes message(std::uint64_t nonce, bool good = true) const {
    types::SignedMessage out;
    out.message.from = sender_;
    out.message.to = sender_;
    out.message.nonce = Nonce(nonce);
    out.message.gas_limit = Gas(1'000'000);
    out.message.gas_fee_cap = TokenAmount::from_atto(200);
    out.message.gas_premium = TokenAmount::from_atto(100);
    const auto signature = bridge::bls_sign(secret_, out.message.cid().bytes()).value();
    out.signature = {types::SignatureType::Bls, Bytes(signature.begin(), signature.end())};
    if (!good) out.message.value = TokenAmount::from_atto(1);
    return ipld::encode(out);
  }

  void push(std::uint64_t token, Bytes data) { intake_.push({token, peer_, "topic", std::move(data)}); }
  void run_until_reported(std::size_t count) {
    asio::co_spawn(io_, intake_.run(), asio::detached);
    while (host_.reported.size() < count && io_.run_one() > 0) {
    }
    intake_.stop();
    io_.run();
  }

  bridge::BlsPrivateKey secret_{};
  Address sender_;
  PeerId peer_ = bridge::peer_id_of({1});
  asio::io_context io_;
  base::SystemClock clock_;
  test_util::AccountsView view_;
  test_util::NoMessageStore store_;
  mpool::Pool pool_{view_, store_, clock_, {}};
  test_util::FakeHost host_{bridge::peer_id_of({2})};
  test_util::RecordingJudge judge_;
  WorkerPool workers_{1};
  GossipMessages messages_{pool_, workers_, judge_};
  std::vector<std::size_t> ahead_;
  MessageIntake intake_{io_.get_executor(), host_, messages_, workers_,
                        [this](std::span<const types::SignedMessage> batch) { ahead_.push_back(batch.size()); }};
};

TEST_F(Intake, EachMessageIsJudgedOnceAndManyTogether) {
  constexpr std::size_t kMessages = 300;
  for (std::uint64_t i = 0; i < kMessages; ++i) push(i, message(i));
  run_until_reported(kMessages);
  ASSERT_EQ(host_.reported.size(), kMessages);
  std::set<std::uint64_t> tokens;
  for (const auto& [token, verdict] : host_.reported) {
    tokens.insert(token);
    EXPECT_EQ(verdict, P2pVerdict::Accept) << token;
  }
  EXPECT_EQ(tokens.size(), kMessages);
  EXPECT_EQ(pool_.size(), kMessages);
  EXPECT_EQ(ahead_, (std::vector<std::size_t>{128, 128, 44}));
  EXPECT_EQ(intake_.counts()[0], kMessages);
}

TEST_F(Intake, BadOnesAmongGoodOnesGetTheirOwnVerdict) {
  push(1, message(0));
  push(2, Bytes{0xff, 0x00});
  push(3, message(1, false));
  push(4, message(1));
  push(5, Bytes(70'000, 0x82));
  run_until_reported(5);
  const std::vector<std::pair<std::uint64_t, P2pVerdict>> wanted{
      {1, P2pVerdict::Accept}, {2, P2pVerdict::Reject}, {3, P2pVerdict::Reject}, {4, P2pVerdict::Accept},
      {5, P2pVerdict::Reject}};
  EXPECT_EQ(host_.reported, wanted);
  EXPECT_GE(judge_.count(peer_, Misbehaviour::Malformed), 1U);
}

}  // namespace
}  // namespace venus::net
