// SPDX-License-Identifier: MIT OR Apache-2.0
#include "genesis/genesis_vm.hpp"

namespace venus::genesis {

Result<Bytes> GenesisVm::call(std::string_view what, Address from, Address to, MethodNum method, Bytes params,
                              TokenAmount value) {
  if (!machine_) {
    bridge::MachineConfig config;
    config.state_root = state_root_;
    config.network_version = network_version_;
    config.chain_id = chain_id_;
    TRY(machine_, with_context(engine_.machine(config, store_, *this), what));
  }
  types::Message message;
  message.from = from;
  message.to = to;
  message.method = method;
  message.params = std::move(params);
  message.value = std::move(value);
  message.gas_limit = Gas(1'000'000'000'000);
  const auto bytes = ipld::encode(message);
  const bridge::ApplyMessage apply{bytes, bytes.size(), bridge::ApplyKind::Implicit};
  TRY(auto results, with_context(machine_->execute({&apply, 1}), what));
  auto& result = results.at(0);
  if (result.exit_code != 0) {
    return fail(ErrorCode::FailedValidation, "{}: {} method {} failed with exit code {}: {}", what, to, method,
                result.exit_code, result.failure);
  }
  return std::move(result.return_value);
}

Result<Cid> GenesisVm::flush() {
  if (machine_) {
    TRY(state_root_, machine_->flush());
    machine_.reset();
  }
  return state_root_;
}

Result<void> GenesisVm::edit(const std::function<Result<void>(actors::StateTree&)>& change) {
  TRY_VOID(flush());
  TRY(auto tree, actors::StateTree::load(store_, state_root_));
  TRY_VOID(change(tree));
  TRY(state_root_, tree.flush());
  return {};
}

// Nothing that a genesis calls draws randomness; a fixed answer keeps the genesis reproducible.
Result<std::array<std::uint8_t, 32>> GenesisVm::chain_randomness(ChainEpoch) {
  return std::array<std::uint8_t, 32>{};
}

Result<std::array<std::uint8_t, 32>> GenesisVm::beacon_randomness(ChainEpoch) {
  return std::array<std::uint8_t, 32>{};
}

Result<bridge::ConsensusFaultVerdict> GenesisVm::verify_consensus_fault(BytesView, BytesView, BytesView) {
  return fail(ErrorCode::Unsupported, "there are no blocks before genesis");
}

Result<Cid> GenesisVm::tipset_cid(ChainEpoch) {
  return fail(ErrorCode::Unsupported, "there are no tipsets before genesis");
}

}  // namespace venus::genesis
