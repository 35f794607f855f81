// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "types/address.hpp"
#include "types/ids.hpp"
#include "types/signature.hpp"
#include "types/token_amount.hpp"

namespace venus::types {

/// An unsigned message (protocol.md 2.2). Its JSON has an extra member "CID".
struct Message {
  std::uint64_t version = 0;
  Address to;
  Address from;
  Nonce nonce;
  TokenAmount value;
  Gas gas_limit;
  TokenAmount gas_fee_cap;
  TokenAmount gas_premium;
  MethodNum method;
  Bytes params;

  [[nodiscard]] Cid cid() const { return ipld::cid_of(*this); }
  /// The most the sender can pay for gas: fee cap times gas limit.
  [[nodiscard]] TokenAmount required_funds() const;
  /// min(premium, max(0, fee cap - base fee)).
  [[nodiscard]] TokenAmount effective_premium(const TokenAmount& base_fee) const;

  bool operator==(const Message&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("Version", &Message::version), field("To", &Message::to),
                           field("From", &Message::from), field("Nonce", &Message::nonce),
                           field("Value", &Message::value), field("GasLimit", &Message::gas_limit),
                           field("GasFeeCap", &Message::gas_fee_cap),
                           field("GasPremium", &Message::gas_premium),
                           field("Method", &Message::method),
                           field("Params", &Message::params, base::JsonRule::NullIfEmpty));
  }
};

struct SignedMessage {
  Message message;
  Signature signature;

  /// The CID a block refers to: of the bare message for BLS, else of the signed one.
  [[nodiscard]] Cid cid() const;
  /// Bytes that gas is charged for: the bare message for BLS, else the signed one.
  [[nodiscard]] std::size_t chain_length() const;

  bool operator==(const SignedMessage&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Message", &SignedMessage::message),
                           base::field("Signature", &SignedMessage::signature));
  }
};

/// Why a message may not stand in a block at all, whatever the state (protocol.md section 6):
/// FailedValidation with the reason. `min_gas` is the on-chain cost of its bytes.
Result<void> check_message_syntax(const Message& message, Gas min_gas, NetworkVersion version);
/// Gas charged for carrying `chain_length` bytes on chain by the price list of nv18 and later. For
/// what blocks and pools must check ask NetworkParams::on_chain_message_gas, which knows the
/// epoch's list.
Gas on_chain_message_gas(std::size_t chain_length);

}  // namespace venus::types

/// Also accepts CID; writes the members of fields() and "CID".
template <>
struct venus::base::JsonCodec<venus::types::Message> {
  static boost::json::value encode(const types::Message& v);
  static Result<types::Message> decode(const boost::json::value& v);
};
template <>
struct venus::base::JsonCodec<venus::types::SignedMessage> {
  static boost::json::value encode(const types::SignedMessage& v);
  static Result<types::SignedMessage> decode(const boost::json::value& v);
};
