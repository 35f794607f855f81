// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/miner.hpp"

#include "actors/power.hpp"
#include "actors/reward.hpp"
#include "actors/test_util/devnet.hpp"
#include "base/test_util/vectors.hpp"

#include <boost/json/array.hpp>
#include <gtest/gtest.h>

namespace venus::actors {
namespace {

using test_util::recordings;
using test_util::same_json;

class RecordedState : public testing::Test {
 protected:
  void SetUp() override {
    VENUS_VECTORS_OR_SKIP(vectors, "rpc/core");
    tree_.emplace(
        StateTree::load(test_util::devnet_store(), test_util::recorded_state_root()).value());
  }

  miner::View miner(const test_util::Recording& call) const {
    return miner::View::load(*tree_, base::from_json<Address>(call.params[0]).value()).value();
  }

  template <class T>
  static void expect_same(const T& ours, const test_util::Recording& call) {
    EXPECT_TRUE(same_json(base::to_json(ours), call.result))
        << base::write_json(base::to_json(ours)) << "\n"
        << base::write_json(call.result);
  }

  std::optional<StateTree> tree_;
};

TEST_F(RecordedState, MinerSectorsAreAsRecorded) {
  for (const auto& call : recordings("StateMinerSectors")) {
    expect_same(miner(call).sectors().value(), call);
  }
  for (const auto& call : recordings("StateMinerActiveSectors")) {
    const auto view = miner(call);
    expect_same(view.sectors(view.collect(miner::SectorSet::Active).value()).value(), call);
  }
  for (const auto& call : recordings("StateSectorGetInfo")) {
    const SectorNumber number(call.params[1].to_number<std::uint64_t>());
    expect_same(miner(call).sector(number).value(), call);
  }
}

TEST_F(RecordedState, MinerFaultsAndRecoveriesAreAsRecorded) {
  for (const auto& call : recordings("StateMinerFaults")) {
    expect_same(miner(call).collect(miner::SectorSet::Faulty).value(), call);
  }
  for (const auto& call : recordings("StateMinerRecoveries")) {
    expect_same(miner(call).collect(miner::SectorSet::Recovering).value(), call);
  }
  for (const auto& call : recordings("StateMinerSectorCount")) {
    expect_same(miner(call).sector_counts().value(), call);
  }
}

TEST_F(RecordedState, SectorQuestionsAreAnsweredAsRecorded) {
  for (const auto& call : recordings("StateSectorPartition")) {
    expect_same(
        miner(call).find_sector(SectorNumber(call.params[1].to_number<std::uint64_t>())).value(),
        call);
  }
  for (const auto& call : recordings("StateSectorExpiration")) {
    const SectorNumber number(call.params[1].to_number<std::uint64_t>());
    expect_same(miner(call).sector_expiration(number).value(), call);
  }
  for (const auto& call : recordings("StateMinerSectorAllocated")) {
    const SectorNumber number(call.params[1].to_number<std::uint64_t>());
    expect_same(miner(call).is_allocated(number).value(), call);
  }
  for (const auto& call : recordings("StateSectorPreCommitInfo")) {
    const SectorNumber number(call.params[1].to_number<std::uint64_t>());
    expect_same(miner(call).precommit(number).value(), call);
  }
  EXPECT_EQ(
      miner::View::load(*tree_, ActorId(1000)).value().find_sector(SectorNumber(77)).error().code,
      ErrorCode::NotFound);
}

TEST_F(RecordedState, DeadlinesAndPartitionsAreAsRecorded) {
  for (const auto& call : recordings("StateMinerDeadlines")) {
    const auto view = miner(call);
    boost::json::array ours;
    ASSERT_TRUE(
        view.for_each_deadline([&](std::uint64_t, const miner::Deadline& deadline) -> Result<void> {
          TRY(const auto proofs, view.disputable_proofs(deadline));
          ours.push_back({{"PostSubmissions", base::to_json(deadline.partitions_posted)},
                          {"DisputableProofCount", proofs},
                          {"DailyFee", deadline.daily_fee.str()}});
          return {};
        }));
    expect_same(boost::json::value(ours), call);
  }
  for (const auto& call : recordings("StateMinerPartitions")) {
    boost::json::array ours;
    for (const auto& part :
         miner(call).partitions(call.params[1].to_number<std::uint64_t>()).value()) {
      ours.push_back({{"AllSectors", base::to_json(part.sectors)},
                      {"FaultySectors", base::to_json(part.faults)},
                      {"RecoveringSectors", base::to_json(part.recoveries)},
                      {"LiveSectors", base::to_json(part.live())},
                      {"ActiveSectors", base::to_json(part.active())}});
    }
    expect_same(ours.empty() ? boost::json::value() : boost::json::value(ours), call);
  }
  EXPECT_EQ(miner::View::load(*tree_, ActorId(1000)).value().partitions(48).error().code,
            ErrorCode::InvalidArgument);
}

TEST_F(RecordedState, MinerInfoHoldsWhatIsRecorded) {
  for (const auto& call : recordings("StateMinerInfo")) {
    const auto info = base::to_json(miner(call).info().value());
    for (const auto* name :
         {"Owner", "Worker", "ControlAddresses", "Multiaddrs", "WindowPoStProofType", "SectorSize",
          "WindowPoStPartitionSectors", "ConsensusFaultElapsed", "PendingOwnerAddress",
          "Beneficiary", "BeneficiaryTerm", "PendingBeneficiaryTerm"}) {
      EXPECT_TRUE(same_json(info.at(name), call.result.at(name))) << name;
    }
  }
}

TEST_F(RecordedState, ProvingDeadlineIsAsRecorded) {
  for (const auto& call : recordings("StateMinerProvingDeadline")) {
    expect_same(miner(call).proving_deadline(ChainEpoch(185)), call);
  }
}

TEST_F(RecordedState, AvailableBalanceIsAsRecorded) {
  for (const auto& call : recordings("StateMinerAvailableBalance")) {
    const auto view = miner(call);
    expect_same(view.available_balance().value() + view.vested_funds(ChainEpoch(185)).value(),
                call);
  }
}

TEST_F(RecordedState, PowerIsAsRecorded) {
  const auto power = power::View::load(*tree_).value();
  const BigInt min_power(2048);
  for (const auto& call : recordings("StateMinerPower")) {
    const auto id = tree_->lookup_id(base::from_json<Address>(call.params[0]).value()).value();
    const auto claim = power.claim(id).value();
    const auto recorded = call.result.at("MinerPower");
    EXPECT_EQ(claim ? claim->raw_byte_power.str() : "0", recorded.at("RawBytePower").as_string());
    EXPECT_EQ(claim ? claim->quality_adj_power.str() : "0",
              recorded.at("QualityAdjPower").as_string());
    EXPECT_EQ(claim && power.meets_consensus_minimum(*claim, min_power),
              call.result.at("HasMinPower").as_bool());
    EXPECT_EQ(power.state().total_quality_adj_power.str(),
              call.result.at("TotalPower").at("QualityAdjPower").as_string());
  }
  EXPECT_EQ(power.miners().value(), (std::vector<ActorId>{ActorId(1000), ActorId(1001)}));
}

TEST_F(RecordedState, WorkerKeyIsABlsAddress) {
  EXPECT_EQ(miner::worker_key(*tree_, ActorId(1000)).value().protocol(), types::Protocol::Bls);
  EXPECT_EQ(miner::worker_key(*tree_, ActorId(100)).error().code, ErrorCode::InvalidArgument);
}

TEST_F(RecordedState, CronQueueHoldsEachMinersNextDeadline) {
  const auto power = power::View::load(*tree_).value();
  std::size_t events = 0;
  for (std::int64_t epoch = 185; epoch < 185 + kProvingPeriod; ++epoch) {
    events += power.cron_events(ChainEpoch(epoch)).value().size();
  }
  EXPECT_EQ(events, 2U);
}

TEST(PowerRule, FewLargeMinersLetSmallOnesWin) {
  ipld::MemoryBlockstore store;
  power::State state;
  power::Claim small;
  small.raw_byte_power = BigInt(5);
  const auto meets = [&](std::int64_t above, int raw) {
    state.miner_above_min_power_count = above;
    small.raw_byte_power = BigInt(raw);
    return power::meets_consensus_minimum(state, small, BigInt(100));
  };
  EXPECT_TRUE(meets(0, 100));
  EXPECT_TRUE(meets(4, 100));
  EXPECT_TRUE(meets(3, 1));
  EXPECT_FALSE(meets(3, 0));
  EXPECT_FALSE(meets(4, 99));
}

TEST(DeadlineInfo, ComesRoundAfterItElapsed) {
  const auto first = DeadlineInfo::make(ChainEpoch(-2222), 40, ChainEpoch(185));
  EXPECT_TRUE(first.is_open());
  EXPECT_EQ(first.next_not_elapsed(), first);
  const auto past = DeadlineInfo::make(ChainEpoch(100), 2, ChainEpoch(10'000));
  EXPECT_TRUE(past.has_elapsed());
  const auto next = past.next_not_elapsed();
  EXPECT_FALSE(next.has_elapsed());
  EXPECT_EQ((next.period_start - past.period_start) % kProvingPeriod, 0);
  EXPECT_LE(next.close.value() - 10'000, kProvingPeriod);
  EXPECT_EQ(quantize_up(ChainEpoch(7), 5, ChainEpoch(0)), ChainEpoch(10));
  EXPECT_EQ(quantize_up(ChainEpoch(7), 5, ChainEpoch(2)), ChainEpoch(7));
  EXPECT_EQ(quantize_up(ChainEpoch(-7), 5, ChainEpoch(0)), ChainEpoch(-5));
}

}  // namespace
}  // namespace venus::actors
