// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/bitswap.hpp"

#include <gtest/gtest.h>

#include "base/test_util/mutate.hpp"
#include "net/bitswap_wire.hpp"
#include "net/protocol_server.hpp"
#include "net/test_util/fuzz_targets.hpp"
#include "net/test_util/pipe_host.hpp"
#include "net/test_util/recorded_chain.hpp"

namespace venus::net {
namespace {

using test_util::must;
using test_util::PipeHost;
using test_util::RecordingJudge;
using test_util::run;

const std::string kProtocol(kBitswapProtocols[0]);
constexpr milliseconds kShort{80};

Bytes block_number(std::uint32_t number, std::size_t size = 40) {
  ipld::cbor::Writer writer;
  Bytes content(size, 0);
  for (int i = 0; i < 4; ++i) content[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(number >> (8 * i));
  writer.write_bytes(content);
  return std::move(writer).take();
}

TEST(BitswapWire, HasTheBytesBoxoSends) {
  const auto data = block_number(1, 4);
  const auto cid = ipld::cid_of_cbor(data);
  const auto cid_hex = base::to_hex(cid.bytes());
  BitswapMessage message;
  message.wants = {{cid, 1, false, WantType::Block, true}, {cid, 0, true, WantType::Have, false}};
  message.full = true;
  // wantlist{ entry{cid, priority 1, send_dont_have}, entry{cid, cancel, have}, full }
  EXPECT_EQ(base::to_hex(encode_bitswap(message)),
            "0a5e" "0a2c" "0a26" + cid_hex + "1001" "2801" + "0a2c" "0a26" + cid_hex + "1801" "2001" + "1001");
  BitswapMessage answer;
  answer.blocks = {{cid, data}};
  answer.presences = {{cid, true}, {cid, false}};
  answer.pending_bytes = 300;
  EXPECT_EQ(base::to_hex(encode_bitswap(answer)),
            "0a00" "1a0f" "0a06" "0171a0e40220" "1205" "4401000000" + std::string("2228" "0a26") + cid_hex +
                "222a" "0a26" + cid_hex + "1001" + "28ac02");
  EXPECT_EQ(must(decode_bitswap(encode_bitswap(message))), message);
  EXPECT_EQ(must(decode_bitswap(encode_bitswap(answer))), answer);
}

TEST(BitswapWire, SkipsWhatItDoesNotKnowAndRefusesWhatIsBroken) {
  const auto code = [](std::string_view hex) {
    const auto result = decode_bitswap(must(base::from_hex(hex)));
    return result ? ErrorCode::NotFound : result.error().code;
  };
  EXPECT_EQ(code(""), ErrorCode::NotFound);
  EXPECT_EQ(code("1203616263"), ErrorCode::NotFound);                    // a block of 1.0.0
  EXPECT_EQ(code("f80101" "c13e0011223344556677" "cd3e00112233"), ErrorCode::NotFound);  // unknown fields
  EXPECT_EQ(code("0a05"), ErrorCode::Malformed);                         // truncated
  EXPECT_EQ(code("0801"), ErrorCode::Malformed);                         // wantlist as a number
  EXPECT_EQ(code("0a020a00"), ErrorCode::Malformed);                     // a want without a CID
  EXPECT_EQ(code("0a060a040a026162"), ErrorCode::Malformed);             // a bad CID
  EXPECT_EQ(code("0b"), ErrorCode::Malformed);                           // a group
  EXPECT_EQ(code("00"), ErrorCode::Malformed);                           // field 0
  EXPECT_EQ(code("28ffffffffffffffffff02"), ErrorCode::Malformed);       // over 64 bits
  EXPECT_EQ(code("28ffffffffffffffffff01"), ErrorCode::NotFound);        // -1
  EXPECT_EQ(code("1a040a020171"), ErrorCode::Malformed);                 // half a prefix
  EXPECT_EQ(code("1a080a060155801420" "00"), ErrorCode::Malformed);
  // A hash we cannot compute: the block is left out.
  EXPECT_TRUE(must(decode_bitswap(must(base::from_hex("1a0b" "0a04" "01551b20" "1203" "616263")))).blocks.empty());
}

TEST(BitswapWire, FramesAreCutAndBounded) {
  BitswapMessage message;
  message.presences = {{ipld::cid_of_cbor(Bytes{1}), true}};
  auto stream = frame_bitswap(message);
  base::append(stream, frame_bitswap(message));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, stream.size()}) {
    BitswapFramer framer;
    int count = 0;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      framer.feed(BytesView(stream).subspan(at, std::min(piece, stream.size() - at)));
      while (const auto frame = must(framer.next())) {
        EXPECT_EQ(must(decode_bitswap(*frame)), message);
        ++count;
      }
    }
    EXPECT_EQ(count, 2);
    EXPECT_FALSE(framer.inside());
  }
  BitswapFramer framer;
  framer.feed(Bytes{0x81, 0x80, 0x80, 0x02});  // 4 MiB and one byte
  const auto refused = framer.next();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::TooLarge);
}

