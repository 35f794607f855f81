// SPDX-License-Identifier: MIT OR Apache-2.0
// Commands about the chain that ask a running node.
#include <boost/json.hpp>
#include <ctime>
#include <mutex>

#include "api/node/common.hpp"
#include "services/node/command_text.hpp"
#include "services/node/program.hpp"

namespace venus::node {
namespace {

using api::ChainApi;
using base::to_json;
using platform::Cli;
using platform::Command;
using platform::Table;

struct Words {
  std::string cid;
  std::string tipset;
  std::int64_t height = -1;
  std::int64_t count = 30;
};
using WordsPtr = std::shared_ptr<Words>;

std::string time_text(std::uint64_t unix_seconds) {
  const auto seconds = static_cast<std::time_t>(unix_seconds);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

Result<void> print_tipset(Cli& cli, const TipsetPtr& tipset) {
  if (cli.json()) return cli.print_json(to_json(tipset));
  std::string out = fmt::format("epoch {}, {} UTC, weight before it {}, base fee {}\n", tipset->height(),
                                time_text(tipset->min_timestamp()), tipset->parent_weight().str(),
                                tipset->parent_base_fee().human());
  for (std::size_t i = 0; i < tipset->blocks().size(); ++i) {
    out += fmt::format("{}  {}\n", tipset->cids()[i], tipset->blocks()[i].miner);
  }
  return cli.print(out);
}

Result<void> list(Cli& cli, const Words& words) {
  TRY(auto tipset, ask<ChainApi::Head>(cli));
  if (words.height >= 0) {
    TRY(tipset, ask<ChainApi::GetTipsetByHeight>(cli, ChainEpoch(words.height), TipsetKey()));
  }
  Table table({"Epoch", "Time", "Blocks", "Miners", "Base fee", "CIDs"});
  table.right(0).right(2).right(4);
  for (std::int64_t i = 0; i < words.count; ++i) {
    std::string miners;
    for (const auto& block : tipset->blocks()) miners += (miners.empty() ? "" : " ") + block.miner.str();
    table.row({fmt::to_string(tipset->height().value()), time_text(tipset->min_timestamp()),
               std::to_string(tipset->blocks().size()), miners, tipset->parent_base_fee().human(),
               tipset->key().str()});
    if (tipset->height().value() == 0) break;
    TRY(tipset, ask<ChainApi::GetTipset>(cli, tipset->parents()));
  }
  return cli.print_table(table);
}

Result<void> get_block(Cli& cli, const std::string& text) {
  TRY(const auto cid, Cid::parse(text));
  TRY(const auto header, ask<ChainApi::GetBlock>(cli, cid));
  TRY(const auto messages, ask<ChainApi::GetBlockMessages>(cli, cid));
  boost::json::object out;
  out["Header"] = to_json(header);
  out["Messages"] = to_json(messages.cids);
  if (cli.json()) return cli.print_json(out);
  return cli.print(base::pretty_json(out));
}

void add_chain(Command& root, const WordsPtr& w) {
  auto& chain = root.add("chain", "The chain");
  chain.add("head", "Show the heaviest tipset").action([](Cli& cli) -> Result<void> {
    TRY(const auto head, ask<ChainApi::Head>(cli));
    return print_tipset(cli, head);
  });
  auto& get = chain.add("get", "Show a tipset by height or key");
  get.option("--height", &w->height, "Epoch; the last tipset before it when it has none");
  get.arg("tipset", &w->tipset, "Block CIDs, separated by commas", false);
  get.action([w](Cli& cli) -> Result<void> {
    TRY(const auto key, parse_tipset(w->tipset));
    if (w->height >= 0) {
      TRY(const auto tipset, ask<ChainApi::GetTipsetByHeight>(cli, ChainEpoch(w->height), key));
      return print_tipset(cli, tipset);
    }
    TRY(const auto tipset, ask<ChainApi::GetTipset>(cli, key));
    return print_tipset(cli, tipset);
  });
  auto& list_command = chain.add("list", "List tipsets, newest first").alias("ls");
  list_command.option("--height", &w->height, "Start at this epoch instead of the head");
  list_command.option("--count,-n", &w->count, "How many");
  list_command.action([w](Cli& cli) { return list(cli, *w); });
  chain.add("getblock", "Show a block with its messages")
      .alias("get-block")
      .arg("cid", &w->cid, "CID of the block")
      .action([w](Cli& cli) { return get_block(cli, w->cid); });
  chain.add("get-message", "Show a message").arg("cid", &w->cid, "CID").action([w](Cli& cli) -> Result<void> {
    TRY(const auto cid, Cid::parse(w->cid));
    TRY(const auto message, ask<ChainApi::GetMessage>(cli, cid));
    return cli.json() ? cli.print_json(to_json(message)) : cli.print(base::pretty_json(to_json(message)));
  });
}

Result<void> show_info(Cli& cli) {
  TRY(const auto version, ask<api::CommonApi::Version>(cli));
  TRY(const auto network, ask<api::StateApi::NetworkName>(cli));
  TRY(const auto rules, ask<api::StateApi::NetworkVersion>(cli, TipsetKey()));
  TRY(const auto status, ask<api::CommonApi::NodeStatus>(cli, false));
  TRY(const auto head, ask<ChainApi::Head>(cli));
  const auto behind = status.at("SyncStatus").at("Behind").to_number<std::int64_t>();
  if (cli.json()) {
    return cli.print_json(boost::json::object{{"version", version.version},
                                              {"network", network},
                                              {"network_version", rules},
                                              {"head", to_json(head->key())},
                                              {"height", head->height().value()},
                                              {"behind", behind},
                                              {"base_fee", head->parent_base_fee().str()}});
  }
  return cli.print(fmt::format("venus {} on {} (network version {})\nhead {} at epoch {}, {} epochs behind\nbase fee {}",
                               version.version, network, rules, head->key(), head->height(), behind,
                               head->parent_base_fee().human()));
}

}  // namespace

Result<TipsetKey> parse_tipset(std::string_view text) {
  std::vector<Cid> cids;
  while (!text.empty()) {
    const auto comma = text.find(',');
    TRY(auto cid, Cid::parse(text.substr(0, comma)));
    cids.push_back(std::move(cid));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return TipsetKey(std::move(cids));
}

void choose_prefix(Cli& cli) {
  static std::once_flag once;
  std::call_once(once, [&cli] {
    // Without an answer the call that follows fails and says why.
    const auto name = cli.call<api::StateApi::NetworkName>();
    auto prefix = types::NetworkPrefix::Testnet;
    for (const auto& known : types::builtin_network_names()) {
      const auto network = types::builtin_network(known);
      if (name && network && network->network_name == *name) prefix = network->address_prefix;
    }
    types::set_display_prefix(prefix);
  });
}

void add_chain_commands(Command& root) {
  const auto words = std::make_shared<Words>();
  add_chain(root, words);
  root.add("info", "The node in a few lines").action([](Cli& cli) { return show_info(cli); });
  root.add("version", "Versions of the running node and of this program").action([](Cli& cli) -> Result<void> {
    TRY(const auto version, ask<api::CommonApi::Version>(cli));
    if (cli.json()) return cli.print_json(to_json(version));
    return cli.print(fmt::format("node {}, program {}", version.version, cli.info().version));
  });
}

}  // namespace venus::node
