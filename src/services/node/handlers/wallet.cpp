// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/state_tree.hpp"
#include "api/key_info_json.hpp"
#include "api/node/mpool.hpp"
#include "services/node/handlers/handlers.hpp"

namespace venus::node {
namespace {

using Api = api::NodeWalletApi;

Result<TokenAmount> balance(Node& node, const Address& address) {
  TRY(const auto executed, node.runtime->states.state(node.head()));
  TRY(const auto tree, actors::StateTree::load(node.chain->blocks(), executed.state_root));
  TRY(const auto actor, tree.find_actor(address));
  return actor ? actor->balance : TokenAmount();
}

// A key is named by its own address or by the ID of its account.
Result<Address> key_of(Node& node, const Address& address) {
  if (!address.is_id()) return address;
  return node.runtime->states.key_address(address, node.head());
}

Result<types::Signature> sign(Node& node, const Address& address, const Bytes& data) {
  TRY(const auto key, key_of(node, address));
  return node.keys->sign(key, data);
}

Result<types::SignedMessage> sign_message(Node& node, const Address& address, types::Message message) {
  TRY(const auto key, key_of(node, address));
  TRY(const auto from, key_of(node, message.from));
  if (key != from) return fail(ErrorCode::InvalidArgument, "the message is from {}, not from {}", message.from, address);
  message.from = from;
  return node.keys->sign_message(std::move(message), node.settings.network.eip155_chain_id);
}

}  // namespace

void bind_wallet(rpc::Dispatcher& d, Node& node) {
  d.bind<Api::New>([&node](std::string type) -> Result<Address> {
    TRY(const auto parsed, types::parse_key_type(type));
    return node.keys->create(parsed);
  });
  d.bind<Api::Has>([&node](Address address) -> Result<bool> { return node.keys->has(address); });
  d.bind<Api::List>([&node]() -> Result<std::vector<Address>> { return node.keys->list(); });
  d.bind<Api::Balance>([&node](Address address) {
    return on(node.workers, [&node, address] { return balance(node, address); });
  });
  d.bind<Api::Sign>([&node](Address address, Bytes data) {
    return on(node.workers, [&node, address, data = std::move(data)] { return sign(node, address, data); });
  });
  d.bind<Api::SignMessage>([&node](Address address, types::Message message) {
    return on(node.workers,
              [&node, address, message = std::move(message)] { return sign_message(node, address, message); });
  });
  d.bind<Api::Verify>([&node](Address address, Bytes data, types::Signature signature) {
    return on(node.workers, [&node, address, data = std::move(data), signature = std::move(signature)]() -> Result<bool> {
      TRY(const auto key, key_of(node, address));
      const auto verified = consensus::verify_signature(signature, key, data);
      if (verified) return true;
      // A bad signature is an answer; anything else went wrong on the way.
      if (verified.error().code == ErrorCode::FailedValidation) return false;
      return std::unexpected(verified.error());
    });
  });
  d.bind<Api::DefaultAddress>([&node]() -> Result<Address> { return node.keys->default_address(); });
  d.bind<Api::SetDefault>([&node](Address address) -> Result<void> { return node.keys->set_default(address); });
  d.bind<Api::Export>([&node](Address address) -> Result<types::KeyInfo> { return node.keys->export_key(address); });
  d.bind<Api::Import>([&node](types::KeyInfo key) -> Result<Address> { return node.keys->import(std::move(key)); });
  d.bind<Api::Delete>([&node](Address address) -> Result<void> { return node.keys->erase(address); });
  d.bind<Api::ValidateAddress>([](std::string text) -> Result<Address> {
    // As in Lotus, no text is the undefined address.
    return text.empty() ? Address() : Address::parse(text);
  });
}

}  // namespace venus::node
