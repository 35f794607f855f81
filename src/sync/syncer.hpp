// SPDX-License-Identifier: MIT OR Apache-2.0
// Keeps the chain store on the heaviest valid chain that peers have.
#pragma once

#include <memory>

#include "sync/chain_rules.hpp"
#include "sync/chain_source.hpp"
#include "sync/options.hpp"
#include "sync/status.hpp"

namespace venus::sync {

/// Peers' heads come in, targets are chosen from them (target_queue.hpp), and each is synchronised by a run
/// (sync_run.hpp). Thread-safe. References given to the constructors must outlive stop() and the object.
///
/// Blocks are marked bad only when they break a rule of consensus; what time, other peers or our own repair may
/// heal is retried with growing pauses and given up for the moment after `attempts`. Whenever nothing is going
/// on, the heads that peers told are looked at again, so no single failure leaves the node behind.
class Syncer {
 public:
  /// `pool` executes and validates: two threads or more, of its own for preference. The chain's genesis is set.
  Syncer(asio::any_io_executor executor, consensus::ChainRuntime& runtime, ChainSource& source,
         const base::Clock& clock, WorkerPool& pool, SyncOptions options);
  /// With rules of one's own, for tests.
  Syncer(asio::any_io_executor executor, chainstore::ChainStore& chain, ChainRules& rules, ChainSource& source,
         const base::Clock& clock, WorkerPool& pool, SyncOptions options);
  /// After stop(), or after the executor's context ended.
  ~Syncer();
  Syncer(const Syncer&) = delete;
  Syncer& operator=(const Syncer&) = delete;

  /// Begins; inputs before it are remembered.
  void start();
  /// Interrupts everything and waits until nothing of it runs. Idempotent.
  Task<> stop();

  /// A peer told its head (hello). The weight is what it claims; the chain decides.
  void peer_head(PeerId from, TipsetKey key, ChainEpoch height, BigInt weight);
  /// The connection ended: the peer's head does not count any more.
  void peer_gone(PeerId from);
  /// A gossiped block that passed pre-validation and whose messages are in the store; its parents may be
  /// unknown. Stores the header and returns; validation follows. FailedValidation when the block or its parents
  /// are known as bad or its messages are not those of the header; Temporal when its epoch is too far from now.
  Task<> incoming_block(types::BlockMessage block, PeerId from);
  /// A block of our own miner whose messages are in the store: validated at once. FailedValidation with all
  /// broken rules; Unavailable when parents or messages are missing.
  Task<> own_block(types::BlockMessage block);
  /// Makes the chain that contains the tipset ours, fetching it if need be, and never leaves it from then on.
  Task<> checkpoint(TipsetKey key);

  [[nodiscard]] SyncStatus status() const;

 private:
  class Core;
  std::unique_ptr<ChainRules> own_rules_;
  std::shared_ptr<Core> core_;
};

}  // namespace venus::sync
