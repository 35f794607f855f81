// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/devnet/plan.hpp"

#include "genesis/builder.hpp"

#include <gtest/gtest.h>

namespace venus::devnet {
namespace {

Address bls(std::uint8_t seed) { return Address::bls(Bytes(48, seed)).value(); }

PlannedNetwork two_miners() {
  PlannedNetwork plan;
  plan.block_delay = 15;
  plan.timestamp = 1'700'000'000;
  plan.seed = "seed";
  const auto ids = choose_miner_ids(2).value();
  const auto cid =
      Cid::parse("bagboea4b5abcatlxechwbp7kjpjguna6r6q7ejrhe6mdp3lf34pmswn27pkkiekz").value();
  plan.miners = {{ids[0], bls(1), bls(2), {{SectorNumber(0), cid}}},
                 {ids[1], bls(3), bls(4), {{SectorNumber(0), cid}}}};
  plan.clients = {bls(5)};
  return plan;
}

TEST(Plan, IdsHaveTheirFirstDeadlineInTheWindow) {
  const auto ids = choose_miner_ids(3);
  ASSERT_TRUE(ids) << ids.error().message;
  for (const auto id : *ids) {
    const auto open = genesis::first_deadline_with_sectors(id).value();
    EXPECT_GE(open, 62);
    EXPECT_LE(open, 70);
  }
  EXPECT_GE((*ids)[0], ActorId(1000));
  EXPECT_LT((*ids)[0], (*ids)[1]);
  EXPECT_LT((*ids)[1], (*ids)[2]);
  // No first deadline opens before epoch 61.
  EXPECT_EQ(choose_miner_ids(1, {10, 20}).error().code, ErrorCode::NotFound);
}

TEST(Plan, BlockDelayFollowsFromTheProofAndItsLeastIsFour) {
  EXPECT_EQ(choose_block_delay(2, 1, 11.3, 2), 15U);
  EXPECT_EQ(choose_block_delay(2, 3, 11.3, 2), 16U);
  EXPECT_EQ(choose_block_delay(2, 3, 12, 16), 4U);
  EXPECT_EQ(choose_block_delay(1, 1, 0, 0), 4U);
  EXPECT_EQ(choose_block_delay(100, 1, 1000, 1), 600U);
}

TEST(Plan, GenesisLiesAsFarBackAsTheDeadlineIsAway) {
  EXPECT_EQ(genesis_time(10'000, 62, 4, 15), 10'000U - 58 * 15);
  EXPECT_EQ(genesis_time(10'000, 3, 4, 15), 10'000U);
}

TEST(Plan, TemplateIsAcceptedAndSurvivesJson) {
  const auto made = make_template(two_miners());
  EXPECT_TRUE(genesis::check_template(made));
  ASSERT_EQ(made.accounts.size(), 5U);
  EXPECT_EQ(made.accounts[4].balance, TokenAmount::from_fil(1'000'000));
  const auto text = base::write_json(base::to_json(made));
  const auto back = base::from_json<genesis::Template>(base::parse_json(text).value());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(base::write_json(base::to_json(*back)), text);
}

TEST(Plan, NetworkFileSaysWhatTheChainIs) {
  const auto plan = two_miners();
  const auto signer = DrandSigner::create(15, 1'699'999'000).value();
  const auto network =
      make_network(plan, plan.miners[0].sectors[0].sealed_cid, signer.info(), "http://127.0.0.1:1");
  ASSERT_TRUE(network) << network.error().message;
  const auto back = types::parse_network(types::write_network(*network));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, *network);
  EXPECT_EQ(back->block_delay_seconds, 15U);
  EXPECT_EQ(back->propagation_delay_seconds, 3U);
  EXPECT_EQ(back->drand.at(0).chain_hash, signer.info().hash());
  // What a Lotus of the 2k network has, which may join.
  EXPECT_EQ(back->teep_initial_fil_reserved, TokenAmount::from_fil(1'400'000'000));
}

TEST(Plan, SectorListsAreReadOrRefused) {
  EXPECT_EQ(parse_sectors("6,2", 2).value(), (std::vector<std::uint64_t>{6, 2}));
  EXPECT_EQ(parse_sectors("6,2", 3).value(), (std::vector<std::uint64_t>{6, 2, 2}));
  for (const auto* bad : {"", "6,", ",2", "0", "65", "a", "-1", "1,2,3", "1000"}) {
    EXPECT_FALSE(parse_sectors(bad, 2)) << bad;
  }
}

}  // namespace
}  // namespace venus::devnet
