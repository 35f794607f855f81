// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/state_tree.hpp"
#include "types/policy.hpp"
#include "vm/circulating_supply.hpp"
#include "vm/executor.hpp"
#include "vm/externs.hpp"

namespace venus::vm {
namespace {

// Length of the longest signature that is charged: secp256k1 and delegated ones; plus type and header.
constexpr std::size_t kSignatureCost = 1 + 2 + 66;

// What call() keeps between machines over the same throw-away store.
struct Overlay {
  ipld::MemoryBlockstore memory;
  ipld::OverlayBlockstore store;
  explicit Overlay(Blockstore& below) : store(memory, below) {}
};

std::size_t chain_length_of(const types::Message& message, const Address& key) {
  const auto bare = ipld::encode(message).size();
  // BLS signatures are aggregated in the block and cost nothing.
  return key.defined() && key.protocol() == types::Protocol::Bls ? bare : bare + kSignatureCost;
}

types::Message placeholder_message(const Address& sender) {
  types::Message message;
  message.to = sender;
  message.from = Address::id(types::singleton::kSystem);
  message.gas_limit = Gas(types::policy::kBlockGasLimit);
  return message;
}

Result<bridge::ApplyResult> run_one(bridge::VmMachine& machine, const types::Message& message,
                                    std::size_t chain_length, bridge::ApplyKind kind) {
  const auto encoded = ipld::encode(message);
  const bridge::ApplyMessage apply{encoded, chain_length == 0 ? encoded.size() : chain_length, kind};
  TRY(auto results, machine.execute({&apply, 1}));
  if (results.size() != 1) return fail(ErrorCode::Internal, "VM answered {} of 1 messages", results.size());
  return std::move(results[0]);
}

}  // namespace

// A machine with the externs it asks.
struct Executor::CallMachine {
  std::unique_ptr<NodeExterns> externs;
  std::unique_ptr<bridge::VmMachine> machine;
};

Result<Executor::CallMachine> Executor::call_machine(const CallInput& input, ChainView& chain, Blockstore& store,
                                                     const Cid& state, const TokenAmount& base_fee) {
  CallMachine out;
  TRY(auto supply, circulating_supply(params_, input.epoch, store, state));
  out.externs = std::make_unique<NodeExterns>(params_, chain, store, state, input.epoch);
  bridge::MachineConfig config;
  config.epoch = input.epoch;
  config.timestamp = input.timestamp;
  config.state_root = state;
  config.base_fee = base_fee;
  config.circulating_supply = std::move(supply.circulating);
  config.network_version = params_.network_version(input.epoch).value();
  config.chain_id = params_.eip155_chain_id;
  config.tracing = input.trace;
  config.actor_debugging = params_.actor_debugging;
  config.cache = cache_;
  config.cache_writes = false;
  TRY(out.machine, engine_.machine(config, store, *out.externs));
  return out;
}

Result<CallResult> Executor::call(const CallInput& input, ChainView& chain) {
  Overlay overlay(store_);
  auto& store = overlay.store;
  TRY(auto vm, call_machine(input, chain, store, input.state_root, input.base_fee));
  auto state = input.state_root;
  if (!input.prior.empty()) {
    std::vector<bridge::ApplyMessage> prior;
    for (const auto& message : input.prior) {
      prior.push_back({message.encoded, message.chain_length, bridge::ApplyKind::Explicit});
    }
    TRY_VOID(vm.machine->execute(prior));
    TRY(state, vm.machine->flush());
  }

  CallResult out;
  out.message = input.message;
  if (out.message.gas_limit.value() == 0) out.message.gas_limit = Gas(types::policy::kBlockGasLimit);
  TRY(auto tree, actors::StateTree::load(store, state));
  TRY(auto sender, tree.find_actor(out.message.from));
  auto create_sender = false;
  if (!sender) {
    if (!input.create_sender) {
      return fail(ErrorCode::NotFound, "sender {} not found on chain", out.message.from);
    }
    TRY(auto created, run_one(*vm.machine, placeholder_message(out.message.from), 0,
                              bridge::ApplyKind::Implicit));
    if (created.exit_code != 0) {
      return fail(ErrorCode::FailedValidation, "cannot make sender {}: exit code {}", out.message.from,
                  created.exit_code);
    }
    TRY(state, vm.machine->flush());
    create_sender = true;
  }
  out.message.nonce = sender ? sender->nonce : Nonce(0);

  if (input.free_gas_without_fee_cap && out.message.gas_fee_cap.is_zero()) {
    TRY(vm, call_machine(input, chain, store, state, TokenAmount{}));
  }
  auto kind = input.kind;
  std::size_t length = 0;
  if (kind == bridge::ApplyKind::Explicit) {
    auto key = out.message.from;
    if (!create_sender && sender && key.is_id()) {
      TRY(auto fresh, actors::StateTree::load(store, state));
      TRY(key, fresh.key_address(key));
    }
    length = chain_length_of(out.message, key);
  }
  TRY(out.result, run_one(*vm.machine, out.message, length, kind));
  out.receipt = receipt_of(out.result);
  return out;
}

}  // namespace venus::vm
