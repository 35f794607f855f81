// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/methods.hpp"

#include "actors/methods/table.hpp"
#include "crypto/hash.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <map>

namespace venus::actors {
namespace {

detail::Table table_of(ActorType type) {
  switch (type) {
    case ActorType::System:
      return detail::system_methods();
    case ActorType::Init:
      return detail::init_methods();
    case ActorType::Cron:
      return detail::cron_methods();
    case ActorType::Account:
      return detail::account_methods();
    case ActorType::Power:
      return detail::power_methods();
    case ActorType::Miner:
      return detail::miner_methods();
    case ActorType::Market:
      return detail::market_methods();
    case ActorType::PaymentChannel:
      return detail::payment_channel_methods();
    case ActorType::Multisig:
      return detail::multisig_methods();
    case ActorType::Reward:
      return detail::reward_methods();
    case ActorType::VerifiedRegistry:
      return detail::verified_registry_methods();
    case ActorType::Datacap:
      return detail::datacap_methods();
    case ActorType::Evm:
      return detail::evm_methods();
    case ActorType::Eam:
      return detail::eam_methods();
    case ActorType::EthAccount:
      return detail::eth_account_methods();
    case ActorType::Placeholder:
      return {};
  }
  return {};
}

std::map<ActorType, detail::Table> all_tables() {
  std::map<ActorType, detail::Table> out;
  for (int i = 0; i <= static_cast<int>(ActorType::EthAccount); ++i) {
    const auto type = static_cast<ActorType>(i);
    auto& table = out[type];
    table.push_back(detail::method<Empty>(0, "Send"));
    auto rest = table_of(type);
    std::ranges::move(rest, std::back_inserter(table));
  }
  return out;
}

Result<const Method*> require_method(const CodeInfo& code, MethodNum number) {
  if (const auto* found = find_method(code, number)) return found;
  return fail(ErrorCode::NotFound, "unknown method {} for actor {}", number, to_string(code.type));
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_upper(c) || (c >= 'a' && c <= 'z'); }
bool is_name_char(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; }

}  // namespace

Result<MethodNum> frc42_method(std::string_view name) {
  constexpr std::uint32_t kFirstFree = 1U << 24;
  if (name.empty() || !(is_upper(name.front()) || name.front() == '_') ||
      !std::ranges::all_of(name, is_name_char)) {
    return fail(ErrorCode::InvalidArgument, "\"{}\" is no name of an exported method", name);
  }
  if (name == "Constructor") return MethodNum(1);
  const auto digest = crypto::blake2b(base::as_bytes("1|" + std::string(name)), 64);
  for (std::size_t i = 0; i + 4 <= digest.size(); i += 4) {
    std::uint32_t number = 0;
    for (std::size_t j = i; j < i + 4; ++j)
      number = number << 8 | digest[j];
    if (number >= kFirstFree) return MethodNum(number);
  }
  return fail(ErrorCode::InvalidArgument, "\"{}\" gives no method number", name);
}

const std::vector<Method>& methods(ActorType type) {
  static const auto kTables = all_tables();
  return kTables.at(type);
}

const Method* find_method(const CodeInfo& code, MethodNum number) {
  const auto& table = methods(code.type);
  const auto found = std::ranges::find(table, number, &Method::number);
  return found == table.end() || found->since > code.version ? nullptr : &*found;
}

Result<MethodNum> method_number(ActorType type, std::string_view name) {
  const auto& table = methods(type);
  const auto found = std::ranges::find(table, name, &Method::name);
  if (found == table.end()) {
    return fail(ErrorCode::NotFound, "{} has no method \"{}\"", to_string(type), name);
  }
  return found->number;
}

Result<boost::json::value> params_to_json(const CodeInfo& code, MethodNum number,
                                          BytesView params) {
  TRY(const auto* method, require_method(code, number));
  return method->params->to_json(params);
}

Result<boost::json::value> return_to_json(const CodeInfo& code, MethodNum number, BytesView data) {
  TRY(const auto* method, require_method(code, number));
  return method->result->to_json(data);
}

Result<Bytes> params_from_json(const CodeInfo& code, MethodNum number,
                               const boost::json::value& json) {
  TRY(const auto* method, require_method(code, number));
  return method->params->from_json(json);
}

Result<boost::json::value> state_to_json(const CodeInfo& code, BytesView block) {
  const auto* shape = detail::state_shape(code.type);
  if (shape == nullptr) return boost::json::value(nullptr);
  return with_context(shape->to_json(block), "actor state");
}

Result<Bytes> state_from_json(ActorType type, const boost::json::value& json) {
  const auto* shape = detail::state_shape(type);
  if (shape == nullptr) {
    return fail(ErrorCode::InvalidArgument, "{} has no state", to_string(type));
  }
  return shape->from_json(json);
}

Result<boost::json::value> read_state(const StateTree& tree, const Address& address) {
  TRY(const auto actor, tree.get_actor(address));
  TRY(const auto code, tree.code_info(actor.code));
  TRY(const auto block, tree.store().get(actor.head));
  TRY(auto state, state_to_json(code, block));
  boost::json::object out;
  out["Balance"] = base::to_json(actor.balance);
  out["Code"] = base::to_json(actor.code);
  out["State"] = std::move(state);
  return out;
}

}  // namespace venus::actors
