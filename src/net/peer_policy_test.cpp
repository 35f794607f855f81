// SPDX-License-Identifier: MIT OR Apache-2.0
// The small rules PeerManager is made of.
#include <gtest/gtest.h>

#include <cmath>

#include "base/test_util/mutate.hpp"
#include "net/bandwidth.hpp"
#include "net/dial_plan.hpp"
#include "net/dnsaddr.hpp"
#include "net/gossip_settings.hpp"
#include "net/peer_score.hpp"
#include "net/test_util/pipe_host.hpp"

namespace venus::net {
namespace {

using namespace std::chrono_literals;
using test_util::test_peer;
using Time = std::chrono::steady_clock::time_point;
using Verdict = PeerScore::Verdict;

constexpr Time kStart{1000h};

// ---- scores ---------------------------------------------------------------------------------------

TEST(PeerScore, GraveOffencesBanAtOnce) {
  for (const auto what : {Misbehaviour::Lied, Misbehaviour::BadChain}) {
    PeerScore score;
    for (int i = 0; i < 100; ++i) score.serve(kStart);
    EXPECT_EQ(score.charge(what, kStart), Verdict::Ban) << "merits don't excuse";
  }
}

TEST(PeerScore, LesserOffencesAddUpAndFade) {
  PeerScore score;
  EXPECT_EQ(score.charge(Misbehaviour::Malformed, kStart), Verdict::Close);
  EXPECT_NEAR(score.penalty(kStart + 10min), 30, 1e-9);
  EXPECT_EQ(score.charge(Misbehaviour::Malformed, kStart + 2min), Verdict::Ban);
  PeerScore patient;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(patient.charge(Misbehaviour::Malformed, kStart + i * 20min), Verdict::Close);
  PeerScore flood;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(flood.charge(Misbehaviour::Flooded, kStart + i * 10s), Verdict::Stay);
  EXPECT_EQ(flood.charge(Misbehaviour::Flooded, kStart + 30s), Verdict::Ban);
  PeerScore stranger;
  EXPECT_EQ(stranger.charge(Misbehaviour::WrongNetwork, kStart), Verdict::Close);
}

TEST(PeerScore, ABadLineAloneIsNeverBanned) {
  PeerScore score;
  int closed = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto verdict = score.charge(i % 2 == 0 ? Misbehaviour::Slow : Misbehaviour::Failed, kStart + i * 100ms);
    ASSERT_NE(verdict, Verdict::Ban);
    closed += verdict == Verdict::Close ? 1 : 0;
  }
  EXPECT_GT(closed, 10) << "but it makes room for others";
  PeerScore lossy;
  for (int i = 0; i < 1000; ++i) {
    for (int good = 0; good < 10; ++good) lossy.serve(kStart + i * 1s);
    ASSERT_EQ(lossy.charge(Misbehaviour::Slow, kStart + i * 1s), Verdict::Stay) << "one of ten answers late is fine";
  }
}

TEST(PeerScore, MeritIsBoundedAndFades) {
  PeerScore score;
  for (int i = 0; i < 1000; ++i) score.serve(kStart);
  EXPECT_EQ(score.merit(kStart), PeerScore::kMeritMost);
  EXPECT_NEAR(score.merit(kStart + 30min), 50, 1e-9);
  EXPECT_EQ(score.merit(kStart - 1h), PeerScore::kMeritMost) << "a clock that goes back harms nobody";
}

TEST(BanTime, DoublesUpToADay) {
  EXPECT_EQ(ban_time(0), 10min);
  EXPECT_EQ(ban_time(1), 10min);
  EXPECT_EQ(ban_time(2), 20min);
  EXPECT_EQ(ban_time(4), 80min);
  EXPECT_EQ(ban_time(20), 24h);
  EXPECT_EQ(ban_time(4'000'000'000U), 24h);
}

// ---- dials ----------------------------------------------------------------------------------------

TEST(DialPlan, WaitsDoubleWithJitterAndEnd) {
  DialPlan plan(1);
  auto at = kStart;
  std::set<std::int64_t> waits;
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(plan.may_dial(test_peer(1), at));
    plan.started(test_peer(1));
    EXPECT_FALSE(plan.may_dial(test_peer(1), at + 24h)) << "it is being dialled";
    plan.failed(test_peer(1), at);
    const auto want = std::min<DialPlan::Span>(5s * (1 << i), 10min);
    EXPECT_FALSE(plan.may_dial(test_peer(1), at + want * 74 / 100));
    EXPECT_TRUE(plan.may_dial(test_peer(1), at + want * 126 / 100));
    at += want * 126 / 100;
  }
  plan.started(test_peer(1));
  plan.answered(test_peer(1));
  plan.failed(test_peer(1), at);
  EXPECT_FALSE(plan.may_dial(test_peer(1), at + 6min)) << "it answered, but did not stay";
  plan.stayed(test_peer(1));
  EXPECT_TRUE(plan.may_dial(test_peer(1), at));
  EXPECT_EQ(plan.running(), 0U);
  std::set<DialPlan::Span> spans;
  for (int i = 0; i < 50; ++i) spans.insert(plan.jitter(10s));
  EXPECT_GT(spans.size(), 40U);
  EXPECT_GE(*spans.begin(), 7500ms);
  EXPECT_LE(*spans.rbegin(), 12'500ms);
}

TEST(DialPlan, HurriesButKeepsHolds) {
  DialPlan plan(1);
  for (int i = 0; i < 10; ++i) plan.failed(test_peer(1), kStart);
  plan.hold(test_peer(2), kStart + 6h);
  plan.hurry(kStart, 10s);
  EXPECT_TRUE(plan.may_dial(test_peer(1), kStart + 10s));
  EXPECT_FALSE(plan.may_dial(test_peer(2), kStart + 5h));
  plan.failed(test_peer(2), kStart + 1h);
  EXPECT_FALSE(plan.may_dial(test_peer(2), kStart + 5h)) << "a failed dial does not shorten a hold";
  plan.release(test_peer(2));
  EXPECT_TRUE(plan.may_dial(test_peer(2), kStart));
}

// ---- names ----------------------------------------------------------------------------------------

// A question for _dnsaddr.a.b and the given TXT records; names in answers are pointers.
Bytes txt_answer(const std::vector<std::string>& texts) {
  Bytes out{0x12, 0x34, 0x81, 0x80, 0, 1, 0, static_cast<std::uint8_t>(texts.size()), 0, 0, 0, 0};
  const auto put = [&out](std::string_view text) {
    out.push_back(static_cast<std::uint8_t>(text.size()));
    base::append(out, base::as_bytes(text));
  };
  for (const auto* label : {"_dnsaddr", "a", "b"}) put(label);
  base::append(out, Bytes{0, 0, 16, 0, 1});
  for (const auto& text : texts) {
    base::append(out, Bytes{0xC0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0});
    const auto half = text.size() / 2;
    out.push_back(static_cast<std::uint8_t>(text.size() + 2));
    put(std::string_view(text).substr(0, half));
    put(std::string_view(text).substr(half));
  }
  return out;
}

TEST(DnsAddr, ReadsTxtRecordsAndSurvivesDamage) {
  const std::vector<std::string> texts{"dnsaddr=/ip4/1.2.3.4/tcp/1", "v=spf1", std::string(200, 'x')};
  EXPECT_EQ(parse_txt_answer(txt_answer(texts)).value(), texts);
  const std::vector<Bytes> seeds{txt_answer(texts)};
  std::size_t count = 0;
  base::test_util::for_each_mutation(seeds, 5000, [&](BytesView bytes) {
    const auto parsed = parse_txt_answer(bytes);
    if (parsed) EXPECT_LE(parsed->size(), 64U);
    ++count;
  });
  EXPECT_GT(count, 5000U);
}

TEST(DnsAddr, FollowsNamesToPeers) {
  const auto at = [](std::uint8_t peer, const std::string& where) { return "dnsaddr=" + where + "/p2p/" + test_peer(peer).str(); };
  std::map<std::string, std::vector<std::string>> zone{
      {"_dnsaddr.top", {"dnsaddr=/dnsaddr/one.top/p2p/" + test_peer(1).str(), "dnsaddr=/dnsaddr/two.top", "dnsaddr=/dnsaddr/top", "junk"}},
      {"_dnsaddr.one.top", {at(1, "/ip4/1.2.3.4/tcp/1"), at(1, "/ip4/1.2.3.4/udp/1/quic-v1"), at(1, "/ip4/1.2.3.4/tcp/1/ws")}},
      {"_dnsaddr.two.top", {at(2, "/dns4/b.example/tcp/2"), "dnsaddr=/ip4/9.9.9.9/tcp/1"}}};
  std::size_t lookups = 0;
  const TxtLookup lookup = [&](const std::string& name) -> Result<std::vector<std::string>> {
    ++lookups;
    const auto found = zone.find(name);
    if (found == zone.end()) return fail(ErrorCode::NotFound, "no {}", name);
    return found->second;
  };
  const auto peers = resolve_dnsaddr("top", lookup).value();
  ASSERT_EQ(peers.size(), 2U);
  for (const auto& peer : peers) {
    if (peer.peer == test_peer(1)) EXPECT_EQ(peer.addresses, (std::vector<std::string>{"/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/udp/1/quic-v1"}));
    else EXPECT_EQ(peer.addresses, std::vector<std::string>{"/dns4/b.example/tcp/2"});
  }
  EXPECT_EQ(lookups, 3U) << "a name that names itself is asked once";
  EXPECT_EQ(resolve_dnsaddr("nowhere", lookup).error().code, ErrorCode::NotFound);
  // Somebody whose names never end gets a few look-ups, not more.
  lookups = 0;
  const TxtLookup endless = [&](const std::string&) -> Result<std::vector<std::string>> {
    ++lookups;
    return std::vector<std::string>{fmt::format("dnsaddr=/dnsaddr/a{}.top", 2 * lookups), fmt::format("dnsaddr=/dnsaddr/a{}.top", 2 * lookups + 1)};
  };
  EXPECT_FALSE(resolve_dnsaddr("top", endless));
  EXPECT_LE(lookups, 16U);
}

// ---- gossip ---------------------------------------------------------------------------------------

TEST(GossipSettings, AreThoseOfLotus) {
  const auto network = types::builtin_network("mainnet").value();
  EXPECT_EQ(blocks_topic(network), "/fil/blocks/testnetnet");
  EXPECT_EQ(messages_topic(network), "/fil/msgs/testnetnet");
  EXPECT_EQ(kad_protocol(network), "/fil/kad/testnetnet/kad/1.0.0");
  const auto topics = gossip_topics(network);
  ASSERT_EQ(topics.size(), 2U);
  // An hour of seconds takes a counter to a hundredth.
  EXPECT_NEAR(std::pow(topics[0].first_deliveries_decay, 3600), 0.01, 1e-12);
  EXPECT_NEAR(std::pow(topics[1].first_deliveries_decay, 600), 0.01, 1e-12);
  EXPECT_EQ(topics[0].weight, 0.1);
  EXPECT_EQ(topics[0].first_deliveries_weight * topics[0].first_deliveries_cap * topics[0].weight, 50);
  EXPECT_EQ(topics[1].first_deliveries_weight * topics[1].first_deliveries_cap * topics[1].weight, 5);
  EXPECT_EQ(topics[1].invalid_deliveries_weight * topics[1].weight, -100);
  const auto with_drand = gossip_topics(network, true);
  EXPECT_GT(with_drand.size(), 2U);
  bool quicknet = false;
  for (const auto& topic : with_drand) {
    quicknet = quicknet || topic.name == "/drand/pubsub/v0.0.0/52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971";
  }
  EXPECT_TRUE(quicknet);
  const auto settings = gossip_settings({"10.0.0.1"});
  EXPECT_EQ(settings.colocation_whitelist, std::vector<std::string>{"10.0.0.1"});
  EXPECT_NEAR(std::pow(settings.behaviour_decay, 3600), 0.01, 1e-12);
  EXPECT_EQ(decay_over(0s), 0.01);
}

// ---- bandwidth ------------------------------------------------------------------------------------

TEST(Bandwidth, FollowsASteadyRateAndForgetsIt) {
  Bandwidth meter;
  bridge::P2pBandwidth counts;
  auto at = kStart;
  counts.total.in = 1'000'000'000;
  meter.sample(counts, at);
  EXPECT_EQ(meter.snapshot().total.rate_in, 0) << "what came before the first look is no rate";
  for (int i = 0; i < 60; ++i) {
    counts.total.in += 1000;
    counts.by_peer[test_peer(1)].out += 500;
    counts.by_protocol["/x"].in += 100;
    meter.sample(counts, at += 1s);
  }
  auto seen = meter.snapshot();
  EXPECT_EQ(seen.total.total_in, counts.total.in);
  EXPECT_NEAR(seen.total.rate_in, 1000, 10);
  EXPECT_NEAR(seen.by_peer.at(test_peer(1)).rate_out, 500, 5);
  EXPECT_NEAR(seen.by_protocol.at("/x").rate_in, 100, 1);
  counts.by_peer.clear();
  for (int i = 0; i < 200; ++i) meter.sample(counts, at += 1s);
  seen = meter.snapshot();
  EXPECT_EQ(seen.total.rate_in, 0);
  EXPECT_TRUE(seen.by_peer.empty());
  // Counts that begin again, looks that come too fast: no nonsense.
  counts.total.in = 10;
  meter.sample(counts, at += 1s);
  meter.sample(counts, at + 1ms);
  EXPECT_LT(meter.snapshot().total.rate_in, 10);
  EXPECT_GE(meter.snapshot().total.rate_in, 0);
}

}  // namespace
}  // namespace venus::net
