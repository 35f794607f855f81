// SPDX-License-Identifier: MIT OR Apache-2.0
// The node's methods about its place in the network, as Lotus has them (api/api_net.go).
#pragma once

#include <map>

#include "base/json.hpp"
#include "rpc/method.hpp"
#include "types/peer_id.hpp"

namespace venus::api {

using rpc::Method;
using rpc::MethodList;
using rpc::Perm;
using rpc::WithAliases;

/// A peer and where it is; addresses are multiaddrs without /p2p.
struct AddrInfo {
  PeerId id;
  std::vector<std::string> addrs;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("ID", &AddrInfo::id), field("Addrs", &AddrInfo::addrs));
  }
};

/// What the node's connection manager thinks of a connected peer.
struct ConnectionInfo {
  std::string first_seen;  ///< RFC 3339
  std::int64_t value = 0;  ///< the peers of the lowest value are closed first when there are too many
  /// What makes the value up. Venus says more than Lotus: inbound, latency_us, merit, penalty, and tags that
  /// protect.
  std::map<std::string, std::int64_t> tags;
  std::map<std::string, std::string> connections;  ///< when each opened, by remote address
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("FirstSeen", &ConnectionInfo::first_seen), field("Value", &ConnectionInfo::value),
                           field("Tags", &ConnectionInfo::tags), field("Conns", &ConnectionInfo::connections));
  }
};

struct PeerInfo {
  PeerId id;
  std::string agent;
  std::vector<std::string> addrs;
  std::vector<std::string> protocols;
  std::optional<ConnectionInfo> connection;  ///< of connected peers
  static constexpr auto fields() {
    using base::field;
    using base::JsonRule;
    return base::fields_of(field("ID", &PeerInfo::id), field("Agent", &PeerInfo::agent),
                           field("Addrs", &PeerInfo::addrs, JsonRule::NullIfEmpty),
                           field("Protocols", &PeerInfo::protocols, JsonRule::NullIfEmpty),
                           field("ConnMgrMeta", &PeerInfo::connection));
  }
};

struct NatInfo {
  std::int64_t reachability = 0;  ///< 0 unknown, 1 public, 2 private
  std::vector<std::string> public_addrs;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("Reachability", &NatInfo::reachability),
                           field("PublicAddrs", &NatInfo::public_addrs, base::JsonRule::NullIfEmpty));
  }
};

struct TopicScore {
  std::int64_t time_in_mesh = 0;  ///< nanoseconds
  double first_deliveries = 0, mesh_deliveries = 0, invalid_deliveries = 0;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("TimeInMesh", &TopicScore::time_in_mesh),
                           field("FirstMessageDeliveries", &TopicScore::first_deliveries),
                           field("MeshMessageDeliveries", &TopicScore::mesh_deliveries),
                           field("InvalidMessageDeliveries", &TopicScore::invalid_deliveries));
  }
};

struct GossipScore {
  double score = 0;
  std::map<std::string, TopicScore> topics;
  double app = 0, colocation = 0, behaviour = 0;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("Score", &GossipScore::score), field("Topics", &GossipScore::topics),
                           field("AppSpecificScore", &GossipScore::app),
                           field("IPColocationFactor", &GossipScore::colocation),
                           field("BehaviourPenalty", &GossipScore::behaviour));
  }
};

struct PubsubScore {
  PeerId id;
  GossipScore score;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("ID", &PubsubScore::id), field("Score", &PubsubScore::score));
  }
};

struct BandwidthStats {
  std::int64_t total_in = 0, total_out = 0;  ///< bytes
  double rate_in = 0, rate_out = 0;          ///< bytes a second
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("TotalIn", &BandwidthStats::total_in), field("TotalOut", &BandwidthStats::total_out),
                           field("RateIn", &BandwidthStats::rate_in), field("RateOut", &BandwidthStats::rate_out));
  }
};

struct NetBlocks {
  std::vector<PeerId> peers;
  std::vector<std::string> addresses;
  std::vector<std::string> networks;  ///< CIDR
  static constexpr auto fields() {
    using base::field;
    using base::JsonRule;
    return base::fields_of(field("Peers", &NetBlocks::peers),
                           field("IPAddrs", &NetBlocks::addresses, JsonRule::NullIfEmpty),
                           field("IPSubnets", &NetBlocks::networks, JsonRule::NullIfEmpty));
  }
};

struct ScopeStat {
  std::int64_t streams_in = 0, streams_out = 0, connections_in = 0, connections_out = 0, files = 0, memory = 0;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("NumStreamsInbound", &ScopeStat::streams_in),
                           field("NumStreamsOutbound", &ScopeStat::streams_out),
                           field("NumConnsInbound", &ScopeStat::connections_in),
                           field("NumConnsOutbound", &ScopeStat::connections_out), field("NumFD", &ScopeStat::files),
                           field("Memory", &ScopeStat::memory));
  }
};

struct NetStats {
  std::optional<ScopeStat> system;
  std::optional<ScopeStat> transient;
  std::map<std::string, ScopeStat> services;
  std::map<std::string, ScopeStat> protocols;
  std::map<std::string, ScopeStat> peers;
  static constexpr auto fields() {
    using base::field;
    constexpr auto kOmit = base::JsonRule::OmitIfEmpty;
    return base::fields_of(field("System", &NetStats::system, kOmit), field("Transient", &NetStats::transient, kOmit),
                           field("Services", &NetStats::services, kOmit),
                           field("Protocols", &NetStats::protocols, kOmit), field("Peers", &NetStats::peers, kOmit));
  }
};

