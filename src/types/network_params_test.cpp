// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/network_params.hpp"

#include "types/embedded_networks.hpp"
#include "types/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace venus::types {
namespace {

NetworkParams mainnet() { return builtin_network("mainnet").value(); }

TEST(NetworkParams, FourNetworksAreCompiledIn) {
  EXPECT_EQ(builtin_network_names(),
            (std::vector<std::string>{"mainnet", "calibration", "butterfly", "devnet"}));
  EXPECT_EQ(builtin_network("calibnet")->name, "calibration");
  EXPECT_EQ(builtin_network("2k")->name, "devnet");
  EXPECT_EQ(builtin_network("nonsense").error().code, ErrorCode::NotFound);
}

TEST(NetworkParams, MainnetHasItsPublishedValues) {
  const auto net = mainnet();
  EXPECT_EQ(net.network_name, "testnetnet");
  EXPECT_EQ(net.address_prefix, NetworkPrefix::Mainnet);
  EXPECT_EQ(net.genesis_cid->str(),
            "bafy2bzacecnamqgqmifpluoeldx7zzglxcljo6oja4vrmtj7432rphldpdmm2");
  EXPECT_EQ(net.eip155_chain_id, 314U);
  EXPECT_EQ(net.consensus_miner_min_power, 10ULL << 40U);
  EXPECT_EQ(net.teep_initial_fil_reserved, TokenAmount::from_fil(300'000'000));
  EXPECT_EQ(net.timestamp_of(ChainEpoch(10)), net.genesis_timestamp + 300);
  EXPECT_EQ(net.epoch_at(net.genesis_timestamp + 329), ChainEpoch(10));
  EXPECT_EQ(net.epoch_at(net.genesis_timestamp + 330), ChainEpoch(11));
  EXPECT_EQ(net.epoch_at(0), ChainEpoch(0));
  EXPECT_TRUE(net.f3.enabled);
}

TEST(NetworkParams, AVersionHoldsFromTheEpochAfterItsUpgrade) {
  const auto net = mainnet();
  const std::pair<std::int64_t, std::uint32_t> cases[] = {
      {0, 0},        {41280, 0},    {41281, 1},    {51001, 2},    {130801, 3},   {138721, 4},
      {343201, 9},   {2683348, 17}, {2683349, 18}, {3469381, 21}, {3855481, 22}, {4154641, 23},
      {5348281, 27}, {6052800, 27}, {6052801, 28}, {99999999, 28}};
  for (const auto& [epoch, version] : cases) {
    EXPECT_EQ(net.network_version(ChainEpoch(epoch)), NetworkVersion(version)) << epoch;
  }
  const auto calibration = builtin_network("calibration").value();
  EXPECT_EQ(calibration.network_version(ChainEpoch(0)), NetworkVersion(0));
  EXPECT_EQ(calibration.network_version(ChainEpoch(31)), NetworkVersion(4));
  EXPECT_EQ(calibration.network_version(ChainEpoch(271)), NetworkVersion(8));
  EXPECT_EQ(calibration.network_version(ChainEpoch(2558015)), NetworkVersion(26));
  EXPECT_EQ(builtin_network("devnet")->network_version(ChainEpoch(0)), NetworkVersion(28));
}

TEST(NetworkParams, FeaturesFollowTheirRules) {
  const auto net = mainnet();
  EXPECT_FALSE(net.has(Feature::TicketEntropyFromParent, ChainEpoch(51000)));
  EXPECT_TRUE(net.has(Feature::TicketEntropyFromParent, ChainEpoch(51001)));
  EXPECT_FALSE(net.has(Feature::DelegatedSignatures, ChainEpoch(2683348)));
  EXPECT_TRUE(net.has(Feature::DelegatedSignatures, ChainEpoch(2683349)));
  // FIP-0115 counts from the upgrade's own epoch.
  EXPECT_FALSE(net.has(Feature::BaseFeeFromPremiums, ChainEpoch(6052799)));
  EXPECT_TRUE(net.has(Feature::BaseFeeFromPremiums, ChainEpoch(6052800)));
  const auto devnet = builtin_network("devnet").value();
  EXPECT_TRUE(devnet.has(Feature::BaseFeeFromPremiums, ChainEpoch(0)));
  EXPECT_TRUE(devnet.has(Feature::TicketEntropyFromParent, ChainEpoch(0)));
  EXPECT_EQ(devnet.upgrade_epoch(Upgrade::Solstice), kNeverEpoch);
  EXPECT_EQ(devnet.upgrade_epoch(Upgrade::FireHorse), kBeforeGenesis);
}

TEST(NetworkParams, TheBaseFeeIsTampedAfterBreezeOnly) {
  const auto net = mainnet();
  EXPECT_FALSE(net.is_gas_tamping(ChainEpoch(41280)));
  EXPECT_TRUE(net.is_gas_tamping(ChainEpoch(41281)));
  EXPECT_TRUE(net.is_gas_tamping(ChainEpoch(41399)));
  EXPECT_FALSE(net.is_gas_tamping(ChainEpoch(41400)));
  EXPECT_FALSE(builtin_network("devnet")->is_gas_tamping(ChainEpoch(0)));
}

TEST(NetworkParams, MessagePricesFollowTheEpoch) {
  const auto net = mainnet();
  EXPECT_EQ(net.on_chain_message_gas(100, ChainEpoch(265199)), Gas(38863 + 136 * 1000));
  EXPECT_EQ(net.on_chain_message_gas(100, ChainEpoch(265200)), Gas(38863 + 136 * 1300));
  EXPECT_EQ(net.on_chain_message_gas(100, ChainEpoch(2683348)), on_chain_message_gas(100));
  EXPECT_EQ(on_chain_message_gas(100), Gas(513863 + 136 * 1300));
  EXPECT_EQ(builtin_network("devnet")->on_chain_message_gas(100, ChainEpoch(5)),
            Gas(38863 + 136 * 1000));
}

TEST(NetworkParams, TheBeaconChangesAtItsEpoch) {
  const auto net = mainnet();
  ASSERT_EQ(net.drand.size(), 3U);
  EXPECT_TRUE(net.drand_at(ChainEpoch(0)).is_chained());
  EXPECT_EQ(net.drand_at(ChainEpoch(50999)).genesis_timestamp, 1595873820);
  EXPECT_EQ(net.drand_at(ChainEpoch(51000)).genesis_timestamp, 1595431050);
  EXPECT_TRUE(net.drand_at(ChainEpoch(3855479)).is_chained());
  EXPECT_FALSE(net.drand_at(ChainEpoch(3855480)).is_chained());
  EXPECT_EQ(net.drand_at(ChainEpoch(3855480)).public_key.size(), 96U);
}

TEST(NetworkParams, WhatIsWrittenReadsBackTheSame) {
  for (const auto& name : builtin_network_names()) {
    const auto net = builtin_network(name).value();
    const auto again = parse_network(write_network(net));
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_EQ(*again, net) << name;
  }
}

TEST(NetworkParams, ErrorsNameTheKey) {
  const std::string good(embedded_networks().front());
  const auto message_of = [](const std::string& text) {
    const auto result = parse_network(text);
    return result ? std::string("parsed") : result.error().message;
  };
  const auto with = [&](std::string_view from, std::string_view to) {
    auto out = good;
    out.replace(out.find(from), from.size(), to);
    return message_of(out);
  };
  using testing::HasSubstr;
  EXPECT_THAT(with("eip155_chain_id", "eip155_chain_ib"), HasSubstr("eip155_chain_id is missing"));
  EXPECT_THAT(with("name = \"mainnet\"", "name = \"mainnet\"\nnmae = 3"),
              HasSubstr("unknown key nmae"));
  EXPECT_THAT(with("block_delay_seconds = 30", "block_delay_seconds = \"30\""),
              HasSubstr("block_delay_seconds must be an integer"));
  EXPECT_THAT(with("block_delay_seconds = 30", "block_delay_seconds = -1"), HasSubstr("in range"));
  EXPECT_THAT(with("block_delay_seconds = 30", "block_delay_seconds = 0"), HasSubstr("is 0"));
  EXPECT_THAT(with("breeze =", "brezee ="), HasSubstr("brezee"));
  EXPECT_THAT(with("pedersen-bls-chained", "something"), HasSubstr("drand[0].scheme"));
  EXPECT_THAT(with("address_prefix = \"f\"", "address_prefix = \"x\""),
              HasSubstr("address_prefix"));
  EXPECT_THAT(message_of("= broken"), HasSubstr("line 1"));
  EXPECT_THAT(message_of(""), HasSubstr("missing"));
  // A letter outside ASCII where a key begins reaches "unreachable" code in toml++ 3.3.0.
  EXPECT_THAT(message_of("\u00e9 = 1"), HasSubstr("line 1"));
}

TEST(Sector, ProofTypesKnowEachOther) {
  using enum RegisteredSealProof;
  EXPECT_EQ(sector_size(StackedDrg32GiBV1_1).value(), SectorSize(32ULL << 30U));
  EXPECT_EQ(sector_size(StackedDrg2KiBV1_2NonInteractive).value(), SectorSize(2048));
  EXPECT_EQ(winning_post_proof(StackedDrg64GiBV1_1Synthetic).value(),
            RegisteredPostProof::Winning64GiBV1);
  EXPECT_EQ(window_post_proof(StackedDrg8MiBV1_1, NetworkVersion(18)).value(),
            RegisteredPostProof::Window8MiBV1);
  EXPECT_EQ(window_post_proof(StackedDrg8MiBV1_1, NetworkVersion(19)).value(),
            RegisteredPostProof::Window8MiBV1_1);
  EXPECT_EQ(update_proof(StackedDrg512MiBV1).value(), RegisteredUpdateProof::StackedDrg512MiBV1);
  EXPECT_EQ(seal_proof_for(SectorSize(2048), NetworkVersion(28)).value(), StackedDrg2KiBV1_1);
  EXPECT_EQ(seal_proof_for(SectorSize(2048), NetworkVersion(28), true).value(),
            StackedDrg2KiBV1_1Synthetic);
  EXPECT_EQ(seal_proof_for(SectorSize(2048), NetworkVersion(6), true).value(), StackedDrg2KiBV1);
  EXPECT_EQ(seal_proof_for(SectorSize(4096), NetworkVersion(28)).error().code,
            ErrorCode::Unsupported);
  EXPECT_EQ(sector_size(static_cast<RegisteredSealProof>(20)).error().code, ErrorCode::Unsupported);
  EXPECT_EQ(sector_size(static_cast<RegisteredPostProof>(-1)).error().code, ErrorCode::Unsupported);
  EXPECT_EQ(partition_sectors(RegisteredPostProof::Window32GiBV1_1).value(), 2349U);
  EXPECT_EQ(proof_size(StackedDrg64GiBV1_2NonInteractive).value(), 23092U);
  EXPECT_TRUE(is_synthetic(StackedDrg32GiBV1_1Synthetic));
  EXPECT_FALSE(is_synthetic(StackedDrg32GiBV1_1));
  EXPECT_TRUE(is_non_interactive(StackedDrg32GiBV1_2NonInteractive));
  EXPECT_EQ(short_string(SectorSize(32ULL << 30U)), "32GiB");
}

TEST(Sector, PieceSizes) {
  EXPECT_EQ(padded(UnpaddedSize(127)), PaddedSize(128));
  EXPECT_EQ(unpadded(PaddedSize(2048)), UnpaddedSize(2032));
  EXPECT_TRUE(is_valid(PaddedSize(128)));
  EXPECT_FALSE(is_valid(PaddedSize(64)));
  EXPECT_FALSE(is_valid(PaddedSize(129)));
  EXPECT_TRUE(is_valid(UnpaddedSize(2032)));
  EXPECT_FALSE(is_valid(UnpaddedSize(0)));
  EXPECT_FALSE(is_valid(UnpaddedSize(2033)));
}

}  // namespace
}  // namespace venus::types
