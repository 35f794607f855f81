// SPDX-License-Identifier: MIT OR Apache-2.0
// How a pool component reaches its nodes: several addresses, any of which may be down or behind.
#pragma once

#include "rpc/failover.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace venus::api {

struct NodeClientOptions {
  rpc::ClientOptions client{};
  /// Speak WebSocket whatever the addresses say: for subscriptions.
  bool websocket = false;
  /// Epochs a node may be behind the best of them and still be used.
  std::int64_t max_behind = 3;
};

/// The nodes of a component, in the order they were given.
struct NodeClients {
  /// Calls go to the first node that answers and is not behind, subscriptions too (rpc/failover.hpp).
  std::shared_ptr<rpc::Client> client;
  /// Each of them alone.
  std::vector<std::shared_ptr<rpc::Client>> each;
  /// Position of the one that `client` uses now; always 0 when there is only one.
  std::function<std::size_t()> in_use;
  /// Whether the node at a position answered when it was asked last; true when there is only one.
  std::function<bool(std::size_t)> alive;
  /// Sets what is told when another one is used.
  std::function<void(std::function<void(std::size_t)>)> on_switch;
};

/// Clients for addresses in any form of rpc::Endpoint. With one address there is nothing to choose and
/// nothing is probed. `io` outlives them. InvalidArgument for a bad address or none.
Result<NodeClients> make_node_clients(asio::io_context& io, const std::vector<std::string>& urls,
                                      NodeClientOptions options = {});

/// Height of a node's head, as the failover asks for it.
Task<std::int64_t> head_height(std::shared_ptr<rpc::Client> node, rpc::Millis timeout);

}  // namespace venus::api
