// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ipld/blockstore.hpp"
#include "ipld/cid.hpp"
#include "types/ids.hpp"
#include "types/token_amount.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The Filecoin virtual machine (ref-fvm 4, network versions 21 to 29), set up as Lotus sets it up.
namespace venus::bridge {

// ---- what the machine asks of the node ----------------------------------------------------------

/// The numbers are those of the built-in actors.
enum class ConsensusFaultType : std::uint8_t {
  DoubleForkMining = 1,
  ParentGrinding = 2,
  TimeOffsetMining = 3
};

struct ConsensusFault {
  types::ActorId target{};
  types::ChainEpoch epoch{};
  ConsensusFaultType type{};
};

struct ConsensusFaultVerdict {
  std::optional<ConsensusFault> fault;
  std::int64_t gas_used{};  ///< what the check itself costs on top of the price list
};

/// Calls arrive on a machine thread while execute() waits; an Error makes the message (and with it
/// the whole execute() call) fail, so refuse by verdict, not by Error, what the chain may contain.
/// An implementation must not execute messages itself: it would hold one machine thread and want
/// another.
class Externs {
 public:
  virtual ~Externs() = default;

  /// The unblinded randomness of the ticket chain and of the beacon for an epoch (Lotus'
  /// GetChainRandomness and GetBeaconRandomness: the digest before domain separation).
  virtual Result<std::array<std::uint8_t, 32>> chain_randomness(types::ChainEpoch epoch) = 0;
  virtual Result<std::array<std::uint8_t, 32>> beacon_randomness(types::ChainEpoch epoch) = 0;

  /// Judges two (or three) raw block headers. `fault` stays empty when they prove nothing.
  virtual Result<ConsensusFaultVerdict> verify_consensus_fault(BytesView header1, BytesView header2,
                                                               BytesView extra) = 0;

  /// The CID of the tipset key at an epoch (of the last non-null round at or before it).
  virtual Result<ipld::Cid> tipset_cid(types::ChainEpoch epoch) = 0;
};

// ---- engine and machine -------------------------------------------------------------------------

/// Holds recently read state blocks for all machines that share it, inside the machine's own
/// memory, so that hot blocks are read once from the Blockstore. Thread-safe. Only let machines
/// share it whose stores all hold the same chain (the node's store and overlays over it).
class BlockCache {
 public:
  explicit BlockCache(std::size_t capacity_bytes);
  ~BlockCache();
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  struct Stats {
    std::uint64_t hits{};
    std::uint64_t misses{};
    std::uint64_t bytes{};
  };
  [[nodiscard]] Stats stats() const;

 private:
  friend class VmEngine;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct MachineConfig {
  types::ChainEpoch epoch{};
  std::uint64_t timestamp{};  ///< seconds, of the tipset being executed
  ipld::Cid state_root;       // of the parent state (the StateRoot object, version 5)
  types::TokenAmount base_fee;
  types::TokenAmount circulating_supply;
  std::uint32_t network_version{};  ///< 21 to 29
  std::uint64_t chain_id{};         // EIP-155
  bool tracing{false};
  bool actor_debugging{false};   // a network-wide parameter: true on devnets alone
  bool flush_all_blocks{false};  ///< also write blocks no longer reachable (Lotus: for archives)
  std::shared_ptr<BlockCache> cache;  ///< optional
  bool cache_writes{true};  ///< false when `state` is an overlay whose writes may be dropped
};

enum class ApplyKind : std::uint8_t {
  Explicit,  ///< from a block: pays gas, nonce is checked
  Implicit   // cron, rewards, calls for the API
};

struct ApplyMessage {
  BytesView message;             // CBOR of the unsigned message
  std::uint64_t chain_length{};  ///< bytes on chain: with the signature for secp256k1 and delegated
  ApplyKind kind{ApplyKind::Explicit};
};

struct ApplyResult {
  std::uint32_t exit_code{};
  Bytes return_value;
  std::uint64_t gas_used{};
  types::TokenAmount penalty;  ///< paid by the block's miner
  types::TokenAmount miner_tip;
  types::TokenAmount base_fee_burn;
  types::TokenAmount over_estimation_burn;
  types::TokenAmount refund;
  std::uint64_t gas_refund{};
  std::uint64_t gas_burned{};
  std::optional<ipld::Cid> events_root;  ///< of the receipt
  std::vector<Bytes> events;             // each the CBOR of one StampedEvent
  std::string failure;                   // backtrace or reason, empty on success
  Bytes exec_trace;  ///< with tracing: see decode_execution_trace (vm_trace.hpp)
};

class VmMachine;

/// Compiled actor code, shared by all machines of a process: make one, keep it. Thread-safe.
class VmEngine {
 public:
  /// `concurrency`: how many machines may execute at the same time, at least 1; 0 means one per
  /// hardware thread, but four at least. More just wait.
  explicit VmEngine(std::uint32_t concurrency = 0);
  ~VmEngine();
  VmEngine(const VmEngine&) = delete;
  VmEngine& operator=(const VmEngine&) = delete;

  /// Compiles the actors of a bundle (13 CPU s, 8 s on two quiet cores; at once when done before)
  /// so that the first machine of that network version need not. `manifest` is the CID the
  /// network definition lists for the bundle. Call it on a background thread.
  Result<void> warm_up(std::uint32_t network_version, ipld::Blockstore& store,
                       const ipld::Cid& manifest);

  /// A machine over config.state_root. `store` and `externs` must outlive it. Compiles what
  /// warm_up has not. Errors: unsupported network version, state root or actors missing.
  Result<std::unique_ptr<VmMachine>> machine(const MachineConfig& config, ipld::Blockstore& store,
                                             Externs& externs);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One epoch's execution. Not thread-safe; may move between threads from call to call.
class VmMachine {
 public:
  ~VmMachine();
  VmMachine(const VmMachine&) = delete;
  VmMachine& operator=(const VmMachine&) = delete;

  /// Executes the messages in order, in one crossing of the language border on one thread with a
  /// big stack. Failing messages have a result like any other. An Error means the node itself
  /// failed (missing state, broken message bytes, a panic): drop the machine.
  Result<std::vector<ApplyResult>> execute(std::span<const ApplyMessage> messages);

  /// Writes the state to the store, new reachable blocks only and in one batch, and returns its
  /// root. The machine can go on.
  Result<ipld::Cid> flush();

 private:
  friend class VmEngine;
  struct Impl;
  explicit VmMachine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace venus::bridge
