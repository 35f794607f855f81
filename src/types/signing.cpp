// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/signing.hpp"

#include "crypto/hash.hpp"
#include "crypto/secp256k1.hpp"
#include "types/eth_tx.hpp"
#include "types/key_info.hpp"

namespace venus::types {
namespace {

Result<void> check_signer(const Address& recovered, const Address& signer) {
  if (recovered == signer) return {};
  return fail(ErrorCode::FailedValidation, "signature is by {}, not by {}", recovered, signer);
}

}  // namespace

Result<Bytes> message_signing_bytes(const Message& message, SignatureType type,
                                    std::uint64_t chain_id) {
  if (type != SignatureType::Delegated) return base::to_bytes(message.cid().bytes());
  TRY(const auto tx, EthTx::from_unsigned(message, chain_id));
  TRY(const auto again, tx.to_unsigned_message(message.from));
  if (again != message) {
    return fail(ErrorCode::FailedValidation, "no Ethereum transaction makes exactly this message");
  }
  return tx.unsigned_bytes();
}

Result<SigningPayload> signing_payload(const SignedMessage& message, std::uint64_t chain_id) {
  if (message.signature.type != SignatureType::Delegated) {
    return SigningPayload{base::to_bytes(message.message.cid().bytes()), message.signature.data};
  }
  TRY(const auto tx, EthTx::from_message(message, chain_id));
  TRY(const auto again, tx.to_unsigned_message(message.message.from));
  if (again != message.message) {
    return fail(ErrorCode::FailedValidation, "the Ethereum transaction makes a different message");
  }
  TRY(auto signature, tx.recoverable_signature());
  return SigningPayload{tx.unsigned_bytes(), std::move(signature)};
}

Result<void> verify_secp256k1(BytesView signature, const Address& signer, BytesView data) {
  TRY(const auto key, crypto::secp256k1_recover(signature, crypto::blake2b_256(data)));
  TRY(const auto recovered, Address::secp256k1(key));
  return check_signer(recovered, signer);
}

Result<void> verify_delegated(BytesView signature, const Address& signer, BytesView data) {
  TRY(const auto key, crypto::secp256k1_recover(signature, crypto::keccak256(data)));
  TRY(const auto recovered, delegated_address_of(key));
  return check_signer(recovered, signer);
}

Result<void> verify_without_bls(const Signature& signature, const Address& signer, BytesView data) {
  switch (signature.type) {
    case SignatureType::Secp256k1:
      return verify_secp256k1(signature.data, signer, data);
    case SignatureType::Delegated:
      return verify_delegated(signature.data, signer, data);
    case SignatureType::Bls:
      break;
  }
  return fail(ErrorCode::Unsupported, "a BLS signature where none is verified");
}

Result<void> authenticate_without_bls(const SignedMessage& message, const Address& signer,
                                      std::uint64_t chain_id) {
  TRY(auto payload, signing_payload(message, chain_id));
  return verify_without_bls({message.signature.type, std::move(payload.signature)}, signer,
                            payload.data);
}

Result<Signature> sign_without_bls(SignatureType type, BytesView private_key, BytesView data) {
  if (type == SignatureType::Bls) {
    return fail(ErrorCode::Unsupported, "BLS keys sign through the bridge");
  }
  const auto digest =
      type == SignatureType::Secp256k1 ? crypto::blake2b_256(data) : crypto::keccak256(data);
  TRY(const auto signature, crypto::secp256k1_sign(private_key, digest));
  return Signature{type, base::to_bytes(signature)};
}

bool allowed_eth_tx(const SignedMessage& message, NetworkVersion version, std::uint64_t chain_id) {
  if (message.signature.type != SignatureType::Delegated) return true;
  const auto tx = EthTx::from_message(message, chain_id);
  return tx && (tx->kind == EthTxKind::Eip1559 || version >= NetworkVersion(23));
}

bool allowed_in_secpk_list(SignatureType type, NetworkVersion version) noexcept {
  return type == SignatureType::Secp256k1 ||
         (type == SignatureType::Delegated && version >= NetworkVersion(18));
}

}  // namespace venus::types
