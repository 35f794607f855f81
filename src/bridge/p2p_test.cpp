// SPDX-License-Identifier: MIT OR Apache-2.0
// Hosts over real sockets on loopback: connections, bans, limits, the DHT, and the host's end.
#include "bridge/p2p.hpp"

#include "bridge/test_util/p2p_peer.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/system_executor.hpp>
#include <gtest/gtest.h>

#include <set>

namespace venus::bridge {
namespace {

using namespace test_util;
using namespace std::chrono_literals;

class P2p : public testing::Test {
 protected:
  Loop loop;
};

TEST_F(P2p, IdentityIsStable) {
  // The identities that rust-libp2p's tutorial names for these seeds.
  ByteArray<32> seed{};
  EXPECT_EQ(peer_id_of(seed).str(), "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN");
  seed[0] = 1;
  EXPECT_EQ(peer_id_of(seed).str(), "12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X");
  auto settings = loopback_settings(0);
  settings.identity = seed;
  Peer peer(loop, std::move(settings));
  EXPECT_EQ(peer.id(), peer_id_of(seed));
}

class P2pTransport : public P2p, public testing::WithParamInterface<const char*> {};

TEST_P(P2pTransport, ConnectsIdentifiesAndPings) {
  Peer one(loop, loopback_settings(1)), two(loop, loopback_settings(2));
  ASSERT_TRUE(one.connect(two, GetParam()));
  EXPECT_TRUE(one.saw<P2pConnected>([&](const P2pConnected& event) {
    return event.peer == two.id() && !event.inbound && event.peers_connections == 1 &&
           event.address == two.address(GetParam());
  }));
  EXPECT_TRUE(two.saw<P2pConnected>(
      [&](const P2pConnected& event) { return event.peer == one.id() && event.inbound; }));
  for (auto* peer : {&one, &two}) {
    auto& other = peer == &one ? two : one;
    EXPECT_TRUE(peer->saw<P2pIdentified>([&](const P2pIdentified& event) {
      const std::set<std::string> protocols(event.protocols.begin(), event.protocols.end());
      const std::set<std::string> addresses(event.addresses.begin(), event.addresses.end());
      return event.peer == other.id() &&
             event.agent == (peer == &one ? "venus-test/2" : "venus-test/1") &&
             protocols.contains(kProtocol) && protocols.contains("/meshsub/1.1.0") &&
             protocols.contains("/fil/kad/test/kad/1.0.0") &&
             protocols.contains("/ipfs/ping/1.0.0") && addresses.contains(other.address("tcp")) &&
             addresses.contains(other.address("quic-v1")) &&
             event.observed.starts_with("/ip4/127.0.0.1/");
    }));
    EXPECT_TRUE(peer->saw<P2pPinged>([&](const P2pPinged& event) {
      return event.peer == other.id() && event.round_trip.count() > 0;
    }));
  }
  // Connected already.
  EXPECT_TRUE(loop.run(one->connect(two.id(), {}, kLong)));
  one->disconnect(two.id());
  for (auto* peer : {&one, &two}) {
    EXPECT_TRUE(
        peer->saw<P2pDisconnected>([](const auto& event) { return event.peers_connections == 0; }));
  }
}

INSTANTIATE_TEST_SUITE_P(All, P2pTransport, testing::Values("tcp", "quic-v1"),
                         [](const auto& info) { return std::string(info.param).substr(0, 4); });

TEST_F(P2p, SettingsThatCannotWorkAreRefused) {
  const auto refusal = [&](auto change) {
    auto settings = loopback_settings(1);
    change(settings);
    auto host = start_p2p(loop.io.get_executor(), std::move(settings));
    return host ? Error{} : host.error();
  };
  using enum ErrorCode;
  EXPECT_EQ(refusal([](auto& s) { s.listen = {"nonsense"}; }).code, InvalidArgument);
  EXPECT_EQ(refusal([](auto& s) { s.protocols = {"no-slash"}; }).code, InvalidArgument);
  EXPECT_EQ(refusal([](auto& s) { s.gossip.mesh = 100; }).code, InvalidArgument);
  EXPECT_EQ(refusal([](auto& s) { s.gossip.colocation_whitelist = {"localhost"}; }).code,
            InvalidArgument);
  const auto address = refusal([](auto& s) { s.listen = {"/ip4/192.0.2.1/tcp/0"}; });
  EXPECT_EQ(address.code, Io);
  EXPECT_NE(address.message.find("/ip4/192.0.2.1/tcp/0"), std::string::npos) << address.message;
  // A port in use, though sockets of one user could share it.
  Peer peer(loop, loopback_settings(2));
  const auto taken = peer.address("tcp");
  EXPECT_EQ(refusal([&](auto& s) { s.listen = {taken}; }).code, Io);
}

TEST_F(P2p, OnePortServesBothFamilies) {
  auto settings = loopback_settings(1);
  std::string port;
  {
    Peer first(loop, settings);
    const auto address = first.address("tcp");
    port = address.substr(address.rfind('/') + 1);
  }
  settings.listen = {"/ip4/0.0.0.0/tcp/" + port, "/ip6/::/tcp/" + port};
  auto host = start_p2p(loop.io.get_executor(), std::move(settings));
  EXPECT_TRUE(host) << host.error().message;
}

TEST_F(P2p, ConnectTellsWhyNot) {
  Peer one(loop, loopback_settings(1)), two(loop, loopback_settings(2));
  ByteArray<32> seed{};
  seed.fill(3);
  const auto other = peer_id_of(seed);
  for (const auto* kind : {"tcp", "quic-v1"}) {
    const auto wrong = loop.run(one->connect(other, {two.address(kind)}, kLong));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, ErrorCode::FailedValidation) << wrong.error().message;
  }
  const auto closed = loop.run(one->connect(other, {"/ip4/127.0.0.1/tcp/1"}, kLong));
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, ErrorCode::Unavailable) << closed.error().message;
  const auto unknown = loop.run(one->connect(other, {}, kLong));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::Unavailable);
  const auto contradiction =
      loop.run(one->connect(other, {two.address("tcp") + "/p2p/" + two.id().str()}, kLong));
  ASSERT_FALSE(contradiction);
  EXPECT_EQ(contradiction.error().code, ErrorCode::InvalidArgument);
  EXPECT_FALSE(loop.run(one->connect(PeerId(), {}, kLong)));
  EXPECT_FALSE(loop.run(one->connect(one.id(), {one.address("tcp")}, kLong)));
}

