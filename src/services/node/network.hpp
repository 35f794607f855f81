// SPDX-License-Identifier: MIT OR Apache-2.0
// The node among its peers: host, peer management, protocols, gossip and sync wired together.
#pragma once

#include "net/bitswap.hpp"
#include "net/exchange_server.hpp"
#include "net/gossip_blocks.hpp"
#include "net/gossip_messages.hpp"
#include "net/hello.hpp"
#include "net/message_intake.hpp"
#include "net/peer_chain_source.hpp"
#include "net/peer_manager.hpp"
#include "net/protocol_server.hpp"
#include "platform/metrics.hpp"
#include "platform/task_group.hpp"
#include "services/node/net_parts.hpp"
#include "services/node/network_config.hpp"
#include "services/node/sync_parts.hpp"
#include "sync/syncer.hpp"

namespace venus::node {

class Node;

/// Owns everything that talks to peers. Thread-safe after start(). Order: open(), start(), stop(), destroy; the
/// node must outlive it.
class Network {
 public:
  /// Reads identity, peer book and ban list under `<home>/p2p` and starts to listen; peers are served and
  /// looked for from start() on.
  static Result<std::unique_ptr<Network>> open(Node& node, const NetworkConfig& config);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  Task<> start();
  Task<> stop();

  /// Validates a block of our own, adopts it if it wins, and tells the network. FailedValidation with all
  /// broken rules.
  Task<> submit_block(types::BlockMessage block);
  /// Tells the network of a message that is in the pool already.
  Task<> publish_message(types::SignedMessage message);
  /// Peers that would get a message and a block published now.
  Task<std::pair<std::size_t, std::size_t>> publish_counts();

  [[nodiscard]] NetParts net_parts();
  [[nodiscard]] SyncParts sync_parts();
  [[nodiscard]] sync::Syncer& syncer() { return *syncer_; }
  [[nodiscard]] net::PeerManager& peers() { return *peers_; }

  /// Figures of peers, traffic, gossip and sync for Prometheus.
  void add_metrics(platform::Metrics& metrics);

 private:
  Network(Node& node, const NetworkConfig& config);
  Result<void> open_files(const std::filesystem::path& folder);
  Result<void> open_host(const std::filesystem::path& folder);
  void wire();
  Task<> pump();
  void on_event(bridge::P2pEvent event);
  void on_connected(const bridge::P2pConnected& event);
  void on_disconnected(const bridge::P2pDisconnected& event);
  void on_identified(const bridge::P2pIdentified& event);
  Task<> greet(PeerId peer);
  Task<> judge_block(bridge::P2pGossip gossip);
  /// Tries for one block delay: a block that had nobody to go to.
  Task<> publish_later(Cid block, Bytes bytes);
  Task<> republish();
  void verify_ahead(std::span<const types::SignedMessage> messages);

  Node& node_;
  const NetworkConfig config_;
  const std::string blocks_topic_;
  const std::string messages_topic_;
  /// Apart from the pool that answers calls, so that neither waits for the other.
  WorkerPool disk_{2};
  WorkerPool gossip_pool_{2};
  WorkerPool sync_pool_{4};

  std::unique_ptr<bridge::P2pHost> host_;
  std::unique_ptr<net::PeerBook> book_;
  std::unique_ptr<net::BanList> bans_;
  net::Bandwidth bandwidth_;
  std::unique_ptr<net::PeerManager> peers_;
  net::PeerTracker tracker_;
  std::unique_ptr<net::HelloService> hello_;
  std::unique_ptr<net::ExchangeServer> exchange_server_;
  std::unique_ptr<net::ExchangeClient> exchange_client_;
  std::unique_ptr<net::PeerChainSource> source_;
  std::unique_ptr<net::Bitswap> bitswap_;
  std::unique_ptr<net::GossipBlocks> gossip_blocks_;
  std::unique_ptr<net::GossipMessages> gossip_messages_;
  std::unique_ptr<sync::Syncer> syncer_;
  std::unique_ptr<net::ProtocolServer> server_;
  std::unique_ptr<net::MessageIntake> messages_;
  platform::TaskGroup tasks_;
  BlockHub incoming_;
};

}  // namespace venus::node
