// SPDX-License-Identifier: MIT OR Apache-2.0
// The command line of venus-auth: a client of its own REST interface.
#include <boost/json.hpp>

#include "api/auth.hpp"
#include "platform/home.hpp"
#include "services/auth/program.hpp"

namespace venus::auth {
namespace {

using namespace api::auth;
using platform::Cli;
using platform::Command;
using platform::Table;

/// Arguments of all commands; one object for the life of the Cli.
struct Words {
  std::string name, token, perm = "read", extra, comment, state, user, id, duration;
  std::int64_t skip = 0, limit = 0, cap = 0;
  std::string miner, signer;
  std::vector<std::string> signers;
  bool open_mining = true;
};
using WordsPtr = std::shared_ptr<Words>;

Result<std::unique_ptr<Auth>> connect(Cli& cli) {
  TRY(auto peer, cli.peer());
  peer.target = "/";
  return make_auth_client(cli.io(), peer.url(), peer.token);
}

/// "@file" stands for the content of a file, so that a token need not be seen in the process list.
Result<std::string> token_word(const std::string& word) {
  if (!word.starts_with('@')) return word;
  TRY(auto text, platform::read_file(word.substr(1), 65536));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

Result<std::uint8_t> state_word(const std::string& word) {
  if (word.empty()) return std::uint8_t{0};
  if (word == "enabled" || word == "1") return std::uint8_t{1};
  if (word == "disabled" || word == "2") return std::uint8_t{2};
  return fail(ErrorCode::InvalidArgument, "a state is 'enabled' or 'disabled'");
}

std::string state_name(std::uint8_t state) { return state == 1 ? "enabled" : "disabled"; }

Result<Page> page_of(const Words& words) {
  if (words.skip < 0 || words.limit < 0) return fail(ErrorCode::InvalidArgument, "--skip and --limit are not negative");
  return Page{static_cast<std::uint64_t>(words.skip), static_cast<std::uint64_t>(words.limit)};
}

template <class T>
Result<void> show(Cli& cli, const T& value, const std::function<Table()>& table) {
  if (cli.json()) return cli.print_json(base::to_json(value));
  return cli.print_table(table());
}

Result<void> show_users(Cli& cli, const std::vector<User>& users) {
  return show(cli, users, [&] {
    Table table({"Name", "State", "Comment", "Id"});
    for (const auto& user : users) table.row({user.name, state_name(user.state), user.comment, user.id});
    return table;
  });
}

Result<void> show_tokens(Cli& cli, const std::vector<TokenInfo>& tokens) {
  return show(cli, tokens, [&] {
    Table table({"Name", "Perm", "Created", "Extra", "Token"});
    for (const auto& t : tokens) table.row({t.name, t.perm, t.create_time, t.custom, t.token});
    return table;
  });
}

/// yes/no answers.
Result<void> show_bool(Cli& cli, bool value) {
  if (cli.json()) return cli.print_json(value);
  return cli.print(value ? "true" : "false");
}

void add_token_commands(Command& root, const WordsPtr& w) {
  auto& token = root.add("token", "Tokens");
  auto& gen = token.add("gen", "Make a token for a user and print it");
  gen.option("--perm", &w->perm, "read, write, sign or admin").choices("--perm", {"read", "write", "sign", "admin"});
  gen.option("--extra", &w->extra, "Text that travels in the token").arg("name", &w->name, "User");
  gen.action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto made, cli.wait(auth->generate_token({w->name, w->perm, w->extra})));
    if (cli.json()) return cli.print_json(boost::json::object{{"token", made}});
    return cli.print(made);
  });
  auto& get = token.add("get", "Show a token, or those of a user");
  get.option("--name", &w->name, "User").option("--token", &w->token, "Token, or @file");
  get.action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto word, token_word(w->token));
    TRY(auto found, cli.wait(auth->token_info(std::move(word), w->name)));
    return show_tokens(cli, found);
  });
  auto& list = token.add("list", "List tokens");
  list.option("--skip", &w->skip, "Rows to leave out").option("--limit", &w->limit, "Rows at most");
  list.action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto page, page_of(*w));
    TRY(auto found, cli.wait(auth->tokens(page)));
    return show_tokens(cli, found);
  });
  auto& rm = token.add("rm", "Take a token back; daemons refuse it within seconds");
  rm.alias("remove").arg("token", &w->token, "Token, or @file");
  rm.action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto word, token_word(w->token));
    return cli.wait(auth->remove_token(std::move(word)));
  });
  auto& recover = token.add("recover", "Make a removed token good again");
  recover.arg("token", &w->token, "Token, or @file").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto word, token_word(w->token));
    return cli.wait(auth->recover_token(std::move(word)));
  });
}

