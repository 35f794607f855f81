// SPDX-License-Identifier: MIT OR Apache-2.0
// Commands about messages that wait for a block.
#include <boost/json.hpp>

#include "api/node/common.hpp"
#include "platform/home.hpp"
#include "services/node/command_text.hpp"
#include "services/node/program.hpp"

namespace venus::node {
namespace {

using api::MpoolApi;
using base::to_json;
using platform::Cli;
using platform::Command;
using platform::Table;

struct Words {
  std::string from;
  std::string file;
  bool local = false;
  bool really = false;
  std::int64_t high = 0;
  std::int64_t low = 0;
};
using WordsPtr = std::shared_ptr<Words>;

Result<void> pending(Cli& cli, const std::string& from) {
  Address sender;
  if (!from.empty()) {
    TRY(sender, Address::parse(from));
  }
  TRY(auto messages, ask<MpoolApi::Pending>(cli, TipsetKey()));
  if (sender.defined()) std::erase_if(messages, [&](const auto& m) { return m.message.from != sender; });
  if (cli.json()) return cli.print_json(to_json(messages));
  Table table({"CID", "From", "Nonce", "To", "Value", "Method", "Gas limit", "Fee cap", "Premium"});
  table.right(2).right(4).right(5).right(6).right(7).right(8);
  for (const auto& pending_message : messages) {
    const auto& m = pending_message.message;
    table.row({pending_message.cid().str(), m.from.str(), std::to_string(m.nonce.value()), m.to.str(), m.value.human(),
               std::to_string(m.method.value()), std::to_string(m.gas_limit.value()), m.gas_fee_cap.human(),
               m.gas_premium.human()});
  }
  return cli.print_table(table);
}

Result<void> stat(Cli& cli) {
  TRY(const auto messages, ask<MpoolApi::Pending>(cli, TipsetKey()));
  struct Sender {
    std::uint64_t count = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::int64_t gas = 0;
  };
  std::map<Address, Sender> senders;
  for (const auto& pending_message : messages) {
    const auto nonce = pending_message.message.nonce.value();
    auto& sender = senders[pending_message.message.from];
    sender.first = sender.count == 0 ? nonce : std::min(sender.first, nonce);
    sender.last = std::max(sender.last, nonce);
    sender.gas += pending_message.message.gas_limit.value();
    ++sender.count;
  }
  Table table({"From", "Messages", "First nonce", "Last nonce", "Gas"});
  table.right(1).right(2).right(3).right(4);
  for (const auto& [address, sender] : senders) {
    table.row({address.str(), std::to_string(sender.count), std::to_string(sender.first), std::to_string(sender.last),
               std::to_string(sender.gas)});
  }
  return cli.print_table(table);
}

Result<void> config(Cli& cli, const Words& words) {
  TRY(auto settings, ask<MpoolApi::GetConfig>(cli));
  if (words.high > 0 || words.low > 0) {
    if (words.high > 0) settings.size_limit_high = words.high;
    if (words.low > 0) settings.size_limit_low = words.low;
    TRY_VOID(ask<MpoolApi::SetConfig>(cli, settings));
  }
  return cli.json() ? cli.print_json(to_json(settings)) : cli.print(base::pretty_json(to_json(settings)));
}

Result<void> push(Cli& cli, const std::string& file) {
  TRY(const auto text, platform::read_file(file));
  TRY(const auto json, base::parse_json(text));
  TRY(auto message, with_context(base::from_json<types::SignedMessage>(json), file));
  TRY(const auto cid, ask<MpoolApi::Push>(cli, std::move(message)));
  return cli.json() ? cli.print_json(boost::json::object{{"cid", cid.str()}}) : cli.print(cid.str());
}

}  // namespace

void add_mpool_commands(Command& root) {
  const auto w = std::make_shared<Words>();
  auto& mpool = root.add("mpool", "Messages that wait for a block");
  mpool.add("pending", "List them").option("--from", &w->from, "Of this sender only")
      .action([w](Cli& cli) { return pending(cli, w->from); });
  mpool.add("stat", "Count them by sender").action([](Cli& cli) { return stat(cli); });
  auto& settings = mpool.add("config", "Show or change the pool's limits");
  settings.option("--high", &w->high, "Prune above this many messages");
  settings.option("--low", &w->low, "Down to this many");
  settings.action([w](Cli& cli) { return config(cli, *w); });
  auto& clear = mpool.add("clear", "Drop all messages");
  clear.flag("--local", &w->local, "Also those that were sent from here");
  clear.flag("--really-do-it", &w->really, "Yes, drop them");
  clear.action([w](Cli& cli) -> Result<void> {
    if (!w->really) return fail(ErrorCode::InvalidArgument, "messages would be lost: add --really-do-it");
    return ask<MpoolApi::Clear>(cli, w->local);
  });
  mpool.add("push", "Add a signed message from a JSON file").arg("file", &w->file, "File")
      .action([w](Cli& cli) { return push(cli, w->file); });
}

}  // namespace venus::node
