// SPDX-License-Identifier: MIT OR Apache-2.0
// Gossip as the network's other nodes do it (Lotus node/modules/lp2p/pubsub.go; protocol.md section 7).
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "bridge/p2p.hpp"
#include "types/network_params.hpp"

namespace venus::net {

/// "/fil/blocks/<network>": blocks as CBOR of BlockMsg.
std::string blocks_topic(const NetworkParams& network);
/// "/fil/msgs/<network>": signed messages.
std::string messages_topic(const NetworkParams& network);
/// "/drand/pubsub/v0.0.0/<chain hash>": beacons of a drand network.
std::string drand_topic(const types::DrandChain& chain);
/// "/fil/kad/<network>/kad/1.0.0": the prefix of Filecoin and the protocol that go-libp2p-kad-dht puts behind it.
std::string kad_protocol(const NetworkParams& network);

/// What a counter is multiplied by each second so that it is at a hundredth after `time` (at least 1 s).
double decay_over(std::chrono::seconds time) noexcept;

/// Thresholds and peer scores; `colocation_whitelist` are addresses that may hold any number of peers.
bridge::P2pGossipSettings gossip_settings(std::vector<std::string> colocation_whitelist = {});

/// Topics with their score parameters: blocks and messages, and with `with_drand` those of the network's
/// drand chains (this node asks for beacons by HTTP, so it has no use for them).
std::vector<bridge::P2pTopic> gossip_topics(const NetworkParams& network, bool with_drand = false);

}  // namespace venus::net
