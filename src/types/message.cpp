// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/message.hpp"

#include "base/json.hpp"

namespace venus::types {
namespace {

constexpr std::int64_t kBlockGasLimit = 10'000'000'000;
constexpr std::int64_t kTotalFil = 2'000'000'000;

std::unexpected<Error> refuse(std::string_view why) {
  return fail(ErrorCode::FailedValidation, "{}", why);
}

bool legal(const Address& address, NetworkVersion version) {
  return address.protocol() != Protocol::Delegated || version >= NetworkVersion(18);
}

Result<void> check_addresses(const Message& message, NetworkVersion version) {
  if (!message.to.defined()) return refuse("'To' address is empty");
  if (version >= NetworkVersion(7) && message.to.is_zero_bls())
    return refuse("'To' is the zero BLS address");
  if (!legal(message.to, version))
    return refuse("'To' protocol is not supported at this network version");
  if (!message.from.defined()) return refuse("'From' address is empty");
  if (!legal(message.from, version))
    return refuse("'From' protocol is not supported at this network version");
  return {};
}

}  // namespace

TokenAmount Message::required_funds() const { return gas_fee_cap * BigInt(gas_limit.value()); }

TokenAmount Message::effective_premium(const TokenAmount& base_fee) const {
  auto available = gas_fee_cap - base_fee;
  if (available.is_negative()) available = TokenAmount();
  return gas_premium <= available ? gas_premium : available;
}

Cid SignedMessage::cid() const {
  return signature.type == SignatureType::Bls ? message.cid() : ipld::cid_of(*this);
}

std::size_t SignedMessage::chain_length() const {
  return signature.type == SignatureType::Bls ? ipld::encode(message).size()
                                              : ipld::encode(*this).size();
}

Result<void> check_message_syntax(const Message& message, Gas min_gas, NetworkVersion version) {
  if (message.version != 0) return refuse("message version is not 0");
  TRY_VOID(check_addresses(message, version));
  if (message.value.is_negative()) return refuse("'Value' is negative");
  if (message.value > TokenAmount::from_fil(kTotalFil))
    return refuse("'Value' is above the total supply");
  if (message.gas_fee_cap.is_negative()) return refuse("'GasFeeCap' is negative");
  if (message.gas_premium.is_negative()) return refuse("'GasPremium' is negative");
  if (message.gas_premium > message.gas_fee_cap) return refuse("'GasPremium' is above 'GasFeeCap'");
  if (message.gas_limit.value() > kBlockGasLimit)
    return refuse("'GasLimit' is above a block's gas limit");
  if (message.gas_limit.value() <= 0) return refuse("'GasLimit' is not positive");
  if (message.gas_limit < min_gas) {
    return fail(ErrorCode::FailedValidation,
                "'GasLimit' {} is below the cost of storing the message, {}", message.gas_limit,
                min_gas);
  }
  return {};
}

Gas on_chain_message_gas(std::size_t chain_length) {
  constexpr std::int64_t kCompute = 38'863 + 475'000;
  constexpr std::int64_t kStoragePerByte = 1'300;
  constexpr std::int64_t kStorageBase = 36;
  return Gas(kCompute + kStoragePerByte * (kStorageBase + static_cast<std::int64_t>(chain_length)));
}

}  // namespace venus::types

namespace venus::base {
namespace {

template <class T>
boost::json::object encode_fields(const T& value) {
  boost::json::object out;
  out.reserve(kFieldCount<T> + 1);
  for_each_field<T>([&](const auto& field) { detail::encode_field(out, value, field); });
  return out;
}

template <class T>
Result<void> decode_fields(T& out, const boost::json::value& v) {
  if (!v.is_object()) return json_mismatch("an object", v);
  Result<void> state;
  for_each_field<T>([&](const auto& field) {
    const auto* found = state ? find_member(v, field.name) : nullptr;
    if (found == nullptr || found->is_null()) return;
    auto& member = out.*(field.member);
    auto decoded = from_json<std::remove_reference_t<decltype(member)>>(*found);
    if (decoded)
      member = *std::move(decoded);
    else
      state = std::unexpected(std::move(decoded).error().context(field.name));
  });
  return state;
}

}  // namespace

boost::json::value JsonCodec<types::Message>::encode(const types::Message& v) {
  auto out = encode_fields(v);
  out["CID"] = to_json(v.cid());
  return out;
}

Result<types::Message> JsonCodec<types::Message>::decode(const boost::json::value& v) {
  types::Message out;
  TRY_VOID(decode_fields(out, v));
  return out;
}

boost::json::value JsonCodec<types::SignedMessage>::encode(const types::SignedMessage& v) {
  auto out = encode_fields(v);
  out["CID"] = to_json(v.cid());
  return out;
}

Result<types::SignedMessage> JsonCodec<types::SignedMessage>::decode(const boost::json::value& v) {
  types::SignedMessage out;
  TRY_VOID(decode_fields(out, v));
  return out;
}

}  // namespace venus::base
