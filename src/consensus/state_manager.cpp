// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/state_manager.hpp"

#include "actors/state_tree.hpp"
#include "consensus/base_fee.hpp"
#include "consensus/weight.hpp"

namespace venus::consensus {
namespace {

vm::MessageInput input_of(const chainstore::ChainMessage& message) {
  return {message.cid, message.encoded(), message.chain_length()};
}

}  // namespace

StateManager::StateManager(const types::NetworkParams& params, chainstore::ChainStore& chain,
                           vm::Executor& executor, const BeaconSchedule& beacons)
    : params_(params), chain_(chain), executor_(executor), beacons_(beacons) {
  chain_.set_rules([this](const TipsetPtr& tipset) { return weight(tipset); },
                   [this](const Cid& state, const Address& address) -> Result<ActorId> {
                     TRY(auto tree, actors::StateTree::load(store(), state));
                     return tree.lookup_id(address);
                   });
}

Result<vm::TipsetInput> StateManager::prepare(const types::Tipset& tipset,
                                              std::span<const chainstore::MessagesPtr> messages) {
  vm::TipsetInput out;
  const auto genesis = chain_.genesis();
  if (!genesis) return fail(ErrorCode::NotFound, "no genesis yet");
  TRY(auto parent, chain_.parent(tipset));
  out.parent_epoch = parent->height();
  out.epoch = tipset.height();
  out.parent_state = tipset.parent_state_root();
  out.timestamp = tipset.min_timestamp();
  out.genesis_timestamp = genesis->min_timestamp();
  out.base_fee = tipset.parent_base_fee();
  TRY(auto selected, chain_.executed_messages(tipset, messages));
  for (std::size_t i = 0; i < tipset.blocks().size(); ++i) {
    const auto& header = tipset.blocks()[i];
    if (!header.election_proof) {
      return fail(ErrorCode::FailedValidation, "block {} has no election proof", tipset.cids()[i]);
    }
    vm::BlockInput block{header.miner, header.election_proof->win_count, {}};
    block.messages.reserve(selected[i].size());
    for (const auto& at : selected[i]) block.messages.push_back(input_of(messages[at.block]->at(at.index)));
    out.blocks.push_back(std::move(block));
  }
  return out;
}

Result<vm::TipsetResult> StateManager::execute(const TipsetPtr& tipset, const vm::ExecuteOptions& options) {
  // Nothing is executed on genesis: its header names its own state.
  if (tipset->height() == ChainEpoch(0)) {
    vm::TipsetResult out;
    out.state_root = tipset->parent_state_root();
    out.receipts_root = tipset->parent_receipts();
    return out;
  }
  if (refusal_) return fail(ErrorCode::Unavailable, "{}", *refusal_);
  TRY(auto messages, chain_.block_messages(*tipset));
  TRY(auto input, prepare(*tipset, messages));
  auto chain_view = view(tipset);
  TRY(auto out, with_context(executor_.execute(input, chain_view, options),
                             fmt::format("execute tipset at {}", tipset->height())));
  TRY_VOID(chain_.set_executed(tipset->key(), {out.state_root, out.receipts_root}));
  std::lock_guard lock(mutex_);
  times_ += out.times;
  return out;
}

Result<ExecutedState> StateManager::state(const TipsetPtr& tipset) {
  if (tipset->height() == ChainEpoch(0)) {
    return ExecutedState{tipset->parent_state_root(), tipset->parent_receipts()};
  }
  {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return !running_.contains(tipset->key()); });
    running_.insert(tipset->key());
  }
  // One of several callers executes; the others then find the outcome.
  const auto work = [&]() -> Result<ExecutedState> {
    TRY(auto known, chain_.executed(tipset->key()));
    if (known) {
      TRY(const auto present, store().has(known->state_root));
      if (present) return *known;
    }
    TRY(auto result, execute(tipset, {}));
    return ExecutedState{result.state_root, result.receipts_root};
  };
  auto out = work();
  {
    std::lock_guard lock(mutex_);
    running_.erase(tipset->key());
  }
  done_.notify_all();
  return out;
}

