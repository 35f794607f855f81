// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/devnet/deployment.hpp"

#include "base/test_util/vectors.hpp"
#include "platform/home.hpp"
#include "types/peer_id.hpp"

#include <gtest/gtest.h>

#include <set>

namespace venus::devnet {
namespace {

Deployment deployment_of(std::size_t miners, std::size_t nodes, std::size_t producers = 1) {
  Deployment d;
  d.block_delay = 16;
  d.components = plan_components(miners, nodes, producers, Ports::Free).value();
  const auto made = d.running("venus-miner");
  for (std::size_t i = 0; i < miners; ++i) {
    MinerEntry miner;
    miner.address = Address::id(1000 + i);
    miner.user = fmt::format("miner-{}", i + 1);
    miner.producer = made[i % made.size()].name;
    d.miners.push_back(std::move(miner));
  }
  for (auto& component : d.components) {
    if (component.program == "venus") component.peer_id = "PEER-" + component.name;
  }
  return d;
}

const Component& find(const Deployment& d, std::string_view name) {
  return *std::ranges::find(d.components, name, &Component::name);
}

std::string settings(const Deployment& d, std::string_view component) {
  return settings_of(d, find(d, component), "/devnet");
}

/// What stands at a key of a section; empty when it is not there.
std::string value(const std::string& text, const std::string& section, const std::string& key) {
  const auto begin = text.find("[" + section + "]\n");
  if (begin == std::string::npos) return {};
  const auto part = text.substr(begin, text.find("\n[", begin + 1) - begin);
  const auto at = part.find("\n" + key + " = ");
  if (at == std::string::npos) return {};
  const auto from = at + key.size() + 4;
  return part.substr(from, part.find('\n', from) - from);
}

/// A list of texts is written as JSON writes it.
std::vector<std::string> list(const std::string& text, const std::string& section,
                              const std::string& key) {
  const auto json = base::parse_json(value(text, section, key));
  return json
             ? base::from_json<std::vector<std::string>>(*json).value_or(std::vector<std::string>{})
             : std::vector<std::string>{};
}

TEST(Deployment, NamesAndPortsFollowFromTheNumbers) {
  const auto d = deployment_of(2, 3, 2);
  std::set<std::uint16_t> ports;
  std::size_t expected = 0;
  for (const auto& component : d.components) {
    ports.insert(component.port);
    ++expected;
    if (component.program != "venus") continue;
    ports.insert(component.p2p_port);
    ++expected;
  }
  EXPECT_EQ(ports.size(), expected);
  EXPECT_FALSE(ports.contains(0));
  EXPECT_EQ(d.running("venus").size(), 3U);
  EXPECT_EQ(d.running("venus-miner").size(), 2U);
  EXPECT_EQ(d.running("venus")[2].name, "node-3");
  const auto alone = deployment_of(5, 1);
  EXPECT_EQ(alone.running("venus")[0].name, "node");
  EXPECT_EQ(alone.running("venus-miner")[0].name, "miner");
}

TEST(Deployment, NodesKnowEachOther) {
  const auto d = deployment_of(2, 3);
  const auto table = settings(d, "node-2");
  const auto port = find(d, "node-2").p2p_port;
  EXPECT_EQ(list(table, "p2p", "listen"),
            (std::vector<std::string>{fmt::format("/ip4/127.0.0.1/tcp/{}", port),
                                      fmt::format("/ip4/127.0.0.1/udp/{}/quic-v1", port)}));
  const auto others = list(table, "p2p", "bootstrap");
  ASSERT_EQ(others.size(), 4U);
  for (const auto& address : others)
    EXPECT_EQ(address.find("PEER-node-2"), std::string::npos) << "itself it knows";
  EXPECT_EQ(others[0],
            fmt::format("/ip4/127.0.0.1/tcp/{}/p2p/PEER-node-1", find(d, "node-1").p2p_port));
}

TEST(Deployment, MinersPublishThroughDifferentNodes) {
  const auto d = deployment_of(3, 2, 2);
  const auto first = settings(d, "miner-1");
  const auto second = settings(d, "miner-2");
  EXPECT_EQ(list(first, "node", "urls")[0], find(d, "node-1").url + "/rpc/v1");
  EXPECT_EQ(list(second, "node", "urls")[0], find(d, "node-2").url + "/rpc/v1");
  EXPECT_EQ(list(second, "node", "urls")[1], find(d, "node-1").url + "/rpc/v1");
  EXPECT_EQ(value(first, "mining", "submit_to"), "\"one\"");
  // Each miner has one venus-miner, or it would be slashed.
  EXPECT_EQ(list(first, "mining", "miners"),
            (std::vector<std::string>{"f01000=miner-1", "f01002=miner-3"}));
  EXPECT_EQ(list(second, "mining", "miners"), std::vector<std::string>{"f01001=miner-2"});
  EXPECT_EQ(list(settings(d, "sealer-3"), "node", "urls")[0], find(d, "node-1").url + "/rpc/v1");
  EXPECT_EQ(list(settings(d, "messager"), "node", "urls").size(), 2U);
  // With one, venus-auth says who mines, and each miner's blocks go to another node.
  EXPECT_EQ(value(settings(deployment_of(2, 3), "miner"), "mining", "submit_to"), "\"spread\"");
  EXPECT_EQ(value(settings(deployment_of(2, 1), "miner"), "mining", "miners"), "");
}

TEST(Deployment, ADevnetOfBeforeThereWereSeveralNodesGoesOn) {
  auto d = deployment_of(2, 1);
  auto json = base::to_json(d).as_object();
  for (auto& component : json["components"].as_array()) {
    component.as_object().erase("p2p_port");
    component.as_object().erase("peer_id");
  }
  for (auto& miner : json["miners"].as_array())
    miner.as_object().erase("producer");
  const auto old = base::from_json<Deployment>(json);
  ASSERT_TRUE(old) << old.error().message;
  EXPECT_EQ(settings(*old, "node").find("p2p"), std::string::npos);
  EXPECT_EQ(value(settings(*old, "miner"), "mining", "miners"), "");
}

TEST(Deployment, IdentitiesAreKeptPrivate) {
  const base::test_util::TempFolder folder;
  auto d = deployment_of(1, 2);
  ASSERT_TRUE(make_identities(d, folder.path()));
  const auto file = folder.path() / "node-1" / "p2p" / "identity";
  EXPECT_EQ(platform::read_file(file)->size(), 64U);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file).permissions(), perms::owner_read | perms::owner_write);
  EXPECT_EQ(std::filesystem::status(file.parent_path()).permissions(), perms::owner_all);
  const auto first = PeerId::parse(find(d, "node-1").peer_id);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE(find(d, "node-1").peer_id.starts_with("12D3KooW")) << "an ed25519 key";
  EXPECT_NE(find(d, "node-1").peer_id, find(d, "node-2").peer_id);
}

}  // namespace
}  // namespace venus::devnet
