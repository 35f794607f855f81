// SPDX-License-Identifier: MIT OR Apache-2.0
// The command line of venus-wallet. Passwords and private keys come from the terminal, files or standard
// input, never from arguments.
#include <unistd.h>

#include <boost/json.hpp>

#include "api/wallet.hpp"
#include "platform/home.hpp"
#include "services/wallet/password.hpp"
#include "services/wallet/program.hpp"

namespace venus::wallet {
namespace {

using Api = api::WalletApi;
using platform::Cli;
using platform::Command;
using platform::Table;

/// Arguments of all commands; one object for the life of the Cli.
struct Words {
  std::string type = "bls", address, account, file, password_file, data, sign_type = "message", extra;
  std::string id, signer, record_type, after, before;
  std::int64_t limit = 20, offset = 0;
  bool errors = false, verbose = false, really = false;
};
using WordsPtr = std::shared_ptr<Words>;

Result<Secret> read_key_text(const std::string& file) {
  if (file.empty() || file == "-") {
    if (can_ask()) return ask_password("Private key (hex or JSON, as exported): ", false);
    return command_password("-", "", false);
  }
  return command_password(file, "", false);
}

void add_key_commands(Command& root, const WordsPtr& w) {
  auto& make = root.add("new", "Make a key and print its address");
  make.arg("type", &w->type, "bls, secp256k1 or delegated", false).choices("type", {"bls", "secp256k1", "delegated"});
  make.action([w](Cli& cli) -> Result<void> {
    TRY(auto address, cli.call<Api::New>(w->type));
    if (cli.json()) return cli.print_json(base::to_json(address));
    return cli.print(address.str());
  });
  root.add("list", "List the addresses of all keys").alias("ls").action([](Cli& cli) -> Result<void> {
    TRY(auto addresses, cli.call<Api::List>());
    if (cli.json()) return cli.print_json(base::to_json(addresses));
    Table table({"Address"});
    for (const auto& address : addresses) table.row({address.str()});
    return cli.print_table(table);
  });
  root.add("has", "Whether a key is here").arg("address", &w->address, "Address").action([w](Cli& cli) -> Result<void> {
    TRY(auto address, Address::parse(w->address));
    TRY(auto has, cli.call<Api::Has>(address));
    if (cli.json()) return cli.print_json(has);
    return cli.print(has ? "true" : "false");
  });
  auto& exporting = root.add("export", "Print a private key, as Lotus writes it: whoever has it has the funds");
  exporting.arg("address", &w->address, "Address").action([w](Cli& cli) -> Result<void> {
    TRY(auto address, Address::parse(w->address));
    TRY(auto key, cli.call<Api::Export>(address));
    const auto text = key.export_text();
    return cli.print(text_of(text));
  });
  auto& import = root.add("import", "Add a private key from a file, standard input or the terminal");
  import.arg("file", &w->file, "File with the exported key", false).action([w](Cli& cli) -> Result<void> {
    TRY(auto text, read_key_text(w->file));
    TRY(auto key, types::KeyInfo::import_text(text_of(text)));
    TRY(auto address, cli.call<Api::Import>(std::move(key)));
    if (cli.json()) return cli.print_json(base::to_json(address));
    return cli.print(address.str());
  });
  auto& del = root.add("delete", "Remove a key for good; export it first");
  del.alias("del").arg("address", &w->address, "Address").flag("--really-do-it", &w->really, "Yes, for good");
  del.action([w](Cli& cli) -> Result<void> {
    TRY(auto address, Address::parse(w->address));
    if (!w->really) return fail(ErrorCode::InvalidArgument, "this cannot be undone: add --really-do-it");
    return cli.call<Api::Delete>(address);
  });
}

void add_lock_commands(Command& root, const WordsPtr& w) {
  auto& set = root.add("set-password", "Choose the password of a new wallet");
  set.alias("setpwd").option("--password-file", &w->password_file, "File with the password, or - for standard input");
  set.action([w](Cli& cli) -> Result<void> {
    TRY(auto password, command_password(w->password_file, "New password: ", true));
    return cli.call<Api::SetPassword>(std::string(text_of(password)));
  });
  auto& unlock = root.add("unlock", "Decrypt the keys, so that the wallet signs");
  unlock.option("--password-file", &w->password_file, "File with the password, or - for standard input");
  unlock.action([w](Cli& cli) -> Result<void> {
    TRY(auto password, command_password(w->password_file, "Password: ", false));
    return cli.call<Api::Unlock>(std::string(text_of(password)));
  });
  auto& lock = root.add("lock", "Forget the decrypted keys");
  lock.option("--password-file", &w->password_file, "File with the password, or - for standard input");
  lock.action([w](Cli& cli) -> Result<void> {
    TRY(auto password, command_password(w->password_file, "Password: ", false));
    return cli.call<Api::Lock>(std::string(text_of(password)));
  });
  root.add("lock-state", "Whether the wallet is locked").action([](Cli& cli) -> Result<void> {
    TRY(auto locked, cli.call<Api::LockState>());
    if (cli.json()) return cli.print_json(locked);
    return cli.print(locked ? "locked" : "unlocked");
  });
}

void add_sign_commands(Command& root, const WordsPtr& w) {
  auto& sign = root.add("sign", "Sign typed data and print the signature (type byte and data) in hex");
  sign.arg("address", &w->address, "Signer").arg("data", &w->data, "Bytes to sign in hex");
  sign.option("--msg-type,--type", &w->sign_type, "What the bytes are: message, block, drawrandomparam, ...");
  sign.option("--extra", &w->extra, "For a message: its CBOR in hex").action([w](Cli& cli) -> Result<void> {
    TRY(auto address, Address::parse(w->address));
    TRY(auto data, base::from_hex(w->data));
    TRY(auto extra, base::from_hex(w->extra));
    TRY(auto signature, cli.call<Api::Sign>(address, std::move(data), api::MsgMeta{w->sign_type, std::move(extra)}));
    if (cli.json()) return cli.print_json(base::to_json(signature));
    Bytes text{static_cast<std::uint8_t>(signature.type)};
    base::append(text, signature.data);
    return cli.print(base::to_hex(text));
  });
  auto& record = root.add("record", "Signatures given and refused");
  auto& list = record.add("list", "List them, newest first");
  list.alias("query").option("--address", &w->signer, "Only of this signer").option("--type", &w->record_type, "Only of this type");
  list.option("--from", &w->after, "Not before this time (RFC 3339)").option("--to", &w->before, "Not after this time");
  list.option("--limit", &w->limit, "Rows at most").option("--offset", &w->offset, "Rows to leave out");
  list.option("--id", &w->id, "Only this one").flag("--error", &w->errors, "Only refused ones");
  list.flag("--verbose", &w->verbose, "With what was signed").action([w](Cli& cli) -> Result<void> {
    api::SignRecordQuery query{w->id, w->record_type, {}, w->errors, w->offset, w->limit, w->after, w->before};
    if (!w->signer.empty()) {
      TRY(query.signer, Address::parse(w->signer));
    }
    TRY(auto records, cli.call<Api::ListSignedRecord>(std::move(query)));
    if (cli.json()) return cli.print_json(base::to_json(records));
    auto headers = std::vector<std::string>{"Time", "Type", "Signer", "Refused", "Id"};
    if (w->verbose) headers.emplace_back("Signed");
    Table table(std::move(headers));
    for (const auto& r : records) {
      table.row({r.create_at, r.type, r.signer.str(), r.err.value_or(""), r.id, base::to_hex(r.raw_msg)});
    }
    return cli.print_table(table);
  });
}

void add_gateway_commands(Command& root, const WordsPtr& w) {
  root.add("support", "Sign for one more account at the gateways").arg("account", &w->account, "Account").action(
      [w](Cli& cli) { return cli.call<Api::AddSupportAccount>(w->account); });
  auto& gateway = root.add("gateway", "Connections to gateways");
  gateway.add("list", "List them").action([](Cli& cli) -> Result<void> {
    TRY(auto states, cli.call<Api::Gateways>());
    if (cli.json()) return cli.print_json(base::to_json(states));
    Table table({"Gateway", "Connected", "Channel", "Requests"});
    table.right(3);
    for (const auto& s : states) table.row({s.url, s.connected ? "yes" : "no", s.channel_id, std::to_string(s.requests)});
    return cli.print_table(table);
  });
}

}  // namespace

void add_commands(Cli& cli) {
  const auto words = std::make_shared<Words>();
  auto& root = cli.root();
  add_key_commands(root, words);
  add_lock_commands(root, words);
  add_sign_commands(root, words);
  add_gateway_commands(root, words);
}

}  // namespace venus::wallet
