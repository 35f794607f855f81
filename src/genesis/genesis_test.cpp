// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include "actors/miner.hpp"
#include "actors/power.hpp"
#include "bridge/bls.hpp"
#include "bridge/test_util/chain_fixture.hpp"
#include "genesis/builder.hpp"
#include "genesis/genesis_vm.hpp"

namespace venus::genesis {
namespace {

Address bls_address(std::uint8_t seed) {
  const auto key = bridge::bls_generate(Bytes(32, seed)).value();
  return Address::bls(bridge::bls_public_key(key).value()).value();
}

Cid commitment(std::uint8_t seed) {
  return Cid::make(ipld::Codec::FilCommitmentSealed, ipld::Multihash::PoseidonBls12_381A2Fc1, Bytes(32, seed)).value();
}

Miner miner(std::uint64_t id, std::uint8_t key, std::size_t sectors) {
  Miner out;
  out.id = ActorId(id);
  out.owner = out.worker = bls_address(key);
  out.balance = TokenAmount::from_fil(10'000);
  for (std::size_t i = 0; i < sectors; ++i) {
    out.sectors.push_back({SectorNumber(i), commitment(static_cast<std::uint8_t>(i + 1))});
  }
  return out;
}

Template two_miners() {
  Template out;
  out.network_name = "test";
  out.timestamp = 1'700'000'000;
  out.verified_registry_root = bls_address(9);
  out.accounts = {{bls_address(1), TokenAmount::from_fil(1'000'000)}, {bls_address(2), TokenAmount::from_fil(1'000'000)}};
  out.miners = {miner(1000, 1, 6), miner(1007, 2, 2)};
  return out;
}

struct Built {
  ipld::MemoryBlockstore store;
  Genesis genesis;
};

void build(const Template& wanted, Built& out) {
  const auto bundle = bridge::test_util::cache_folder() / "actors/v18-devnet.car";
  const auto manifest = bridge::test_util::load_car(bundle, out.store);
  auto built = build_genesis(wanted, manifest, out.store, bridge::test_util::shared_engine());
  ASSERT_TRUE(built) << built.error().message;
  out.genesis = *std::move(built);
}

TEST(Genesis, MinersHaveTheirNumbersPowerAndProvenSectors) {
  VENUS_DEVNET_OR_SKIP();
  Built built;
  ASSERT_NO_FATAL_FAILURE(build(two_miners(), built));
  const auto tree = actors::StateTree::load(built.store, built.genesis.header.parent_state_root).value();
  const auto power = tree.load_state<actors::power::State>(ActorId(4), actors::ActorType::Power).value();
  EXPECT_EQ(power.total_quality_adj_power, BigInt(8 * 2048));
  EXPECT_EQ(power.miner_above_min_power_count, 2);
  for (const auto& [id, count] : {std::pair<std::uint64_t, std::size_t>{1000, 6}, {1007, 2}}) {
    const auto view = actors::miner::View::load(tree, ActorId(id)).value();
    std::uint64_t active = 0;
    std::optional<std::uint64_t> first;
    ASSERT_TRUE(view.for_each_deadline([&](std::uint64_t index, const actors::miner::Deadline& deadline) -> Result<void> {
      TRY(const auto partitions, view.partitions(deadline));
      for (const auto& partition : partitions) active += partition.active().count();
      if (!partitions.empty()) {
        if (!first) first = index;
      }
      return {};
    }));
    EXPECT_EQ(active, count);
    ASSERT_TRUE(first);
    const auto period = view.proving_deadline(ChainEpoch(0)).period_start;
    auto open = period + static_cast<std::int64_t>(*first) * 60;
    while (open < ChainEpoch(0)) open += 2880;
    EXPECT_EQ(open, first_deadline_with_sectors(ActorId(id)));
  }
}

TEST(Genesis, AllFilIsThereAndNamesAreAsWanted) {
  VENUS_DEVNET_OR_SKIP();
  Built built;
  ASSERT_NO_FATAL_FAILURE(build(two_miners(), built));
  const auto tree = actors::StateTree::load(built.store, built.genesis.header.parent_state_root).value();
  TokenAmount sum;
  ASSERT_TRUE(tree.for_each([&](ActorId, const types::Actor& actor) -> Result<void> {
    sum += actor.balance;
    return {};
  }));
  EXPECT_EQ(sum, TokenAmount::from_fil(2'000'000'000));
  EXPECT_EQ(tree.network_name(), "test");
  EXPECT_EQ(tree.key_address(Address::id(80)).value(), bls_address(9));
  EXPECT_EQ(tree.lookup_id(bls_address(1)).value(), ActorId(100));
}

TEST(Genesis, IsReproducibleAndDiffersBySeed) {
  VENUS_DEVNET_OR_SKIP();
  Built a;
  Built b;
  Built c;
  ASSERT_NO_FATAL_FAILURE(build(two_miners(), a));
  ASSERT_NO_FATAL_FAILURE(build(two_miners(), b));
  auto other = two_miners();
  other.seed = "x";
  ASSERT_NO_FATAL_FAILURE(build(other, c));
  EXPECT_EQ(a.genesis.cid, b.genesis.cid);
  EXPECT_NE(a.genesis.cid, c.genesis.cid);
}

TEST(Genesis, EpochOneRunsItsCron) {
  VENUS_DEVNET_OR_SKIP();
  Built built;
  ASSERT_NO_FATAL_FAILURE(build(two_miners(), built));
  GenesisVm vm(bridge::test_util::shared_engine(), built.store, 28, 31415926, built.genesis.header.parent_state_root);
  EXPECT_TRUE(vm.call("cron", Address::id(0), Address::id(3), MethodNum(2)));
  const auto failed = vm.call("no such method", Address::id(0), Address::id(3), MethodNum(77));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::FailedValidation);
}

TEST(Genesis, ParentIsTheNoteAllNetworksHave) {
  EXPECT_EQ(genesis_parent().str(), "bafyreiaqpwbbyjo4a42saasj36kkrpv4tsherf2e7bvezkert2a7dhonoi");
}

TEST(Template, RefusesWhatCannotBe) {
  EXPECT_TRUE(check_template(two_miners()));
  auto bad = two_miners();
  bad.miners[1].id = ActorId(1000);
  EXPECT_FALSE(check_template(bad));
  bad = two_miners();
  bad.accounts.pop_back();
  EXPECT_FALSE(check_template(bad));
  bad = two_miners();
  bad.miners[0].sectors[1].number = SectorNumber(0);
  EXPECT_FALSE(check_template(bad));
  bad = two_miners();
  bad.network_version = 16;
  EXPECT_FALSE(check_template(bad));
}

}  // namespace
}  // namespace venus::genesis
