// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/tipset_view.hpp"

#include <algorithm>

#include "crypto/hash.hpp"
#include "types/policy.hpp"

namespace venus::consensus {
namespace {

using chainstore::NullRound;

// Where blocks come faster than beacons, some carry none.
constexpr int kBeaconSearch = 20;
constexpr std::int64_t kOldLookback = 10;

}  // namespace

Result<types::BeaconEntry> latest_beacon_entry(const chainstore::ChainStore& chain, TipsetPtr tipset) {
  for (int i = 0; i < kBeaconSearch; ++i) {
    const auto& entries = tipset->blocks().front().beacon_entries;
    if (!entries.empty()) return entries.back();
    if (tipset->height() == ChainEpoch(0)) break;
    TRY(tipset, chain.parent(*tipset));
  }
  return fail(ErrorCode::NotFound, "no beacon entry in the {} newest tipsets", kBeaconSearch);
}

Result<Lookback> lookback_for_round(const types::NetworkParams& params, const chainstore::ChainStore& chain,
                                    const TipsetPtr& base, ChainEpoch round) {
  const auto distance =
      params.has(Feature::LongConsensusLookback, round) ? types::policy::kChainFinality : kOldLookback;
  const ChainEpoch target(std::max<std::int64_t>(0, round.value() - distance));
  if (target >= base->height()) {
    if (base->height() != ChainEpoch(0)) {
      return fail(ErrorCode::FailedValidation, "lookback epoch {} is not below the base of height {}", target,
                  base->height());
    }
    // The state after genesis is that of the genesis block itself.
    return Lookback{base, base->parent_state_root()};
  }
  TRY(auto next, chain.tipset_at(target + 1, base, NullRound::After));
  TRY(auto tipset, chain.parent(*next));
  return Lookback{std::move(tipset), next->parent_state_root()};
}

Result<TipsetPtr> TipsetView::random_tipset(ChainEpoch epoch, bool before) {
  if (epoch > tipset_->height()) {
    return fail(ErrorCode::InvalidArgument, "randomness of epoch {} asked at {}", epoch, tipset_->height());
  }
  return chain_.tipset_at(std::max(epoch, ChainEpoch(0)), tipset_, before ? NullRound::Before : NullRound::After);
}

Result<ByteArray<32>> TipsetView::chain_randomness(ChainEpoch epoch) {
  TRY(auto at, random_tipset(epoch, !params_.has(Feature::RandomnessAfterNullRounds, epoch)));
  return crypto::blake2b_256(at->min_ticket().vrf_proof);
}

Result<types::BeaconEntry> TipsetView::beacon_entry(ChainEpoch epoch) {
  TRY(auto at, random_tipset(epoch, !params_.has(Feature::RandomnessAfterNullRounds, epoch)));
  if (!params_.has(Feature::BeaconByEpoch, epoch) || epoch < ChainEpoch(0)) return latest_beacon_entry(chain_, at);
  const auto round = beacons_.at(epoch).round_at(params_.network_version(epoch), epoch);
  for (int i = 0; i < kBeaconSearch; ++i) {
    for (const auto& entry : at->blocks().front().beacon_entries) {
      if (entry.round == round) return entry;
    }
    if (at->height() == ChainEpoch(0)) break;
    TRY(at, chain_.parent(*at));
  }
  return fail(ErrorCode::NotFound, "no beacon entry of round {} (epoch {}) on the chain", round, epoch);
}

Result<ByteArray<32>> TipsetView::beacon_randomness(ChainEpoch epoch) {
  TRY(auto entry, beacon_entry(epoch));
  return crypto::blake2b_256(entry.data);
}

Result<Cid> TipsetView::tipset_cid(ChainEpoch epoch) {
  TRY(auto at, chain_.tipset_at(epoch, tipset_, NullRound::Before));
  return at->key().cid();
}

Result<Cid> TipsetView::lookback_state(ChainEpoch round) {
  TRY(auto lookback, lookback_for_round(params_, chain_, tipset_, round));
  return lookback.state;
}

}  // namespace venus::consensus
