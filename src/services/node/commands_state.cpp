// SPDX-License-Identifier: MIT OR Apache-2.0
// Commands about the state at a tipset.
#include <boost/json.hpp>

#include "api/node/common.hpp"
#include "services/node/command_text.hpp"
#include "services/node/program.hpp"

namespace venus::node {
namespace {

using api::Json;
using api::StateApi;
using api::StateMinerApi;
using base::to_json;
using platform::Cli;
using platform::Command;
using platform::Table;

struct Words {
  std::string address;
  std::string tipset;
  std::string cid;
  std::string from;
  std::string value = "0";
  std::string params;
  std::uint64_t number = 0;
  std::uint64_t confidence = 5;
  std::int64_t limit = -1;
  bool robust = false;
};
using WordsPtr = std::shared_ptr<Words>;

Result<void> print_value(Cli& cli, const Json& value) {
  return cli.json() ? cli.print_json(value) : cli.print(base::pretty_json(value));
}

// A command that asks about an address at a tipset and shows the answer as it is.
template <class M>
void add_query(Command& state, const WordsPtr& w, const std::string& name, const std::string& doc) {
  auto& command = state.add(name, doc);
  command.arg("address", &w->address, "Address").option("--tipset", &w->tipset, "Block CIDs; default: the head");
  command.action([w](Cli& cli) -> Result<void> {
    TRY(const auto address, Address::parse(w->address));
    TRY(const auto key, parse_tipset(w->tipset));
    TRY(const auto answer, ask<M>(cli, address, key));
    return print_value(cli, to_json(answer));
  });
}

// The same about a sector of a miner.
template <class M>
void add_sector_query(Command& state, const WordsPtr& w, const std::string& name, const std::string& doc) {
  auto& command = state.add(name, doc);
  command.arg("miner", &w->address, "Miner").arg("sector", &w->number, "Number of the sector");
  command.option("--tipset", &w->tipset, "Block CIDs; default: the head");
  command.action([w](Cli& cli) -> Result<void> {
    TRY(const auto address, Address::parse(w->address));
    TRY(const auto key, parse_tipset(w->tipset));
    TRY(const auto answer, ask<M>(cli, address, SectorNumber(w->number), key));
    return print_value(cli, to_json(answer));
  });
}

Result<void> show_power(Cli& cli, const Words& words) {
  Address address;
  if (!words.address.empty()) {
    TRY(address, Address::parse(words.address));
  }
  TRY(const auto key, parse_tipset(words.tipset));
  TRY(const auto power, ask<StateMinerApi::Power>(cli, address, key));
  if (cli.json()) return cli.print_json(to_json(power));
  const auto& total = power.total_power;
  if (!address.defined()) {
    return cli.print(fmt::format("raw {} B, quality-adjusted {} B", total.raw_byte_power.str(),
                                 total.quality_adjusted_power.str()));
  }
  return cli.print(fmt::format("raw {} of {} B, quality-adjusted {} of {} B{}", power.miner_power.raw_byte_power.str(),
                               total.raw_byte_power.str(), power.miner_power.quality_adjusted_power.str(),
                               total.quality_adjusted_power.str(),
                               power.has_min_power ? "" : "; too little to win blocks"));
}

Result<void> show_lookup(Cli& cli, const Result<std::optional<api::MessageLookup>>& result) {
  if (!result) return std::unexpected(result.error());
  const auto& found = *result;
  if (!found) return fail(ErrorCode::NotFound, "the message was not executed on this chain");
  if (cli.json()) return cli.print_json(to_json(*found));
  return cli.print(fmt::format("executed at epoch {} in {}\nexit code {}, gas {}{}", found->height, found->tipset,
                               found->receipt.exit_code, found->receipt.gas_used,
                               found->return_decoded.is_null()
                                   ? std::string()
                                   : "\nreturned " + base::write_json(found->return_decoded)));
}

Result<void> call_message(Cli& cli, const Words& words) {
  types::Message message;
  TRY(message.to, Address::parse(words.address));
  message.from = Address::id(types::singleton::kSystem);
  if (!words.from.empty()) {
    TRY(message.from, Address::parse(words.from));
  }
  TRY(message.value, TokenAmount::parse(words.value));
  TRY(message.params, base::from_hex(words.params));
  message.method = MethodNum(words.number);
  TRY(const auto key, parse_tipset(words.tipset));
  TRY(const auto answer, ask<StateApi::Call>(cli, message, key));
  if (cli.json()) return cli.print_json(answer);
  const auto& receipt = answer.at("MsgRct");
  return cli.print(fmt::format("exit code {}, gas {}\n{}{}", receipt.at("ExitCode").to_number<std::int64_t>(),
                               receipt.at("GasUsed").to_number<std::int64_t>(),
                               base::write_json(receipt.at("Return")),
                               "\n" + std::string(answer.at("Error").get_string())));
}

void add_messages(Command& state, const WordsPtr& w) {
  auto& search = state.add("search-msg", "Find where a message was executed");
  search.arg("cid", &w->cid, "CID of the message").option("--limit", &w->limit, "How many epochs to look back");
  search.action([w](Cli& cli) -> Result<void> {
    TRY(const auto cid, Cid::parse(w->cid));
    return show_lookup(cli, ask<StateApi::SearchMessage>(cli, TipsetKey(), cid, ChainEpoch(w->limit), true));
  });
  auto& wait = state.add("wait-msg", "Wait until a message is executed");
  wait.arg("cid", &w->cid, "CID of the message").option("--confidence", &w->confidence, "Epochs to wait on top");
  wait.action([w](Cli& cli) -> Result<void> {
    TRY(const auto cid, Cid::parse(w->cid));
    TRY(const auto found, ask<StateApi::WaitMessage>(cli, cid, w->confidence, ChainEpoch(w->limit), true));
    return show_lookup(cli, std::optional(found));
  });
  auto& call = state.add("call", "Execute a message without effect");
  call.arg("to", &w->address, "Receiver").arg("method", &w->number, "Number of the method", false);
  call.option("--from", &w->from, "Sender; default: the system actor");
  call.option("--value", &w->value, "FIL to send").option("--params", &w->params, "CBOR parameters in hex");
  call.option("--tipset", &w->tipset, "Block CIDs; default: the head");
  call.action([w](Cli& cli) { return call_message(cli, *w); });
}

void add_lists(Command& state, const WordsPtr& w) {
  state.add("list-miners", "List all miners").action([](Cli& cli) -> Result<void> {
    TRY(const auto miners, ask<StateApi::ListMiners>(cli, TipsetKey()));
    Table table({"Miner"});
    for (const auto& miner : miners) table.row({miner.str()});
    return cli.print_table(table);
  });
  state.add("list-actors", "List all actors").action([](Cli& cli) -> Result<void> {
    TRY(const auto actors, ask<StateApi::ListActors>(cli, TipsetKey()));
    Table table({"Actor"});
    for (const auto& actor : actors) table.row({actor.str()});
    return cli.print_table(table);
  });
  state.add("network-version", "Version of the network's rules").action([](Cli& cli) -> Result<void> {
    TRY(const auto version, ask<StateApi::NetworkVersion>(cli, TipsetKey()));
    return cli.json() ? cli.print_json(version) : cli.print(std::to_string(version));
  });
  state.add("network-params", "Parameters of the network").action([](Cli& cli) -> Result<void> {
    TRY(const auto params, ask<StateApi::GetNetworkParams>(cli));
    return print_value(cli, params);
  });
  state.add("circulating-supply", "Circulating supply as the VM counts it").action([](Cli& cli) -> Result<void> {
    TRY(const auto supply, ask<StateApi::VmCirculatingSupply>(cli, TipsetKey()));
    return print_value(cli, supply);
  });
  auto& lookup = state.add("lookup", "The ID address of an address, or an address of an ID");
  lookup.arg("address", &w->address, "Address").flag("--reverse,-r", &w->robust, "Key or robust address of an ID");
  lookup.action([w](Cli& cli) -> Result<void> {
    TRY(const auto address, Address::parse(w->address));
    auto found = w->robust ? ask<StateApi::AccountKey>(cli, address, TipsetKey())
                           : ask<StateApi::LookupId>(cli, address, TipsetKey());
    if (!found && w->robust) found = ask<StateApi::LookupRobustAddress>(cli, address, TipsetKey());
    if (!found) return std::unexpected(found.error());
    return cli.json() ? cli.print_json(to_json(*found)) : cli.print(found->str());
  });
}

}  // namespace

void add_state_commands(Command& root) {
  const auto w = std::make_shared<Words>();
  auto& state = root.add("state", "The state of the network");
  add_query<StateApi::GetActor>(state, w, "get-actor", "An actor's entry in the state tree");
  add_query<StateApi::ReadState>(state, w, "read-state", "An actor's decoded state");
  add_query<StateMinerApi::Info>(state, w, "miner-info", "A miner's addresses and sector size");
  add_query<StateMinerApi::ProvingDeadline>(state, w, "miner-proving-deadline", "Where a miner stands in proving");
  add_query<StateMinerApi::Deadlines>(state, w, "miner-deadlines", "A miner's deadlines");
  add_query<StateMinerApi::ActiveSectors>(state, w, "active-sectors", "Sectors that are proven now");
  add_query<StateMinerApi::SectorCount>(state, w, "sector-count", "How many sectors live, are active, faulty");
  add_query<StateMinerApi::Faults>(state, w, "faults", "Faulty sectors as run lengths");
  add_query<StateMinerApi::AvailableBalance>(state, w, "available-balance", "What a miner can withdraw");
  add_query<StateMinerApi::MarketBalance>(state, w, "market-balance", "Escrow and locked funds in the market");
  add_query<StateMinerApi::MsigPending>(state, w, "multisig-pending", "Proposals that wait for approval");
  add_sector_query<StateMinerApi::SectorGetInfo>(state, w, "sector", "A sector on chain");
  add_sector_query<StateMinerApi::SectorPreCommitInfo>(state, w, "sector-precommit", "A precommitted sector");
  add_sector_query<StateMinerApi::SectorExpiration>(state, w, "sector-expiration", "When a sector expires");
  add_sector_query<StateMinerApi::SectorPartition>(state, w, "sector-partition", "Deadline and partition of a sector");
  auto& power = state.add("power", "Power of a miner or of the network");
  power.arg("miner", &w->address, "Miner", false).option("--tipset", &w->tipset, "Block CIDs; default: the head");
  power.action([w](Cli& cli) { return show_power(cli, *w); });
  add_lists(state, w);
  add_messages(state, w);
}

}  // namespace venus::node
