// SPDX-License-Identifier: MIT OR Apache-2.0
// `venus sync`: how far the node is, waiting for it, bad blocks and the checkpoint.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>

#include "api/node/common.hpp"
#include "platform/progress.hpp"
#include "services/node/command_text.hpp"
#include "services/node/program.hpp"
#include "sync/status.hpp"

namespace venus::node {
namespace {

using api::ChainApi;
using platform::Cli;
using platform::Command;

struct Words {
  std::string cid;
  std::string tipset;
  bool all = false;
  std::int64_t max_behind = 1;
  std::string timeout = "1h";
};
using WordsPtr = std::shared_ptr<Words>;

// The number of that name; 0 when it is absent or null.
std::int64_t number(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr || !value->is_number() ? 0 : value->to_number<std::int64_t>();
}

std::string height_of(const boost::json::object& sync, std::string_view name) {
  const auto* tipset = sync.if_contains(name);
  if (tipset == nullptr || !tipset->is_object()) return "-";
  return std::to_string(number(tipset->as_object(), "Height"));
}

std::string time_left(const boost::json::object& state) {
  const auto* left = state.if_contains("SecondsLeft");
  if (left == nullptr || !left->is_number()) return "";
  return platform::format_eta(std::chrono::seconds(left->to_number<std::int64_t>()));
}

// One sentence on where the node stands.
std::string summary(const boost::json::object& state, std::int64_t epoch, std::int64_t behind) {
  auto out = fmt::format("head at epoch {}, {} epochs behind the clock", epoch, behind);
  const auto* waiting = state.if_contains("WaitingForPeers");
  if (waiting == nullptr) return out + "; not connected to a network";
  if (waiting->is_bool() && waiting->get_bool()) {
    return out + fmt::format("; waiting for more peers than {}", number(state, "PeersWithHead"));
  }
  if (const auto target = number(state, "TargetHeight"); target > epoch) {
    out += fmt::format("; going to {}", target);
    if (const auto* rate = state.if_contains("TipsetsPerSecond"); rate != nullptr && rate->is_number()) {
      out += fmt::format(" at {:.1f} tipsets/s", rate->to_number<double>());
    }
    if (const auto left = time_left(state); !left.empty()) out += ", about " + left + " left";
  }
  return out;
}

Result<void> show_status(Cli& cli) {
  TRY(const auto node, ask<api::CommonApi::NodeStatus>(cli, false));
  TRY(auto state, ask<ChainApi::SyncState>(cli));
  const auto& part = node.at("SyncStatus");
  const auto epoch = part.at("Epoch").to_number<std::int64_t>();
  const auto behind = part.at("Behind").to_number<std::int64_t>();
  if (!state.is_object()) return fail(ErrorCode::Malformed, "the node's answer is no object");
  auto& object = state.as_object();
  if (cli.json()) {
    object["Epoch"] = epoch;
    object["EpochsBehind"] = behind;
    return cli.print_json(state);
  }
  TRY_VOID(cli.print(summary(object, epoch, behind)));
  const auto* syncs = object.if_contains("ActiveSyncs");
  if (syncs == nullptr || !syncs->is_array() || syncs->as_array().empty()) return {};
  platform::Table table({"Worker", "Base", "Target", "Stage", "At", "Message"});
  table.right(0).right(1).right(2).right(4);
  for (const auto& entry : syncs->as_array()) {
    if (!entry.is_object()) continue;
    const auto& sync = entry.as_object();
    const auto stage = static_cast<sync::Stage>(number(sync, "Stage"));
    const auto* message = sync.if_contains("Message");
    table.row({std::to_string(number(sync, "WorkerID")), height_of(sync, "Base"), height_of(sync, "Target"),
               std::string(sync::to_string(stage)), std::to_string(number(sync, "Height")),
               message != nullptr && message->is_string() ? std::string(message->get_string()) : ""});
  }
  return cli.print_table(table);
}

Task<> wait_in_sync(Cli& cli, std::shared_ptr<rpc::Client> client, std::int64_t max_behind,
                    std::chrono::milliseconds span) {
  const auto until = std::chrono::steady_clock::now() + span;
  asio::steady_timer timer(cli.io());
  std::optional<platform::Progress> progress;
  std::int64_t first = 0;
  for (;;) {
    CO_TRY(const auto status, co_await client->call<api::CommonApi::NodeStatus>(false));
    const auto& part = status.at("SyncStatus");
    const auto epoch = part.at("Epoch").to_number<std::int64_t>();
    const auto behind = part.at("Behind").to_number<std::int64_t>();
    if (!progress && !cli.json()) {
      first = epoch;
      progress.emplace("epochs", static_cast<std::uint64_t>(behind));
    }
    if (progress) {
      progress->set_total(static_cast<std::uint64_t>(std::max<std::int64_t>(0, epoch + behind - first)));
      progress->update(static_cast<std::uint64_t>(std::max<std::int64_t>(0, epoch - first)));
    }
    if (behind <= max_behind) {
      if (progress) progress->finish();
      if (cli.json()) co_return cli.print_json(boost::json::object{{"Epoch", epoch}, {"Behind", behind}});
      co_return cli.print(fmt::format("in sync at epoch {}", epoch));
    }
    if (std::chrono::steady_clock::now() >= until) {
      co_return fail(ErrorCode::Timeout, "the head is still {} epochs behind", behind);
    }
    timer.expires_after(std::chrono::seconds(1));
    static_cast<void>(co_await timer.async_wait(asio::as_tuple(asio::use_awaitable)));
  }
}

Result<void> check_bad(Cli& cli, const std::string& text) {
  TRY(const auto cid, Cid::parse(text));
  TRY(const auto reason, ask<ChainApi::SyncCheckBad>(cli, cid));
  if (cli.json()) {
    return cli.print_json(boost::json::object{{"Cid", cid.str()}, {"Bad", !reason.empty()}, {"Reason", reason}});
  }
  return cli.print(reason.empty() ? "the block is not marked bad" : reason);
}

Result<void> unmark_bad(Cli& cli, const Words& words) {
  if (words.all) return cli.call<ChainApi::SyncUnmarkAllBad>();
  if (words.cid.empty()) return fail(ErrorCode::InvalidArgument, "name a block, or give --all");
  TRY(const auto cid, Cid::parse(words.cid));
  return cli.call<ChainApi::SyncUnmarkBad>(cid);
}

}  // namespace

void add_sync_commands(Command& root) {
  const auto w = std::make_shared<Words>();
  auto& sync = root.add("sync", "Synchronisation with the network");
  sync.add("status", "Show how far the node is and what it is fetching").action(&show_status);
  auto& wait = sync.add("wait", "Wait until the head is as new as the clock");
  wait.option("--max-behind", &w->max_behind, "Epochs that may be missing");
  wait.option("--timeout", &w->timeout, "How long, as 30s or 5m");
  wait.action([w](Cli& cli) -> Result<void> {
    TRY(const auto span, platform::parse_duration(w->timeout));
    TRY(auto client, cli.client());
    return cli.wait(wait_in_sync(cli, std::move(client), w->max_behind, span));
  });
  sync.add("mark-bad", "Refuse a block and all that is built on it")
      .arg("cid", &w->cid, "CID of the block")
      .action([w](Cli& cli) -> Result<void> {
        TRY(const auto cid, Cid::parse(w->cid));
        return cli.call<ChainApi::SyncMarkBad>(cid);
      });
  auto& unmark = sync.add("unmark-bad", "Allow a block again");
  unmark.arg("cid", &w->cid, "CID of the block", false);
  unmark.flag("--all", &w->all, "Forget all bad blocks");
  unmark.action([w](Cli& cli) { return unmark_bad(cli, *w); });
  sync.add("check-bad", "Show why a block is marked bad")
      .arg("cid", &w->cid, "CID of the block")
      .action([w](Cli& cli) { return check_bad(cli, w->cid); });
  sync.add("checkpoint", "Never leave the chain that contains a tipset")
      .arg("tipset", &w->tipset, "Block CIDs, separated by commas")
      .action([w](Cli& cli) -> Result<void> {
        TRY(const auto key, parse_tipset(w->tipset));
        return cli.call<ChainApi::SyncCheckpoint>(key);
      });
}

}  // namespace venus::node
