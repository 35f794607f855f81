// SPDX-License-Identifier: MIT OR Apache-2.0
// Executes tipsets and single messages on the FVM, in the order and with the implicit messages that
// the network agreed on (null rounds, block rewards, cron).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bridge/vm.hpp"
#include "ipld/blockstore.hpp"
#include "types/message.hpp"
#include "types/network_params.hpp"
#include "types/receipt.hpp"
#include "vm/chain_view.hpp"

namespace venus::vm {

/// A message in the form the FVM takes. `encoded` is the CBOR of the unsigned message and must live
/// until the execution ends; `chain_length` counts the bytes on chain, with the signature unless BLS.
struct MessageInput {
  Cid cid;
  BytesView encoded;
  std::size_t chain_length = 0;
};

/// One block of a tipset: its miner, how often it won, and those of its messages that no earlier
/// block of the tipset carried, BLS before secp.
struct BlockInput {
  Address miner;
  std::int64_t win_count = 0;
  std::vector<MessageInput> messages;
};

/// A tipset, ready for execution.
struct TipsetInput {
  ChainEpoch parent_epoch;
  ChainEpoch epoch;
  Cid parent_state;
  std::uint64_t timestamp = 0;          ///< of the tipset (the smallest of its blocks)
  std::uint64_t genesis_timestamp = 0;  ///< null rounds get their time from it
  TokenAmount base_fee;
  std::vector<BlockInput> blocks;
};

/// A message that ran, explicit or implicit, with what the VM told of it.
struct AppliedMessage {
  types::Message message;
  Cid cid;  ///< as blocks refer to it; of the bare message when implicit
  bool implicit = false;
  bridge::ApplyResult result;
};

struct ExecuteOptions {
  bool keep_events = false;   ///< fill TipsetResult::events
  bool store_events = true;   ///< write the events AMTs (Lotus does when it indexes events)
  bool trace = false;         ///< trace every message
  bool keep_applied = false;  ///< fill TipsetResult::applied, with implicit messages
};

/// Where the time of an execution went.
struct ExecutionTimes {
  std::chrono::nanoseconds machine{};  ///< setting up machines
  std::chrono::nanoseconds messages{};
  std::chrono::nanoseconds flush{};
  std::chrono::nanoseconds receipts{};
  ExecutionTimes& operator+=(const ExecutionTimes& other);
};

struct TipsetResult {
  Cid state_root;
  Cid receipts_root;
  std::vector<types::Receipt> receipts;  ///< of the explicit messages, in order
  std::vector<std::vector<types::Event>> events;
  std::vector<AppliedMessage> applied;
  ExecutionTimes times;
};

/// A message for call() with its outcome.
struct CallInput {
  Cid state_root;
  ChainEpoch epoch;
  std::uint64_t timestamp = 0;
  TokenAmount base_fee;
  std::vector<MessageInput> prior;  ///< run first, explicitly
  types::Message message;
  /// Explicit: gas is paid, nonce and sender are checked; the nonce is set to the sender's. Implicit:
  /// nothing of that, as for reads.
  bridge::ApplyKind kind = bridge::ApplyKind::Implicit;
  /// Free gas when the message offers none (fee cap 0): the base fee is taken as 0.
  bool free_gas_without_fee_cap = true;
  /// A sender that does not exist yet is made by an implicit transfer of nothing (eth_estimateGas).
  bool create_sender = false;
  bool trace = false;
};

struct CallResult {
  types::Message message;  ///< with the nonce it ran with
  types::Receipt receipt;
  bridge::ApplyResult result;
};

/// Runs messages. Thread-safe; executions on the same Executor may run at the same time, as far as
/// the engine lets them.
class Executor {
 public:
  /// `store` holds chain and state; all must outlive the executor.
  Executor(const types::NetworkParams& params, bridge::VmEngine& engine, Blockstore& store,
           std::size_t cache_bytes);

  /// Executes a tipset and stores its state, receipts and events.
  /// FailedValidation when the tipset itself is not executable (two blocks of one miner, a failing
  /// reward or cron message); Unsupported for state migrations this build lacks; other errors mean
  /// that the node lacks data.
  Result<TipsetResult> execute(const TipsetInput& input, ChainView& chain, const ExecuteOptions& options);

  /// Executes one message over a state; nothing is kept of it.
  /// NotFound when the sender must exist and does not.
  Result<CallResult> call(const CallInput& input, ChainView& chain);

  /// Applies the state migration due at the end of `epoch`, if any.
  Result<Cid> migrate(const Cid& state_root, ChainEpoch epoch);

  [[nodiscard]] bridge::BlockCache::Stats cache_stats() const { return cache_->stats(); }
  [[nodiscard]] Blockstore& store() const noexcept { return store_; }

 private:
  struct Run;
  struct CallMachine;
  Result<CallMachine> call_machine(const CallInput& input, ChainView& chain, Blockstore& store,
                                   const Cid& state, const TokenAmount& base_fee);
  Result<std::unique_ptr<bridge::VmMachine>> machine(Run& run, Blockstore& store, const Cid& state,
                                                     ChainEpoch epoch, std::uint64_t timestamp,
                                                     const TokenAmount& base_fee);
  Result<Cid> run_null_rounds(const TipsetInput& input, Run& run);
  Result<void> run_blocks(const TipsetInput& input, Run& run, bridge::VmMachine& machine, TipsetResult& out);
  Result<Cid> store_receipts(const std::vector<types::Receipt>& receipts);
  Result<void> store_events(const bridge::ApplyResult& result);

  const types::NetworkParams& params_;
  bridge::VmEngine& engine_;
  Blockstore& store_;
  std::shared_ptr<bridge::BlockCache> cache_;
};

/// The receipt a message's outcome leaves on chain.
types::Receipt receipt_of(const bridge::ApplyResult& result);

/// The implicit cron message of an epoch.
types::Message cron_message(ChainEpoch epoch);
/// The implicit message that pays a block's miner.
types::Message reward_message(ChainEpoch epoch, const Address& miner, const TokenAmount& penalty,
                              const TokenAmount& gas_reward, std::int64_t win_count);

}  // namespace venus::vm
