// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "bridge/vm.hpp"
#include "types/block.hpp"
#include "types/network_params.hpp"
#include "vm/chain_view.hpp"

namespace venus::vm {

/// Answers the FVM's questions about the chain.
class NodeExterns final : public bridge::Externs {
 public:
  /// `state` is the root the machine starts from, `epoch` the one it executes. All references must
  /// outlive this object.
  NodeExterns(const types::NetworkParams& params, ChainView& chain, Blockstore& store, Cid state, ChainEpoch epoch)
      : params_(params), chain_(chain), store_(store), state_(state), epoch_(epoch) {}

  Result<std::array<std::uint8_t, 32>> chain_randomness(ChainEpoch epoch) override {
    return chain_.chain_randomness(epoch);
  }
  Result<std::array<std::uint8_t, 32>> beacon_randomness(ChainEpoch epoch) override {
    return chain_.beacon_randomness(epoch);
  }
  Result<Cid> tipset_cid(ChainEpoch epoch) override { return chain_.tipset_cid(epoch); }

  /// Judges two headers of one miner: double fork mining, time offset mining, parent grinding. What
  /// does not prove a fault, for whatever reason, is "no fault" and never an error.
  Result<bridge::ConsensusFaultVerdict> verify_consensus_fault(BytesView header1, BytesView header2,
                                                               BytesView extra) override;

 private:
  std::optional<Address> worker_key(const types::BlockHeader& block, std::int64_t& gas);
  bool signed_by_miner(const types::BlockHeader& block, std::int64_t& gas);

  const types::NetworkParams& params_;
  ChainView& chain_;
  Blockstore& store_;
  Cid state_;
  ChainEpoch epoch_;
};

}  // namespace venus::vm
