// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/p2p_convert.hpp"

#include "bridge/native_error.hpp"

namespace venus::bridge::detail {

namespace {

/// Text from outside may be broken; Rust replaces what is not UTF-8.
rust::String string_in(std::string_view text) {
  return rust::String::lossy(text.data(), text.size());
}

Result<PeerId> peer_out(const rust::Vec<std::uint8_t>& bytes) {
  return PeerId::from_bytes({bytes.data(), bytes.size()});
}

native::P2pTopicIn topic_in(const P2pTopic& topic) {
  return {
      .name = string_in(topic.name),
      .weight = topic.weight,
      .time_in_mesh_weight = topic.time_in_mesh_weight,
      .time_in_mesh_quantum_ms = ms_in(topic.time_in_mesh_quantum),
      .time_in_mesh_cap = topic.time_in_mesh_cap,
      .first_weight = topic.first_deliveries_weight,
      .first_decay = topic.first_deliveries_decay,
      .first_cap = topic.first_deliveries_cap,
      .invalid_weight = topic.invalid_deliveries_weight,
      .invalid_decay = topic.invalid_deliveries_decay,
  };
}

native::P2pGossipIn gossip_in(const P2pGossipSettings& gossip) {
  return {
      .mesh = gossip.mesh,
      .mesh_low = gossip.mesh_low,
      .mesh_high = gossip.mesh_high,
      .mesh_outbound = gossip.mesh_outbound,
      .retain_scores = gossip.retain_scores,
      .lazy = gossip.lazy,
      .history = gossip.history,
      .gossip_factor = gossip.gossip_factor,
      .max_message = gossip.max_message,
      .seen_for_ms = ms_in(gossip.seen_for),
      .peer_exchange = gossip.peer_exchange,
      .gossip_threshold = gossip.gossip_threshold,
      .publish_threshold = gossip.publish_threshold,
      .graylist_threshold = gossip.graylist_threshold,
      .accept_exchange_threshold = gossip.accept_exchange_threshold,
      .opportunistic_graft_threshold = gossip.opportunistic_graft_threshold,
      .app_weight = gossip.app_weight,
      .colocation_weight = gossip.colocation_weight,
      .colocation_threshold = gossip.colocation_threshold,
      .colocation_whitelist = strings_in(gossip.colocation_whitelist),
      .behaviour_weight = gossip.behaviour_weight,
      .behaviour_threshold = gossip.behaviour_threshold,
      .behaviour_decay = gossip.behaviour_decay,
      .decay_interval_ms = ms_in(gossip.decay_interval),
      .retain_score_ms = ms_in(gossip.retain_score),
      .decay_to_zero = gossip.decay_to_zero,
  };
}

native::P2pLimitsIn limits_in(const P2pLimits& limits) {
  return {
      .inbound_connections = limits.inbound_connections,
      .outbound_connections = limits.outbound_connections,
      .pending_inbound = limits.pending_inbound,
      .pending_outbound = limits.pending_outbound,
      .connections_of_peer = limits.connections_of_peer,
      .gossip_queue = limits.gossip_queue,
      .gossip_queue_bytes = limits.gossip_queue_bytes,
      .streams_of_peer = limits.streams_of_peer,
      .inbound_streams = limits.inbound_streams,
  };
}

P2pEvent event_of_peer(native::P2pNews& news, PeerId peer) {
  using Kind = native::P2pKind;
  switch (news.kind) {
    case Kind::Connected:
      return P2pConnected{std::move(peer), std::string(news.text), news.flag,
                          static_cast<std::uint32_t>(news.number)};
    case Kind::Disconnected:
      return P2pDisconnected{std::move(peer), static_cast<std::uint32_t>(news.number),
                             std::string(news.text)};
    case Kind::Identified:
      return P2pIdentified{std::move(peer), std::string(news.text), strings_out(news.list),
                           strings_out(news.addresses), std::string(news.observed)};
    case Kind::Pinged:
      return P2pPinged{std::move(peer), std::chrono::microseconds(news.number)};
    case Kind::Discovered:
      return P2pDiscovered{std::move(peer), strings_out(news.addresses)};
    default:
      return P2pGossip{news.number, std::move(peer), std::string(news.text), to_bytes(news.data)};
  }
}

}  // namespace

rust::Vec<rust::String> strings_in(const std::vector<std::string>& strings) {
  rust::Vec<rust::String> out;
  out.reserve(strings.size());
  for (const auto& text : strings)
    out.push_back(string_in(text));
  return out;
}

std::vector<std::string> strings_out(const rust::Vec<rust::String>& strings) {
  std::vector<std::string> out;
  out.reserve(strings.size());
  for (const auto& text : strings)
    out.emplace_back(text.data(), text.size());
  return out;
}

native::P2pConfig config_in(const P2pSettings& settings) {
  rust::Vec<native::P2pTopicIn> topics;
  for (const auto& topic : settings.topics)
    topics.push_back(topic_in(topic));
  return {
      .identity = settings.identity,
      .agent = string_in(settings.agent),
      .kad_protocol = string_in(settings.kad_protocol),
      .kad_server = settings.kad_server,
      .listen = strings_in(settings.listen),
      .announce = strings_in(settings.announce),
      .topics = std::move(topics),
      .protocols = strings_in(settings.protocols),
      .gossip = gossip_in(settings.gossip),
      .limits = limits_in(settings.limits),
      .idle_timeout_ms = ms_in(settings.idle_timeout),
  };
}

Result<P2pEvent> event_out(native::P2pNews& news) {
  if (news.kind == native::P2pKind::Listening) {
    return P2pListening{std::string(news.text), news.flag};
  }
  TRY(auto peer, peer_out(news.peer));
  return event_of_peer(news, std::move(peer));
}

Result<std::vector<P2pScore>> scores_out(const rust::Vec<native::P2pScoreOut>& scores) {
  std::vector<P2pScore> out;
  out.reserve(scores.size());
  for (const auto& one : scores) {
    TRY(auto peer, peer_out(one.peer));
    P2pScore score{std::move(peer), one.score, one.app, {}};
    for (const auto& topic : one.topics) {
      score.topics.emplace(std::string(topic.name),
                           P2pTopicScore{std::chrono::nanoseconds(topic.time_in_mesh_ns),
                                         topic.first, topic.invalid});
    }
    out.push_back(std::move(score));
  }
  return out;
}

P2pBandwidth bandwidth_out(const native::P2pBandwidthOut& bandwidth) {
  P2pBandwidth out;
  out.total = {bandwidth.total_in, bandwidth.total_out};
  for (const auto& one : bandwidth.protocols) {
    out.by_protocol.emplace(std::string(one.name), P2pTraffic{one.bytes_in, one.bytes_out});
  }
  for (const auto& one : bandwidth.peers) {
    if (auto peer = peer_out(one.peer)) {
      out.by_peer.emplace(*std::move(peer), P2pTraffic{one.bytes_in, one.bytes_out});
    }
  }
  return out;
}

}  // namespace venus::bridge::detail
