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
#include "services/node/disk_watch.hpp"
#include "services/node/drand_source.hpp"
#include "services/node/key_store.hpp"
#include "services/node/space.hpp"
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
  /// As peers see this program: "venus-0.1.0".
  std::string agent = "venus";
  /// Garbage collection and the disk (SpaceOptions).
  std::int64_t gc_keep_epochs = 2000;
  std::uint64_t max_disk = 0;
  std::uint64_t min_free = 1U << 30;
  /// Told once, from any thread, why the node must stop: the disk is full or the database can't be written.
  std::function<void(const std::string&)> on_disk_full = {};
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
  /// is the heaviest. FailedValidation with all broken rules. For a node without peers; see Network.
  Result<void> submit_block(const types::BlockMessage& block);
  /// Puts the messages of a block into the store, from the pool where the store lacks them, with the roots its
  /// header names. Unavailable names a message that is nowhere; FailedValidation for other roots.
  Result<void> store_messages_of(const types::BlockMessage& block);
  /// Pushes a local message; its CID.
  Result<Cid> push_message(types::SignedMessage message, mpool::Origin origin);
  /// Whether the actors are compiled: before, executing waits for it.
  [[nodiscard]] bool warm() const { return warm_; }
  /// Manifests of the actor bundles that were given.
  [[nodiscard]] const std::vector<Cid>& manifests() const { return manifests_; }
  /// Whole epochs between the clock and the head; 0 when in sync.
  [[nodiscard]] std::int64_t epochs_behind() const;

  /// Told of each message that was pushed here and should be relayed; set before the API listens.
  std::function<void(types::SignedMessage)> relay;

  Settings settings;
  asio::io_context& io;
  base::SystemClock clock;
  DiskWatch disk;
  std::unique_ptr<chainstore::ChainDatabase> database;
  std::unique_ptr<chainstore::ChainStore> chain;
  std::unique_ptr<Space> space;
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
