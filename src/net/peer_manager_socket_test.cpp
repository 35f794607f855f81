// SPDX-License-Identifier: MIT OR Apache-2.0
// PeerManager over real sockets: many peers, bans, everybody gone and back, restarts.
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "base/test_util/vectors.hpp"
#include "crypto/random.hpp"
#include "net/gossip_settings.hpp"
#include "net/identity.hpp"
#include "net/peer_manager.hpp"
#include "net/test_util/pipe_host.hpp"

namespace venus::net {
namespace {

using namespace std::chrono_literals;

// Nothing here is about speed: a condition has this long to come true on a busy machine.
constexpr auto kPatience = 90s;

bridge::P2pSettings host_settings(const ByteArray<32>& seed, std::vector<std::string> listen) {
  const auto network = types::builtin_network("devnet").value();
  bridge::P2pSettings out;
  out.identity = seed;
  out.agent = "venus-test";
  // No DHT: it dials peers on its own, and here only those who are told to do.
  out.listen = std::move(listen);
  out.topics = gossip_topics(network);
  out.protocols = {"/fil/hello/1.0.0", "/fil/chain/xchg/0.0.1"};
  out.gossip = gossip_settings({"127.0.0.1"});
  return out;
}

// A host whose events go to somebody.
class Peer {
 public:
  Peer(asio::io_context& io, const ByteArray<32>& seed, std::vector<std::string> listen = {"/ip4/127.0.0.1/tcp/0"}) : io_(io) {
    auto started = bridge::start_p2p(io.get_executor(), host_settings(seed, std::move(listen)));
    if (!started) throw std::runtime_error(started.error().message);
    host = *std::move(started);
    asio::co_spawn(io, pump(this), asio::detached);
  }
  ~Peer() { stop(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void stop() {
    if (!host || stopped_) return;
    stopped_ = true;
    host->stop();
    while (!pump_ended_) {
      io_.restart();
      io_.run_one_for(100ms);
    }
  }

  std::unique_ptr<bridge::P2pHost> host;
  std::function<void(const bridge::P2pEvent&)> on_event = [](const auto&) {};
  std::set<std::string> listening;
  std::map<PeerId, std::uint32_t> connected;

 private:
  void take(const bridge::P2pEvent& event) {
    if (const auto* one = std::get_if<bridge::P2pListening>(&event); one != nullptr && one->open) listening.insert(one->address);
    if (const auto* one = std::get_if<bridge::P2pConnected>(&event)) connected[one->peer] = one->peers_connections;
    if (const auto* one = std::get_if<bridge::P2pDisconnected>(&event); one != nullptr && one->peers_connections == 0) connected.erase(one->peer);
    if (const auto* one = std::get_if<bridge::P2pGossip>(&event)) host->report(one->token, bridge::P2pVerdict::Ignore);
    on_event(event);
  }
  static Task<> pump(Peer* self) {
    for (;;) {
      const auto events = co_await self->host->next_events();
      if (!events) break;
      for (const auto& event : *events) self->take(event);
    }
    self->pump_ended_ = true;
    co_return Result<void>{};
  }

  asio::io_context& io_;
  bool stopped_ = false;
  bool pump_ended_ = false;
};

// A node as the product has it: identity, book, bans, manager.
class Node {
 public:
  Node(asio::io_context& io, std::filesystem::path folder, PeerManagerSettings settings)
      : identity(Identity::open(folder).value()), peer(io, identity.seed()),
        book(PeerBook::open(folder / "peers.json", clock).value()), bans(BanList::open(folder / "bans.json", clock).value()),
        manager(io.get_executor(), {*peer.host, *book, *bans, bandwidth, disk}, std::move(settings)) {
    bans->attach(peer.host.get());
    peer.on_event = [this](const bridge::P2pEvent& event) { manager.on_event(event); };
    asio::co_spawn(io, manager.run(), asio::detached);
  }
  ~Node() {
    manager.stop();
    bans->attach(nullptr);
    peer.stop();
  }

  base::SystemClock clock;
  Identity identity;
  Peer peer;
  std::unique_ptr<PeerBook> book;
  std::unique_ptr<BanList> bans;
  Bandwidth bandwidth;
  WorkerPool disk{1};
  PeerManager manager;
};

// Looks for nobody by itself.
PeerManagerSettings quiet() {
  PeerManagerSettings out;
  out.min_peers = 0;
  return out;
}

class PeerManagerSockets : public ::testing::Test {
 protected:
  bool until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      io_.restart();
      io_.run_for(20ms);
    }
    return true;
  }
  void run_for(std::chrono::milliseconds time) {
    io_.restart();
    io_.run_for(time);
  }
  std::unique_ptr<Peer> make_peer() { return std::make_unique<Peer>(io_, crypto::random_array<32>()); }
  std::unique_ptr<Node> make_node(PeerManagerSettings settings = {}) {
    return std::make_unique<Node>(io_, home_.path() / "p2p", std::move(settings));
  }
  std::string address_of(Peer& peer) {
    EXPECT_TRUE(until([&] { return !peer.listening.empty(); }));
    return *peer.listening.begin();
  }
  Result<void> dial(Peer& from, Peer& to) {
    return test_util::run(io_, from.host->connect(to.host->id(), {address_of(to)}, 10s));
  }

