// SPDX-License-Identifier: MIT OR Apache-2.0
// One of the many peers of a benchmark: a real libp2p host that speaks hello and gossip as a
// Filecoin node does.
#pragma once

#include "bridge/p2p.hpp"
#include "net/hello.hpp"
#include "types/network_params.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace venus::bench {

struct PeerOptions {
  std::size_t index = 0;
  types::NetworkParams network;  ///< its name tells topics and protocols
  net::HelloMessage hello;
  /// Whether it talks to the DHT.
  bool kad = false;
};

/// Counts over all peers.
struct PeerCounts {
  std::atomic<std::uint64_t> gossip{0}, published{0}, refused{0}, lost{0};
};

/// Thread-safe. `counts` outlives it.
class LoadPeer {
 public:
  /// Listens on an address of its own (127.1.x.y).
  static Result<std::shared_ptr<LoadPeer>> start(asio::any_io_executor executor,
                                                 const PeerOptions& options, PeerCounts& counts);

  /// Connects and says hello.
  static Task<> connect(std::shared_ptr<LoadPeer> self, PeerId peer, std::string address);
  /// Publishes on the message topic, without waiting for it.
  static void publish(const std::shared_ptr<LoadPeer>& self, Bytes data);
  /// From now on this peer takes no gossip of another: as one that has everything already.
  void be_sated(const PeerId& peer) { host_->set_app_score(peer, kSated); }

  /// Why the last thing that failed did.
  [[nodiscard]] std::string failure();

  [[nodiscard]] const PeerId& id() const { return host_->id(); }
  void stop() { host_->stop(); }

 private:
  // Below the gossip threshold, above the publish threshold.
  static constexpr double kSated = -600;
  LoadPeer(asio::any_io_executor executor, const PeerOptions& options, PeerCounts& counts);
  static Task<> pump(std::shared_ptr<LoadPeer> self);
  static Task<> answer_hello(bridge::P2pStreamPtr stream);
  static Task<> publish_one(std::shared_ptr<LoadPeer> self, Bytes data);
  void handle(const bridge::P2pEvent& event);

  asio::any_io_executor executor_;
  const std::string topic_;
  const net::HelloMessage hello_;
  PeerCounts& counts_;
  std::mutex mutex_;
  std::string failure_;
  std::unique_ptr<bridge::P2pHost> host_;
};

}  // namespace venus::bench