TEST_F(P2p, ConnectEndsInTimeWhenNobodyAnswers) {
  Peer one(loop, loopback_settings(1));
  // Takes connections (of the kernel's backlog) and says nothing.
  asio::ip::tcp::acceptor silent(loop.io, {asio::ip::make_address("127.0.0.1"), 0});
  ByteArray<32> seed{};
  const auto address = "/ip4/127.0.0.1/tcp/" + std::to_string(silent.local_endpoint().port());
  const auto late = loop.run(one->connect(peer_id_of(seed), {address}, 200ms));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::Timeout);
}

TEST_F(P2p, BannedPeersAreRefused) {
  Peer one(loop, loopback_settings(1)), two(loop, loopback_settings(2));
  ASSERT_TRUE(one.connect(two));
  ASSERT_TRUE(two.saw<P2pConnected>());
  // What is open is closed.
  ASSERT_TRUE(two->set_banned({one.id()}, {}));
  ASSERT_TRUE(one.saw<P2pDisconnected>());
  ASSERT_TRUE(two.saw<P2pDisconnected>());
  for (const auto* kind : {"tcp", "quic-v1"}) {
    const auto out = two.connect(one, kind);
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().code, ErrorCode::Unavailable);
  }
  const auto connections = two.all<P2pConnected>().size();
  // The dialler believes to be connected until the other side closes, which is at once.
  (void)one.connect(two);
  EXPECT_TRUE(eventually([&] {
    const auto ups = one.all<P2pConnected>().size();
    return one.all<P2pDisconnected>().size() == ups;
  }));
  EXPECT_EQ(two.all<P2pConnected>().size(), connections);
  // The list is replaced, not added to.
  ASSERT_TRUE(two->set_banned({}, {}));
  EXPECT_TRUE(one.connect(two));
}

