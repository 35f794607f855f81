// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/gossip_settings.hpp"

#include <algorithm>
#include <cmath>

namespace venus::net {
namespace {

using namespace std::chrono_literals;

// What all topics of Lotus have in common: a second in the mesh is a tick, an hour of it the most that
// counts; an invalid message costs a thousand, times the topic's weight, for an hour.
bridge::P2pTopic topic(std::string name, double weight) {
  bridge::P2pTopic out;
  out.name = std::move(name);
  out.weight = weight;
  out.time_in_mesh_quantum = 1s;
  out.time_in_mesh_cap = 1;
  out.invalid_deliveries_weight = -1000;
  out.invalid_deliveries_decay = decay_over(1h);
  return out;
}

// Some ten blocks a minute are expected.
bridge::P2pTopic blocks(const NetworkParams& network) {
  auto out = topic(blocks_topic(network), 0.1);
  out.time_in_mesh_weight = 0.00027;
  out.first_deliveries_weight = 5;
  out.first_deliveries_decay = decay_over(1h);
  out.first_deliveries_cap = 100;
  return out;
}

bridge::P2pTopic messages(const NetworkParams& network) {
  auto out = topic(messages_topic(network), 0.1);
  out.time_in_mesh_weight = 0.0002778;
  out.first_deliveries_weight = 0.5;
  out.first_deliveries_decay = decay_over(10min);
  out.first_deliveries_cap = 100;
  return out;
}

bridge::P2pTopic beacons(const types::DrandChain& chain) {
  auto out = topic(drand_topic(chain), 0.5);
  out.time_in_mesh_weight = 0.00027;
  out.first_deliveries_weight = 5;
  out.first_deliveries_decay = decay_over(1h);
  out.first_deliveries_cap = 25;
  return out;
}

}  // namespace

std::string blocks_topic(const NetworkParams& network) { return "/fil/blocks/" + network.network_name; }
std::string messages_topic(const NetworkParams& network) { return "/fil/msgs/" + network.network_name; }
std::string drand_topic(const types::DrandChain& chain) { return "/drand/pubsub/v0.0.0/" + chain.chain_hash; }
std::string kad_protocol(const NetworkParams& network) { return "/fil/kad/" + network.network_name + "/kad/1.0.0"; }

double decay_over(std::chrono::seconds time) noexcept {
  // go-libp2p-pubsub's ScoreParameterDecay: ticks of a second, down to DecayToZero.
  constexpr double kZero = 0.01;
  return std::pow(kZero, 1 / static_cast<double>(std::max<std::int64_t>(time.count(), 1)));
}

bridge::P2pGossipSettings gossip_settings(std::vector<std::string> colocation_whitelist) {
  bridge::P2pGossipSettings out;
  out.mesh = 8;
  out.mesh_low = 6;
  out.mesh_high = 12;
  out.mesh_outbound = 3;
  out.retain_scores = 6;
  out.lazy = 12;
  out.history = 10;
  out.gossip_factor = 0.1;
  out.seen_for = 120s;  // go-libp2p-pubsub's TimeCacheDuration
  out.gossip_threshold = -500;
  out.publish_threshold = -1000;
  out.graylist_threshold = -2500;
  out.accept_exchange_threshold = 1000;
  out.opportunistic_graft_threshold = 3.5;
  out.app_weight = 1;
  out.colocation_weight = -100;
  out.colocation_threshold = 5;
  out.colocation_whitelist = std::move(colocation_whitelist);
  out.behaviour_weight = -10;
  out.behaviour_threshold = 6;
  out.behaviour_decay = decay_over(1h);
  out.decay_interval = 1s;
  out.decay_to_zero = 0.01;
  out.retain_score = 6h;
  return out;
}

std::vector<bridge::P2pTopic> gossip_topics(const NetworkParams& network, bool with_drand) {
  std::vector<bridge::P2pTopic> out{blocks(network), messages(network)};
  if (!with_drand) return out;
  for (const auto& chain : network.drand) {
    const auto name = drand_topic(chain);
    if (std::ranges::find(out, name, &bridge::P2pTopic::name) == out.end()) out.push_back(beacons(chain));
  }
  return out;
}

}  // namespace venus::net
