// SPDX-License-Identifier: MIT OR Apache-2.0
// Commands about the node's own keys, and sending from them.
#include <boost/json.hpp>
#include <iostream>

#include "api/key_info_json.hpp"
#include "api/node/common.hpp"
#include "platform/home.hpp"
#include "services/node/command_text.hpp"
#include "services/node/program.hpp"

namespace venus::node {
namespace {

using Wallet = api::NodeWalletApi;
using base::to_json;
using platform::Cli;
using platform::Command;
using platform::Table;

struct Words {
  std::string type = "bls";
  std::string address;
  std::string file;
  std::string data;
  std::string signature;
  std::string amount;
  std::string from;
  std::string params;
  std::uint64_t method = 0;
  std::uint64_t confidence = 1;
  bool really = false;
  bool wait = false;
};
using WordsPtr = std::shared_ptr<Words>;

Result<void> print_address(Cli& cli, const Address& address) {
  return cli.json() ? cli.print_json(to_json(address)) : cli.print(address.str());
}

Result<void> list(Cli& cli) {
  TRY(const auto addresses, ask<Wallet::List>(cli));
  TRY(const auto chosen, ask<Wallet::DefaultAddress>(cli));
  Table table({"Address", "Balance", "AttoFIL", "Default"});
  table.right(1).right(2);
  for (const auto& address : addresses) {
    TRY(const auto balance, ask<Wallet::Balance>(cli, address));
    table.row({address.str(), balance.fil(), balance.str(), address == chosen ? "yes" : ""});
  }
  return cli.print_table(table);
}

Result<void> show_balance(Cli& cli, const std::string& text) {
  TRY(auto address, text.empty() ? ask<Wallet::DefaultAddress>(cli) : Address::parse(text));
  if (!address.defined()) return fail(ErrorCode::NotFound, "no address given and no key in this node");
  TRY(const auto balance, ask<Wallet::Balance>(cli, address));
  if (cli.json()) {
    return cli.print_json(boost::json::object{{"address", address.str()}, {"fil", balance.fil()}, {"attofil", balance.str()}});
  }
  return cli.print(balance.fil());
}

Result<void> import_key(Cli& cli, const std::string& file) {
  std::string text;
  if (file.empty() || file == "-") {
    // From a pipe: keys never stand in arguments.
    std::getline(std::cin, text);
  } else {
    TRY(text, platform::read_file(file, 65536));
  }
  TRY(auto key, types::KeyInfo::import_text(text));
  TRY(const auto address, ask<Wallet::Import>(cli, std::move(key)));
  return print_address(cli, address);
}

void add_keys(Command& wallet, const WordsPtr& w) {
  auto& make = wallet.add("new", "Make a key and print its address");
  make.arg("type", &w->type, "bls, secp256k1 or delegated", false).choices("type", {"bls", "secp256k1", "delegated"});
  make.action([w](Cli& cli) -> Result<void> {
    TRY(const auto address, ask<Wallet::New>(cli, w->type));
    return print_address(cli, address);
  });
  wallet.add("list", "List keys and balances").alias("ls").action([](Cli& cli) { return list(cli); });
  wallet.add("balance", "Balance of an address").arg("address", &w->address, "Default: the default key", false)
      .action([w](Cli& cli) { return show_balance(cli, w->address); });
  wallet.add("import", "Add a private key from a file or standard input")
      .arg("file", &w->file, "File with the exported key", false)
      .action([w](Cli& cli) { return import_key(cli, w->file); });
  wallet.add("export", "Print a private key: whoever has it has the funds").arg("address", &w->address, "Address")
      .action([w](Cli& cli) -> Result<void> {
        TRY(const auto address, Address::parse(w->address));
        TRY(const auto key, ask<Wallet::Export>(cli, address));
        const auto text = key.export_text();
        return cli.print(base::as_chars(text.view()));
      });
  auto& del = wallet.add("delete", "Remove a key for good; export it first");
  del.arg("address", &w->address, "Address").flag("--really-do-it", &w->really, "Yes, for good");
  del.action([w](Cli& cli) -> Result<void> {
    TRY(const auto address, Address::parse(w->address));
    if (!w->really) return fail(ErrorCode::InvalidArgument, "this cannot be undone: add --really-do-it");
    return ask<Wallet::Delete>(cli, address);
  });
  wallet.add("default", "Show the default sender").action([](Cli& cli) -> Result<void> {
    TRY(const auto address, ask<Wallet::DefaultAddress>(cli));
    if (!address.defined()) return fail(ErrorCode::NotFound, "there is no key in this node");
    return print_address(cli, address);
  });
  wallet.add("set-default", "Choose the default sender").arg("address", &w->address, "Address")
      .action([w](Cli& cli) -> Result<void> {
        TRY(const auto address, Address::parse(w->address));
        return ask<Wallet::SetDefault>(cli, address);
      });
}

void add_signing(Command& wallet, const WordsPtr& w) {
  wallet.add("sign", "Sign bytes; prints type byte and signature in hex").arg("address", &w->address, "Signer")
      .arg("data", &w->data, "Bytes in hex").action([w](Cli& cli) -> Result<void> {
        TRY(const auto address, Address::parse(w->address));
        TRY(auto data, base::from_hex(w->data));
        TRY(const auto signature, ask<Wallet::Sign>(cli, address, std::move(data)));
        if (cli.json()) return cli.print_json(to_json(signature));
        Bytes text{static_cast<std::uint8_t>(signature.type)};
        base::append(text, signature.data);
        return cli.print(base::to_hex(text));
      });
  wallet.add("verify", "Check a signature").arg("address", &w->address, "Signer").arg("data", &w->data, "Bytes in hex")
      .arg("signature", &w->signature, "Type byte and signature in hex").action([w](Cli& cli) -> Result<void> {
        TRY(const auto address, Address::parse(w->address));
        TRY(auto data, base::from_hex(w->data));
        TRY(const auto bytes, base::from_hex(w->signature));
        if (bytes.empty()) return fail(ErrorCode::InvalidArgument, "the signature is empty");
        types::Signature signature{static_cast<types::SignatureType>(bytes[0]), Bytes(bytes.begin() + 1, bytes.end())};
        TRY(const bool good, ask<Wallet::Verify>(cli, address, std::move(data), std::move(signature)));
        if (cli.json()) return cli.print_json(good);
        if (!good) return fail(ErrorCode::FailedValidation, "the signature is not good");
        return cli.print("the signature is good");
      });
}

Result<void> send(Cli& cli, const Words& words) {
  types::Message message;
  TRY(message.to, Address::parse(words.address));
  TRY(message.value, TokenAmount::parse(words.amount));
  if (!words.from.empty()) {
    TRY(message.from, Address::parse(words.from));
  } else {
    TRY(message.from, ask<Wallet::DefaultAddress>(cli));
    if (!message.from.defined()) return fail(ErrorCode::NotFound, "there is no key in this node: `venus wallet new`");
  }
  message.method = MethodNum(words.method);
  TRY(message.params, base::from_hex(words.params));
  TRY(const auto sent, ask<api::MpoolApi::PushMessage>(cli, message, std::nullopt));
  const auto cid = sent.cid();
  if (!words.wait) return cli.json() ? cli.print_json(boost::json::object{{"cid", cid.str()}}) : cli.print(cid.str());
  TRY(const auto found, ask<api::StateApi::WaitMessage>(cli, cid, words.confidence, ChainEpoch(-1), true));
  if (cli.json()) return cli.print_json(to_json(found));
  return cli.print(fmt::format("{}\nexecuted at epoch {}: exit code {}, gas {}", cid, found.height,
                               found.receipt.exit_code, found.receipt.gas_used));
}

}  // namespace

void add_wallet_commands(Command& root) {
  const auto w = std::make_shared<Words>();
  auto& wallet = root.add("wallet", "Keys of this node");
  add_keys(wallet, w);
  add_signing(wallet, w);
  auto& sending = root.add("send", "Send FIL or call a method");
  sending.arg("to", &w->address, "Receiver").arg("amount", &w->amount, "\"1.5\" FIL, or with a unit: \"15attofil\"");
  sending.option("--from", &w->from, "Sender; default: the default key");
  sending.option("--method", &w->method, "Number of the method").option("--params-hex", &w->params, "CBOR parameters");
  sending.flag("--wait", &w->wait, "Wait until it is executed");
  sending.option("--confidence", &w->confidence, "With --wait: epochs to wait on top");
  sending.action([w](Cli& cli) { return send(cli, *w); });
}

}  // namespace venus::node
