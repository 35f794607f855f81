// SPDX-License-Identifier: MIT OR Apache-2.0
// What states the chain has: executing tipsets once, and questions about the state after or before one.
#pragma once

#include <condition_variable>
#include <mutex>
#include <unordered_set>

#include "chainstore/chain_store.hpp"
#include "consensus/beacon.hpp"
#include "consensus/tipset_view.hpp"
#include "vm/circulating_supply.hpp"
#include "vm/executor.hpp"

namespace venus::consensus {

using chainstore::ExecutedState;

/// Which messages of the tipset itself run before a called message.
enum class PriorMessages : std::uint8_t {
  None,        ///< none: on the given state as it is
  SameSender,  ///< those of the message's sender
  All,
};

struct CallRequest {
  types::Message message;
  TipsetPtr tipset;  ///< null: the head
  /// Instead of the tipset's parent state.
  std::optional<Cid> state;
  std::vector<types::SignedMessage> prior;  ///< run after the tipset's own
  PriorMessages of_tipset = PriorMessages::SameSender;
  bridge::ApplyKind kind = bridge::ApplyKind::Implicit;
  bool create_sender = false;
  bool trace = true;
};

/// Thread-safe.
class StateManager {
 public:
  /// All references must outlive the manager. Gives the chain store its weight and sender rules.
  StateManager(const types::NetworkParams& params, chainstore::ChainStore& chain, vm::Executor& executor,
               const BeaconSchedule& beacons);

  [[nodiscard]] const types::NetworkParams& params() const noexcept { return params_; }
  [[nodiscard]] chainstore::ChainStore& chain() const noexcept { return chain_; }
  [[nodiscard]] const BeaconSchedule& beacons() const noexcept { return beacons_; }
  [[nodiscard]] vm::Executor& executor() const noexcept { return executor_; }
  [[nodiscard]] Blockstore& store() const noexcept { return chain_.blocks(); }

  /// From now on nothing new is executed: Unavailable with this reason. For nodes that lack what execution
  /// needs to come out right (verifying keys). Call before the first execution.
  void refuse_execution(std::string reason) { refusal_ = std::move(reason); }

  /// State and receipts after a tipset; executes it if that was not done before. Several callers of one
  /// tipset wait for one execution.
  Result<ExecutedState> state(const TipsetPtr& tipset);
  /// Executes a tipset whatever is cached (traces, replays, re-imports) and remembers the outcome.
  Result<vm::TipsetResult> execute(const TipsetPtr& tipset, const vm::ExecuteOptions& options);
  /// Executes one message (Lotus StateCall and the gas estimates) at the tipset's epoch on its parent
  /// state. NotFound without such a sender.
  Result<vm::CallResult> call(const CallRequest& request);

  /// The base fee that children of the tipset carry; remembered.
  Result<TokenAmount> base_fee_after(const TipsetPtr& tipset);
  /// Weight of the chain with the tipset at its end; remembered.
  Result<BigInt> weight(const TipsetPtr& tipset);

  /// The key address of an account as seen from a tipset: in its parent state, else in its own.
  Result<Address> key_address(const Address& address, const TipsetPtr& tipset);
  /// The circulating supply that the tipset's messages see.
  Result<vm::CirculatingSupply> circulating_supply(const TipsetPtr& tipset);
  /// The view messages on this tipset have of the chain.
  [[nodiscard]] TipsetView view(TipsetPtr tipset) const { return {params_, chain_, beacons_, std::move(tipset)}; }

  /// Time spent executing, in sum over all calls.
  [[nodiscard]] vm::ExecutionTimes times() const;

 private:
  Result<vm::TipsetInput> prepare(const types::Tipset& tipset, std::span<const chainstore::MessagesPtr> messages);

  const types::NetworkParams& params_;
  chainstore::ChainStore& chain_;
  vm::Executor& executor_;
  const BeaconSchedule& beacons_;
  std::optional<std::string> refusal_;
  chainstore::LruCache<TipsetKey, BigInt> weights_{1024};
  chainstore::LruCache<TipsetKey, TokenAmount> base_fees_{1024};

  mutable std::mutex mutex_;
  std::condition_variable done_;
  std::unordered_set<TipsetKey> running_;
  vm::ExecutionTimes times_;
};

/// The base fee rule in force for children of a tipset of this height.
struct BaseFeeRule;
BaseFeeRule base_fee_rule(const types::NetworkParams& params, ChainEpoch height);

}  // namespace venus::consensus