  base::test_util::TempFolder home_;
  asio::io_context io_;
};

TEST_F(PeerManagerSockets, TrimsDownToTheLowWaterAndKeepsTheProtected) {
  auto settings = quiet();
  settings.low_water = 10;
  settings.high_water = 15;
  settings.grace = 500ms;
  const auto node = make_node(settings);
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 28; ++i) peers.push_back(make_peer());
  ASSERT_TRUE(node->manager.protect(peers[0]->host->id()));
  ASSERT_TRUE(node->manager.protect(peers[27]->host->id()));
  for (auto& peer : peers) ASSERT_TRUE(dial(*peer, node->peer));
  ASSERT_TRUE(until([&] { return node->manager.stats().opened >= 28 && node->manager.connected_count() <= 15; }));
  run_for(3s);
  EXPECT_LE(node->manager.connected_count(), 15U);
  EXPECT_GE(node->manager.connected_count(), 2U);
  EXPECT_GE(node->manager.stats().trimmed, 13U);
  EXPECT_TRUE(node->manager.is_connected(peers[0]->host->id()));
  EXPECT_TRUE(node->manager.is_connected(peers[27]->host->id()));
  // Both sides agree who is left.
  const auto id = node->peer.host->id();
  EXPECT_TRUE(until([&] {
    const auto count = std::ranges::count_if(peers, [&](const auto& peer) { return peer->connected.contains(id); });
    return static_cast<std::size_t>(count) == node->manager.connected_count();
  }));
}

TEST_F(PeerManagerSockets, BansByPeerAddressAndNetworkCloseAndKeepOut) {
  const auto node = make_node(quiet());
  const auto good = make_peer();
  const auto bad = make_peer();
  const auto id = bad->host->id();
  const auto both = [&] { return node->manager.is_connected(id) && node->manager.is_connected(good->host->id()); };
  ASSERT_TRUE(dial(*good, node->peer));
  ASSERT_TRUE(dial(*bad, node->peer));
  ASSERT_TRUE(until(both));

  ASSERT_TRUE(node->bans->block({id}, {}, {}));
  ASSERT_TRUE(until([&] { return !node->manager.is_connected(id) && bad->connected.empty(); }));
  EXPECT_TRUE(node->manager.is_connected(good->host->id()));
  static_cast<void>(dial(*bad, node->peer));
  run_for(1s);
  EXPECT_FALSE(node->manager.is_connected(id));
  EXPECT_EQ(test_util::run(io_, node->manager.connect(id, {address_of(*bad)})).error().code, ErrorCode::PermissionDenied);
  ASSERT_TRUE(node->bans->unblock({id}, {}, {}));
  ASSERT_TRUE(until([&] { return dial(*bad, node->peer).has_value() && node->manager.is_connected(id); }));

  for (const bool by_network : {false, true}) {
    const std::vector<std::string> addresses = by_network ? std::vector<std::string>() : std::vector<std::string>{"127.0.0.1"};
    const std::vector<std::string> networks = by_network ? std::vector<std::string>{"127.0.0.0/8"} : std::vector<std::string>();
    ASSERT_TRUE(node->bans->block({}, addresses, networks));
    ASSERT_TRUE(until([&] { return node->manager.connected_count() == 0; }));
    static_cast<void>(dial(*good, node->peer));
    run_for(1s);
    EXPECT_EQ(node->manager.connected_count(), 0U);
    ASSERT_TRUE(node->bans->unblock({}, addresses, networks));
    ASSERT_TRUE(until([&] {
      static_cast<void>(dial(*good, node->peer));
      static_cast<void>(dial(*bad, node->peer));
      return both();
    }));
  }
}

TEST_F(PeerManagerSockets, MisbehaviourClosesTheRealConnection) {
  const auto node = make_node(quiet());
  const auto bad = make_peer();
  ASSERT_TRUE(dial(*bad, node->peer));
  ASSERT_TRUE(until([&] { return node->manager.is_connected(bad->host->id()); }));
  node->manager.misbehaved(bad->host->id(), Misbehaviour::Lied, "test");
  ASSERT_TRUE(until([&] { return node->manager.connected_count() == 0 && bad->connected.empty(); }));
  static_cast<void>(dial(*bad, node->peer));
  run_for(1s);
  EXPECT_EQ(node->manager.connected_count(), 0U);
}

TEST_F(PeerManagerSockets, AllPeersGoneAndBackAndARestart) {
  std::vector<ByteArray<32>> seeds;
  std::vector<std::unique_ptr<Peer>> peers;
  std::vector<std::string> addresses;
  for (int i = 0; i < 4; ++i) {
    seeds.push_back(crypto::random_array<32>());
    peers.push_back(std::make_unique<Peer>(io_, seeds.back()));
    addresses.push_back(address_of(*peers.back()));
  }
  PeerManagerSettings settings;
  settings.min_peers = 4;
  settings.bootstrap = {fmt::format("{}/p2p/{}", addresses[0], peers[0]->host->id())};
  auto node = make_node(settings);
  for (std::size_t i = 1; i < peers.size(); ++i) node->book->heard_of(peers[i]->host->id(), {addresses[i]});
  ASSERT_TRUE(until([&] { return node->manager.connected_count() == 4; }));
  const auto id = node->peer.host->id();

  peers.clear();
  ASSERT_TRUE(until([&] { return node->manager.connected_count() == 0; }));
  run_for(2s);
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    peers.push_back(std::make_unique<Peer>(io_, seeds[i], std::vector{addresses[i]}));
  }
  ASSERT_TRUE(until([&] { return node->manager.connected_count() == 4; })) << "nobody told it to";

