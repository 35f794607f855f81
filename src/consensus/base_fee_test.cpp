// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/base_fee.hpp"

#include <gtest/gtest.h>

#include "consensus/weight.hpp"
#include "types/policy.hpp"

namespace venus::consensus {
namespace {

TokenAmount atto(std::int64_t value) { return TokenAmount::from_atto(value); }

struct UtilizationCase {
  std::int64_t fee;
  std::int64_t gas;
  std::int64_t blocks;
  std::int64_t after_smoke;
  std::int64_t before_smoke;
};

// Expected values of lotus chain/store/basefee_test.go.
TEST(BaseFee, FollowsUtilization) {
  constexpr std::int64_t kTarget = types::policy::kBlockGasTarget;
  for (const auto& c : {UtilizationCase{100'000'000, 0, 1, 87'500'000, 87'500'000},
                        UtilizationCase{100'000'000, 0, 5, 87'500'000, 87'500'000},
                        UtilizationCase{100'000'000, kTarget, 1, 100'000'000, 103'125'000},
                        UtilizationCase{100'000'000, kTarget * 2, 2, 100'000'000, 103'125'000},
                        UtilizationCase{100'000'000, kTarget * 2, 1, 112'500'000, 112'500'000},
                        UtilizationCase{100'000'000, kTarget * 15 / 10, 1, 106'250'000, 110'937'500}}) {
    EXPECT_EQ(next_base_fee_from_utilization(atto(c.fee), c.gas, c.blocks), atto(c.after_smoke));
    EXPECT_EQ(next_base_fee_from_utilization(atto(c.fee), c.gas, c.blocks, true), atto(c.before_smoke));
  }
  EXPECT_EQ(next_base_fee_from_utilization(atto(100), 0, 1), atto(100));
}

TEST(BaseFee, PremiumIsTakenAtAGasIndexFromTheTop) {
  const std::vector<PremiumAndLimit> market{{atto(100), 10}, {atto(300), 20}, {atto(200), 30}};
  EXPECT_EQ(premium_at_gas_index(market, 0), atto(300));
  EXPECT_EQ(premium_at_gas_index(market, 19), atto(300));
  EXPECT_EQ(premium_at_gas_index(market, 20), atto(200));
  EXPECT_EQ(premium_at_gas_index(market, 49), atto(200));
  EXPECT_EQ(premium_at_gas_index(market, 50), atto(100));
  EXPECT_EQ(premium_at_gas_index(market, 59), atto(100));
  EXPECT_EQ(premium_at_gas_index(market, 60), atto(0));
  EXPECT_EQ(premium_at_gas_index({}, 0), atto(0));
}

TEST(BaseFee, MovesAtMostAnEighthTowardsThePremium) {
  EXPECT_EQ(next_base_fee_from_premium(atto(800), atto(0)), atto(700));
  EXPECT_EQ(next_base_fee_from_premium(atto(800), atto(100)), atto(800));
  EXPECT_EQ(next_base_fee_from_premium(atto(800), atto(150)), atto(850));
  EXPECT_EQ(next_base_fee_from_premium(atto(800), atto(1'000)), atto(900));
  EXPECT_EQ(next_base_fee_from_premium(atto(801), atto(1'000)), atto(902)) << "the step is rounded up";
  EXPECT_EQ(next_base_fee_from_premium(atto(101), atto(0)), atto(100)) << "never under the minimum";
}

TEST(Weight, GrowsWithPowerAndWins) {
  // log2(2^40) = 40: 40·256 + floor(40·256·3 / 10).
  const auto power = BigInt(1).shl(40);
  EXPECT_EQ(chain_weight(BigInt(1000), power, 3)->str(), std::to_string(1000 + 40 * 256 + 40 * 256 * 3 / 10));
  EXPECT_EQ(chain_weight(BigInt(0), power + BigInt(1), 0)->str(), std::to_string(40 * 256));
  EXPECT_FALSE(chain_weight(BigInt(0), BigInt(0), 1));
}

}  // namespace
}  // namespace venus::consensus