Result<vm::CallResult> StateManager::call(const CallRequest& request) {
  const auto tipset = request.tipset ? request.tipset : chain_.head();
  if (!tipset) return fail(ErrorCode::NotFound, "no head yet");
  vm::CallInput input;
  TRY(input.state_root, executor_.migrate(request.state.value_or(tipset->parent_state_root()), tipset->height()));
  input.epoch = tipset->height();
  input.timestamp = tipset->min_timestamp();
  input.base_fee = tipset->parent_base_fee();
  input.message = request.message;
  input.kind = request.kind;
  input.create_sender = request.create_sender;
  input.trace = request.trace;

  std::vector<chainstore::MessagesPtr> messages;
  if (request.of_tipset != PriorMessages::None && tipset->height() > ChainEpoch(0)) {
    TRY(messages, chain_.block_messages(*tipset));
    TRY(auto selected, chain_.executed_messages(*tipset, messages));
    for (const auto& block : selected) {
      for (const auto& at : block) {
        const auto& message = messages[at.block]->at(at.index);
        if (request.of_tipset == PriorMessages::SameSender && message.message.from != request.message.from) continue;
        input.prior.push_back(input_of(message));
      }
    }
  }
  std::vector<Bytes> encoded;
  encoded.reserve(request.prior.size());
  for (const auto& prior : request.prior) {
    encoded.push_back(ipld::encode(prior.message));
    input.prior.push_back({prior.cid(), encoded.back(), prior.chain_length()});
  }
  auto chain_view = view(tipset);
  return executor_.call(input, chain_view);
}

BaseFeeRule base_fee_rule(const types::NetworkParams& params, ChainEpoch height) {
  BaseFeeRule out;
  out.fixed = params.is_gas_tamping(height);
  out.packing = !params.is_after(Upgrade::Smoke, height);
  out.premiums = params.has(Feature::BaseFeeFromPremiums, height);
  return out;
}

Result<TokenAmount> StateManager::base_fee_after(const TipsetPtr& tipset) {
  if (auto known = base_fees_.get(tipset->key())) return *std::move(known);
  TRY(auto messages, chain_.block_messages(*tipset));
  auto out = next_base_fee(*tipset, messages, base_fee_rule(params_, tipset->height()));
  base_fees_.put(tipset->key(), out);
  return out;
}

Result<BigInt> StateManager::weight(const TipsetPtr& tipset) {
  if (auto known = weights_.get(tipset->key())) return *std::move(known);
  TRY(auto out, with_context(tipset_weight(store(), *tipset), fmt::format("weight at {}", tipset->height())));
  weights_.put(tipset->key(), out);
  return out;
}

Result<Address> StateManager::key_address(const Address& address, const TipsetPtr& tipset) {
  switch (address.protocol()) {
    case types::Protocol::Secp256k1:
    case types::Protocol::Bls:
    case types::Protocol::Delegated:
      return address;
    case types::Protocol::Actor:
      return fail(ErrorCode::InvalidArgument, "actor address {} has no key", address);
    case types::Protocol::Id:
      break;
  }
  TRY(auto before, actors::StateTree::load(store(), tipset->parent_state_root()));
  if (auto found = before.key_address(address)) return found;
  TRY(auto after, state(tipset));
  TRY(auto tree, actors::StateTree::load(store(), after.state_root));
  return tree.key_address(address);
}

Result<vm::CirculatingSupply> StateManager::circulating_supply(const TipsetPtr& tipset) {
  return vm::circulating_supply(params_, tipset->height(), store(), tipset->parent_state_root());
}

vm::ExecutionTimes StateManager::times() const {
  std::lock_guard lock(mutex_);
  return times_;
}

}  // namespace venus::consensus