void add_user_commands(Command& user, const WordsPtr& w) {
  auto& add = user.add("add", "Make a user");
  add.option("--comment", &w->comment, "Comment").option("--state", &w->state, "enabled or disabled");
  add.arg("name", &w->name, "Name").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto state, state_word(w->state));
    TRY(auto made, cli.wait(auth->create_user({w->name, w->comment, state})));
    return show_users(cli, {made});
  });
  user.add("get", "Show a user").arg("name", &w->name, "Name").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto found, cli.wait(auth->user(w->name)));
    if (cli.json()) return cli.print_json(base::to_json(found));
    return show_users(cli, {found});
  });
  auto& update = user.add("update", "Change a user; a disabled user's tokens are refused");
  update.option("--name", &w->name, "Name", true).option("--comment", &w->comment, "New comment");
  update.option("--state", &w->state, "enabled or disabled").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto state, state_word(w->state));
    std::optional<std::string> comment;
    if (!w->comment.empty()) comment = w->comment;
    return cli.wait(auth->update_user({w->name, comment, state}));
  });
  user.add("active", "Enable a user").arg("name", &w->name, "Name").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    return cli.wait(auth->update_user({w->name, std::nullopt, 1}));
  });
  auto& list = user.add("list", "List users");
  list.option("--skip", &w->skip, "Rows to leave out").option("--limit", &w->limit, "Rows at most");
  list.option("--state", &w->state, "Only enabled or disabled ones").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto page, page_of(*w));
    TRY(auto state, state_word(w->state));
    TRY(auto found, cli.wait(auth->users(page, static_cast<UserState>(state))));
    return show_users(cli, found);
  });
  user.add("has", "Whether a user exists").arg("name", &w->name, "Name").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto has, cli.wait(auth->has_user(w->name)));
    return show_bool(cli, has);
  });
  auto& remove = user.add("delete", "Remove a user with its miners and signers");
  remove.alias("rm").arg("name", &w->name, "Name").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    return cli.wait(auth->delete_user(w->name));
  });
  user.add("recover", "Bring a removed user back").arg("name", &w->name, "Name").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    return cli.wait(auth->recover_user(w->name));
  });
}

Result<void> put_limit(Cli& cli, const Words& w) {
  TRY(auto auth, connect(cli));
  TRY(auto span, platform::parse_duration(w.duration));
  RateLimit limit{w.id, w.name, "", "", {w.cap, span.count() * 1'000'000}};
  TRY(auto id, cli.wait(auth->upsert_limit(std::move(limit))));
  if (cli.json()) return cli.print_json(boost::json::value(id));
  return cli.print(id);
}

void add_limit_commands(Command& user, const WordsPtr& w) {
  auto& limits = user.add("rate-limit", "How many requests a user may make");
  auto& add = limits.add("add", "Add a limit");
  add.arg("name", &w->name, "User").arg("cap", &w->cap, "Requests").arg("duration", &w->duration, "in this time, as 1m");
  add.action([w](Cli& cli) { return put_limit(cli, *w); });
  auto& update = limits.add("update", "Change a limit");
  update.arg("name", &w->name, "User").arg("id", &w->id, "Limit").arg("cap", &w->cap, "Requests");
  update.arg("duration", &w->duration, "in this time, as 1m").action([w](Cli& cli) { return put_limit(cli, *w); });
  limits.add("get", "Show a user's limits").arg("name", &w->name, "User").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto found, cli.wait(auth->limits(w->name, "")));
    return show(cli, found, [&] {
      Table table({"Id", "Service", "API", "Cap", "Duration"});
      for (const auto& l : found) {
        table.row({l.id, l.service, l.api, std::to_string(l.limit.cap),
                   platform::format_duration(std::chrono::milliseconds(l.limit.reset_dur / 1'000'000))});
      }
      return table;
    });
  });
  auto& del = limits.add("del", "Remove a limit");
  del.arg("name", &w->name, "User").arg("id", &w->id, "Limit").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    return cli.wait(auth->delete_limit(w->name, w->id));
  });
}

