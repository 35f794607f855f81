// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/devnet/status.hpp"

#include "api/messager.hpp"
#include "api/miner.hpp"
#include "base/clock.hpp"
#include "platform/home.hpp"
#include "platform/progress.hpp"
#include "platform/table.hpp"
#include "rpc/client.hpp"
#include "rpc/run_blocking.hpp"

#include <set>

namespace venus::devnet {
namespace {

using namespace std::chrono_literals;

std::uint64_t memory_of(pid_t pid) {
  const auto text = platform::read_file(fmt::format("/proc/{}/status", pid), 65536).value_or("");
  const auto at = text.find("VmRSS:");
  if (at == std::string::npos) return 0;
  return std::strtoull(text.c_str() + at + 6, nullptr, 10) * 1024;
}

Result<std::shared_ptr<rpc::Client>> peer(const Deployment& d, asio::io_context& io,
                                          std::string_view component) {
  return rpc::make_client(io, d.url_of(component),
                          {.token = d.pool_token, .connect_timeout = 1s, .call_timeout = 2s});
}

Result<void> ask_node(const Deployment& d, asio::io_context& io, NodeLine& out) {
  TRY(const auto node, peer(d, io, out.name));
  TRY(const auto head, rpc::run_blocking(io, node->call_raw("Filecoin.ChainHead", {})));
  const auto* height = base::find_member(head, "Height");
  const auto* blocks = base::find_member(head, "Blocks");
  const auto* cids = base::find_member(head, "Cids");
  if (height == nullptr || blocks == nullptr || !blocks->is_array() || cids == nullptr)
    return fail(ErrorCode::Malformed, "no tipset");
  TRY(out.head, base::from_json<std::int64_t>(*height));
  out.blocks = static_cast<std::int64_t>(blocks->get_array().size());
  TRY(const auto key, base::from_json<std::vector<Cid>>(*cids));
  for (const auto& cid : key)
    out.tipset += (out.tipset.empty() ? "" : ",") + cid.str();
  TRY(const auto peers, rpc::run_blocking(io, node->call_raw("Filecoin.NetPeers", {})));
  // As Lotus does, a node names a peer once for each connection.
  std::set<std::string> ids;
  if (peers.is_array()) {
    for (const auto& one : peers.get_array()) {
      if (const auto* id = base::find_member(one, "ID"); id != nullptr && id->is_string())
        ids.emplace(id->get_string());
    }
  }
  out.peers = static_cast<std::int64_t>(ids.size());
  return {};
}

void ask_nodes(const Deployment& d, asio::io_context& io, Status& out) {
  for (const auto& component : d.running("venus")) {
    NodeLine line;
    line.name = component.name;
    static_cast<void>(ask_node(d, io, line));
    if (line.head) {
      line.behind = std::max<std::int64_t>(0, out.clock_epoch - *line.head);
      if (!out.head || *line.head > *out.head) {
        out.head = line.head;
        out.blocks_at_head = line.blocks;
      }
    }
    out.nodes.push_back(std::move(line));
  }
}

Result<void> ask_miner(const Deployment& d, asio::io_context& io, const std::string& component,
                       Status& out) {
  TRY(const auto miner, peer(d, io, component));
  api::BlocksQuery query;
  query.limit = 1000;
  TRY(const auto records, rpc::run_blocking(io, miner->call<api::MinerApi::ListBlocks>(query)));
  for (auto& line : out.miners) {
    for (const auto& record : records) {
      if (record.miner.str() != line.address) continue;
      if (line.wins == 0) line.last_error = record.error;  // the newest is the first
      ++line.wins;
      if (record.state == static_cast<std::int64_t>(api::MineState::Success)) ++line.blocks;
    }
  }
  return {};
}

Result<void> ask_messager(const Deployment& d, asio::io_context& io, Status& out) {
  TRY(const auto messager, peer(d, io, "messager"));
  TRY(const auto messages,
      rpc::run_blocking(io, messager->call<api::MessagerApi::List>(api::MessagerQuery{})));
  for (const auto& message : messages) {
    switch (message.state) {
      case api::MessageState::OnChain:
        ++out.messages_on_chain;
        break;
      case api::MessageState::Failed:
      case api::MessageState::NonceConflict:
        ++out.messages_failed;
        break;
      default:
        ++out.messages_waiting;
        break;
    }
  }
  return {};
}

}  // namespace

std::vector<ProcessLine> process_lines(const Deployment& d, const Supervisor& supervisor) {
  std::vector<ProcessLine> out;
  for (const auto& one : supervisor.status()) {
    out.push_back({one.name, d.url_of(one.name), std::string(to_string(one.state)), one.pid,
                   one.uptime.count(), one.restarts, one.pid > 0 ? memory_of(one.pid) : 0,
                   one.last_end});
  }
  return out;
}

Status gather(const Deployment& d, std::vector<ProcessLine> processes, asio::io_context& io) {
  Status out;
  out.components = std::move(processes);
  out.block_delay = d.block_delay;
  const auto now = base::SystemClock().unix_seconds();
  out.clock_epoch = (now - static_cast<std::int64_t>(d.genesis_timestamp)) /
                    static_cast<std::int64_t>(d.block_delay);
  for (const auto& miner : d.miners)
    out.miners.push_back({miner.address.str(), miner.sectors, 0, 0, {}});
  // Each may be down for the moment; the others are shown all the same.
  ask_nodes(d, io, out);
  for (const auto& component : d.running("venus-miner"))
    static_cast<void>(ask_miner(d, io, component.name, out));
  static_cast<void>(ask_messager(d, io, out));
  return out;
}

std::string screen(const Status& status, const std::string& folder, bool color) {
  std::string out = "Venus devnet";
  if (status.head) {
    out += fmt::format("   head {} ({} block{}), clock at epoch {}, {} s an epoch\n", *status.head,
                       status.blocks_at_head, status.blocks_at_head == 1 ? "" : "s",
                       status.clock_epoch, status.block_delay);
  } else {
    out += "   no node answers yet\n";
  }
  out += fmt::format("messages: {} on chain, {} waiting, {} failed\n\n", status.messages_on_chain,
                     status.messages_waiting, status.messages_failed);
  platform::Table nodes({"Node", "Head", "Blocks", "Behind", "Peers"});
  nodes.right(1).right(2).right(3).right(4);
  for (const auto& n : status.nodes) {
    if (n.head) {
      nodes.row({n.name, std::to_string(*n.head), std::to_string(n.blocks),
                 std::to_string(n.behind), std::to_string(n.peers)});
    } else {
      nodes.row({n.name, "-", "", "", ""});
    }
  }
  out += nodes.text(color) + "\n";
  platform::Table miners({"Miner", "Sectors", "Wins", "Blocks", "Last error"});
  miners.right(1).right(2).right(3);
  for (const auto& m : status.miners) {
    miners.row({m.address, std::to_string(m.sectors), std::to_string(m.wins),
                std::to_string(m.blocks), m.last_error});
  }
  out += miners.text(color) + "\n";
  platform::Table processes(
      {"Component", "State", "Pid", "Up", "Restarts", "Memory", "Address", "Last end"});
  processes.right(2).right(3).right(4).right(5);
  for (const auto& p : status.components) {
    processes.row({p.name, p.state, p.pid > 0 ? std::to_string(p.pid) : "",
                   p.pid > 0 ? platform::format_eta(std::chrono::seconds(p.uptime_seconds)) : "",
                   std::to_string(p.restarts),
                   p.memory_bytes > 0 ? platform::format_bytes(p.memory_bytes) : "", p.url,
                   p.last_end});
  }
  return out + processes.text(color) +
         fmt::format("\nlogs: {}/logs, or venus-devnet logs NAME -f\n", folder);
}

}  // namespace venus::devnet
