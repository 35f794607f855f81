// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/market.hpp"
#include "actors/miner.hpp"
#include "actors/multisig.hpp"
#include "actors/pledge.hpp"
#include "actors/power.hpp"
#include "actors/reward.hpp"
#include "actors/supply.hpp"
#include "actors/test_util/devnet.hpp"
#include "actors/verified_registry.hpp"
#include "base/test_util/vectors.hpp"
#include "ipld/car.hpp"
#include "types/block.hpp"
#include "types/network_params.hpp"

#include <gtest/gtest.h>

namespace venus::actors {
namespace {

using test_util::recordings;
using test_util::same_json;

class RecordedActors : public testing::Test {
 protected:
  void SetUp() override {
    VENUS_VECTORS_OR_SKIP(vectors, "rpc/core");
    const auto root = test_util::recorded_state_root();
    tree_.emplace(StateTree::load(test_util::devnet_store(), root).value());
  }

  template <class T>
  static void expect_same(const T& ours, const test_util::Recording& call) {
    EXPECT_TRUE(same_json(base::to_json(ours), call.result))
        << base::write_json(base::to_json(ours)) << "\n"
        << base::write_json(call.result);
  }
  static Address address(const test_util::Recording& call) {
    return base::from_json<Address>(call.params[0]).value();
  }
  ActorId id(const test_util::Recording& call) const {
    return tree_->lookup_id(address(call)).value();
  }