TEST(BitswapWire, DamagedInputIsRefusedOrTheSame) {
  BitswapMessage message;
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto data = block_number(i);
    const auto cid = ipld::cid_of_cbor(data);
    message.wants.push_back({cid, static_cast<std::int32_t>(i) - 1, i == 1, WantType::Have, i == 2});
    message.blocks.push_back({cid, data});
    message.presences.push_back({cid, i == 1});
  }
  message.pending_bytes = -5;
  const std::vector<Bytes> seeds{encode_bitswap(message), frame_bitswap(message)};
  std::size_t calls = 0;
  base::test_util::for_each_mutation(seeds, 20'000, [&](BytesView data) {
    ++calls;
    test_util::fuzz_bitswap(data);
  });
  EXPECT_GT(calls, 20'000U);
}

// ---- peers ------------------------------------------------------------------------------------------

struct Node {
  Node(asio::io_context& io, PipeHost::Network& network, std::uint8_t number, WorkerPool& workers,
       BitswapLimits limits = {})
      : chain(must(chainstore::ChainStore::open(store, metadata))), host(io.get_executor(), network, number),
        bitswap(host, io.get_executor(), *chain, nullptr, workers, judge, limits),
        streams(host, io.get_executor(), judge) {
    streams.add({kProtocol}, {}, [this](bridge::P2pStreamPtr stream) { return bitswap.serve(std::move(stream)); });
    streams.start();
  }
  std::vector<Cid> fill(std::uint32_t from, std::uint32_t count, std::size_t size = 40) {
    std::vector<Cid> out;
    for (std::uint32_t i = from; i < from + count; ++i) {
      const auto data = block_number(i, size);
      out.push_back(ipld::cid_of_cbor(data));
      must(store.put(out.back(), data));
    }
    return out;
  }
  PeerId id() const { return host.id(); }

  ipld::MemoryBlockstore store;
  chainstore::MemoryMetadata metadata;
  std::unique_ptr<chainstore::ChainStore> chain;
  PipeHost host;
  RecordingJudge judge;
  Bitswap bitswap;
  ProtocolServer streams;
};

