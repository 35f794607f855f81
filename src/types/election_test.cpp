// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/election.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "base/test_util/vectors.hpp"
#include "crypto/hash.hpp"

namespace venus::types {
namespace {

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  const auto bytes = base::test_util::read_file(path);
  std::istringstream in{std::string(base::as_chars(bytes))};
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

TEST(Election, ExponentialIsTheNetworksToTheLastBit) {
  VENUS_VECTORS_OR_SKIP(path, "election/testdata-TestExpFunction.golden");
  const auto lines = lines_of(path);
  ASSERT_EQ(lines.size(), 257U);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto comma = lines[i].find(',');
    const auto x = BigInt::parse(lines[i].substr(0, comma));
    ASSERT_TRUE(x);
    EXPECT_EQ(exp_negative(*x).str(), lines[i].substr(comma + 1)) << "line " << i;
  }
}

struct LambdaCase {
  const char* power;
  const char* total;
};

TEST(Election, LambdaIsFivefoldShareOfPower) {
  for (const auto& [power, total] : {LambdaCase{"10", "100"}, LambdaCase{"1024", "2048"},
                                     LambdaCase{"2000000000000000", "100000000000000000"}}) {
    VENUS_VECTORS_OR_SKIP(path, fmt::format("election/TestLambdaFunction-{}-{}.golden", power, total));
    const auto lambda = election_lambda(*BigInt::parse(power), *BigInt::parse(total));
    EXPECT_EQ(lambda.str(), lines_of(path).at(0));
  }
}

struct PoissonCase {
  std::uint64_t base;
  unsigned shift;
};

TEST(Election, PoissonTailIsTheNetworksToTheLastBit) {
  for (const auto& [base, shift] : {PoissonCase{10, 10}, PoissonCase{209714, 20}, PoissonCase{1036915, 20},
                                    PoissonCase{1706, 10}, PoissonCase{2, 0}, PoissonCase{5242879, 20},
                                    PoissonCase{5, 0}}) {
    VENUS_VECTORS_OR_SKIP(path, fmt::format("election/TestPoissonFunction-lam-{}-{}.golden", base, shift));
    const auto lines = lines_of(path);
    ASSERT_EQ(lines.size(), 17U);
    PoissonTail tail(BigInt(base).shl(256 - shift));
    for (std::size_t k = 0; k < 16; ++k) {
      EXPECT_EQ(tail.value().str(), lines[k + 1]) << base << ">>" << shift << " at " << k;
      tail.next();
    }
  }
}

TEST(Election, AFifthOfThePowerWinsOncePerEpochOnAverage) {
  std::int64_t wins = 0;
  constexpr std::uint64_t kDraws = 20'000;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    wins += win_count(base::be64(i), BigInt(20), BigInt(100));
  }
  EXPECT_NEAR(static_cast<double>(wins) / kDraws, 1.0, 0.03);
}

TEST(Election, WinsStopAtTheMaximumAndNeedPower) {
  // The digest 0…: far below every tail value is not at hand, so take all the power of a tiny network.
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto wins = win_count(base::be64(i), BigInt(1000), BigInt(1));
    EXPECT_GE(wins, 0);
    EXPECT_LE(wins, kMaxWinCount);
  }
  EXPECT_EQ(win_count(base::be64(1), BigInt(0), BigInt(10)), 0);
  EXPECT_EQ(win_count(base::be64(1), BigInt(1), BigInt(0)), 0);
}

TEST(TicketQuality, FollowsTheDigestsFirstBytes) {
  for (std::uint8_t seed = 1; seed < 20; ++seed) {
    const Bytes proof(96, seed);
    const auto digest = crypto::blake2b_256(proof);
    const double first = (digest[0] * 256.0 + digest[1]) / 65536;
    EXPECT_NEAR(ticket_quality(proof), 1 - first, 1.0 / 65536);
  }
}

}  // namespace
}  // namespace venus::types
