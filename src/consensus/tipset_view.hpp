// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "chainstore/chain_store.hpp"
#include "consensus/beacon.hpp"
#include "vm/chain_view.hpp"

namespace venus::consensus {

/// The last beacon entry at or before a tipset; NotFound when its 20 newest ancestors have none.
Result<types::BeaconEntry> latest_beacon_entry(const chainstore::ChainStore& chain, TipsetPtr tipset);

/// Tipset and state that a block of `round` over `base` looks back to: keys and power are those of 900
/// epochs ago (protocol.md section 5, "Lookback").
struct Lookback {
  TipsetPtr tipset;
  Cid state;
};
Result<Lookback> lookback_for_round(const types::NetworkParams& params, const chainstore::ChainStore& chain,
                                    const TipsetPtr& base, ChainEpoch round);

/// The chain as seen from one tipset, for randomness draws and for executing messages on it.
class TipsetView final : public vm::ChainView {
 public:
  /// The references must outlive the view.
  TipsetView(const types::NetworkParams& params, const chainstore::ChainStore& chain,
             const BeaconSchedule& beacons, TipsetPtr tipset)
      : params_(params), chain_(chain), beacons_(beacons), tipset_(std::move(tipset)) {}

  Result<ByteArray<32>> chain_randomness(ChainEpoch epoch) override;
  Result<ByteArray<32>> beacon_randomness(ChainEpoch epoch) override;
  Result<Cid> tipset_cid(ChainEpoch epoch) override;
  Result<Cid> lookback_state(ChainEpoch round) override;

  /// The beacon entry of an epoch. NotFound when no block near it carries its round.
  Result<types::BeaconEntry> beacon_entry(ChainEpoch epoch);

 private:
  Result<TipsetPtr> random_tipset(ChainEpoch epoch, bool before);

  const types::NetworkParams& params_;
  const chainstore::ChainStore& chain_;
  const BeaconSchedule& beacons_;
  TipsetPtr tipset_;
};

}  // namespace venus::consensus
