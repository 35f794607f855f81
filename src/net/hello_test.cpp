// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/hello.hpp"

#include <gtest/gtest.h>

#include "net/protocol_server.hpp"
#include "net/test_util/pipe_host.hpp"
#include "net/test_util/recorded_chain.hpp"

namespace venus::net {
namespace {

using test_util::must;
using test_util::PipeHost;
using test_util::RecordedChain;
using test_util::RecordingJudge;
using test_util::run;

constexpr milliseconds kShort{80};

/// A node as far as hello goes.
struct Node {
  Node(asio::io_context& io, PipeHost::Network& network, std::uint8_t number, chainstore::ChainStore& chain,
       WorkerPool& pool, std::int64_t clock_millis = 1'700'000'000'000)
      : host(io.get_executor(), network, number), clock(clock_millis), tracker(1),
        hello(host, chain, pool, tracker, judge, clock,
              [this](PeerId peer, PeerHead head) { heads.emplace_back(std::move(peer), std::move(head)); },
              {kShort, kShort, kShort, 16U << 10}),
        streams(host, io.get_executor(), judge) {
    streams.add({std::string(kHelloProtocol)}, {}, [this](bridge::P2pStreamPtr stream) {
      return hello.serve(std::move(stream));
    });
    streams.start();
  }
  PipeHost host;
  base::ManualClock clock;
  PeerTracker tracker;
  RecordingJudge judge;
  std::vector<std::pair<PeerId, PeerHead>> heads;
  HelloService hello;
  ProtocolServer streams;
};

class Hello : public testing::Test {
 protected:
  void SetUp() override {
    VENUS_RECORDED_CHAIN_OR_SKIP();
    static RecordedChain shared;
    chain = &shared;
  }
  /// What a peer gets that sends these bytes.
  Result<Bytes> send(Node& to, PipeHost& from, Bytes bytes, bool finish = true) {
    auto stream = must(run(io, from.open_stream(to.host.id(), {std::string(kHelloProtocol)}, kShort)));
    must(run(io, stream->write(std::move(bytes), kShort)));
    if (finish) must(run(io, stream->finish(kShort)));
    return run(io, stream->read(1U << 16, milliseconds(2'000)));
  }

  RecordedChain* chain = nullptr;
  asio::io_context io;
  WorkerPool pool{1};
  PipeHost::Network network;
};

TEST_F(Hello, TellsHeadsAndMeasuresLatencyAndClock) {
  Node first(io, network, 1, *chain->chain, pool);
  Node second(io, network, 2, *chain->chain, pool, 1'700'000'003'000);
  const auto result = must(run(io, first.hello.say(second.host.id())));
  EXPECT_GT(result.latency.count(), 0);
  EXPECT_NEAR(static_cast<double>(result.clock_offset.count()), 3e6, 1e6);
  ASSERT_EQ(second.heads.size(), 1U);
  EXPECT_EQ(second.heads[0].first, first.host.id());
  EXPECT_EQ(second.heads[0].second.key, chain->head->key());
  EXPECT_EQ(second.heads[0].second.height, chain->head->height());
  EXPECT_EQ(second.heads[0].second.weight, must(chain->chain->weight(chain->head)));
  EXPECT_TRUE(second.tracker.contains(first.host.id()));
  EXPECT_EQ(first.judge.served_by(second.host.id()), 1U);
}

TEST_F(Hello, AnotherGenesisEndsTheConnection) {
  Node node(io, network, 2, *chain->chain, pool);
  PipeHost stranger(io.get_executor(), network, 1);
  const HelloMessage message{chain->head->cids(), ChainEpoch(5), BigInt(5), ipld::cid_of_cbor(Bytes{1})};
  EXPECT_FALSE(send(node, stranger, ipld::encode(message)));
  EXPECT_EQ(node.judge.count(stranger.id(), Misbehaviour::WrongNetwork), 1U);
  EXPECT_EQ(node.host.disconnected, std::vector{stranger.id()});
  EXPECT_TRUE(node.heads.empty());
  EXPECT_FALSE(node.tracker.contains(stranger.id()));
}

TEST_F(Hello, BadMessagesAreToldAndAnsweredByNothing) {
  Node node(io, network, 2, *chain->chain, pool);
  PipeHost peer(io.get_executor(), network, 1);
  const auto genesis = chain->chain->genesis()->cids().at(0);
  EXPECT_FALSE(send(node, peer, Bytes(100, 0xff)));
  EXPECT_FALSE(send(node, peer, ipld::encode(HelloMessage{{}, ChainEpoch(5), BigInt(5), genesis})));
  EXPECT_FALSE(send(node, peer, ipld::encode(HelloMessage{chain->head->cids(), ChainEpoch(-5), BigInt(5), genesis})));
  EXPECT_FALSE(send(node, peer, ipld::encode(HelloMessage{chain->head->cids(), ChainEpoch(5), BigInt(-5), genesis})));
  EXPECT_FALSE(send(node, peer, ipld::encode(HelloMessage{std::vector(500, genesis), ChainEpoch(5), BigInt(5), genesis})));
  EXPECT_EQ(node.judge.count(peer.id(), Misbehaviour::Malformed), 5U);
  EXPECT_FALSE(send(node, peer, Bytes{0x84, 0x81}, false));
  EXPECT_EQ(node.judge.count(peer.id(), Misbehaviour::Slow), 1U);
  EXPECT_TRUE(node.heads.empty());
  EXPECT_TRUE(send(node, peer, ipld::encode(HelloMessage{chain->head->cids(), ChainEpoch(5), BigInt(5), genesis})));
  EXPECT_EQ(node.heads.size(), 1U);
}

TEST_F(Hello, APeerThatAnswersNothingOrGarbageIsTold) {
  Node node(io, network, 2, *chain->chain, pool);
  PipeHost silent(io.get_executor(), network, 3);
  std::vector<bridge::P2pStreamPtr> kept;
  silent.on_stream([&](bridge::P2pStreamPtr stream) { kept.push_back(std::move(stream)); });
  const auto timed_out = run(io, node.hello.say(silent.id()));
  ASSERT_FALSE(timed_out);
  EXPECT_EQ(timed_out.error().code, ErrorCode::Timeout);
  EXPECT_EQ(node.judge.count(silent.id(), Misbehaviour::Slow), 1U);
  kept.clear();
  const auto unknown = run(io, node.hello.say(test_util::test_peer(99)));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::Unavailable);
}

// ---- the server of all protocols --------------------------------------------------------------------

TEST(ProtocolServer, BoundsStreamsAndStopsCleanly) {
  asio::io_context io;
  PipeHost::Network network;
  PipeHost host(io.get_executor(), network, 1);
  PipeHost peer(io.get_executor(), network, 2);
  RecordingJudge judge;
  ProtocolServer streams(host, io.get_executor(), judge, {0.001, 1});
  int served = 0;
  const ProtocolServer::Serve serve = [&served](bridge::P2pStreamPtr stream) -> Task<> {
    ++served;
    static_cast<void>(co_await stream->read(10, std::chrono::hours(1)));
    co_return Result<void>();
  };
  streams.add({"/a", "/b"}, {10, 2}, serve);
  streams.start();
  const auto open = [&](const std::string& protocol) {
    auto stream = must(run(io, peer.open_stream(host.id(), {protocol}, kShort)));
    io.poll();
    return stream;
  };
  const auto first = open("/a");
  const auto second = open("/b");
  EXPECT_EQ(streams.running(), 2U);
  const auto third = open("/a");
  EXPECT_EQ(streams.counts().refused, 1U);
  EXPECT_EQ(judge.count(peer.id()), 0U);
  const auto insistent = open("/a");
  EXPECT_EQ(streams.counts().refused, 2U);
  EXPECT_EQ(judge.count(peer.id(), Misbehaviour::Flooded), 1U);
  EXPECT_FALSE(run(io, third->read(10, kShort)));
  const auto unknown = open("/c");
  EXPECT_FALSE(run(io, unknown->read(10, kShort)));
  must(run(io, second->finish(kShort)));
  io.poll();
  EXPECT_EQ(streams.running(), 1U);
  const auto fourth = open("/b");
  EXPECT_EQ(served, 3);
  must(run(io, streams.stop()));
  EXPECT_EQ(streams.running(), 0U);
  const auto late = open("/a");
  EXPECT_FALSE(run(io, late->read(10, kShort)));
  EXPECT_EQ(served, 3);
}

}  // namespace
}  // namespace venus::net
