// SPDX-License-Identifier: MIT OR Apache-2.0
// All parts of the chain side wired together over one store: what a node, a replay and a test need.
#pragma once

#include <memory>

#include "base/clock.hpp"
#include "consensus/block_validator.hpp"
#include "consensus/state_manager.hpp"

namespace venus::consensus {

struct RuntimeOptions {
  /// Memory for state blocks the VM read lately.
  std::size_t vm_cache_bytes = 48U << 20;
  chainstore::ChainStoreOptions chain;
};

/// Owns executor, state manager and validator of a chain whose genesis is known. Members are public:
/// it is wiring, not a concept.
struct ChainRuntime {
  ChainRuntime(const types::NetworkParams& params, chainstore::ChainStore& chain, bridge::VmEngine& engine,
               const base::Clock& clock, const RuntimeOptions& options);

  BeaconSchedule beacons;
  vm::Executor executor;
  StateManager states;
  MessageVerifier signatures;
  BlockValidator validator;
};

/// Wires a runtime. NotFound when the chain has no genesis yet. All references must outlive it.
Result<std::unique_ptr<ChainRuntime>> make_runtime(const types::NetworkParams& params,
                                                   chainstore::ChainStore& chain, bridge::VmEngine& engine,
                                                   const base::Clock& clock, const RuntimeOptions& options = {});

/// The network name in a state's init actor; works for all state trees, so for every genesis.
Result<std::string> network_name(Blockstore& store, const Cid& state_root);

/// Makes a block the genesis after checking it against the network's definition: its CID, if that is
/// fixed, and the name in its state. FailedValidation names what differs.
Result<void> adopt_genesis(const types::NetworkParams& params, chainstore::ChainStore& chain, const Cid& block);

}  // namespace venus::consensus