  std::optional<StateTree> tree_;
};

TEST_F(RecordedActors, MarketIsAsRecorded) {
  const auto view = market::View::load(*tree_).value();
  std::map<std::uint64_t, market::Deal> deals;
  ASSERT_TRUE(view.for_each_deal([&](DealId deal, const market::Deal& value) -> Result<void> {
    deals.emplace(deal.value(), value);
    return {};
  }));
  expect_same(deals, recordings("StateMarketDeals").at(0));
  for (const auto& call : recordings("StateMarketStorageDeal")) {
    const auto deal = view.deal(DealId(call.params[0].to_number<std::uint64_t>())).value();
    ASSERT_EQ(deal.has_value(), call.error.empty());
    if (deal) expect_same(*deal, call);
  }
  expect_same(view.participants().value(), recordings("StateMarketParticipants").at(0));
  for (const auto& call : recordings("StateMarketBalance")) {
    expect_same(view.balance(Address::id(id(call))).value(), call);
  }
  EXPECT_EQ(view.sector_deals(ActorId(1000), SectorNumber(1)).value(), std::vector{DealId(1)});
  EXPECT_TRUE(view.sector_deals(ActorId(999), SectorNumber(1)).value().empty());
  EXPECT_TRUE(view.total_locked().is_zero());
  EXPECT_FALSE(view.pending_allocation(DealId(1)).value().has_value());
}

TEST_F(RecordedActors, VerifiedRegistryIsAsRecorded) {
  const auto view = verified_registry::View::load(*tree_).value();
  expect_same(view.all_claims().value(), recordings("StateGetAllClaims").at(0));
  expect_same(view.all_allocations().value(), recordings("StateGetAllAllocations").at(0));
  for (const auto& call : recordings("StateGetClaims"))
    expect_same(view.claims(id(call)).value(), call);
  for (const auto& call : recordings("StateGetAllocations")) {
    expect_same(view.allocations(id(call)).value(), call);
  }
  for (const auto& call : recordings("StateVerifierStatus")) {
    expect_same(view.verifier_bytes(id(call)).value(), call);
  }
  for (const auto& call : recordings("StateVerifiedClientStatus")) {
    expect_same(datacap::client_bytes(*tree_, id(call)).value(), call);
  }
  expect_same(view.state().root_key, recordings("StateVerifiedRegistryRootKey").at(0));
  EXPECT_EQ(view.claim(ActorId(1000), 2).value()->sector, SectorNumber(1));
  EXPECT_FALSE(view.claim(ActorId(1000), 3).value());
  EXPECT_TRUE(view.verifier_bytes(ActorId(81)).value().has_value());
}

TEST_F(RecordedActors, MultisigsAreAsRecorded) {
  for (const auto& call : recordings("MsigGetAvailableBalance")) {
    expect_same(multisig::View::load(*tree_, address(call)).value().available(ChainEpoch(185)),
                call);
  }
  for (const auto& call : recordings("MsigGetVestingSchedule")) {
    expect_same(multisig::View::load(*tree_, address(call)).value().vesting(), call);
  }
  for (const auto& call : recordings("MsigGetPending")) {
    expect_same(multisig::View::load(*tree_, address(call)).value().pending().value(), call);
  }
  for (const auto& call : recordings("MsigGetVested")) {
    const auto view = multisig::View::load(*tree_, address(call)).value();
    expect_same(view.vested(ChainEpoch(184), ChainEpoch(185)), call);
  }
  EXPECT_EQ(multisig::View::load(*tree_, Address::id(1000)).error().code,
            ErrorCode::InvalidArgument);
}

TEST_F(RecordedActors, ExactSupplyIsAsRecorded) {
  const auto supply = exact_circulating_supply(*tree_, ChainEpoch(184));
  expect_same(supply.value(), recordings("StateCirculatingSupply").at(0));
  ipld::MemoryBlockstore empty;
  const auto nothing = StateTree::create(empty).value();
  EXPECT_EQ(exact_circulating_supply(nothing, ChainEpoch(0)).error().code,
            ErrorCode::FailedValidation);
}

TEST(Multisig, UnlocksLinearlyRoundedUp) {
  multisig::State state;
  state.initial_balance = TokenAmount::from_atto(100);
  state.start_epoch = ChainEpoch(10);
  state.unlock_duration = 3;
  EXPECT_EQ(state.locked(ChainEpoch(5)).str(), "100");
  EXPECT_EQ(state.locked(ChainEpoch(10)).str(), "100");
  EXPECT_EQ(state.locked(ChainEpoch(11)).str(), "67");
  EXPECT_EQ(state.locked(ChainEpoch(12)).str(), "34");
  EXPECT_EQ(state.locked(ChainEpoch(13)).str(), "0");
}

TEST_F(RecordedActors, PledgeAndDepositAreAsRecorded) {
  const auto power = power::View::load(*tree_).value();
  const auto reward =
      tree_->load_state<reward::State>(types::singleton::kReward, ActorType::Reward).value();
  const auto supply = recordings("StateVMCirculatingSupplyInternal").at(0).result;
  PledgeInputs inputs;
  inputs.baseline_power = reward.this_epoch_baseline_power;
  inputs.reward = reward.this_epoch_reward_smoothed;
  inputs.network_qa_power = power.state().this_epoch_qa_power_smoothed;
  inputs.circulating_supply = base::from_json<TokenAmount>(supply.at("FilCirculating")).value();

  for (const auto& call : recordings("StateMinerInitialPledgeCollateral")) {
    const auto info = base::from_json<miner::PreCommitInfo>(call.params[1]).value();
    const auto qa = qa_power_for_weight(types::sector_size(info.seal_proof)->value(),
                                        info.expiration - ChainEpoch(185), BigInt(0));
    expect_same(with_safety_margin(initial_pledge_for_power(qa, inputs)), call);
  }
  for (const auto& call : recordings("StateMinerPreCommitDepositForPower")) {
    const auto info = base::from_json<miner::PreCommitInfo>(call.params[1]).value();
    const auto qa = qa_power_max(types::sector_size(info.seal_proof)->value());
    expect_same(with_safety_margin(
                    pre_commit_deposit_for_power(inputs.reward, inputs.network_qa_power, qa)),
                call);
  }
  for (const auto& call : recordings("StateDealProviderCollateralBounds")) {
    const auto min = min_provider_collateral(call.params[0].to_number<std::uint64_t>(),
                                             power.state().total_raw_byte_power,
                                             inputs.baseline_power, inputs.circulating_supply);
    EXPECT_EQ(with_safety_margin(min).str(), call.result.at("Min").as_string());
  }
  EXPECT_EQ(reward.total_storage_power_reward.str(), supply.at("FilMined").as_string());
  EXPECT_EQ(power.state().total_pledge_collateral.str(), supply.at("FilLocked").as_string());
  EXPECT_EQ(tree_->get_actor(types::singleton::kBurnt).value().balance.str(),
            supply.at("FilBurnt").as_string());
}

TEST(Pledge, SimpleRulesHold) {
  EXPECT_EQ(qa_power_for_weight(2048, 100, BigInt(0)), BigInt(2048));
  EXPECT_EQ(qa_power_for_weight(2048, 100, BigInt(204'800)), BigInt(20'480));
  EXPECT_EQ(qa_power_for_weight(2048, 0, BigInt(0)), BigInt(0));
  // FIP-0098: 8.5 % of the pledge from 140 days on, at least 2 %.
  const auto pledge = TokenAmount::from_atto(1'000'000);
  EXPECT_EQ(termination_fee(pledge, std::int64_t{200} * 2880, TokenAmount()).str(), "85000");
  EXPECT_EQ(termination_fee(pledge, std::int64_t{70} * 2880, TokenAmount()).str(), "42500");
  EXPECT_EQ(termination_fee(pledge, 0, TokenAmount()).str(), "20000");
  EXPECT_EQ(termination_fee(pledge, 0, TokenAmount::from_atto(100'000)).str(), "105000");
  // FIP-0100: the fee of sector 2 of the recorded chain.
  const auto supply = TokenAmount::from_fil(610'000'000);
  EXPECT_GT(daily_proof_fee(supply, BigInt(2048)).atto(), BigInt(200'000));
}

struct Genesis {
  const char* file;
  const char* network;
  std::string_view name;
};

class GenesisState : public testing::TestWithParam<Genesis> {};

TEST_P(GenesisState, OldActorsAreListedButNotRead) {
  VENUS_VECTORS_OR_SKIP(path, std::string("genesis/") + GetParam().file);
  ipld::MemoryBlockstore store;
  const auto imported = ipld::import_car_file(path, store).value();
  ASSERT_EQ(imported.roots.size(), 1U);
  const auto params = types::builtin_network(GetParam().network).value();
  EXPECT_EQ(params.genesis_cid, imported.roots.front());
  const auto header = ipld::load<types::BlockHeader>(store, imported.roots.front()).value();
  const auto tree = StateTree::load(store, header.parent_state_root).value();
  EXPECT_EQ(tree.version(), 0U);
  EXPECT_EQ(tree.network_name().value(), GetParam().name);

  std::size_t actors = 0;
  const auto visited = tree.for_each([&](ActorId id, const types::Actor& actor) -> Result<void> {
    ++actors;
    EXPECT_EQ(tree.find_actor(id).value(), actor);
    EXPECT_EQ(tree.code_info(actor.code).error().code, ErrorCode::Unsupported);
    return {};
  });
  ASSERT_TRUE(visited) << visited.error().message;
  EXPECT_GT(actors, 10U);
  EXPECT_FALSE(tree.find_actor(ActorId(987'654)).value());
  const auto power = power::View::load(tree);
  ASSERT_FALSE(power);
  EXPECT_EQ(power.error().code, ErrorCode::Unsupported);
  EXPECT_NE(power.error().message.find("fil/1/storagepower"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Networks, GenesisState,
                         testing::Values(Genesis{"mainnet.car.zst", "mainnet", "testnetnet"},
                                         Genesis{"calibration.car.zst", "calibration",
                                                 "calibrationnet"}));

}  // namespace
}  // namespace venus::actors
