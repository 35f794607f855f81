// SPDX-License-Identifier: MIT OR Apache-2.0
// The node in the network.
#include "api/node/net.hpp"

#include "base/time_text.hpp"
#include "services/node/handlers/handlers.hpp"
#include "services/node/net_parts.hpp"

namespace venus::node {
namespace {

using namespace std::chrono_literals;
using Api = api::NetApi;

constexpr auto kFindTimeout = 60s;  // a walk asks some twenty peers, a few at once
constexpr std::size_t kMaxListed = 10'000;  // entries in one call about blocks or protection
constexpr std::string_view kPeerScope = "peer:";

std::unexpected<Error> switched_off() {
  return fail(ErrorCode::Unavailable, "networking is off: p2p.enabled is false, or the log says why");
}

api::BandwidthStats to_api(const net::TrafficRate& rate) {
  return {static_cast<std::int64_t>(rate.total_in), static_cast<std::int64_t>(rate.total_out), rate.rate_in, rate.rate_out};
}

template <class Key>
std::map<std::string, api::BandwidthStats> to_api(const std::map<Key, net::TrafficRate>& rates) {
  std::map<std::string, api::BandwidthStats> out;
  for (const auto& [key, rate] : rates) out.emplace(fmt::to_string(key), to_api(rate));
  return out;
}

api::ConnectionInfo connection_info(const net::PeerView& peer) {
  api::ConnectionInfo out{base::rfc3339(peer.first_seen * 1000), peer.value, {}, {}};
  out.tags["merit"] = static_cast<std::int64_t>(peer.merit);
  out.tags["penalty"] = static_cast<std::int64_t>(peer.penalty);
  if (peer.latency) out.tags["latency_us"] = peer.latency->count();
  for (const auto& tag : peer.tags) out.tags["protected:" + tag] = 1;
  for (const auto& connection : peer.connections) {
    if (connection.inbound) out.tags["inbound"] = 1;
    out.connections[connection.address] = base::rfc3339(connection.opened_millis);
  }
  return out;
}

api::PeerInfo peer_info(const PeerId& id, const std::optional<net::PeerView>& peer) {
  api::PeerInfo out{id, {}, {}, {}, std::nullopt};
  if (!peer) return out;
  out.agent = peer->agent;
  out.addrs = peer->addresses;
  for (const auto& connection : peer->connections) {
    if (std::ranges::find(out.addrs, connection.address) == out.addrs.end()) out.addrs.push_back(connection.address);
  }
  std::ranges::sort(out.addrs);
  out.protocols = peer->protocols;
  std::ranges::sort(out.protocols);
  if (!peer->connections.empty()) out.connection = connection_info(*peer);
  return out;
}

// As gossipsub counts it: the square of the peers of an address that are too many.
std::map<PeerId, double> colocation(const std::vector<net::PeerView>& peers) {
  const double allowed = bridge::P2pGossipSettings().colocation_threshold;
  std::map<net::IpAddress, std::vector<PeerId>> by_address;
  for (const auto& peer : peers) {
    if (peer.connections.empty()) continue;
    if (const auto ip = net::ip_of(peer.connections.back().address)) by_address[*ip].push_back(peer.peer);
  }
  std::map<PeerId, double> out;
  for (const auto& [ip, ids] : by_address) {
    const double excess = static_cast<double>(ids.size()) - allowed;
    for (const auto& id : ids) out[id] = excess > 0 ? excess * excess : 0;
  }
  return out;
}

Task<std::vector<api::PubsubScore>> pubsub_scores(NetParts parts) {
  if (parts.host == nullptr) co_return std::vector<api::PubsubScore>();
  CO_TRY(const auto scores, co_await parts.host->scores());
  const auto crowded = colocation(parts.peers->peers());
  std::vector<api::PubsubScore> out;
  for (const auto& score : scores) {
    api::GossipScore shown;
    shown.score = score.score;
    shown.app = score.app;
    if (const auto found = crowded.find(score.peer); found != crowded.end()) shown.colocation = found->second;
    for (const auto& [topic, t] : score.topics) {
      shown.topics[topic] = {t.time_in_mesh.count(), t.first_deliveries, 0, t.invalid_deliveries};
    }
    out.push_back({score.peer, std::move(shown)});
  }
  std::ranges::sort(out, std::ranges::greater(), &api::PubsubScore::id);
  co_return out;
}

Task<api::AddrInfo> find_peer(NetParts parts, PeerId peer) {
  if (parts.host == nullptr) co_return switched_off();
  CO_TRY(auto addresses, co_await parts.host->find_peer(peer, kFindTimeout));
  co_return api::AddrInfo{std::move(peer), std::move(addresses)};
}

Task<> connect(NetParts parts, api::AddrInfo peer) {
  if (parts.host == nullptr) co_return switched_off();
  std::vector<std::string> addresses;
  for (const auto& text : peer.addrs) {
    CO_TRY(const auto address, net::Multiaddr::parse(text));
    if (address.peer() && *address.peer() != peer.id) {
      co_return fail(ErrorCode::InvalidArgument, "{} is an address of another peer", text);
    }
    if (!address.is_dialable()) co_return fail(ErrorCode::Unsupported, "{}: only TCP and QUIC v1 addresses can be dialled", text);
    addresses.push_back(address.transport());
  }
  co_return co_await parts.peers->connect(std::move(peer.id), std::move(addresses));
}

Task<std::int64_t> ping(NetParts parts, PeerId peer) {
  if (parts.host == nullptr) co_return switched_off();
  CO_TRY(const auto took, co_await parts.peers->ping(std::move(peer)));
  co_return std::chrono::nanoseconds(took).count();
}

api::ScopeStat stat_of(const net::PeerView& peer) {
  api::ScopeStat out;
  for (const auto& connection : peer.connections) {
    ++(connection.inbound ? out.connections_in : out.connections_out);
    // QUIC connections share their listener's socket.
    if (connection.address.find("/tcp/") != std::string::npos) ++out.files;
  }
  return out;
}

std::unexpected<Error> bad_scope(const std::string& scope, std::string_view known) {
  if (scope.starts_with("svc:") || scope.starts_with("proto:")) {
    return fail(ErrorCode::Unsupported, "nothing is counted or limited by service and protocol: use {}", known);
  }
  return fail(ErrorCode::InvalidArgument, "unknown scope \"{}\": use {}", scope.substr(0, 64), known);
}

Result<api::NetStats> stat(const NetParts& parts, const std::string& scope) {
  api::NetStats out;
  api::ScopeStat system;
  std::map<std::string, api::ScopeStat> by_peer;
  if (parts.peers != nullptr) {
    for (const auto& peer : parts.peers->peers()) {
      const auto one = stat_of(peer);
      system.connections_in += one.connections_in;
      system.connections_out += one.connections_out;
      system.files += one.files;
      by_peer.emplace(peer.peer.str(), one);
    }
  }
  if (scope == "all" || scope == "system") out.system = system;
  if (scope == "all" || scope == "transient") out.transient.emplace();
  if (scope == "all") out.peers = std::move(by_peer);
  if (out.system || out.transient) return out;
  if (scope.starts_with(kPeerScope)) {
    TRY(const auto peer, PeerId::parse(std::string_view(scope).substr(kPeerScope.size())));
    out.peers[peer.str()] = by_peer[peer.str()];
    return out;
  }
  return bad_scope(scope, "all, system, transient or peer:ID");
}

Result<api::NetLimits> limit(const NetParts& parts, const std::string& scope) {
  const auto& l = parts.limits;
  api::NetLimits out;
  if (scope == "system") {
    out.memory = static_cast<std::int64_t>(l.gossip_queue_bytes);
    out.streams = out.streams_in = l.inbound_streams;
    out.connections_in = l.inbound_connections;
    out.connections_out = l.outbound_connections;
  } else if (scope == "transient") {
    out.connections_in = l.pending_inbound;
    out.connections_out = l.pending_outbound;
  } else if (scope.starts_with(kPeerScope)) {
    TRY_VOID(PeerId::parse(std::string_view(scope).substr(kPeerScope.size())));
    out.streams = out.streams_in = l.streams_of_peer;
    out.connections = out.connections_in = out.connections_out = l.connections_of_peer;
    return out;
  } else {
    return bad_scope(scope, "system, transient or peer:ID");
  }
  out.connections = out.connections_in + out.connections_out;
  out.files = out.connections;
  return out;
}

Result<void> check_count(std::size_t count) {
  if (count <= kMaxListed) return {};
  return fail(ErrorCode::TooLarge, "at most {} entries in one call", kMaxListed);
}

Result<void> change_blocks(const NetParts& parts, const api::NetBlocks& blocks, bool add) {
  if (parts.bans == nullptr) return switched_off();
  TRY_VOID(check_count(blocks.peers.size() + blocks.addresses.size() + blocks.networks.size()));
  TRY_VOID(add ? parts.bans->block(blocks.peers, blocks.addresses, blocks.networks)
               : parts.bans->unblock(blocks.peers, blocks.addresses, blocks.networks));
  return parts.bans->save();
}

Result<void> change_protection(const NetParts& parts, const std::vector<PeerId>& peers, bool add) {
  if (parts.peers == nullptr) return switched_off();
  TRY_VOID(check_count(peers.size()));
  for (const auto& peer : peers) {
    if (add) {
      TRY_VOID(parts.peers->protect(peer));
    } else {
      parts.peers->unprotect(peer);
    }
  }
  return parts.peers->save();
}

void bind_peers(rpc::Dispatcher& d, const NetParts& parts) {
  d.bind<Api::ID>([parts]() -> Result<PeerId> {
    if (parts.host == nullptr) return switched_off();
    return parts.host->id();
  });
  d.bind<Api::Connectedness>([parts](const PeerId& peer) -> Result<std::int64_t> {
    return parts.peers != nullptr && parts.peers->is_connected(peer) ? 1 : 0;
  });
  d.bind<Api::Peers>([parts]() -> Result<std::vector<api::AddrInfo>> {
    std::vector<api::AddrInfo> out;
    if (parts.peers == nullptr) return out;
    for (const auto& peer : parts.peers->peers()) {
      for (const auto& connection : peer.connections) out.push_back({peer.peer, {connection.address}});
    }
    return out;
  });
  d.bind<Api::Ping>([parts](PeerId peer) { return ping(parts, std::move(peer)); });
  d.bind<Api::Connect>([parts](api::AddrInfo peer) { return connect(parts, std::move(peer)); });
  d.bind<Api::AddrsListen>([parts]() -> Result<api::AddrInfo> {
    if (parts.host == nullptr) return switched_off();
    return api::AddrInfo{parts.host->id(), parts.peers->listening()};
  });
  d.bind<Api::Disconnect>([parts](const PeerId& peer) -> Result<void> {
    if (parts.peers == nullptr) return switched_off();
    parts.peers->disconnect(peer);
    return {};
  });
  d.bind<Api::FindPeer>([parts](PeerId peer) { return find_peer(parts, std::move(peer)); });
  d.bind<Api::AgentVersion>([parts](const PeerId& peer) -> Result<std::string> {
    if (parts.peers == nullptr) return switched_off();
    const auto known = parts.peers->peer(peer);
    if (!known) return fail(ErrorCode::NotFound, "nothing is known of {}", peer);
    return known->agent.empty() ? "unknown" : known->agent;
  });
  d.bind<Api::PeerDetails>([parts](const PeerId& peer) -> Result<api::PeerInfo> {
    if (parts.peers == nullptr) return switched_off();
    return peer_info(peer, parts.peers->peer(peer));
  });
}

void bind_figures(rpc::Dispatcher& d, const NetParts& parts) {
  d.bind<Api::PubsubScores>([parts] { return pubsub_scores(parts); });
  d.bind<Api::AutoNatStatus>([parts]() -> Result<api::NatInfo> {
    if (parts.peers == nullptr) return api::NatInfo();
    return api::NatInfo{static_cast<std::int64_t>(parts.peers->reachability()), parts.peers->public_addresses()};
  });
  d.bind<Api::Bandwidth>([parts]() -> Result<api::BandwidthStats> {
    if (parts.bandwidth == nullptr) return switched_off();
    return to_api(parts.bandwidth->snapshot().total);
  });
  d.bind<Api::BandwidthByPeer>([parts]() -> Result<std::map<std::string, api::BandwidthStats>> {
    if (parts.bandwidth == nullptr) return std::map<std::string, api::BandwidthStats>();
    return to_api(parts.bandwidth->snapshot().by_peer);
  });
  d.bind<Api::BandwidthByProtocol>([parts]() -> Result<std::map<std::string, api::BandwidthStats>> {
    if (parts.bandwidth == nullptr) return std::map<std::string, api::BandwidthStats>();
    return to_api(parts.bandwidth->snapshot().by_protocol);
  });
  d.bind<Api::Stat>([parts](const std::string& scope) { return stat(parts, scope); });
  d.bind<Api::Limit>([parts](const std::string& scope) { return limit(parts, scope); });
  d.bind<Api::SetLimit>([](const std::string&, const api::NetLimits&) -> Result<void> {
    return fail(ErrorCode::Unsupported, "limits can't be changed while the node runs: set p2p.max_peers and start it again");
  });
}

void bind_lists(rpc::Dispatcher& d, Node& node, const NetParts& parts) {
  // They write files.
  d.bind<Api::BlockAdd>([&node, parts](api::NetBlocks blocks) {
    return on(node.workers, [parts, blocks = std::move(blocks)] { return change_blocks(parts, blocks, true); });
  });
  d.bind<Api::BlockRemove>([&node, parts](api::NetBlocks blocks) {
    return on(node.workers, [parts, blocks = std::move(blocks)] { return change_blocks(parts, blocks, false); });
  });
  d.bind<Api::BlockList>([parts]() -> Result<api::NetBlocks> {
    if (parts.bans == nullptr) return api::NetBlocks();
    auto lists = parts.bans->lists();
    return api::NetBlocks{std::move(lists.peers), std::move(lists.addresses), std::move(lists.networks)};
  });
  d.bind<Api::ProtectAdd>([&node, parts](std::vector<PeerId> peers) {
    return on(node.workers, [parts, peers = std::move(peers)] { return change_protection(parts, peers, true); });
  });
  d.bind<Api::ProtectRemove>([&node, parts](std::vector<PeerId> peers) {
    return on(node.workers, [parts, peers = std::move(peers)] { return change_protection(parts, peers, false); });
  });
  d.bind<Api::ProtectList>([parts]() -> Result<std::optional<std::vector<PeerId>>> {
    if (parts.peers == nullptr) return std::nullopt;
    auto peers = parts.peers->protected_peers();
    return peers.empty() ? std::nullopt : std::optional(std::move(peers));
  });
}

}  // namespace

void bind_net(rpc::Dispatcher& d, Node& node, NetParts parts) {
  bind_peers(d, parts);
  bind_figures(d, parts);
  bind_lists(d, node, parts);
  d.bind<Api::Version>([&node]() -> Result<std::string> { return std::to_string(node.settings.network.eip155_chain_id); });
  d.bind<Api::Listening>([]() -> Result<bool> { return true; });
}

}  // namespace venus::node