void add_miner_commands(Command& user, const WordsPtr& w) {
  auto& miner = user.add("miner", "Which miners belong to whom");
  auto& add = miner.add("add", "Give a miner to a user (and take it from another)");
  add.option("--openMining", &w->open_mining, "Whether the pool mines for it");
  add.arg("user", &w->user, "User").arg("miner", &w->miner, "Miner, f0...").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto address, Address::parse(w->miner));
    TRY(auto created, cli.wait(auth->add_miner({w->user, address, w->open_mining})));
    if (cli.json()) return cli.print_json(created);
    return cli.print(created ? "created" : "updated");
  });
  auto& exist = miner.add("exist", "Whether a miner belongs to a user");
  exist.option("--user", &w->user, "User", true).arg("miner", &w->miner, "Miner").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto address, Address::parse(w->miner));
    TRY(auto found, cli.wait(auth->miner_in_user(w->user, address)));
    return show_bool(cli, found);
  });
  miner.add("list", "List a user's miners").arg("user", &w->user, "User").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto found, cli.wait(auth->miners(w->user)));
    return show(cli, found, [&] {
      Table table({"Miner", "Open mining", "Created"});
      for (const auto& m : found) table.row({m.miner.str(), m.open_mining ? "yes" : "no", m.created_at});
      return table;
    });
  });
  miner.add("delete", "Take a miner from its user").arg("miner", &w->miner, "Miner").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto address, Address::parse(w->miner));
    TRY(auto done, cli.wait(auth->delete_miner(address)));
    return show_bool(cli, done);
  });
}

Result<SignersRequest> signers_of(const Words& w) {
  SignersRequest out{w.user, {}};
  for (const auto& word : w.signers) {
    TRY(auto address, Address::parse(word));
    out.signers.push_back(address);
  }
  return out;
}

void add_signer_commands(Command& user, Command& root, const WordsPtr& w) {
  auto& signer = user.add("signer", "Which signing addresses belong to whom");
  auto& reg = signer.add("register", "Give addresses to a user");
  reg.arg("user", &w->user, "User").arg("signer", &w->signers, "Addresses").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto request, signers_of(*w));
    return cli.wait(auth->register_signers(std::move(request)));
  });
  auto& unreg = signer.add("unregister", "Take addresses from a user");
  unreg.arg("user", &w->user, "User").arg("signer", &w->signers, "Addresses").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto request, signers_of(*w));
    return cli.wait(auth->unregister_signers(std::move(request)));
  });
  auto& exist = signer.add("exist", "Whether an address belongs to a user");
  exist.option("--user", &w->user, "User", true).arg("signer", &w->signer, "Address").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto address, Address::parse(w->signer));
    TRY(auto found, cli.wait(auth->signer_in_user(w->user, address)));
    return show_bool(cli, found);
  });
  signer.add("list", "List a user's addresses").arg("user", &w->user, "User").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto found, cli.wait(auth->signers(w->user)));
    return show(cli, found, [&] {
      Table table({"Signer", "Created"});
      for (const auto& s : found) table.row({s.signer.str(), s.created_at});
      return table;
    });
  });
  auto& top = root.add("signer", "Signing addresses of all users");
  top.add("has", "Whether anybody has an address").arg("signer", &w->signer, "Address").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto address, Address::parse(w->signer));
    TRY(auto found, cli.wait(auth->has_signer(address)));
    return show_bool(cli, found);
  });
  top.add("del", "Take an address from all users").arg("signer", &w->signer, "Address").action([w](Cli& cli) -> Result<void> {
    TRY(auto auth, connect(cli));
    TRY(auto address, Address::parse(w->signer));
    TRY(auto done, cli.wait(auth->delete_signer(address)));
    return show_bool(cli, done);
  });
}

}  // namespace

void add_commands(Cli& cli) {
  const auto words = std::make_shared<Words>();
  auto& root = cli.root();
  add_token_commands(root, words);
  auto& user = root.add("user", "Users, and what belongs to them");
  add_user_commands(user, words);
  add_limit_commands(user, words);
  add_miner_commands(user, words);
  add_signer_commands(user, root, words);
}

}  // namespace venus::auth
