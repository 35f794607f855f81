// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/multiaddr.hpp"

#include <gtest/gtest.h>

#include "base/test_util/mutate.hpp"
#include "types/network_params.hpp"

namespace venus::net {
namespace {

const std::string kId = "12D3KooWDQSLRB88GzvTC8uR5YoNWpaaF3DRCzs9bdSwXnHBUF9A";

TEST(Multiaddr, PrintsWhatItReads) {
  for (const std::string text : {
           "/ip4/127.0.0.1/tcp/11235", "/ip4/127.0.0.1/udp/11235/quic-v1", "/ip6/2001:db8::1/tcp/1",
           "/dns/bootstrap.calibration.filecoin.chain.love/tcp/1237", "/dnsaddr/bootstrap-calibnet.chainsafe-fil.io",
           "/dns4/a.b/tcp/443/tls/ws", "/ip4/1.2.3.4/udp/1/quic-v1/webtransport/certhash/uEiAkH5a4DPGKUuOBjYw0CgwjvcJCJMD2K_1aluKR_tpevQ",
           "/p2p/12D3KooWDQSLRB88GzvTC8uR5YoNWpaaF3DRCzs9bdSwXnHBUF9A"}) {
    const auto parsed = Multiaddr::parse(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
    EXPECT_EQ(parsed->str(), text);
    EXPECT_EQ(Multiaddr::parse(text + "/")->str(), text);
  }
}

TEST(Multiaddr, SplitsThePeerOff) {
  const auto address = Multiaddr::parse("/ip4/10.1.2.3/tcp/1347/ipfs/" + kId).value();
  EXPECT_EQ(address.peer()->str(), kId);
  EXPECT_EQ(address.transport(), "/ip4/10.1.2.3/tcp/1347");
  EXPECT_EQ(address.str(), "/ip4/10.1.2.3/tcp/1347/p2p/" + kId);
  EXPECT_EQ(address.ip()->to_string(), "10.1.2.3");
  const auto peer = parse_peer_address(address.str()).value();
  EXPECT_EQ(peer.peer.str(), kId);
  EXPECT_EQ(peer.addresses, std::vector<std::string>{"/ip4/10.1.2.3/tcp/1347"});
  EXPECT_EQ(parse_peer_address("/ip4/10.1.2.3/tcp/1347").error().code, ErrorCode::Malformed);
}

TEST(Multiaddr, KnowsWhatCanBeDialled) {
  const auto dialable = [](const std::string& text) { return Multiaddr::parse(text).value().is_dialable(); };
  EXPECT_TRUE(dialable("/ip4/1.2.3.4/tcp/1"));
  EXPECT_TRUE(dialable("/ip6/::1/udp/1/quic-v1/p2p/" + kId));
  EXPECT_TRUE(dialable("/dns4/example.org/tcp/1"));
  EXPECT_TRUE(dialable("/dnsaddr/example.org"));
  EXPECT_FALSE(dialable("/ip4/1.2.3.4/tcp/0"));
  EXPECT_FALSE(dialable("/ip4/0.0.0.0/tcp/1"));
  EXPECT_FALSE(dialable("/ip4/224.0.0.1/tcp/1"));
  EXPECT_FALSE(dialable("/ip4/1.2.3.4/udp/1"));
  EXPECT_FALSE(dialable("/ip4/1.2.3.4/udp/1/quic"));
  EXPECT_FALSE(dialable("/ip4/1.2.3.4/tcp/1/ws"));
  EXPECT_FALSE(dialable("/ip4/1.2.3.4/tcp/1/p2p/" + kId + "/p2p-circuit"));
  EXPECT_FALSE(dialable("/p2p/" + kId));
}

TEST(Multiaddr, RefusesWhatIsNone) {
  for (const std::string text :
       {"", "/", "ip4/1.2.3.4", "/ip4", "/ip4/", "/ip4/1.2.3", "/ip4/1.2.3.4.5", "/ip4/01.2.3.4", "/ip4/::1", "/ip6/1.2.3.4",
        "/ip6/fe80::1%eth0/tcp/1", "/ip4/1.2.3.4/tcp/65536", "/ip4/1.2.3.4/tcp/-1", "/ip4/1.2.3.4/tcp/ 1",
        "/ip4/1.2.3.4/tcp/1x", "/ip4/1.2.3.4//tcp/1", "/dns/bad name/tcp/1", "/what/1", "/ip4/1.2.3.4/tcp/1/p2p/xyz"}) {
    EXPECT_FALSE(Multiaddr::parse(text)) << text;
  }
  EXPECT_EQ(Multiaddr::parse("/dns/" + std::string(600, 'a')).error().code, ErrorCode::TooLarge);
  std::string long_chain = "/ip4/1.2.3.4";
  for (int i = 0; i < 20; ++i) long_chain += "/tcp/1";
  EXPECT_EQ(Multiaddr::parse(long_chain).error().code, ErrorCode::TooLarge);
}

TEST(Multiaddr, ReadsTheBinaryForm) {
  const auto read = [](const std::string& hex) { return Multiaddr::from_bytes(base::from_hex(hex).value()); };
  EXPECT_EQ(read("04c0a80001065b00")->str(), "/ip4/192.168.0.1/tcp/23296");
  EXPECT_EQ(read("0401020304910204d2cd03")->str(), "/ip4/1.2.3.4/udp/1234/quic-v1");
  EXPECT_EQ(read("36096c6f63616c686f7374060001")->str(), "/dns4/localhost/tcp/1");
  EXPECT_EQ(read("29000000000000000000000000000000010604d2")->str(), "/ip6/::1/tcp/1234");
  for (const auto* hex : {"", "04c0a800", "0401020304ff", "06", "3620616263", "0401020304a50304deadbeef"}) {
    EXPECT_FALSE(read(hex)) << hex;
  }
}

TEST(Multiaddr, SurvivesDamagedBytes) {
  std::vector<Bytes> seeds{base::from_hex("04c0a80001065b00").value(), base::from_hex("36096c6f63616c686f7374060001").value()};
  std::size_t good = 0;
  base::test_util::for_each_mutation(seeds, 2000, [&](BytesView bytes) {
    const auto binary = Multiaddr::from_bytes(bytes);
    if (binary) {
      ++good;
      EXPECT_EQ(Multiaddr::parse(binary->str()), *binary);
    }
    const auto text = Multiaddr::parse(base::as_chars(bytes));
    if (text) EXPECT_EQ(Multiaddr::parse(text->str()), *text);
  });
  EXPECT_GT(good, 0U);
}

TEST(Multiaddr, ReadsAllBootstrapPeersOfTheNetworks) {
  std::size_t count = 0;
  for (const auto& name : types::builtin_network_names()) {
    for (const auto& text : types::builtin_network(name)->bootstrap_peers) {
      const auto address = Multiaddr::parse(text);
      ASSERT_TRUE(address) << text;
      EXPECT_TRUE(address->is_dialable()) << text;
      EXPECT_TRUE(address->peer() || address->is_dnsaddr()) << text;
      ++count;
    }
  }
  EXPECT_GE(count, 5U);
}

TEST(IpNetwork, ParsesPrintsAndContains) {
  const auto network = IpNetwork::parse("10.1.2.3/8").value();
  EXPECT_EQ(network.str(), "10.0.0.0/8");
  EXPECT_FALSE(network.is_single());
  EXPECT_TRUE(network.contains(parse_ip("10.255.0.1").value()));
  EXPECT_TRUE(network.contains(parse_ip("::ffff:10.0.0.1").value()));
  EXPECT_FALSE(network.contains(parse_ip("11.0.0.1").value()));
  EXPECT_FALSE(network.contains(parse_ip("::a00:1").value()));
  const auto six = IpNetwork::parse("2001:db8::/33").value();
  EXPECT_EQ(six.str(), "2001:db8::/33");
  EXPECT_TRUE(six.contains(parse_ip("2001:db8:7fff::1").value()));
  EXPECT_FALSE(six.contains(parse_ip("2001:db8:8000::1").value()));
  EXPECT_EQ(IpNetwork::parse("1.2.3.4").value().str(), "1.2.3.4/32");
  EXPECT_TRUE(IpNetwork::parse("0.0.0.0/0").value().contains(parse_ip("9.9.9.9").value()));
  for (const auto* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/8x", "10.0.0.0/-1", "a/8", "1.2.3.4%1"}) {
    EXPECT_FALSE(IpNetwork::parse(text)) << text;
  }
}

TEST(IpNetwork, TellsFromWhereAnAddressCanBeReached) {
  const auto scope = [](const char* text) { return scope_of(parse_ip(text).value()); };
  for (const auto* text : {"127.0.0.1", "127.9.9.9", "::1"}) EXPECT_EQ(scope(text), IpScope::Loopback) << text;
  for (const auto* text : {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.1.1", "100.64.0.1", "fe80::1", "fd00::1"}) {
    EXPECT_EQ(scope(text), IpScope::Private) << text;
  }
  for (const auto* text : {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1"}) EXPECT_EQ(scope(text), IpScope::Public) << text;
  for (const auto* text : {"0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1"}) EXPECT_EQ(scope(text), IpScope::None) << text;
}

}  // namespace
}  // namespace venus::net
