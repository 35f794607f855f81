// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/chain_runtime.hpp"

#include "actors/init.hpp"
#include "actors/state_tree.hpp"

namespace venus::consensus {

ChainRuntime::ChainRuntime(const types::NetworkParams& params, chainstore::ChainStore& chain,
                           bridge::VmEngine& engine, const base::Clock& clock, const RuntimeOptions& options)
    : beacons(params, chain.genesis()->min_timestamp()),
      executor(params, engine, chain.blocks(), options.vm_cache_bytes),
      states(params, chain, executor, beacons),
      signatures(params.eip155_chain_id),
      validator(states, signatures, clock) {}

Result<std::unique_ptr<ChainRuntime>> make_runtime(const types::NetworkParams& params,
                                                   chainstore::ChainStore& chain, bridge::VmEngine& engine,
                                                   const base::Clock& clock, const RuntimeOptions& options) {
  if (!chain.genesis()) return fail(ErrorCode::NotFound, "the chain has no genesis yet");
  return std::make_unique<ChainRuntime>(params, chain, engine, clock, options);
}

Result<std::string> network_name(Blockstore& store, const Cid& state_root) {
  TRY(auto tree, actors::StateTree::load(store, state_root));
  TRY(auto actor, tree.get_actor(types::singleton::kInit));
  TRY(auto state, ipld::load<actors::init::State>(store, actor.head));
  return std::move(state.network_name);
}

Result<void> adopt_genesis(const types::NetworkParams& params, chainstore::ChainStore& chain, const Cid& block) {
  if (params.genesis_cid && *params.genesis_cid != block) {
    return fail(ErrorCode::FailedValidation, "genesis of {} is {}, this chain starts at {}", params.name,
                *params.genesis_cid, block);
  }
  TRY(auto header, chain.block(block));
  TRY(auto name, with_context(network_name(chain.blocks(), header.parent_state_root), "genesis state"));
  if (name != params.network_name) {
    return fail(ErrorCode::FailedValidation, "genesis of network \"{}\", want \"{}\"", name, params.network_name);
  }
  if (params.genesis_timestamp != 0 && params.genesis_timestamp != header.timestamp) {
    return fail(ErrorCode::FailedValidation, "genesis time {}, want {}", header.timestamp, params.genesis_timestamp);
  }
  return chain.set_genesis(block);
}

}  // namespace venus::consensus