TEST_F(P2p, BannedNetworksAreRefusedBeforeAnyHandshake) {
  auto settings = loopback_settings(2);
  settings.listen.emplace_back("/ip6/::1/tcp/0");
  Peer one(loop, loopback_settings(1)), two(loop, std::move(settings));
  std::string v6;
  ASSERT_TRUE(two.saw<P2pListening>([&](const P2pListening& event) {
    v6 = event.address;
    return v6.starts_with("/ip6/");
  }));
  std::uint8_t next = 3;
  // Somebody new each time, who knows of no other address. How often it was connected.
  const auto reach = [&](const std::string& address) {
    Peer dialler(loop, loopback_settings(next++));
    const auto result = loop.run(dialler->connect(two.id(), {address}, kLong));
    return dialler.all<P2pConnected>().size() + (result ? 1U : 0U);
  };
  ASSERT_GT(reach(two.address("tcp")), 0U);
  for (const auto* network : {"127.0.0.0/8", "127.0.0.1", "0.0.0.0/0"}) {
    ASSERT_TRUE(two->set_banned({}, {network}));
    EXPECT_EQ(reach(two.address("tcp")), 0U) << network;
    EXPECT_EQ(reach(two.address("quic-v1")), 0U) << network;
    EXPECT_GT(reach(v6), 0U) << network;
  }
  ASSERT_TRUE(two->set_banned({}, {"::/16"}));
  EXPECT_EQ(reach(v6), 0U);
  EXPECT_GT(reach(two.address("tcp")), 0U);
  // Outwards too: not even a packet.
  ASSERT_TRUE(two->set_banned({}, {}));
  ASSERT_TRUE(one->set_banned({}, {"127.0.0.0/8"}));
  const auto out = one.connect(two);
  ASSERT_FALSE(out);
  EXPECT_NE(out.error().message.find("banned"), std::string::npos) << out.error().message;
  const auto bad = one->set_banned({}, {"127.0.0.0/8", "10.0.0.0/40"});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(bad.error().message.find("10.0.0.0/40"), std::string::npos);
}

TEST_F(P2p, ConnectionsAreLimited) {
  auto settings = loopback_settings(1);
  settings.limits.inbound_connections = 2;
  Peer hub(loop, std::move(settings));
  std::deque<Peer> others;
  for (std::uint8_t i = 2; i < 7; ++i)
    (void)others.emplace_back(loop, loopback_settings(i)).connect(hub);
  const auto open = [&] {
    std::map<PeerId, std::uint32_t> peers;
    for (const auto& event : hub.all<P2pConnected>())
      peers[event.peer] = event.peers_connections;
    return peers.size();
  };
  ASSERT_TRUE(eventually([&] { return open() == 2; }));
  // The rest are told so by a closed connection.
  EXPECT_TRUE(eventually([&] {
    std::size_t left = 0;
    for (auto& other : others)
      left += other.all<P2pConnected>().size() - other.all<P2pDisconnected>().size();
    return left == 2;
  }));
  EXPECT_EQ(open(), 2U);
}

TEST_F(P2p, FindsAPeerThroughAThird) {
  Peer one(loop, loopback_settings(1)), two(loop, loopback_settings(2)),
      three(loop, loopback_settings(3));
  const auto nowhere = loop.run(one->find_peer(three.id(), kLong));
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::NotFound);
  ASSERT_TRUE(three.connect(two));
  ASSERT_TRUE(two.saw<P2pIdentified>([&](const auto& event) { return event.peer == three.id(); }));
  ASSERT_TRUE(one.connect(two));
  ASSERT_TRUE(one.saw<P2pIdentified>([&](const auto& event) { return event.peer == two.id(); }));
  Result<std::vector<std::string>> found;
  // The routing tables learn of a peer a moment after it was identified.
  EXPECT_TRUE(eventually([&] {
    found = loop.run(one->find_peer(three.id(), kLong));
    return found.has_value();
  }));
  ASSERT_TRUE(found);
  const std::set<std::string> addresses(found->begin(), found->end());
  EXPECT_TRUE(addresses.contains(three.address("tcp")) ||
              addresses.contains(three.address("quic-v1")));
  EXPECT_TRUE(loop.run(one->connect(three.id(), *found, kLong)));
  ByteArray<32> seed{};
  const auto nobody = loop.run(one->find_peer(peer_id_of(seed), kLong));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ErrorCode::NotFound);
}

