// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/beacon.hpp"

#include <gtest/gtest.h>

#include "bridge/bls.hpp"
#include "crypto/hash.hpp"

namespace venus::consensus {
namespace {

constexpr std::uint64_t kGenesis = 1'000'000;
constexpr NetworkVersion kVersion{28};

// A one-key network with the scheme of quicknet.
struct OneKeyDrand {
  Bytes secret{Bytes(32, 0)};
  types::NetworkParams params;

  explicit OneKeyDrand(std::uint64_t period = 3) {
    secret[0] = 7;
    types::DrandChain chain;
    chain.scheme = "bls-unchained-g1-rfc9380";
    const auto key = bridge::drand_public_key_g2(secret).value();
    chain.public_key = Bytes(key.begin(), key.end());
    chain.period_seconds = period;
    chain.genesis_timestamp = kGenesis - 1000;
    params.block_delay_seconds = 4;
    params.drand = {chain};
  }
  types::BeaconEntry entry(std::uint64_t round) const {
    const auto signature = bridge::drand_sign_unchained_g1(secret, crypto::sha256(base::be64(round))).value();
    return {round, Bytes(signature.begin(), signature.end())};
  }
};

TEST(Beacon, RoundsFollowTheClockOfThePreviousEpoch) {
  const OneKeyDrand drand;
  const BeaconSchedule schedule(drand.params, kGenesis);
  // Epoch 1 begins at genesis + 4; its round is that of genesis + 0: 1000 s after drand's start.
  EXPECT_EQ(schedule.at(ChainEpoch(1)).round_at(kVersion, ChainEpoch(1)), 1000U / 3 + 1);
  EXPECT_EQ(schedule.at(ChainEpoch(1)).round_at(NetworkVersion(15), ChainEpoch(1)), 1000U / 3);
  EXPECT_EQ(schedule.at(ChainEpoch(4)).round_at(kVersion, ChainEpoch(4)), 1012U / 3 + 1);
  // A drand younger than the chain has its first round at hand.
  auto young = drand.params;
  young.drand[0].genesis_timestamp = kGenesis + 1'000'000;
  EXPECT_EQ(BeaconSchedule(young, kGenesis).at(ChainEpoch(1)).round_at(kVersion, ChainEpoch(1)), 1U);
}

TEST(Beacon, UnchainedBlocksCarryOneEntryForEachEpoch) {
  const OneKeyDrand drand;
  const BeaconSchedule schedule(drand.params, kGenesis);
  const auto round = [&](std::int64_t epoch) { return schedule.at(ChainEpoch(epoch)).round_at(kVersion, ChainEpoch(epoch)); };
  const auto previous = drand.entry(round(10));
  const auto check = [&](std::vector<types::BeaconEntry> entries) {
    return schedule.validate_entries(kVersion, ChainEpoch(12), entries, ChainEpoch(10), previous).has_value();
  };
  EXPECT_TRUE(check({drand.entry(round(11)), drand.entry(round(12))}));
  EXPECT_FALSE(check({}));
  EXPECT_FALSE(check({drand.entry(round(12))})) << "the null epoch has its entry too";
  EXPECT_FALSE(check({drand.entry(round(11)), drand.entry(round(12) + 1)}));
  auto forged = drand.entry(round(12));
  forged.data = drand.entry(round(11)).data;
  EXPECT_FALSE(check({drand.entry(round(11)), forged}));
  const auto needed = schedule.needed(kVersion, ChainEpoch(12), ChainEpoch(10), previous);
  EXPECT_EQ(needed.rounds, (std::vector<std::uint64_t>{round(11), round(12)}));
}

TEST(Beacon, ABlockWithinOneRoundCarriesNone) {
  const OneKeyDrand drand(30);
  const BeaconSchedule schedule(drand.params, kGenesis);
  const auto round = schedule.at(ChainEpoch(1)).round_at(kVersion, ChainEpoch(1));
  ASSERT_EQ(round, schedule.at(ChainEpoch(2)).round_at(kVersion, ChainEpoch(2)));
  const auto previous = drand.entry(round);
  EXPECT_TRUE(schedule.validate_entries(kVersion, ChainEpoch(2), {}, ChainEpoch(1), previous));
  const std::vector<types::BeaconEntry> again{previous};
  EXPECT_FALSE(schedule.validate_entries(kVersion, ChainEpoch(2), again, ChainEpoch(1), previous));
  EXPECT_TRUE(schedule.needed(kVersion, ChainEpoch(2), ChainEpoch(1), previous).rounds.empty());
}

// Round 1 of drand's first main network, whose previous signature is the genesis seed.
TEST(Beacon, ChainedEntriesCoverTheOneBefore) {
  const auto mainnet = types::builtin_network("mainnet");
  ASSERT_TRUE(mainnet);
  const types::DrandChain* chained = nullptr;
  for (const auto& chain : mainnet->drand) {
    if (chain.chain_hash.starts_with("8990e7a9")) chained = &chain;
  }
  ASSERT_NE(chained, nullptr);
  const Beacon beacon(*chained, mainnet->genesis_timestamp, 30);
  EXPECT_TRUE(beacon.chained());
  const auto seed = base::from_hex("176f93498eac9ca337150b46d21dd58673ea4e3581185f869672e59fa4cb390a").value();
  types::BeaconEntry first{1, base::from_hex("8d61d9100567de44682506aea1a7a6fa6e5491cd27a0a0ed349ef6910ac5ac20ff7bc3e09d"
                                             "7c046566c9f7f3c6f3b10104990e7cb424998203d8f7de586fb7fa5f60045417a432684f8"
                                             "5093b06ca91c769f0e7ca19268375e659c2a2352b4655").value()};
  EXPECT_FALSE(beacon.verify(first, Bytes{1}));
  EXPECT_TRUE(beacon.verify(first, seed));
  first.round = 2;
  EXPECT_FALSE(beacon.verify(first, seed));
}

}  // namespace
}  // namespace venus::consensus
