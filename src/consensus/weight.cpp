// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/weight.hpp"

#include "actors/power.hpp"
#include "types/policy.hpp"

namespace venus::consensus {
namespace {

// Share of the wins in the weight: one half.
constexpr std::int64_t kWinRatioNumerator = 1;
constexpr std::int64_t kWinRatioDenominator = 2;

}  // namespace

Result<BigInt> chain_weight(const BigInt& parent_weight, const BigInt& total_power, std::int64_t wins) {
  if (total_power.sign() <= 0) return fail(ErrorCode::FailedValidation, "the network has no power");
  const auto log2 = static_cast<std::int64_t>(total_power.bit_length()) - 1;
  const auto of_wins = (BigInt(log2 * kWinRatioNumerator).shl(8) * BigInt(wins))
                           .div(BigInt(types::policy::kBlocksPerEpoch * kWinRatioDenominator));
  return parent_weight + BigInt(log2 << 8) + of_wins;
}

Result<BigInt> network_power(Blockstore& store, const Cid& state_root) {
  TRY(auto tree, actors::StateTree::load(store, state_root));
  TRY(auto power, actors::power::View::load(tree));
  return power.state().total_quality_adj_power;
}

Result<BigInt> tipset_weight(Blockstore& store, const types::Tipset& tipset) {
  TRY(const auto power, network_power(store, tipset.parent_state_root()));
  std::int64_t wins = 0;
  for (const auto& block : tipset.blocks()) {
    if (!block.election_proof) return fail(ErrorCode::FailedValidation, "block of {} has no election proof", block.miner);
    wins += block.election_proof->win_count;
  }
  return chain_weight(tipset.parent_weight(), power, wins);
}

}  // namespace venus::consensus
