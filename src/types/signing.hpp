// SPDX-License-Identifier: MIT OR Apache-2.0
// What is signed for a chain message, and verification of what secp256k1 keys sign
// (protocol.md 2.4, Lotus chain/consensus/signatures.go). BLS signatures are verified by
// bridge/bls.hpp: the payload to give it is from here too.
#pragma once

#include "types/message.hpp"

namespace venus::types {

/// Bytes a key of `type` signs for a message it is about to send: the CID's bytes, or for delegated
/// keys the unsigned EIP-1559 transaction. FailedValidation when no transaction can say what the
/// message does. `chain_id` is the network's EIP-155 id.
Result<Bytes> message_signing_bytes(const Message& message, SignatureType type,
                                    std::uint64_t chain_id);

/// What to verify of a signed chain message.
struct SigningPayload {
  Bytes data;       ///< what was signed, before hashing
  Bytes signature;  ///< the signature without Filecoin's markers
};
/// For a delegated signature rebuilds the transaction, which must make the very same message again
/// (FailedValidation otherwise).
Result<SigningPayload> signing_payload(const SignedMessage& message, std::uint64_t chain_id);

/// Whether `signer` (f1) signed data: blake2b-256, recovered key. FailedValidation if not,
/// Malformed for a malformed signature.
Result<void> verify_secp256k1(BytesView signature, const Address& signer, BytesView data);
/// Whether `signer` (f410) signed data: keccak-256, recovered key. Errors as verify_secp256k1.
Result<void> verify_delegated(BytesView signature, const Address& signer, BytesView data);
/// One of the two by type; Unsupported for BLS.
Result<void> verify_without_bls(const Signature& signature, const Address& signer, BytesView data);

/// Authenticates a chain message whose signature is not BLS. `signer` is the key address of the
/// message's sender (f1 or f410), resolved by the caller when the message says f0.
Result<void> authenticate_without_bls(const SignedMessage& message, const Address& signer,
                                      std::uint64_t chain_id);

/// Signs data with a secp256k1 or delegated private key; InvalidArgument for an invalid key,
/// Unsupported for BLS.
Result<Signature> sign_without_bls(SignatureType type, BytesView private_key, BytesView data);

/// Whether the Ethereum transaction a delegated message came from is of a kind allowed at a network
/// version: legacy ones since nv23. False when there is no such transaction; true for other
/// signatures.
bool allowed_eth_tx(const SignedMessage& message, NetworkVersion version, std::uint64_t chain_id);

/// Which signatures may stand in a block's secp256k1 list at a network version.
bool allowed_in_secpk_list(SignatureType type, NetworkVersion version) noexcept;

}  // namespace venus::types