struct NetLimits {
  std::int64_t memory = 0;  ///< bytes of gossip that waits to be judged
  std::int64_t streams = 0, streams_in = 0, streams_out = 0, connections = 0, connections_in = 0,
               connections_out = 0, files = 0;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("Memory", &NetLimits::memory, base::JsonRule::OmitIfEmpty),
                           field("Streams", &NetLimits::streams), field("StreamsInbound", &NetLimits::streams_in),
                           field("StreamsOutbound", &NetLimits::streams_out), field("Conns", &NetLimits::connections),
                           field("ConnsInbound", &NetLimits::connections_in),
                           field("ConnsOutbound", &NetLimits::connections_out), field("FD", &NetLimits::files));
  }
};

struct NetApi {
  using ID = Method<"Filecoin.ID", Perm::Read, PeerId(), "This node's identity in the network">;
  using Connectedness = Method<"Filecoin.NetConnectedness", Perm::Read, std::int64_t(PeerId),
                               "1 when connected to a peer, else 0", "peer">;
  using Peers = Method<"Filecoin.NetPeers", Perm::Read, std::vector<AddrInfo>(), "Connected peers">;
  using Ping = Method<"Filecoin.NetPing", Perm::Read, std::int64_t(PeerId), "Round trip to a connected peer, nanoseconds",
                      "peer">;
  using Connect = Method<"Filecoin.NetConnect", Perm::Write, void(AddrInfo), "Connects to a peer", "peer">;
  using AddrsListen = Method<"Filecoin.NetAddrsListen", Perm::Read, AddrInfo(), "Where this node can be reached">;
  using Disconnect = Method<"Filecoin.NetDisconnect", Perm::Write, void(PeerId), "Closes all connections of a peer", "peer">;
  using FindPeer = Method<"Filecoin.NetFindPeer", Perm::Read, AddrInfo(PeerId), "Looks a peer up in the DHT", "peer">;
  using PubsubScores = Method<"Filecoin.NetPubsubScores", Perm::Read, std::vector<PubsubScore>(), "Gossip scores of peers">;
  using AutoNatStatus = Method<"Filecoin.NetAutoNatStatus", Perm::Read, NatInfo(),
                               "Whether peers reach this node from outside: 0 unknown, 1 public">;
  using AgentVersion = Method<"Filecoin.NetAgentVersion", Perm::Read, std::string(PeerId), "A peer's program and version", "peer">;
  using PeerDetails = Method<"Filecoin.NetPeerInfo", Perm::Read, PeerInfo(PeerId), "What is known of a peer", "peer">;
  using Bandwidth = Method<"Filecoin.NetBandwidthStats", Perm::Read, BandwidthStats(), "Bytes in and out">;
  using BandwidthByPeer = Method<"Filecoin.NetBandwidthStatsByPeer", Perm::Read, std::map<std::string, BandwidthStats>(),
                                 "Bytes in and out of each connected peer">;
  using BandwidthByProtocol =
      Method<"Filecoin.NetBandwidthStatsByProtocol", Perm::Read, std::map<std::string, BandwidthStats>(),
             "Bytes in and out by protocol; negotiation and the rest under the empty name">;
  using BlockAdd = Method<"Filecoin.NetBlockAdd", Perm::Admin, void(NetBlocks),
                          "Closes and refuses connections with peers, addresses, networks", "blocks">;
  using BlockRemove = Method<"Filecoin.NetBlockRemove", Perm::Admin, void(NetBlocks), "Takes blocks back", "blocks">;
  using BlockList = Method<"Filecoin.NetBlockList", Perm::Read, NetBlocks(), "Blocks, also those set by the node for a time">;
  using ProtectAdd = Method<"Filecoin.NetProtectAdd", Perm::Admin, void(std::vector<PeerId>),
                            "Keeps connections with peers, whatever happens", "peers">;
  using ProtectRemove = Method<"Filecoin.NetProtectRemove", Perm::Admin, void(std::vector<PeerId>),
                               "Treats peers as others again", "peers">;
  using ProtectList = Method<"Filecoin.NetProtectList", Perm::Read, std::optional<std::vector<PeerId>>(),
                             "Protected peers; null if there are none">;
  using Stat = Method<"Filecoin.NetStat", Perm::Read, NetStats(std::string),
                      "Connections in use, of scope all, system, transient or peer:ID; streams and memory are not counted",
                      "scope">;
  using Limit = Method<"Filecoin.NetLimit", Perm::Read, NetLimits(std::string),
                       "Limits of scope system, transient or peer:ID; 0 where there is none", "scope">;
  using SetLimit = Method<"Filecoin.NetSetLimit", Perm::Admin, void(std::string, NetLimits),
                          "Not supported: limits are settings", "scope", "limits">;
  using Version = WithAliases<Method<"Filecoin.NetVersion", Perm::Read, std::string(), "The chain id of EIP-155">, "net_version">;
  using Listening = WithAliases<Method<"Filecoin.NetListening", Perm::Read, bool(), "Always true">, "net_listening">;
  using methods = MethodList<ID, Connectedness, Peers, Ping, Connect, AddrsListen, Disconnect, FindPeer, PubsubScores,
                             AutoNatStatus, AgentVersion, PeerDetails, Bandwidth, BandwidthByPeer, BandwidthByProtocol,
                             BlockAdd, BlockRemove, BlockList, ProtectAdd, ProtectRemove, ProtectList, Stat, Limit,
                             SetLimit, Version, Listening>;
};

}  // namespace venus::api
