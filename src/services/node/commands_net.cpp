// SPDX-License-Identifier: MIT OR Apache-2.0
// Commands about peers.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>

#include <fmt/ranges.h>

#include <set>

#include "api/node/common.hpp"
#include "api/node/net.hpp"
#include "net/multiaddr.hpp"
#include "services/node/command_text.hpp"
#include "services/node/program.hpp"

namespace venus::node {
namespace {

using api::NetApi;
using base::to_json;
using platform::Cli;
using platform::Command;
using platform::format_bytes;
using platform::Table;

struct Words {
  std::vector<std::string> names;
  std::string one;
  std::string scope = "all";
  std::string limit_scope = "system";
  bool extended = false;
  bool agent = false;
  bool by_peer = false;
  bool by_protocol = false;
  std::int64_t count = 10;
  std::string interval = "1s";
};
using WordsPtr = std::shared_ptr<Words>;

std::string latency_text(std::int64_t microseconds) {
  if (microseconds < 1000) return fmt::format("{} µs", microseconds);
  return fmt::format("{:.1f} ms", static_cast<double>(microseconds) / 1000);
}

std::string rate_text(double rate) { return format_bytes(static_cast<std::uint64_t>(rate)) + "/s"; }

std::optional<std::int64_t> tag(const api::PeerInfo& info, const std::string& name) {
  if (!info.connection) return std::nullopt;
  const auto found = info.connection->tags.find(name);
  return found == info.connection->tags.end() ? std::nullopt : std::optional(found->second);
}

Result<std::vector<PeerId>> parse_peers(const std::vector<std::string>& texts) {
  std::vector<PeerId> out;
  for (const auto& text : texts) {
    TRY(auto peer, PeerId::parse(text));
    out.push_back(std::move(peer));
  }
  return out;
}

// ---- peers ----------------------------------------------------------------------------------------

Result<void> peers(Cli& cli, bool extended) {
  TRY(const auto connections, ask<NetApi::Peers>(cli));
  if (cli.json() && !extended) return cli.print_json(to_json(connections));
  std::map<PeerId, std::vector<std::string>> by_peer;
  for (const auto& one : connections) {
    auto& addresses = by_peer[one.id];
    addresses.insert(addresses.end(), one.addrs.begin(), one.addrs.end());
  }
  Table table({"Peer", "Direction", "Latency", "Value", "Penalty", "Agent", "Address"});
  table.right(2).right(3).right(4);
  std::vector<api::PeerInfo> infos;
  for (const auto& [peer, addresses] : by_peer) {
    TRY(auto info, ask<NetApi::PeerDetails>(cli, peer));
    const auto latency = tag(info, "latency_us");
    table.row({peer.str(), tag(info, "inbound") ? "in" : "out", latency ? latency_text(*latency) : "-",
               info.connection ? std::to_string(info.connection->value) : "",
               std::to_string(tag(info, "penalty").value_or(0)), info.agent, fmt::format("{}", fmt::join(addresses, " "))});
    infos.push_back(std::move(info));
  }
  if (cli.json()) return cli.print_json(to_json(infos));
  if (table.empty()) return cli.print("no peers");
  return cli.print_table(table);
}

// Multiaddrs with /p2p, peer ids, or a miner whose chain record says where it is.
Result<std::vector<api::AddrInfo>> parse_targets(Cli& cli, const std::vector<std::string>& texts) {
  std::vector<api::AddrInfo> out;
  for (const auto& text : texts) {
    if (text.starts_with('/')) {
      TRY(auto address, net::parse_peer_address(text));
      out.push_back({std::move(address.peer), std::move(address.addresses)});
      continue;
    }
    if (auto peer = PeerId::parse(text)) {
      out.push_back({*std::move(peer), {}});
      continue;
    }
    const auto miner = Address::parse(text);
    if (!miner) return fail(ErrorCode::InvalidArgument, "\"{}\" is no multiaddr, peer id or miner address", text);
    TRY(const auto info, ask<api::StateMinerApi::Info>(cli, *miner, TipsetKey()));
    if (!info.peer_id) return fail(ErrorCode::NotFound, "miner {} names no peer on chain", text);
    TRY(auto peer, PeerId::parse(*info.peer_id));
    api::AddrInfo target{std::move(peer), {}};
    for (const auto& bytes : info.multiaddrs) {
      const auto address = net::Multiaddr::from_bytes(bytes);
      if (address && address->is_dialable()) target.addrs.push_back(address->transport());
    }
    out.push_back(std::move(target));
  }
  return out;
}

Result<void> connect(Cli& cli, const std::vector<std::string>& texts) {
  TRY(const auto targets, parse_targets(cli, texts));
  for (const auto& target : targets) {
    TRY_VOID(with_context(ask<NetApi::Connect>(cli, target), "connect " + target.id.str()));
    if (!cli.json()) TRY_VOID(cli.print("connected to " + target.id.str()));
  }
  return cli.json() ? cli.print_json(to_json(targets)) : Result<void>();
}

Result<void> disconnect(Cli& cli, const std::vector<std::string>& texts) {
  TRY(const auto ids, parse_peers(texts));
  for (const auto& peer : ids) {
    TRY_VOID(with_context(ask<NetApi::Disconnect>(cli, peer), "disconnect " + peer.str()));
    cli.note("disconnected from " + peer.str());
  }
  return cli.json() ? cli.print_json(to_json(ids)) : Result<void>();
}

Result<void> show_addresses(Cli& cli, const api::AddrInfo& info, bool with_peer) {
  if (cli.json()) return cli.print_json(to_json(info));
  std::string out;
  for (const auto& address : info.addrs) out += with_peer ? fmt::format("{}/p2p/{}\n", address, info.id) : address + "\n";
  return cli.print(out.empty() ? "no addresses" : out);
}

Task<> pause(Cli& cli, std::chrono::milliseconds time) {
  asio::steady_timer timer(cli.io());
  timer.expires_after(time);
  static_cast<void>(co_await timer.async_wait(asio::as_tuple(asio::use_awaitable)));
  co_return Result<void>{};
}

Result<void> ping(Cli& cli, const Words& words) {
  TRY(const auto interval, platform::parse_duration(words.interval));
  TRY(const auto targets, parse_targets(cli, {words.one}));
  const auto& target = targets.front();
  TRY_VOID(ask<NetApi::Connect>(cli, target));
  std::vector<std::int64_t> times;
  Result<void> last;
  for (std::int64_t i = 0; i < words.count; ++i) {
    const auto took = ask<NetApi::Ping>(cli, target.id);
    if (took) {
      times.push_back(*took);
      if (!cli.json()) TRY_VOID(cli.print("answer after " + latency_text(*took / 1000)));
    } else {
      last = std::unexpected(took.error());
      cli.note(took.error().message);
    }
    if (i + 1 < words.count) TRY_VOID(cli.wait(pause(cli, interval)));
  }
  if (times.empty()) return last;
  if (cli.json()) return cli.print_json(to_json(times));
  std::int64_t sum = 0;
  for (const auto time : times) sum += time;
  return cli.print(fmt::format("{} of {} answered, on average after {}", times.size(), words.count,
                               latency_text(sum / static_cast<std::int64_t>(times.size()) / 1000)));
}

// ---- figures --------------------------------------------------------------------------------------

Result<void> scores(Cli& cli, bool extended) {
  TRY(const auto list, ask<NetApi::PubsubScores>(cli));
  if (cli.json()) return cli.print_json(to_json(list));
  if (extended) return cli.print(base::pretty_json(to_json(list)));
  Table table({"Peer", "Score", "Application", "Colocation", "First deliveries", "Invalid"});
  for (std::size_t column = 1; column < 6; ++column) table.right(column);
  for (const auto& [peer, score] : list) {
    double first = 0;
    double invalid = 0;
    for (const auto& [name, topic] : score.topics) {
      first += topic.first_deliveries;
      invalid += topic.invalid_deliveries;
    }
    table.row({peer.str(), fmt::format("{:.3f}", score.score), fmt::format("{:.0f}", score.app),
               fmt::format("{:.0f}", score.colocation), fmt::format("{:.1f}", first), fmt::format("{:.1f}", invalid)});
  }
  return table.empty() ? cli.print("no peers") : cli.print_table(table);
}

Result<void> bandwidth(Cli& cli, const Words& words) {
  std::map<std::string, api::BandwidthStats> rows;
  std::string what = "Total";
  if (words.by_peer) {
    what = "Peer";
    TRY(rows, ask<NetApi::BandwidthByPeer>(cli));
  } else if (words.by_protocol) {
    what = "Protocol";
    TRY(rows, ask<NetApi::BandwidthByProtocol>(cli));
  } else {
    TRY(const auto total, ask<NetApi::Bandwidth>(cli));
    if (cli.json()) return cli.print_json(to_json(total));
    rows.emplace("all", total);
  }
  if (cli.json()) return cli.print_json(to_json(rows));
  Table table({what, "Received", "Sent", "Rate in", "Rate out"});
  table.right(1).right(2).right(3).right(4);
  for (const auto& [name, stats] : rows) {
    table.row({name.empty() ? "(negotiation, rest)" : name, format_bytes(static_cast<std::uint64_t>(stats.total_in)),
               format_bytes(static_cast<std::uint64_t>(stats.total_out)), rate_text(stats.rate_in),
               rate_text(stats.rate_out)});
  }
  return cli.print_table(table);
}

Result<void> stat(Cli& cli, const std::string& scope) {
  TRY(const auto stats, ask<NetApi::Stat>(cli, scope));
  if (cli.json()) return cli.print_json(to_json(stats));
  Table table({"Scope", "Connections in", "Out", "Sockets"});
  table.right(1).right(2).right(3);
  const auto add = [&table](const std::string& name, const api::ScopeStat& s) {
    table.row({name, std::to_string(s.connections_in), std::to_string(s.connections_out), std::to_string(s.files)});
  };
  if (stats.system) add("system", *stats.system);
  for (const auto& [peer, one] : stats.peers) add(peer, one);
  return cli.print_table(table);
}

Result<void> limit(Cli& cli, const std::string& scope) {
  TRY(const auto limits, ask<NetApi::Limit>(cli, scope));
  return cli.json() ? cli.print_json(to_json(limits)) : cli.print(base::pretty_json(to_json(limits)));
}

Result<void> reachability(Cli& cli) {
  TRY(const auto info, ask<NetApi::AutoNatStatus>(cli));
  if (cli.json()) return cli.print_json(to_json(info));
  constexpr std::string_view kNames[] = {"unknown: nobody came from outside yet", "public", "private"};
  std::string out(info.reachability >= 0 && info.reachability < 3 ? kNames[info.reachability] : "unknown");
  for (const auto& address : info.public_addrs) out += "\n" + address;
  return cli.print(out);
}

// ---- blocks and protection ------------------------------------------------------------------------

// Each word is a peer, an address or a network; Lotus's "peer", "ip" and "subnet" before them may stay.
Result<api::NetBlocks> parse_blocks(const std::vector<std::string>& words) {
  static const std::set<std::string> kKinds{"peer", "ip", "subnet"};
  api::NetBlocks out;
  for (const auto& word : words) {
    if (kKinds.contains(word)) continue;
    if (word.find('/') != std::string::npos) {
      TRY(const auto network, net::IpNetwork::parse(word));
      out.networks.push_back(network.str());
    } else if (const auto address = net::parse_ip(word)) {
      out.addresses.push_back(address->to_string());
    } else if (auto peer = PeerId::parse(word)) {
      out.peers.push_back(*std::move(peer));
    } else {
      return fail(ErrorCode::InvalidArgument, "\"{}\" is no peer id, IP address or network", word);
    }
  }
  return out;
}

Result<void> list_blocks(Cli& cli) {
  TRY(const auto blocks, ask<NetApi::BlockList>(cli));
  if (cli.json()) return cli.print_json(to_json(blocks));
  Table table({"Kind", "Blocked"});
  for (const auto& peer : blocks.peers) table.row({"peer", peer.str()});
  for (const auto& address : blocks.addresses) table.row({"ip", address});
  for (const auto& network : blocks.networks) table.row({"subnet", network});
  return table.empty() ? cli.print("nothing is blocked") : cli.print_table(table);
}

void add_block(Command& net, const WordsPtr& w) {
  auto& block = net.add("block", "Whom this node does not talk to");
  block.add("add", "Block peers, IP addresses or networks; what is open with them is closed")
      .arg("what", &w->names, "Peer ids, addresses, CIDR networks")
      .action([w](Cli& cli) -> Result<void> {
        TRY(auto blocks, parse_blocks(w->names));
        TRY_VOID(ask<NetApi::BlockAdd>(cli, blocks));
        return cli.json() ? cli.print_json(to_json(blocks)) : Result<void>();
      });
  block.add("remove", "Take blocks back")
      .arg("what", &w->names, "Peer ids, addresses, CIDR networks")
      .action([w](Cli& cli) -> Result<void> {
        TRY(auto blocks, parse_blocks(w->names));
        TRY_VOID(ask<NetApi::BlockRemove>(cli, blocks));
        return cli.json() ? cli.print_json(to_json(blocks)) : Result<void>();
      });
  block.add("list", "Show what is blocked, also for a time by the node itself").alias("ls").action(list_blocks);
}

void add_protection(Command& net, const WordsPtr& w) {
  net.add("protect", "Keep connections with peers, whatever happens")
      .arg("peers", &w->names, "Peer ids")
      .action([w](Cli& cli) -> Result<void> {
        TRY(auto ids, parse_peers(w->names));
        return ask<NetApi::ProtectAdd>(cli, std::move(ids));
      });
  net.add("unprotect", "Treat peers as others again")
      .arg("peers", &w->names, "Peer ids")
      .action([w](Cli& cli) -> Result<void> {
        TRY(auto ids, parse_peers(w->names));
        return ask<NetApi::ProtectRemove>(cli, std::move(ids));
      });
  net.add("list-protected", "Show protected peers").action([](Cli& cli) -> Result<void> {
    TRY(const auto ids, ask<NetApi::ProtectList>(cli));
    if (cli.json()) return cli.print_json(to_json(ids));
    std::string out;
    for (const auto& peer : ids.value_or(std::vector<PeerId>())) out += peer.str() + "\n";
    return cli.print(out.empty() ? "no peer is protected" : out);
  });
}

void add_connections(Command& net, const WordsPtr& w) {
  auto& list = net.add("peers", "List connected peers");
  list.flag("--extended,-x", &w->extended, "With -o json: all that is known of each");
  list.flag("--agent,-a", &w->agent, "Always shown; for those used to Lotus");
  list.action([w](Cli& cli) { return peers(cli, w->extended); });
  net.add("connect", "Connect to peers")
      .arg("peer", &w->names, "Multiaddrs with /p2p, peer ids, or miner addresses")
      .action([w](Cli& cli) { return connect(cli, w->names); });
  net.add("disconnect", "Close connections of peers")
      .arg("peer", &w->names, "Peer ids")
      .action([w](Cli& cli) { return disconnect(cli, w->names); });
  net.add("find-peer", "Look a peer's addresses up in the DHT")
      .alias("findpeer")
      .arg("peer", &w->one, "Peer id")
      .action([w](Cli& cli) -> Result<void> {
        TRY(auto peer, PeerId::parse(w->one));
        TRY(const auto info, ask<NetApi::FindPeer>(cli, std::move(peer)));
        return show_addresses(cli, info, false);
      });
  auto& ping_command = net.add("ping", "Measure the round trip to a peer");
  ping_command.option("--count,-c", &w->count, "How often");
  ping_command.option("--interval,-i", &w->interval, "Time between, as 500ms or 1s");
  ping_command.arg("peer", &w->one, "Multiaddr with /p2p, or a peer id");
  ping_command.action([w](Cli& cli) { return ping(cli, *w); });
}

void add_self(Command& net) {
  net.add("listen", "List the addresses this node can be reached at").action([](Cli& cli) -> Result<void> {
    TRY(const auto info, ask<NetApi::AddrsListen>(cli));
    return show_addresses(cli, info, true);
  });
  net.add("id", "Show this node's identity").action([](Cli& cli) -> Result<void> {
    TRY(const auto id, ask<NetApi::ID>(cli));
    return cli.json() ? cli.print_json(to_json(id)) : cli.print(id.str());
  });
  net.add("reachability", "Whether peers reach this node from outside").action(reachability);
}

void add_figures(Command& net, const WordsPtr& w) {
  auto& scores_command = net.add("scores", "Show gossip scores of peers");
  scores_command.flag("--extended,-x", &w->extended, "By topic, as JSON");
  scores_command.action([w](Cli& cli) { return scores(cli, w->extended); });
  auto& bandwidth_command = net.add("bandwidth", "Show bytes in and out");
  bandwidth_command.flag("--by-peer", &w->by_peer, "Of each connected peer");
  bandwidth_command.flag("--by-protocol", &w->by_protocol, "Of each protocol");
  bandwidth_command.action([w](Cli& cli) { return bandwidth(cli, *w); });
  net.add("stat", "Show connections in use")
      .arg("scope", &w->scope, "all, system, transient or peer:ID", false)
      .action([w](Cli& cli) { return stat(cli, w->scope); });
  net.add("limit", "Show limits")
      .arg("scope", &w->limit_scope, "system, transient or peer:ID", false)
      .action([w](Cli& cli) { return limit(cli, w->limit_scope); });
}

}  // namespace

void add_net_commands(Command& root) {
  const auto words = std::make_shared<Words>();
  auto& net = root.add("net", "Peers");
  add_connections(net, words);
  add_self(net);
  add_figures(net, words);
  add_block(net, words);
  add_protection(net, words);
}

}  // namespace venus::node
