// SPDX-License-Identifier: MIT OR Apache-2.0
// The checks of a block's messages (protocol.md section 5, "Block messages").
#include <unordered_map>

#include "actors/state_tree.hpp"
#include "consensus/validation_context.hpp"
#include "types/policy.hpp"
#include "types/signing.hpp"

namespace venus::consensus {
namespace {

// Who may send: accounts, Ethereum accounts, and placeholders that become one by sending first.
Result<bool> may_send(const actors::StateTree& tree, const types::Actor& actor) {
  TRY(const auto code, tree.code_info(actor.code));
  if (code.type == actors::ActorType::Account || code.type == actors::ActorType::EthAccount) return true;
  if (code.type != actors::ActorType::Placeholder || actor.nonce != Nonce(0)) return false;
  // Only addresses of the Ethereum address manager's space are f410 ones.
  const auto& delegated = actor.delegated_address;
  return delegated && delegated->protocol() == types::Protocol::Delegated && delegated->eth().has_value();
}

}  // namespace

void BlockValidator::check_message_semantics(Context& context, ValidationReport& report) {
  const auto& header = context.block.header;
  const auto version = states_.params().network_version(header.height);
  const auto state = states_.state(context.base);
  if (!state) return report_error(report, Rule::Unable, state.error());
  const auto tree = actors::StateTree::load(states_.store(), state->state_root);
  if (!tree) return report_error(report, Rule::Unable, tree.error());

  std::unordered_map<Address, ActorId> ids;
  std::unordered_map<ActorId, std::uint64_t> nonces;
  std::int64_t gas = 0;
  const auto& messages = *context.block.messages;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto& entry = messages.at(i);
    const auto& message = entry.message;
    const auto broken = [&](Rule rule, std::string reason) {
      report.violations.push_back({rule, fmt::format("message {} ({}): {}", i, entry.cid, reason)});
    };
    const auto min_gas = states_.params().on_chain_message_gas(entry.chain_length(), header.height);
    if (const auto ok = types::check_message_syntax(message, min_gas, version); !ok) {
      broken(Rule::MessageSyntax, ok.error().message);
      continue;
    }
    // A single limit is at most the block's, so that the sum cannot overflow before it is refused.
    gas += message.gas_limit.value();
    if (gas > types::policy::kBlockGasLimit) {
      return broken(Rule::BlockGasLimit, fmt::format("{} gas so far, at most {}", gas, types::policy::kBlockGasLimit));
    }
    auto id = ids.find(message.from);
    if (id == ids.end()) {
      const auto found = tree->lookup_id(message.from);
      if (!found) {
        broken(found.error().code == ErrorCode::NotFound ? Rule::MessageSender : Rule::Unable, found.error().message);
        continue;
      }
      id = ids.emplace(message.from, *found).first;
    }
    auto next = nonces.find(id->second);
    if (next == nonces.end()) {
      const auto actor = tree->find_actor(id->second);
      if (!actor) return report_error(report, Rule::Unable, actor.error());
      const auto allowed = *actor ? may_send(*tree, **actor) : Result<bool>(false);
      if (!allowed || !*allowed) {
        broken(Rule::MessageSender, fmt::format("{} is no account", message.from));
        continue;
      }
      next = nonces.emplace(id->second, (*actor)->nonce.value()).first;
    }
    if (next->second != message.nonce.value()) {
      broken(Rule::MessageNonce, fmt::format("nonce {}, want {}", message.nonce, next->second));
      continue;
    }
    ++next->second;
  }
}

void BlockValidator::check_bls_aggregate(Context& context, ValidationReport& report) {
  const auto& messages = context.block.messages->bls;
  std::vector<Address> keys;
  keys.reserve(messages.size());
  for (const auto& message : messages) {
    const auto key = states_.key_address(message.message.from, context.base);
    if (!key) {
      report.violations.push_back({Rule::MessageSender, fmt::format("{}: {}", message.cid, key.error().message)});
      return;
    }
    if (key->protocol() != types::Protocol::Bls) {
      report.violations.push_back(
          {Rule::BlsAggregate, fmt::format("sender {} of {} has no BLS key", message.message.from, message.cid)});
      return;
    }
    keys.push_back(*key);
  }
  const auto verdict = signatures_.verify_aggregate(*context.block.header.bls_aggregate, messages, keys);
  if (!verdict) report_error(report, Rule::BlsAggregate, verdict.error());
}

void BlockValidator::check_message_signatures(Context& context, ValidationReport& report) {
  const auto version = states_.params().network_version(context.block.header.height);
  for (const auto& message : context.block.messages->secpk) {
    const auto broken = [&](Rule rule, std::string_view reason) {
      report.violations.push_back({rule, fmt::format("{}: {}", message.cid, reason)});
    };
    if (!types::allowed_in_secpk_list(message.signature->type, version)) {
      broken(Rule::MessageSignature, "a signature of a type that may not stand here");
      continue;
    }
    const auto key = states_.key_address(message.message.from, context.base);
    if (!key) {
      broken(Rule::MessageSender, key.error().message);
      continue;
    }
    if (const auto verdict = signatures_.verify(message, *key); !verdict) {
      broken(Rule::MessageSignature, verdict.error().message);
    }
  }
}

void BlockValidator::check_message_root(Context& context, ValidationReport& report) {
  std::vector<Cid> bls;
  std::vector<Cid> secpk;
  for (const auto& message : context.block.messages->bls) bls.push_back(message.cid);
  for (const auto& message : context.block.messages->secpk) secpk.push_back(message.cid);
  ipld::MemoryBlockstore scratch;
  const auto root = chainstore::store_message_meta(scratch, bls, secpk);
  if (!root) return report_error(report, Rule::Unable, root.error());
  if (*root == context.block.header.messages) return;
  report.violations.push_back({Rule::MessageRoot, fmt::format("messages make root {}, the header names {}", *root,
                                                              context.block.header.messages)});
}

}  // namespace venus::consensus
