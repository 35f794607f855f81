// SPDX-License-Identifier: MIT OR Apache-2.0
// Binds the node's API, one file for each area. The node must outlive the dispatcher.
#pragma once

#include "rpc/dispatcher.hpp"
#include "services/node/net_parts.hpp"
#include "services/node/node.hpp"
#include "services/node/sync_parts.hpp"

namespace venus::platform {
class Daemon;
}

namespace venus::node {

class Network;

void bind_chain(rpc::Dispatcher& dispatcher, Node& node);
void bind_sync(rpc::Dispatcher& dispatcher, Node& node, SyncParts parts);
void bind_mpool(rpc::Dispatcher& dispatcher, Node& node);
void bind_gas(rpc::Dispatcher& dispatcher, Node& node);
void bind_mining(rpc::Dispatcher& dispatcher, Node& node);
void bind_wallet(rpc::Dispatcher& dispatcher, Node& node);
void bind_state(rpc::Dispatcher& dispatcher, Node& node);
void bind_state_miner(rpc::Dispatcher& dispatcher, Node& node);
/// Peers and bandwidth; what is null in `parts` answers Unavailable.
void bind_net(rpc::Dispatcher& dispatcher, Node& node, NetParts parts);
/// `network` is null when networking is off.
/// Snapshots and garbage collection.
void bind_space(rpc::Dispatcher& dispatcher, Node& node);
void bind_common(rpc::Dispatcher& dispatcher, Node& node, Network* network, platform::Daemon& daemon);

}  // namespace venus::node