  node.reset();
  settings.bootstrap.clear();
  node = make_node(settings);
  EXPECT_EQ(node->peer.host->id(), id);
  ASSERT_TRUE(until([&] { return node->manager.connected_count() == 4; })) << "the book knows them";
}

TEST_F(PeerManagerSockets, PingsAndShowsAPeer) {
  const auto node = make_node(quiet());
  const auto other = make_peer();
  const auto id = other->host->id();
  ASSERT_TRUE(test_util::run(io_, node->manager.connect(id, {address_of(*other)})));
  ASSERT_TRUE(until([&] { return node->manager.is_connected(id) && !node->manager.peer(id)->agent.empty(); }));
  const auto took = test_util::run(io_, node->manager.ping(id));
  ASSERT_TRUE(took) << took.error().message;
  EXPECT_GT(took->count(), 0);
  const auto view = node->manager.peer(id).value();
  EXPECT_EQ(view.agent, "venus-test");
  EXPECT_FALSE(view.connections.front().inbound);
  EXPECT_TRUE(std::ranges::find(view.protocols, "/fil/hello/1.0.0") != view.protocols.end());
  ASSERT_TRUE(until([&] { return node->bandwidth.snapshot().total.total_in > 0; }));
  EXPECT_EQ(test_util::run(io_, node->manager.connect(node->peer.host->id(), {})).error().code, ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace venus::net
