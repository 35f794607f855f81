// SPDX-License-Identifier: MIT OR Apache-2.0
// Verdicts on gossiped blocks and messages, each refusal by name, against the recorded chain and its states.
#include <gtest/gtest.h>

#include "base/test_util/mutate.hpp"
#include "net/exchange_server.hpp"
#include "net/gossip_messages.hpp"
#include "net/protocol_server.hpp"
#include "net/test_util/fuzz_targets.hpp"
#include "net/test_util/live_chain.hpp"
#include "net/test_util/pipe_host.hpp"

namespace venus::net {
namespace {

using bridge::P2pVerdict;
using test_util::LiveChain;
using test_util::must;
using test_util::PipeHost;
using test_util::RecordingJudge;
using test_util::run;
using test_util::test_peer;

constexpr milliseconds kShort{300};

/// A node as far as gossip goes.
struct Node {
  Node(asio::io_context& io, PipeHost::Network& network, std::uint8_t number, LiveChain& live, WorkerPool& workers,
       GossipBlockLimits limits = {})
      : host(io.get_executor(), network, number), pool(view, kept, live.clock, {}),
        bitswap(host, io.get_executor(), *live.chain, &pool, workers, judge),
        exchange(host, workers, tracker, judge, {kShort, kShort, {kShort, 50U << 10, milliseconds(5'000)}, 64U << 20}),
        serve(*live.chain, workers, judge),
        blocks(*live.chain, live.runtime->validator, pool, live.params, live.clock, workers, tracker, judge, bitswap,
               exchange, limits),
        messages(pool, workers, judge), streams(host, io.get_executor(), judge) {
    for (const auto& [address, key] : live.keys) view.accounts.push_back(address);
    must(pool.start(live.chain->head()));
  }
  void start(bool with_bitswap, bool with_exchange) {
    if (with_bitswap) {
      streams.add({std::string(kBitswapProtocols[0])}, {}, [this](auto stream) { return bitswap.serve(std::move(stream)); });
      host.accepted.insert(std::string(kBitswapProtocols[0]));
    }
    if (with_exchange) {
      streams.add({std::string(kExchangeProtocol)}, {}, [this](auto stream) { return serve.serve(std::move(stream)); });
      host.accepted.insert(std::string(kExchangeProtocol));
    }
    streams.start();
  }

  PipeHost host;
  RecordingJudge judge;
  test_util::AccountsView view;
  test_util::NoMessageStore kept;
  mpool::Pool pool;
  PeerTracker tracker{1};
  Bitswap bitswap;
  ExchangeClient exchange;
  ExchangeServer serve;
  GossipBlocks blocks;
  GossipMessages messages;
  ProtocolServer streams;
};

class Gossip : public testing::Test {
 protected:
  void SetUp() override {
    VENUS_RECORDED_CHAIN_OR_SKIP();
    live = std::make_unique<LiveChain>(kHead);
    node = std::make_unique<Node>(io, network, 1, *live, workers);
  }
  void TearDown() override {
    for (auto* one : {node.get(), other.get()}) {
      if (one == nullptr) continue;
      EXPECT_TRUE(run(io, one->bitswap.stop()));
      EXPECT_TRUE(run(io, one->streams.stop()));
    }
    io.restart();
    io.poll();
  }
  /// A second node over the whole recording, and what of it the first one is to lack.
  Node& peer(bool with_bitswap, bool with_exchange) {
    whole = std::make_unique<LiveChain>(kHead + 5);
    other = std::make_unique<Node>(io, network, 2, *whole, workers);
    other->start(with_bitswap, with_exchange);
    // Bitswap's answers come on streams of their own.
    node->start(true, false);
    return *other;
  }
  /// A block above the head, with messages of both kinds if `with_messages`.
  types::BlockMessage next(bool with_messages = false) {
    for (std::int64_t epoch = kHead + 1; epoch < 197; ++epoch) {
      for (const auto& header : live->at(epoch)->blocks()) {
        auto block = live->gossip(header);
        if (!with_messages || block.bls_messages.size() + block.secpk_messages.size() > 0) return block;
      }
    }
    throw std::runtime_error("no such block");
  }
  BlockVerdict judge(const types::BlockMessage& block) { return node->blocks.judge_now(ipld::encode(block)); }

  static constexpr std::int64_t kHead = 180;
  asio::io_context io;
  WorkerPool workers{2};
  PipeHost::Network network;
  std::unique_ptr<LiveChain> live, whole;
  std::unique_ptr<Node> node, other;
};

using BlockGossip = Gossip;

TEST_F(BlockGossip, ARecordedBlockIsAcceptedOnce) {
  const auto block = next();
  const auto first = judge(block);
  EXPECT_EQ(first.verdict, P2pVerdict::Accept) << first.reason << ": " << first.detail;
  ASSERT_TRUE(first.block);
  EXPECT_EQ(*first.block, block);
  const auto again = judge(block);
  EXPECT_EQ(again.verdict, P2pVerdict::Ignore);
  EXPECT_EQ(again.reason, "seen");
  EXPECT_FALSE(again.block);
}

TEST_F(BlockGossip, EachRefusalHasItsNameAndVerdict) {
  struct Case {
    std::string_view reason;
    P2pVerdict verdict;
    std::function<void(types::BlockMessage&)> change;
    bool sign = false;  ///< anew, so that nothing but the change is wrong
  };
  const auto root = [](types::BlockMessage& block) {
    ipld::MemoryBlockstore store;
    block.header.messages = must(chainstore::store_message_meta(store, block.bls_messages, block.secpk_messages));
  };
  const auto some = ipld::cid_of_cbor(Bytes{1});
  const std::vector<Case> cases{
      {"accepted", P2pVerdict::Accept, [](auto& block) { block.header.fork_signaling = 1; }, true},
      {"too_many_messages", P2pVerdict::Reject,
       [&](auto& block) {
         block.bls_messages.assign(8'000, some);
         block.secpk_messages.assign(2'001, some);
         root(block);
       }},
      {"missing_signature", P2pVerdict::Reject, [](auto& block) { block.header.block_sig.reset(); }},
      // The head is at 180; nothing below 180 - 900 exists, so that side needs a negative height.
      {"invalid_block_height", P2pVerdict::Ignore, [](auto& block) { block.header.height = ChainEpoch(kHead - 901); }},
      {"invalid_block_height", P2pVerdict::Ignore, [](auto& block) { block.header.height = ChainEpoch(kHead + 1 + 6); }},
      {"accepted", P2pVerdict::Accept, [](auto& block) { block.header.height = ChainEpoch(kHead + 1 + 5); }, true},
      {"invalid_block_meta", P2pVerdict::Reject, [&](auto& block) { block.bls_messages.push_back(some); }},
      {"invalid_block_meta", P2pVerdict::Reject, [&](auto& block) { block.header.messages = some; }},
      {"unknown_miner", P2pVerdict::Ignore, [](auto& block) { block.header.miner = Address::id(999'999); }},
      {"unknown_miner", P2pVerdict::Ignore, [this](auto& block) { block.header.miner = live->keys.begin()->first; }},
      {"no_election_proof", P2pVerdict::Reject, [](auto& block) { block.header.election_proof.reset(); }},
      {"not_winning", P2pVerdict::Reject, [](auto& block) { block.header.election_proof->win_count = 0; }, true},
      {"not_winning", P2pVerdict::Reject, [](auto& block) { block.header.election_proof->win_count = -1; }, true},
      {"bad_signature", P2pVerdict::Reject, [](auto& block) { block.header.fork_signaling = 2; }},
      {"bad_signature", P2pVerdict::Reject, [](auto& block) { block.header.block_sig->data.resize(10); }},
  };
  for (const auto& test : cases) {
    auto block = next();
    test.change(block);
    if (test.sign) live->sign(block.header);
    const auto got = judge(block);
    EXPECT_EQ(got.reason, test.reason) << got.detail;
    EXPECT_EQ(got.verdict, test.verdict) << test.reason << ": " << got.detail;
    EXPECT_EQ(got.block.has_value(), got.verdict == P2pVerdict::Accept);
  }
}

TEST_F(BlockGossip, WhatDoesNotDecodeIsRejectedUnlessGoWouldTakeIt) {
  auto bytes = ipld::encode(next());
  EXPECT_EQ(node->blocks.judge_now(Bytes()).verdict, P2pVerdict::Reject);
  EXPECT_EQ(node->blocks.judge_now(Bytes(100, 0xff)).reason, "invalid");
  auto trailing = bytes;
  trailing.push_back(0);
  EXPECT_EQ(node->blocks.judge_now(trailing).verdict, P2pVerdict::Reject);
  // The base fee, the last number of the header, with a zero before it.
  auto block = next();
  const auto fee = ipld::encode(block.header.parent_base_fee);
  const auto at = std::search(bytes.begin(), bytes.end(), fee.begin(), fee.end());
  ASSERT_NE(at, bytes.end());
  Bytes padded{static_cast<std::uint8_t>(fee[0] + 1), 0x00, 0x00};
  padded.insert(padded.end(), fee.begin() + 2, fee.end());
  Bytes odd(bytes.begin(), at);
  base::append(odd, padded);
  odd.insert(odd.end(), at + static_cast<std::ptrdiff_t>(fee.size()), bytes.end());
  const auto got = node->blocks.judge_now(odd);
  EXPECT_EQ(got.reason, "not_canonical") << got.detail;
  EXPECT_EQ(got.verdict, P2pVerdict::Ignore);
}

TEST(HeaderVerdict, FollowsLotusOrder) {
  using consensus::Rule;
  const auto of = [](std::vector<Rule> broken, bool near_synced = true) {
    consensus::ValidationReport report;
    for (const auto rule : broken) report.violations.push_back({rule, "so"});
    const auto got = header_verdict(report, near_synced);
    return std::pair(got.verdict, got.reason);
  };
  const auto pair = [](P2pVerdict verdict, std::string_view reason) { return std::pair(verdict, reason); };
  EXPECT_EQ(of({}), pair(P2pVerdict::Accept, "accepted"));
  EXPECT_EQ(of({Rule::Unable, Rule::BlockSignature, Rule::NotAWinner}), pair(P2pVerdict::Ignore, "unknown_miner"));
  EXPECT_EQ(of({Rule::Ineligible}), pair(P2pVerdict::Reject, "ineligible_miner"));
  // Behind by hours we may simply not know better, whatever else is wrong.
  EXPECT_EQ(of({Rule::Ineligible, Rule::BlockSignature}, false), pair(P2pVerdict::Ignore, "ineligible_miner"));
  EXPECT_EQ(of({Rule::NotAWinner, Rule::BlockSignature}), pair(P2pVerdict::Reject, "not_winning"));
  EXPECT_EQ(of({Rule::BlockSignature}, false), pair(P2pVerdict::Reject, "bad_signature"));
}

TEST_F(BlockGossip, RelayersOfGarbageAreToldAndFloodersIgnored) {
  GossipBlockLimits limits;
  limits.block_burst = 3;
  limits.blocks_per_second = 0.001;
  Node strict(io, network, 9, *live, workers, limits);
  const auto from = test_peer(50);
  EXPECT_EQ(must(run(io, strict.blocks.judge(from, Bytes(100, 0xff)))).verdict, P2pVerdict::Reject);
  EXPECT_EQ(strict.judge.count(from, Misbehaviour::Malformed), 1U);
  auto unsigned_block = next();
  unsigned_block.header.block_sig->data[5] ^= 1;
  EXPECT_EQ(must(run(io, strict.blocks.judge(from, ipld::encode(unsigned_block)))).verdict, P2pVerdict::Reject);
  EXPECT_EQ(strict.judge.count(from), 1U);  // what depends on our head is left to the gossip score
  EXPECT_EQ(must(run(io, strict.blocks.judge(from, ipld::encode(next())))).verdict, P2pVerdict::Accept);
  EXPECT_EQ(must(run(io, strict.blocks.judge(from, Bytes(100, 0xff)))).reason, "flooded");
  EXPECT_EQ(must(run(io, strict.blocks.judge(test_peer(51), Bytes(100, 0xff)))).verdict, P2pVerdict::Reject);
  must(run(io, strict.bitswap.stop()));
}

// ---- completion -------------------------------------------------------------------------------------

TEST_F(BlockGossip, MessagesComeByBitswapFromWhoRelayedTheBlock) {
  auto& relayer = peer(true, false);
  const auto block = next(true);
  auto cids = block.bls_messages;
  cids.insert(cids.end(), block.secpk_messages.begin(), block.secpk_messages.end());
  live->drop(cids);
  live->drop({block.header.messages});
  must(run(io, node->blocks.complete(block, relayer.host.id())));
  for (const auto& cid : cids) EXPECT_TRUE(must(live->store->has(cid)));
  EXPECT_TRUE(live->chain->messages(block.header));
  EXPECT_EQ(relayer.bitswap.counts().blocks_sent, cids.size());
}

TEST_F(BlockGossip, MessagesComeByChainExchangeWhereNobodySpeaksBitswap) {
  auto& relayer = peer(false, true);
  const auto block = next(true);
  auto cids = block.bls_messages;
  cids.insert(cids.end(), block.secpk_messages.begin(), block.secpk_messages.end());
  live->drop(cids);
  must(run(io, node->blocks.complete(block, relayer.host.id())));
  for (const auto& cid : cids) EXPECT_TRUE(must(live->store->has(cid)));
  EXPECT_EQ(relayer.bitswap.counts().blocks_sent, 0U);
}

TEST_F(BlockGossip, MessagesOfThePoolNeedNobody) {
  auto block = next();
  types::Message message;
  message.from = live->wallet(types::KeyType::Bls);
  message.to = Address::id(100);
  message.gas_limit = Gas(10'000'000);
  message.gas_fee_cap = message.gas_premium = TokenAmount::from_atto(1000);
  const types::SignedMessage bls{message, live->sign(message)};
  message.from = live->wallet(types::KeyType::Secp256k1);
  const types::SignedMessage secpk{message, live->sign(message)};
  must(node->pool.add(bls, mpool::Origin::Remote));
  must(node->pool.add(secpk, mpool::Origin::Remote));
  block.bls_messages = {bls.cid()};
  block.secpk_messages = {secpk.cid()};
  ipld::MemoryBlockstore elsewhere;
  block.header.messages = must(chainstore::store_message_meta(elsewhere, block.bls_messages, block.secpk_messages));
  must(run(io, node->blocks.complete(block, test_peer(99))));
  const auto stored = must(live->chain->messages(block.header));
  EXPECT_EQ(stored->bls.at(0).message, bls.message);
  EXPECT_EQ(stored->secpk.at(0).signed_message(), secpk);
}

TEST_F(BlockGossip, ListsThatBelongToNoBlockAreRefused) {
  auto& relayer = peer(true, true);
  const auto refused = [&](const types::BlockMessage& block) {
    const auto done = run(io, node->blocks.complete(block, relayer.host.id()));
    return done ? ErrorCode::AlreadyExists : done.error().code;
  };
  auto block = next(true);
  auto doubled = block;
  doubled.bls_messages.assign(2, ipld::cid_of_cbor(Bytes{1}));
  EXPECT_EQ(refused(doubled), ErrorCode::FailedValidation);
  auto foreign = block;
  foreign.bls_messages = {ipld::cid_of_raw(Bytes{1})};
  EXPECT_EQ(refused(foreign), ErrorCode::FailedValidation);
  // A block that is no message, where the peer has it.
  auto other_kind = block;
  other_kind.bls_messages = {block.header.parents.at(0)};
  live->drop(other_kind.bls_messages);
  EXPECT_EQ(refused(other_kind), ErrorCode::FailedValidation);
  // Messages that nobody has.
  auto lost = block;
  lost.bls_messages = {ipld::cid_of_cbor(Bytes{1, 2, 3})};
  lost.header.fork_signaling = 9;
  EXPECT_EQ(refused(lost), ErrorCode::NotFound);
}

// ---- messages ---------------------------------------------------------------------------------------

using MessageGossip = Gossip;

TEST_F(MessageGossip, EachRefusalHasItsNameAndVerdict) {
  types::Message good;
  good.from = live->wallet(types::KeyType::Bls);
  good.to = Address::id(100);
  good.gas_limit = Gas(10'000'000);
  good.gas_fee_cap = good.gas_premium = TokenAmount::from_atto(1000);
  struct Case {
    std::string name;
    std::string_view reason;
    P2pVerdict verdict;
    std::function<void(types::Message&)> change = [](types::Message&) {};
    std::function<void(types::SignedMessage&)> after = [](types::SignedMessage&) {};
  };
  const std::vector<Case> cases{
      {"good", "accepted", P2pVerdict::Accept},
      {"the same again", "known", P2pVerdict::Ignore},
      {"the next one", "accepted", P2pVerdict::Accept, [](auto& m) { m.nonce = Nonce(1); }},
      {"a gap of five", "not_now", P2pVerdict::Ignore, [](auto& m) { m.nonce = Nonce(7); }},
      {"a replacement that pays too little more", "not_now", P2pVerdict::Ignore,
       [](auto& m) { m.gas_premium = m.gas_fee_cap = TokenAmount::from_atto(1001); }},
      {"a fee cap under 100", "not_now", P2pVerdict::Ignore,
       [](auto& m) { m.gas_fee_cap = m.gas_premium = TokenAmount::from_atto(99); }},
      {"more than the sender has", "not_now", P2pVerdict::Ignore,
       [](auto& m) {
         m.nonce = Nonce(2);
         m.gas_limit = Gas(9'000'000'000);
         m.gas_fee_cap = TokenAmount::from_atto(2'000'000'000'000);
       }},
      {"an unknown sender", "not_now", P2pVerdict::Ignore, [](auto& m) { m.nonce = Nonce(2); },
       [](auto& m) { m.message.from = Address::id(123'456); }},
      {"more than there is", "invalid", P2pVerdict::Reject,
       [](auto& m) {
         m.nonce = Nonce(2);
         m.value = TokenAmount::from_fil(2'000'000'001);
       }},
      {"a version", "invalid", P2pVerdict::Reject, [](auto& m) { m.version = 1; }},
      {"less gas than its bytes cost", "invalid", P2pVerdict::Reject, [](auto& m) { m.gas_limit = Gas(100); }},
      {"too large", "too_large", P2pVerdict::Reject, [](auto& m) { m.params.assign(65 * 1024, 1); }},
      {"a wrong signature", "invalid", P2pVerdict::Reject, [](auto& m) { m.nonce = Nonce(2); },
       [](auto& m) { m.signature.data[5] ^= 1; }},
      {"another's signature", "invalid", P2pVerdict::Reject, [](auto& m) { m.nonce = Nonce(2); },
       [&](auto& m) { m.message.from = live->wallet(types::KeyType::Secp256k1); }},
  };
  for (const auto& test : cases) {
    auto message = good;
    test.change(message);
    types::SignedMessage signed_message{message, live->sign(message)};
    test.after(signed_message);
    const auto got = node->messages.judge_now(ipld::encode(signed_message));
    EXPECT_EQ(got.reason, test.reason) << test.name << ": " << got.detail;
    EXPECT_EQ(got.verdict, test.verdict) << test.name << ": " << got.detail;
  }
}

TEST_F(MessageGossip, DecodingIsAsLenientAsGoWhereItMatters) {
  types::Message message;
  message.from = live->wallet(types::KeyType::Secp256k1);
  message.to = Address::id(100);
  message.value = TokenAmount::from_atto(0x1234);
  message.gas_limit = Gas(10'000'000);
  message.gas_fee_cap = message.gas_premium = TokenAmount::from_atto(1000);
  const auto bytes = ipld::encode(types::SignedMessage{message, live->sign(message)});
  const auto from = test_peer(50);
  EXPECT_EQ(must(run(io, node->messages.judge(from, Bytes(50, 0xff)))).reason, "undecodable");
  EXPECT_EQ(node->judge.count(from, Misbehaviour::Malformed), 1U);
  Bytes half(bytes.begin(), bytes.begin() + 40);
  EXPECT_EQ(must(run(io, node->messages.judge(from, half))).verdict, P2pVerdict::Reject);
  // A value with a leading zero: Lotus relays it, so it is nobody's fault.
  const Bytes value{0x43, 0x00, 0x12, 0x34}, padded{0x44, 0x00, 0x00, 0x12, 0x34};
  const auto at = std::search(bytes.begin(), bytes.end(), value.begin(), value.end());
  ASSERT_NE(at, bytes.end());
  Bytes odd(bytes.begin(), at);
  base::append(odd, padded);
  odd.insert(odd.end(), at + 4, bytes.end());
  const auto got = must(run(io, node->messages.judge(test_peer(51), odd)));
  EXPECT_EQ(got.reason, "not_canonical");
  EXPECT_EQ(got.verdict, P2pVerdict::Ignore);
  EXPECT_EQ(node->judge.count(test_peer(51)), 0U);
  // Bytes behind the message: Lotus takes it.
  auto trailing = bytes;
  trailing.push_back(7);
  EXPECT_EQ(must(run(io, node->messages.judge(test_peer(51), trailing))).verdict, P2pVerdict::Accept);
}

TEST_F(MessageGossip, DamagedInputNeverBreaksTheDecoders) {
  types::Message message;
  message.from = live->wallet(types::KeyType::Secp256k1);
  message.to = Address::id(100);
  const std::vector<Bytes> seeds{ipld::encode(next(true)), ipld::encode(types::SignedMessage{message, live->sign(message)})};
  std::size_t calls = 0;
  base::test_util::for_each_mutation(seeds, 10'000, [&](BytesView data) {
    ++calls;
    test_util::fuzz_gossip(data);
  });
  EXPECT_GT(calls, 10'000U);
}

}  // namespace
}  // namespace venus::net
