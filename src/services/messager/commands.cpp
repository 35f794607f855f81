// SPDX-License-Identifier: MIT OR Apache-2.0
#include "api/messager.hpp"
#include "services/messager/program.hpp"

namespace venus::messager {
namespace {

using Api = api::MessagerApi;
using platform::Cli;
using platform::Table;

struct Words {
  std::string id, from, to, amount, state;
  std::int64_t limit = 20;
  std::uint64_t confidence = 0;
};
using WordsPtr = std::shared_ptr<Words>;

std::string_view state_name(api::MessageState state) {
  switch (state) {
    case api::MessageState::UnFilled: return "unfilled";
    case api::MessageState::Filled: return "filled";
    case api::MessageState::OnChain: return "on chain";
    case api::MessageState::Failed: return "failed";
    case api::MessageState::NonceConflict: return "nonce conflict";
    case api::MessageState::Unknown: break;
  }
  return "unknown";
}

Result<std::vector<api::MessageState>> parse_states(const std::string& word) {
  if (word.empty()) return std::vector<api::MessageState>{};
  for (int n = 1; n <= 5; ++n) {
    const auto state = static_cast<api::MessageState>(n);
    if (state_name(state) == word) return std::vector{state};
  }
  return fail(ErrorCode::InvalidArgument, "no state is called \"{}\": unfilled, filled, on chain, failed, nonce conflict",
              word);
}

Result<void> show(Cli& c, const api::MessagerMessage& m) {
  if (c.json()) return c.print_json(base::to_json(m));
  c.print(fmt::format("id        {}\nstate     {}\nfrom      {}\nto        {}\nvalue     {}\nnonce     {}\ncid       {}",
                      m.id, state_name(m.state), m.message.from, m.message.to, m.message.value.fil(),
                      m.message.nonce, m.signed_cid ? m.signed_cid->str() : "-"))
      .value();
  if (m.receipt) {
    return c.print(fmt::format("height    {}\nconfirmed {} epochs\nexit code {}\ngas used  {}", m.height, m.confidence,
                               m.receipt->exit_code, m.receipt->gas_used));
  }
  if (!m.error_message.empty()) return c.print("error     " + m.error_message);
  return {};
}

void add_message_commands(Cli& cli, const WordsPtr& w) {
  auto& msg = cli.root().add("msg", "Messages");
  msg.add("list", "Messages, newest first")
      .option("--from", &w->from, "Only of this sender")
      .option("--state", &w->state, "unfilled, filled, 'on chain', failed or 'nonce conflict'")
      .option("--limit,-n", &w->limit, "How many at most")
      .action([w](Cli& c) -> Result<void> {
        api::MessagerQuery query;
        TRY(query.states, parse_states(w->state));
        if (!w->from.empty()) {
          TRY(query.from.emplace_back(), Address::parse(w->from));
        }
        query.limit = w->limit;
        TRY(const auto found, c.call<Api::List>(query));
        if (c.json()) return c.print_json(base::to_json(found));
        Table table({"ID", "State", "From", "Nonce", "To", "Value", "Height", "Exit", "Error"});
        for (const auto& m : found) {
          table.row({m.id, std::string(state_name(m.state)), m.message.from.str(), fmt::to_string(m.message.nonce),
                     m.message.to.str(), m.message.value.human(), std::to_string(m.height),
                     m.receipt ? fmt::to_string(m.receipt->exit_code) : "-", m.error_message});
        }
        return c.print_table(table);
      });
  msg.add("search", "One message").arg("id", &w->id, "Its id").action([w](Cli& c) -> Result<void> {
    TRY(const auto found, c.call<Api::Get>(w->id));
    return show(c, found);
  });
  msg.add("wait", "Waits until a message was executed")
      .arg("id", &w->id, "Its id")
      .option("--confidence", &w->confidence, "Epochs that must lie on top")
      .action([w](Cli& c) -> Result<void> {
        TRY(const auto found, c.call<Api::Wait>(w->id, w->confidence));
        return show(c, found);
      });
  msg.add("mark-bad", "Gives an unfilled message up").arg("id", &w->id, "Its id").action([w](Cli& c) {
    return c.call<Api::MarkBad>(w->id);
  });
}

void add_address_commands(Cli& cli, const WordsPtr& w) {
  auto& address = cli.root().add("address", "Senders");
  address.add("list", "All senders").action([](Cli& c) -> Result<void> {
    TRY(const auto found, c.call<Api::ListAddress>());
    Table table({"Address", "Next nonce", "State"});
    for (const auto& a : found) {
      table.row({a.address.str(), fmt::to_string(a.nonce), a.state == 1 ? "active" : "forbidden"});
    }
    return c.print_table(table);
  });
  address.add("forbidden", "Takes no more messages of a sender").arg("address", &w->from, "The sender")
      .action([w](Cli& c) -> Result<void> {
        TRY(const auto parsed, Address::parse(w->from));
        return c.call<Api::ForbidAddress>(parsed);
      });
  address.add("active", "Takes messages of a sender again").arg("address", &w->from, "The sender")
      .action([w](Cli& c) -> Result<void> {
        TRY(const auto parsed, Address::parse(w->from));
        return c.call<Api::ActivateAddress>(parsed);
      });
}

}  // namespace

void add_commands(Cli& cli) {
  const auto w = std::make_shared<Words>();
  add_message_commands(cli, w);
  add_address_commands(cli, w);
  cli.root().add("share-params", "Rules for all messages").action([](Cli& c) -> Result<void> {
    TRY(const auto params, c.call<Api::GetSharedParams>());
    return c.print_json(base::to_json(params));
  });
  cli.root().add("send", "Sends FIL; prints the id to wait for")
      .option("--from", &w->from, "Sender, a key in a connected wallet", true)
      .option("--id", &w->id, "An id of your own: a second call with it sends nothing")
      .arg("to", &w->to, "Receiver")
      .arg("amount", &w->amount, "\"1.5\" or \"1.5 FIL\", \"20 attofil\"")
      .action([w](Cli& c) -> Result<void> {
        types::Message message;
        TRY(message.from, Address::parse(w->from));
        TRY(message.to, Address::parse(w->to));
        TRY(message.value, TokenAmount::parse(w->amount));
        std::string id;
        if (w->id.empty()) {
          TRY(id, c.call<Api::Push>(message, std::nullopt));
        } else {
          TRY(id, c.call<Api::PushWithId>(w->id, message, std::nullopt));
        }
        if (c.json()) return c.print_json(base::to_json(id));
        return c.print(id);
      });
}

}  // namespace venus::messager
