// SPDX-License-Identifier: MIT OR Apache-2.0
// The protocols over real sockets: first with honest peers, then with each kind of hostile one. Whatever a peer
// does costs it score or its connection, and the node goes on serving others.
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include "net/bitswap.hpp"
#include "net/bitswap_wire.hpp"
#include "net/exchange_server.hpp"
#include "net/hello.hpp"
#include "net/peer_chain_source.hpp"
#include "net/peer_manager.hpp"
#include "net/protocol_server.hpp"
#include "net/test_util/recorded_chain.hpp"
#include "net/test_util/socket_host.hpp"

namespace venus::net {
namespace {

using test_util::must;
using test_util::RecordedChain;
using test_util::run;
using test_util::SocketHost;

constexpr milliseconds kSoon{500};      // deadlines of the node under test
constexpr milliseconds kLater{30'000};  // what a test waits for
const std::string kBitswap(kBitswapProtocols[0]);
const std::vector<std::string> kProtocols{std::string(kHelloProtocol), std::string(kExchangeProtocol), kBitswap};

/// A node as the product has it, with short deadlines.
class Node {
 public:
  Node(asio::io_context& io, std::uint8_t seed, RecordedChain& recorded)
      : host(io, seed, kProtocols), book(must(PeerBook::open(folder.path() / "peers", clock))),
        bans(must(BanList::open(folder.path() / "bans", clock))),
        manager(io.get_executor(), {*host, *book, *bans, bandwidth, workers}, settings()),
        hello(*host, *recorded.chain, workers, tracker, manager, clock, {}, {kLater, kSoon, kSoon, 16U << 10}),
        server(*recorded.chain, workers, manager, server_limits()),
        client(*host, workers, tracker, manager, client_limits()),
        source(client, tracker, manager), bitswap(*host, io.get_executor(), *recorded.chain, nullptr, workers, manager, bitswap_limits()),
        streams(*host, io.get_executor(), manager, {1, 20}) {
    bans->attach(&*host);
    host.on_event = [this](const bridge::P2pEvent& event) {
      manager.on_event(event);
      const auto* gone = std::get_if<bridge::P2pDisconnected>(&event);
      if (gone == nullptr || gone->peers_connections != 0) return;
      tracker.remove(gone->peer);
      bitswap.disconnected(gone->peer);
    };
    streams.add({std::string(kHelloProtocol)}, {}, [this](auto stream) { return hello.serve(std::move(stream)); });
    streams.add({std::string(kExchangeProtocol)}, {}, [this](auto stream) { return server.serve(std::move(stream)); });
    streams.add({kBitswap}, {}, [this](auto stream) { return bitswap.serve(std::move(stream)); });
    streams.start();
    asio::co_spawn(io, manager.run(), asio::detached);
  }
  void stop(asio::io_context& io) {
    EXPECT_TRUE(run(io, streams.stop()));
    EXPECT_TRUE(run(io, bitswap.stop()));
    manager.stop();
    bans->attach(nullptr);
    host.stop();
  }

  static PeerManagerSettings settings() {
    PeerManagerSettings out;
    out.min_peers = 0;
    return out;
  }
  static ExchangeServerLimits server_limits() {
    ExchangeServerLimits out;
    out.read = out.write = kSoon;
    out.request_burst = 100;
    out.requests_per_second = 5;
    out.refusal_burst = 10;
    return out;
  }
  static ExchangeClientLimits client_limits() {
    return {kLater, kSoon, {kSoon, 50U << 10, milliseconds(5'000)}, 4U << 20};
  }
  static BitswapLimits bitswap_limits() {
    BitswapLimits out;
    out.read = {kSoon, 50U << 10, milliseconds(2'000)};
    out.want_burst = 3'000;
    out.wants_per_second = 10;
    out.unasked_burst = 100;
    out.unasked_per_second = 1;
    return out;
  }

  base::test_util::TempFolder folder;
  base::SystemClock clock;
  WorkerPool workers{2};
  SocketHost host;
  std::unique_ptr<PeerBook> book;
  std::unique_ptr<BanList> bans;
  Bandwidth bandwidth;
  PeerManager manager;
  PeerTracker tracker{1};
  HelloService hello;
  ExchangeServer server;
  ExchangeClient client;
  PeerChainSource source;
  Bitswap bitswap;
  ProtocolServer streams;
};

class HostilePeers : public testing::Test {
 protected:
  void SetUp() override {
    VENUS_RECORDED_CHAIN_OR_SKIP();
    static RecordedChain shared;
    recorded = &shared;
    node = std::make_unique<Node>(io, 1, shared);
  }
  void TearDown() override {
    hostile.clear();
    kept.clear();
    if (honest) honest->stop(io);
    if (node) node->stop(io);
    io.restart();
    io.poll();
  }

  /// A peer of the node that does what it likes.
  SocketHost& enemy(const std::string& transport = "tcp") {
    hostile.push_back(std::make_unique<SocketHost>(io, static_cast<std::uint8_t>(100 + hostile.size()), kProtocols));
    must(hostile.back()->connect(node->host, transport));
    return *hostile.back();
  }
  Result<bridge::P2pStreamPtr> open(SocketHost& from, std::string_view protocol) {
    return run(io, from->open_stream(node->host.id(), {std::string(protocol)}, kLater));
  }
  /// Sends bytes on a new stream and keeps it open, or says that nothing follows.
  void send(SocketHost& from, std::string_view protocol, Bytes bytes, bool finish) {
    auto stream = open(from, protocol);
    if (!stream) return;
    static_cast<void>(run(io, (*stream)->write(std::move(bytes), kLater)));
    if (finish) static_cast<void>(run(io, (*stream)->finish(kLater)));
    kept.push_back(*std::move(stream));
  }
  /// Answers each request with these bytes, `piece` at a time with pauses.
  void answer_with(SocketHost& from, Bytes answer, bool finish = true, std::size_t piece = 1U << 18,
                   milliseconds pause = milliseconds(0)) {
    from->on_stream([this, answer = std::move(answer), finish, piece, pause](bridge::P2pStreamPtr stream) {
      kept.push_back(stream);
      asio::co_spawn(io, play(std::move(stream), answer, finish, piece, pause), asio::detached);
    });
  }
  static Task<> play(bridge::P2pStreamPtr stream, Bytes answer, bool finish, std::size_t piece, milliseconds pause) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (std::size_t at = 0; at < answer.size(); at += piece) {
      const auto size = std::min(piece, answer.size() - at);
      CO_TRY_VOID(co_await stream->write(base::to_bytes(BytesView(answer).subspan(at, size)), kLater));
      if (pause.count() == 0) continue;
      timer.expires_after(pause);
      co_await timer.async_wait(asio::use_awaitable);
    }
    if (finish) co_return co_await stream->finish(kLater);
    co_return Result<void>();
  }
  bool until(const std::function<bool()>& condition) { return test_util::until(io, condition); }
  double penalty(const SocketHost& peer) {
    const auto view = node->manager.peer(peer.id());
    return view ? view->penalty : 0;
  }
  /// Whether the peer lost its connection.
  bool is_out(const SocketHost& peer) {
    return until([&] { return !node->manager.is_connected(peer.id()); });
  }
  std::uint64_t told(const std::string& what) {
    const auto stats = node->manager.stats();
    const auto at = stats.misbehaved.find(what);
    return at == stats.misbehaved.end() ? 0 : at->second;
  }
  /// Whether an honest peer is still served and asked.
  void expect_alive() {
    if (!honest) {
      honest = std::make_unique<Node>(io, 2, *recorded);
      must(honest->host.connect(node->host));
    }
    EXPECT_EQ(must(run(io, honest->client.headers(node->host.id(), recorded->head->key(), 100))).size(), 100U);
    EXPECT_EQ(must(run(io, node->client.headers(honest->host.id(), recorded->head->key(), 100))).size(), 100U);
    EXPECT_TRUE(node->manager.is_connected(honest->host.id()));
    EXPECT_EQ(penalty(honest->host), 0);
  }
  Bytes headers_answer(const std::vector<TipsetPtr>& tipsets) {
    ipld::cbor::Writer writer;
    writer.write_raw(encode_exchange_head(ExchangeStatus::Ok, "", tipsets.size()));
    for (const auto& tipset : tipsets) encode_exchange_tipset(writer, tipset->blocks(), nullptr);
    return std::move(writer).take();
  }

  RecordedChain* recorded = nullptr;
  asio::io_context io;
  std::unique_ptr<Node> node, honest;
  std::vector<std::unique_ptr<SocketHost>> hostile;
  std::vector<bridge::P2pStreamPtr> kept;
};

using SocketPeers = HostilePeers;

TEST_F(SocketPeers, HonestPeersGetEverythingOverTcpAndQuic) {
  const auto top = recorded->extend(recorded->head, 900);
  std::vector<Cid> messages;
  for (std::int64_t epoch = 100; epoch < 197; ++epoch) {
    for (const auto& of_block : must(recorded->chain->block_messages(*recorded->at(epoch)))) {
      for (std::size_t i = 0; i < of_block->size(); ++i) messages.push_back(of_block->at(i).cid);
    }
  }
  std::ranges::sort(messages);
  messages.erase(std::unique(messages.begin(), messages.end()), messages.end());
  ASSERT_GT(messages.size(), 20U);
  std::uint8_t seed = 10;
  for (const std::string transport : {"tcp", "quic-v1"}) {
    Node other(io, ++seed, *recorded);
    must(other.host.connect(node->host, transport));
    EXPECT_GT(must(run(io, other.hello.say(node->host.id()))).latency.count(), 0);
    ASSERT_TRUE(until([&] { return node->tracker.contains(other.host.id()); }));
    EXPECT_EQ(node->tracker.heaviest()->second.key, recorded->head->key());
    for (const std::size_t count : {std::size_t{1}, std::size_t{10}, std::size_t{900}}) {
      const auto got = must(run(io, node->source.headers(top->key(), count, PeerId())));
      ASSERT_EQ(got.size(), count) << transport;
    }
    const auto tipsets = recorded->walk(recorded->head, 150);
    EXPECT_EQ(must(run(io, node->source.messages(tipsets, other.host.id()))).size(), tipsets.size());
    EXPECT_EQ(must(run(io, node->bitswap.fetch(messages, {other.host.id()}, kLater))).size(), messages.size());
    EXPECT_EQ(penalty(other.host), 0);
    other.stop(io);
  }
}

TEST_F(HostilePeers, LiarsLoseTheirConnection) {
  const auto asked = recorded->walk(recorded->head, 6);
  auto gap = asked;
  gap.erase(gap.begin() + 2);
  gap.push_back(recorded->walk(recorded->head, 7).back());
  auto false_messages = recorded->messages(*recorded->at(187));
  false_messages.bls_of_block.emplace_back();
  ipld::cbor::Writer messages;
  messages.write_raw(encode_exchange_head(ExchangeStatus::Ok, "", 1));
  encode_exchange_tipset(messages, {}, &false_messages);

  auto& other_chain = enemy();
  answer_with(other_chain, headers_answer(recorded->walk(recorded->at(100), 6)));
  EXPECT_FALSE(run(io, node->client.headers(other_chain.id(), recorded->head->key(), 6)));
  EXPECT_TRUE(is_out(other_chain));
  auto& holes = enemy("quic-v1");
  answer_with(holes, headers_answer(gap));
  EXPECT_FALSE(run(io, node->client.headers(holes.id(), recorded->head->key(), 6)));
  EXPECT_TRUE(is_out(holes));
  auto& forger = enemy();
  answer_with(forger, messages.bytes());
  EXPECT_FALSE(run(io, node->client.messages(forger.id(), {recorded->at(187)})));
  EXPECT_TRUE(is_out(forger));
  EXPECT_EQ(told("lied"), 3U);
  expect_alive();
}

TEST_F(HostilePeers, GarbageEndsTheConnection) {
  for (const auto& protocol : kProtocols) {
    for (const auto& garbage : {Bytes(3'000, 0xff), Bytes(3'000, 0x0f)}) {
      auto& peer = enemy();
      send(peer, protocol, garbage, true);
      EXPECT_TRUE(is_out(peer)) << protocol;
    }
  }
  EXPECT_EQ(told("malformed"), 6U);
  // The same as an answer.
  auto& peer = enemy("quic-v1");
  answer_with(peer, Bytes(100'000, 0x5a));
  EXPECT_FALSE(run(io, node->client.headers(peer.id(), recorded->head->key(), 6)));
  EXPECT_TRUE(is_out(peer));
  expect_alive();
}

TEST_F(HostilePeers, HalfFramesAndSilenceLoseScoreThenTheConnection) {
  auto& peer = enemy();
  send(peer, kExchangeProtocol, Bytes{0x83, 0x81}, false);
  ASSERT_TRUE(until([&] { return penalty(peer) >= 19; }));
  EXPECT_TRUE(node->manager.is_connected(peer.id()));
  send(peer, kHelloProtocol, Bytes{0x84}, false);
  send(peer, kBitswap, Bytes{0x20, 0x0a}, false);
  send(peer, kExchangeProtocol, Bytes(), false);
  EXPECT_TRUE(is_out(peer));
  EXPECT_GE(told("slow"), 3U);
  // Half a frame, then the end of the stream.
  auto& half = enemy();
  send(half, kExchangeProtocol, Bytes{0x83, 0x81}, true);
  EXPECT_TRUE(until([&] { return penalty(half) >= 9; }));
  // As a server: takes requests and says nothing.
  auto& staller = enemy();
  staller->on_stream([&](bridge::P2pStreamPtr stream) { kept.push_back(std::move(stream)); });
  for (int i = 0; i < 4 && node->manager.is_connected(staller.id()); ++i) {
    EXPECT_FALSE(run(io, node->client.headers(staller.id(), recorded->head->key(), 6)));
  }
  EXPECT_TRUE(is_out(staller));
  EXPECT_TRUE(until([&] { return node->streams.running() == 0; }));
  expect_alive();
}

TEST_F(HostilePeers, DribblersAreCutOff) {
  auto& peer = enemy();
  const auto answer = headers_answer(recorded->walk(recorded->head, 6));
  answer_with(peer, answer, true, 4, milliseconds(20));  // 200 bytes a second
  const auto got = run(io, node->client.headers(peer.id(), recorded->head->key(), 6));
  EXPECT_FALSE(got);
  EXPECT_GE(penalty(peer), 19);
  // A request, a byte at a time.
  auto stream = must(open(peer, kExchangeProtocol));
  const auto request = ipld::encode(ExchangeRequest{recorded->head->cids(), 1, 1});
  asio::co_spawn(io, play(stream, request, false, 1, milliseconds(50)), asio::detached);
  EXPECT_TRUE(until([&] { return told("slow") >= 2; }));
  expect_alive();
}

TEST_F(HostilePeers, AnAnswerWithoutEndCostsLittle) {
  // Claims 900 tipsets and sends one with messages that never end; each of them is fine.
  types::Message message;
  message.to = message.from = Address::id(1);
  message.params.assign(50'000, 7);
  ipld::cbor::Writer writer;
  writer.write_raw(encode_exchange_head(ExchangeStatus::Ok, "", 1));
  writer.write_array(2);
  writer.write_array(0);
  writer.write_array(4);
  writer.write_array(150'000);
  for (int i = 0; i < 600; ++i) ipld::encode_to(writer, message);  // 30 MB
  auto& peer = enemy();
  answer_with(peer, writer.bytes(), false);
  const auto before = node->host->bandwidth().total.in;
  const auto got = run(io, node->client.messages(peer.id(), {recorded->at(187)}));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::Exhausted) << got.error().message;
  // No more than the budget of 4 MiB and what was under way.
  EXPECT_LT(node->host->bandwidth().total.in - before, 24U << 20);
  // The same by bitswap: a message longer than any may be.
  auto& long_winded = enemy();
  send(long_winded, kBitswap, Bytes{0xff, 0xff, 0xff, 0x7f}, false);
  EXPECT_TRUE(is_out(long_winded));
  expect_alive();
}

TEST_F(HostilePeers, FloodsOfStreamsAreBoundedAndTold) {
  auto& peer = enemy();
  std::size_t most = 0;
  for (int i = 0; i < 400 && node->manager.is_connected(peer.id()); ++i) {
    send(peer, kHelloProtocol, Bytes{0x84}, false);
    most = std::max(most, node->streams.running());
  }
  EXPECT_LE(most, StreamLimits().per_peer);
  EXPECT_TRUE(until([&] { return told("flooded") + told("slow") >= 3; }));
  EXPECT_TRUE(is_out(peer));
  EXPECT_TRUE(until([&] { return node->streams.running() == 0; }));
  expect_alive();
}

TEST_F(HostilePeers, FloodsOfRequestsAreRefusedAndTold) {
  auto& peer = enemy();
  const auto request = ipld::encode(ExchangeRequest{recorded->head->cids(), 1, kExchangeHeaders});
  for (int i = 0; i < 400 && node->manager.is_connected(peer.id()); ++i) {
    send(peer, kExchangeProtocol, request, true);
    kept.clear();
  }
  EXPECT_TRUE(until([&] { return told("flooded") >= 4; }));
  EXPECT_TRUE(is_out(peer));
  expect_alive();
}

TEST_F(HostilePeers, FloodsOfWantsAndBlocksAreDroppedAndTold) {
  auto& peer = enemy();
  BitswapMessage wants;
  wants.wants.assign(1'000, {recorded->head->blocks()[0].messages, 1, false, WantType::Block, true});
  BitswapMessage blocks;
  for (std::uint8_t i = 0; i < 60; ++i) blocks.blocks.push_back({ipld::cid_of_cbor(Bytes{0x18, i}), Bytes{0x18, i}});
  auto stream = must(open(peer, kBitswap));
  for (int i = 0; i < 100 && node->manager.is_connected(peer.id()); ++i) {
    if (!run(io, stream->write(frame_bitswap(i % 2 == 0 ? wants : blocks), kLater))) break;
  }
  EXPECT_TRUE(until([&] { return told("flooded") >= 4; }));
  EXPECT_TRUE(is_out(peer));
  expect_alive();
}

TEST_F(HostilePeers, AnotherNetworkIsLetGo) {
  auto& peer = enemy();
  const HelloMessage message{recorded->head->cids(), ChainEpoch(5), BigInt(5), ipld::cid_of_cbor(Bytes{1})};
  send(peer, kHelloProtocol, ipld::encode(message), true);
  EXPECT_TRUE(is_out(peer));
  EXPECT_EQ(told("wrong_network"), 1U);
  expect_alive();
}

}  // namespace
}  // namespace venus::net
