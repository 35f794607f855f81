// SPDX-License-Identifier: MIT OR Apache-2.0
// Who wins how often: the Poisson sortition of Expected Consensus in exact integer arithmetic
// (protocol.md section 3, "Win count"). All fractions are Q.256: an integer that stands for itself
// divided by 2^256.
#pragma once

#include <cstdint>

#include "base/big_int.hpp"
#include "types/policy.hpp"

namespace venus::types {

/// The most one miner can win with one proof.
inline constexpr std::int64_t kMaxWinCount = 3 * policy::kBlocksPerEpoch;

/// e^-x for x in Q.256 (0 <= x < 5), by the network's rational approximation; Q.256.
BigInt exp_negative(const BigInt& x);

/// power * 5 (the blocks expected in an epoch) / total_power in Q.256. total_power must be positive.
BigInt election_lambda(const BigInt& power, const BigInt& total_power);

/// The tail of the Poisson distribution, step by step.
class PoissonTail {
 public:
  /// `lambda` in Q.256.
  explicit PoissonTail(BigInt lambda);
  /// 1 - P(X <= k) in Q.256, for the current k (0 at first).
  [[nodiscard]] const BigInt& value() const noexcept { return tail_; }
  /// Moves to k + 1.
  void next();

 private:
  BigInt lambda_;
  BigInt probability_;
  BigInt tail_;
  std::int64_t k_ = 0;
};

/// How many times a VRF proof wins for a miner of that quality-adjusted power: 0 to kMaxWinCount.
/// A total power that is not positive wins nothing.
std::int64_t win_count(BytesView vrf_proof, const BigInt& power, const BigInt& total_power);

/// How early a block with this ticket stands in its tipset: 1 - blake2b256(VRF proof) / 2^256, in [0, 1].
double ticket_quality(BytesView vrf_proof);

}  // namespace venus::types
