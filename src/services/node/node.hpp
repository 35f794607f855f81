// SPDX-License-Identifier: MIT OR Apache-2.0
// The full node: the chain side wired together, the message pool on top, and what happens when the head
// moves. Handlers in handlers/ answer the API from it.
#pragma once

#include <filesystem>
#include <thread>

#include "api/node/chain_types.hpp"
#include "chainstore/database.hpp"
#include "chainstore/head_follower.hpp"
#include "consensus/chain_runtime.hpp"
#include "mpool/pool.hpp"
#include "rpc/dispatcher.hpp"
#include "services/node/drand_source.hpp"
#include "services/node/key_store.hpp"
#include "services/node/state_views.hpp"

namespace venus::node {

struct Settings {
  std::filesystem::path home;
  types::NetworkParams network;
  /// CAR with the genesis block and state; needed at the first start of a network without a built-in one.
  std::filesystem::path genesis_car;
  /// CARs of actor bundles to have in the store.
  std::vector<std::filesystem::path> actor_bundles;
  std::size_t database_memory_mib = 64;
  std::size_t vm_cache_mib = 48;
  std::size_t worker_threads = 4;
};

/// Members are public: it is wiring. Everything is thread-safe after start().
class Node {
 public:
  using HeadStream = rpc::Stream<std::vector<api::HeadChange>>;

  /// Opens the store, adopts the genesis if there is none yet, and wires all parts. `io` must outlive it.
  static Result<std::unique_ptr<Node>> open(asio::io_context& io, Settings settings);
  ~Node();

  /// Starts following the head and compiling the actors in the background.
  Result<void> start();
  /// Ends background work; calls in progress fail.
  void stop();

  /// The tipset of a key; the head for the empty key.
  [[nodiscard]] Result<TipsetPtr> tipset(const TipsetKey& key) const;
  [[nodiscard]] TipsetPtr head() const { return chain->head(); }
  [[nodiscard]] NetworkVersion version_after(const TipsetPtr& tipset) const {
    return settings.network.network_version(tipset->height() + 1);
  }
  /// Head changes from now on, the current head first.
  HeadStream subscribe_head();
  /// Validates a block whose messages are in the store or the pool, stores it and adopts its tipset if it
  /// is the heaviest. FailedValidation with all broken rules.
  Result<void> submit_block(const types::BlockMessage& block);
  /// Pushes a local message; its CID.
  Result<Cid> push_message(types::SignedMessage message, mpool::Origin origin);
  /// Whether the actors are compiled: before, executing waits for it.
  [[nodiscard]] bool warm() const { return warm_; }
  /// Manifests of the actor bundles that were given.
  [[nodiscard]] const std::vector<Cid>& manifests() const { return manifests_; }
  /// Whole epochs between the clock and the head; 0 when in sync.
  [[nodiscard]] std::int64_t epochs_behind() const;

  Settings settings;
  asio::io_context& io;
  base::SystemClock clock;
  std::unique_ptr<chainstore::ChainDatabase> database;
  std::unique_ptr<chainstore::ChainStore> chain;
  bridge::VmEngine engine{2};
  std::unique_ptr<consensus::ChainRuntime> runtime;
  std::unique_ptr<mpool::ChainView> pool_view;
  std::unique_ptr<mpool::MessageStore> pool_store;
  std::unique_ptr<mpool::Pool> pool;
  std::unique_ptr<KeyStore> keys;
  std::unique_ptr<consensus::BeaconSource> beacons;
  StateViews views;
  AnswerCache answers;
  WorkerPool workers;
  const std::int64_t started_millis;

 private:
  Node(asio::io_context& io, Settings settings);
  Result<void> open_chain();
  Result<std::vector<Cid>> import_bundles();
  void follow_head(std::stop_token stop);
  void warm_up();
  Result<void> warm_actors();
  void publish(const chainstore::HeadChange& change, const TipsetPtr& to);
  void bring_pool_to(const TipsetPtr& to);

  std::vector<Cid> manifests_;
  std::atomic<bool> warm_ = false;
  std::shared_ptr<chainstore::HeadSubscription> head_changes_;
  std::optional<chainstore::HeadFollower> pool_head_;  // what the pool knows; the follower's thread alone
  TipsetPtr pool_start_;                               // written before warm_ is set
  std::mutex listeners_mutex_;
  TipsetPtr published_;  // under listeners_mutex_: where those who listen stand
  std::vector<rpc::StreamWriter<std::vector<api::HeadChange>>> listeners_;
  std::jthread follower_;
  std::jthread warmer_;
};

}  // namespace venus::node
