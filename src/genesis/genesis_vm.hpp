// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <memory>

#include "actors/state_tree.hpp"
#include "bridge/vm.hpp"
#include "types/message.hpp"

namespace venus::genesis {

/// The FVM at epoch 0 over a growing state: calls methods as anybody, without signatures or gas.
class GenesisVm final : private bridge::Externs {
 public:
  GenesisVm(bridge::VmEngine& engine, Blockstore& store, std::uint32_t network_version, std::uint64_t chain_id,
            Cid state_root)
      : engine_(engine), store_(store), network_version_(network_version), chain_id_(chain_id),
        state_root_(state_root) {}

  /// Calls a method; FailedValidation with `what` and the actor's reason when its exit code is not 0.
  Result<Bytes> call(std::string_view what, Address from, Address to, MethodNum method, Bytes params = {},
                     TokenAmount value = {});
  /// Lets `change` edit the state tree between calls.
  Result<void> edit(const std::function<Result<void>(actors::StateTree&)>& change);
  /// The state root with all effects.
  Result<Cid> flush();

 private:
  Result<std::array<std::uint8_t, 32>> chain_randomness(ChainEpoch epoch) override;
  Result<std::array<std::uint8_t, 32>> beacon_randomness(ChainEpoch epoch) override;
  Result<bridge::ConsensusFaultVerdict> verify_consensus_fault(BytesView, BytesView, BytesView) override;
  Result<Cid> tipset_cid(ChainEpoch epoch) override;

  bridge::VmEngine& engine_;
  Blockstore& store_;
  std::uint32_t network_version_;
  std::uint64_t chain_id_;
  Cid state_root_;
  std::unique_ptr<bridge::VmMachine> machine_;
};

}  // namespace venus::genesis