TEST_F(P2p, AWalkDiscoversPeers) {
  Peer one(loop, loopback_settings(1)), two(loop, loopback_settings(2)),
      three(loop, loopback_settings(3));
  ASSERT_TRUE(three.connect(two));
  ASSERT_TRUE(two.saw<P2pIdentified>([&](const auto& event) { return event.peer == three.id(); }));
  one->add_addresses(two.id(), {two.address("tcp")});
  one->walk_dht();
  EXPECT_TRUE(one.saw<P2pDiscovered>([&](const P2pDiscovered& event) {
    return event.peer == three.id() && !event.addresses.empty();
  }));
  // And connects by what it knows now.
  EXPECT_TRUE(loop.run(one->connect(three.id(), {}, kLong)));
}

TEST_F(P2p, BandwidthIsCountedByPeerAndProtocol) {
  Peer one(loop, loopback_settings(1)), two(loop, loopback_settings(2));
  two->on_stream([](P2pStreamPtr stream) {
    asio::co_spawn(
        asio::system_executor(),
        [](P2pStreamPtr in) -> Task<> {
          while (true) {
            const auto bytes = co_await in->read(1 << 20, kLong);
            if (!bytes || bytes->empty()) co_return Result<void>();
          }
        }(stream),
        asio::detached);
  });
  ASSERT_TRUE(one.connect(two));
  const auto stream = loop.run(one->open_stream(two.id(), {kProtocol}, kLong));
  ASSERT_TRUE(stream);
  ASSERT_TRUE(loop.run((*stream)->write(Bytes(300'000, 1), kLong)));
  EXPECT_EQ(one->bandwidth().by_protocol[kProtocol].out, 300'000U);
  EXPECT_TRUE(eventually([&] { return two->bandwidth().by_protocol[kProtocol].in == 300'000U; }));
  const auto bandwidth = one->bandwidth();
  EXPECT_GE(bandwidth.by_peer.at(two.id()).out, 300'000U);
  EXPECT_GE(bandwidth.total.out, bandwidth.by_peer.at(two.id()).out);
  EXPECT_GT(bandwidth.total.in, 0U);
  P2pTraffic sum;
  for (const auto& [name, traffic] : two->bandwidth().by_protocol)
    sum.in += traffic.in;
  EXPECT_GE(two->bandwidth().total.in, sum.in);
  one->disconnect(two.id());
  ASSERT_TRUE(one.saw<P2pDisconnected>());
  EXPECT_TRUE(eventually([&] { return !one->bandwidth().by_peer.contains(two.id()); }));
}

TEST_F(P2p, StopEndsWhatWaits) {
  std::vector<P2pStreamPtr> held;
  Peer one(loop, loopback_settings(1)), two(loop, loopback_settings(2));
  // Taken and left alone: the peer stalls.
  two->on_stream([&](P2pStreamPtr stream) { held.push_back(std::move(stream)); });
  ASSERT_TRUE(one.connect(two));
  const auto stream = loop.run(one->open_stream(two.id(), {kProtocol}, kLong));
  ASSERT_TRUE(stream);
  auto read = loop.start((*stream)->read(10, kLong));
  asio::ip::tcp::acceptor silent(loop.io, {asio::ip::make_address("127.0.0.1"), 0});
  ByteArray<32> seed{};
  auto connect = loop.start(one->connect(
      peer_id_of(seed), {"/ip4/127.0.0.1/tcp/" + std::to_string(silent.local_endpoint().port())},
      kLong));
  one->stop();
  EXPECT_EQ(one.end_of_events(), ErrorCode::Cancelled);
  EXPECT_EQ(Loop::get(std::move(read)).error().code, ErrorCode::Cancelled);
  EXPECT_EQ(Loop::get(std::move(connect)).error().code, ErrorCode::Cancelled);
  // The other side notices at once.
  EXPECT_TRUE(two.saw<P2pDisconnected>());
  // And afterwards everything says so.
  using enum ErrorCode;
  EXPECT_EQ(loop.run(one->connect(two.id(), {}, kLong)).error().code, Cancelled);
  EXPECT_EQ(loop.run(one->find_peer(two.id(), kLong)).error().code, Cancelled);
  EXPECT_EQ(loop.run(one->publish(kTopic, {1})).error().code, Cancelled);
  EXPECT_EQ(loop.run(one->scores()).error().code, Cancelled);
  EXPECT_FALSE(loop.run(one->open_stream(two.id(), {kProtocol}, kLong)));
  EXPECT_FALSE(loop.run((*stream)->write({1}, kLong)));
  one->disconnect(two.id());
  one->stop();
}

}  // namespace
}  // namespace venus::bridge
