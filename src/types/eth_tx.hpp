// SPDX-License-Identifier: MIT OR Apache-2.0
// Ethereum transactions and the delegated messages they are on chain (protocol.md section 10, Lotus
// chain/types/ethtypes). The two forms carry the same content: from_message(to_message(tx)) is tx.
#pragma once

#include "types/message.hpp"

#include <optional>

namespace venus::types {

/// Methods that carry Ethereum transactions: EAM.CreateExternal and EVM.InvokeContract.
inline constexpr MethodNum kCreateExternal{4};
inline constexpr MethodNum kInvokeContract{3'844'450'837};

enum class EthTxKind : std::uint8_t {
  Eip1559,          ///< type 2: signature of 65 bytes
  LegacyHomestead,  ///< no chain id: marker 0x01 before the signature, v is 27 or 28; nv23 and
                    ///< later
  LegacyEip155,     ///< chain id inside v: marker 0x02; nv23 and later
};

struct EthTx {
  EthTxKind kind = EthTxKind::Eip1559;
  /// The network's EIP-155 id, also of a homestead transaction, which does not carry it.
  std::uint64_t chain_id = 0;
  std::uint64_t nonce = 0;
  /// Absent when the transaction creates a contract.
  std::optional<EthAddress> to;
  BigInt value;
  Bytes input;
  std::uint64_t gas_limit = 0;
  /// maxFeePerGas; the gas price of legacy transactions.
  BigInt max_fee;
  /// maxPriorityFeePerGas; the gas price again for legacy transactions.
  BigInt max_priority_fee;
  /// Signature as Ethereum writes it; v is 0 or 1, 27 or 28, or 35 or 36 + 2·chain id by kind.
  BigInt v;
  BigInt r;
  BigInt s;

  bool operator==(const EthTx&) const = default;

  /// A raw signed transaction as eth_sendRawTransaction takes it. Malformed when it is none,
  /// Unsupported for other types, FailedValidation for another chain.
  static Result<EthTx> parse(BytesView raw, std::uint64_t chain_id);
  /// The transaction a signed delegated message came from. FailedValidation when there can be none.
  /// It does not check the signature nor that the message is what the transaction makes.
  static Result<EthTx> from_message(const SignedMessage& message, std::uint64_t chain_id);
  /// The EIP-1559 transaction, not signed yet, that asks for what `message` does. A delegated key
  /// signs its unsigned_bytes().
  static Result<EthTx> from_unsigned(const Message& message, std::uint64_t chain_id);

  /// The message this transaction is on chain when `from` sends it.
  [[nodiscard]] Result<Message> to_unsigned_message(const Address& from) const;
  /// The same with sender() and signature().
  [[nodiscard]] Result<SignedMessage> to_message() const;

  /// What the sender signs: keccak-256 of these bytes.
  [[nodiscard]] Bytes unsigned_bytes() const;
  /// The raw signed transaction.
  [[nodiscard]] Bytes raw() const;
  /// Keccak-256 of raw().
  [[nodiscard]] ByteArray<32> hash() const;
  /// On-chain form of the signature, with the marker of legacy transactions.
  [[nodiscard]] Result<Signature> signature() const;
  /// r ‖ s ‖ recovery id, whatever the kind.
  [[nodiscard]] Result<Bytes> recoverable_signature() const;
  /// The f410 address that signed, recovered from the signature.
  [[nodiscard]] Result<Address> sender() const;
};

}  // namespace venus::types