class BitswapPeers : public testing::Test {
 protected:
  ~BitswapPeers() override {
    for (auto& node : nodes) {
      EXPECT_TRUE(run(io, node->bitswap.stop()));
      EXPECT_TRUE(run(io, node->streams.stop()));
    }
    io.restart();
    io.poll();
  }
  Node& add(BitswapLimits limits = {}) {
    nodes.push_back(std::make_unique<Node>(io, network, static_cast<std::uint8_t>(nodes.size() + 1), workers, limits));
    return *nodes.back();
  }
  Result<std::vector<Bytes>> fetch(Node& node, std::vector<Cid> cids, std::vector<PeerId> candidates,
                                   milliseconds timeout = milliseconds(5'000)) {
    return run(io, node.bitswap.fetch(std::move(cids), std::move(candidates), timeout));
  }
  asio::io_context io;
  WorkerPool workers{2};
  PipeHost::Network network;
  std::vector<std::unique_ptr<Node>> nodes;
};

TEST_F(BitswapPeers, BlocksComeInTheOrderAskedFor) {
  auto& client = add();
  auto& server = add();
  auto cids = server.fill(0, 2'000);
  std::ranges::reverse(cids);
  const auto got = must(fetch(client, cids, {server.id()}));
  ASSERT_EQ(got.size(), cids.size());
  for (std::size_t i = 0; i < cids.size(); ++i) ASSERT_EQ(ipld::cid_of_cbor(got[i]), cids[i]);
  EXPECT_EQ(client.bitswap.counts().blocks_received, 2'000U);
  EXPECT_EQ(server.bitswap.counts().blocks_sent, 2'000U);
  EXPECT_EQ(client.host.opened, 1U);  // one stream for all messages
  EXPECT_GT(client.judge.served_by(server.id()), 0U);
  EXPECT_EQ(client.judge.count(server.id()) + server.judge.count(client.id()), 0U);
}

TEST_F(BitswapPeers, WhatOneLacksAnotherGives) {
  auto& client = add();
  auto& first = add();
  auto& second = add();
  auto cids = first.fill(0, 50);
  const auto more = second.fill(50, 50);
  cids.insert(cids.end(), more.begin(), more.end());
  EXPECT_EQ(must(fetch(client, cids, {first.id(), second.id()})).size(), 100U);
  const auto nowhere = fetch(client, {ipld::cid_of_cbor(Bytes{7})}, {first.id(), second.id()});
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::NotFound);
}

TEST_F(BitswapPeers, SilentAndMissingCandidatesArePassedOver) {
  BitswapLimits limits;
  limits.hedge = milliseconds(20);
  auto& client = add(limits);
  auto& server = add();
  PipeHost silent(io.get_executor(), network, 77);
  std::vector<bridge::P2pStreamPtr> kept;
  silent.on_stream([&](bridge::P2pStreamPtr stream) { kept.push_back(std::move(stream)); });
  const auto cids = server.fill(0, 5);
  EXPECT_EQ(must(fetch(client, cids, {test_util::test_peer(99), silent.id(), server.id()})).size(), 5U);
  const auto late = fetch(client, {ipld::cid_of_cbor(Bytes{7})}, {silent.id()}, kShort);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::Timeout);
  kept.clear();
}

TEST_F(BitswapPeers, ABlockThatComesLaterIsSentThen) {
  BitswapLimits limits;
  auto& client = add(limits);
  auto& server = add();
  const auto data = block_number(5);
  const auto cid = ipld::cid_of_cbor(data);
  // Asks without "tell me if you do not have it", as an older peer does.
  auto stream = must(run(io, client.host.open_stream(server.id(), {kProtocol}, kShort)));
  std::vector<Bytes> got;
  BitswapMessage want;
  want.wants = {{cid, 1, false, WantType::Block, false}};
  must(run(io, stream->write(frame_bitswap(want), kShort)));
  const auto arrived = [&] { return client.bitswap.counts().blocks_unasked; };
  for (int i = 0; i < 50; ++i) io.run_one_for(milliseconds(1));
  EXPECT_EQ(server.bitswap.counts().blocks_sent, 0U);
  must(server.store.put(cid, data));
  server.bitswap.announce(std::vector{cid});
  for (int i = 0; i < 400 && arrived() == 0; ++i) io.run_one_for(milliseconds(10));
  EXPECT_EQ(arrived(), 1U);
  EXPECT_EQ(server.bitswap.counts().blocks_sent, 1U);
}

TEST_F(BitswapPeers, OnlyBlocksOfTheChainAreServed) {
  auto& client = add();
  auto& server = add();
  const Bytes data{1, 2, 3};
  const auto raw = ipld::cid_of_raw(data);
  must(server.store.put(raw, data));
  const auto refused = fetch(client, {raw}, {server.id()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  auto stream = must(run(io, client.host.open_stream(server.id(), {kProtocol}, kShort)));
  BitswapMessage want;
  const auto large = server.fill(9, 1, (1U << 20) + 1);
  want.wants = {{raw, 1, false, WantType::Block, true}, {large[0], 1, false, WantType::Block, true}};
  must(run(io, stream->write(frame_bitswap(want), kShort)));
  for (int i = 0; i < 100; ++i) io.run_one_for(milliseconds(1));
  EXPECT_EQ(server.bitswap.counts().blocks_sent, 0U);
}

TEST_F(BitswapPeers, GarbageHalfFramesAndFloodsAreTold) {
  auto& peer = add();
  BitswapLimits limits;
  limits.read = {kShort, 50U << 10, kShort};
  limits.want_burst = 100;
  limits.wants_per_second = 0.001;
  limits.unasked_burst = 10;
  limits.unasked_per_second = 0.001;
  auto& server = add(limits);
  const auto send = [&](Bytes bytes, bool finish) {
    auto stream = must(run(io, peer.host.open_stream(server.id(), {kProtocol}, kShort)));
    must(run(io, stream->write(std::move(bytes), milliseconds(1'000))));
    if (finish) must(run(io, stream->finish(kShort)));
    return run(io, stream->read(100, milliseconds(3'000)));
  };
  EXPECT_FALSE(send(Bytes{0x03, 0xff, 0xff, 0xff}, true));
  EXPECT_FALSE(send(Bytes{0xff, 0xff, 0xff, 0x7f}, true));  // a length of 256 MiB
  EXPECT_FALSE(send(Bytes{0x05, 0x0a}, true));              // ends within a message
  EXPECT_EQ(server.judge.count(peer.id(), Misbehaviour::Malformed), 2U);
  EXPECT_EQ(server.judge.count(peer.id(), Misbehaviour::Failed), 1U);
  EXPECT_FALSE(send(Bytes{0x05, 0x0a}, false));             // stalls within a message
  EXPECT_EQ(server.judge.count(peer.id(), Misbehaviour::Slow), 1U);
  BitswapMessage wants;
  wants.wants.assign(60, {ipld::cid_of_cbor(Bytes{1}), 1, false, WantType::Block, false});
  EXPECT_TRUE(send(frame_bitswap(wants), true));
  EXPECT_TRUE(send(frame_bitswap(wants), true));
  EXPECT_EQ(server.judge.count(peer.id(), Misbehaviour::Flooded), 1U);
  BitswapMessage unasked;
  for (std::uint32_t i = 0; i < 11; ++i) {
    const auto data = block_number(i);
    unasked.blocks.push_back({ipld::cid_of_cbor(data), data});
  }
  EXPECT_TRUE(send(frame_bitswap(unasked), true));
  EXPECT_TRUE(send(frame_bitswap(unasked), true));
  EXPECT_EQ(server.judge.count(peer.id(), Misbehaviour::Flooded), 2U);
  EXPECT_EQ(server.bitswap.counts().blocks_unasked, 22U);
}

TEST_F(BitswapPeers, TwoFetchesOfOneBlockBothGetIt) {
  auto& client = add();
  auto& server = add();
  const auto cids = server.fill(0, 10);
  std::optional<Result<std::vector<Bytes>>> other;
  asio::co_spawn(io, client.bitswap.fetch(cids, {server.id()}, milliseconds(5'000)),
                 [&](const std::exception_ptr&, Result<std::vector<Bytes>> result) { other = std::move(result); });
  EXPECT_EQ(must(fetch(client, cids, {server.id()})).size(), 10U);
  for (int i = 0; i < 100 && !other; ++i) io.run_one_for(milliseconds(10));
  ASSERT_TRUE(other);
  EXPECT_TRUE(*other);
}

TEST_F(BitswapPeers, StoppingEndsFetches) {
  auto& client = add();
  PipeHost silent(io.get_executor(), network, 77);
  std::vector<bridge::P2pStreamPtr> kept;
  silent.on_stream([&](bridge::P2pStreamPtr stream) { kept.push_back(std::move(stream)); });
  std::optional<Result<std::vector<Bytes>>> ended;
  asio::co_spawn(io, client.bitswap.fetch({ipld::cid_of_cbor(Bytes{7})}, {silent.id()}, milliseconds(600'000)),
                 [&](const std::exception_ptr&, Result<std::vector<Bytes>> result) { ended = std::move(result); });
  for (int i = 0; i < 20; ++i) io.run_one_for(milliseconds(2));
  EXPECT_FALSE(ended);
  EXPECT_TRUE(run(io, client.bitswap.stop()));
  for (int i = 0; i < 20 && !ended; ++i) io.run_one_for(milliseconds(2));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->error().code, ErrorCode::Cancelled);
  kept.clear();
}

}  // namespace
}  // namespace venus::net
