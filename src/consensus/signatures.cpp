// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/signatures.hpp"

#include "bridge/bls.hpp"
#include "types/signing.hpp"

namespace venus::consensus {
namespace {

constexpr std::size_t kBlsSignature = 96;

}  // namespace

Result<void> verify_signature(const types::Signature& signature, const Address& signer, BytesView data) {
  if (signature.type != types::SignatureType::Bls) return types::verify_without_bls(signature, signer, data);
  if (!signer.defined() || signer.protocol() != types::Protocol::Bls) {
    return fail(ErrorCode::FailedValidation, "BLS signature of {}, which is no BLS address", signer);
  }
  if (bridge::bls_verify(signature.data, data, signer.payload())) return {};
  return fail(ErrorCode::FailedValidation, "BLS signature of {} does not verify", signer);
}

Result<void> verify_vrf(const Address& worker, BytesView input, BytesView proof) {
  return verify_signature({types::SignatureType::Bls, base::to_bytes(proof)}, worker, input);
}

Result<void> verify_block_signature(const types::BlockHeader& block, const Address& worker) {
  if (!block.block_sig) return fail(ErrorCode::FailedValidation, "block has no signature");
  return verify_signature(*block.block_sig, worker, block.signing_bytes());
}

bool verify_worker_signatures(const Address& worker, std::span<const WorkerSignature> signatures) {
  if (!worker.defined() || worker.protocol() != types::Protocol::Bls) return false;
  std::vector<bridge::BlsCheck> checks;
  for (const auto& one : signatures) checks.push_back({one.signature, one.input, worker.payload()});
  return bridge::bls_verify_all(checks);
}

std::shared_ptr<const MessageVerifier::Hash> MessageVerifier::hash_of(const Cid& message) {
  if (auto known = hashes_.get(message)) return *std::move(known);
  auto out = std::make_shared<const Hash>(bridge::bls_hash_message(message.bytes()));
  hashes_.put(message, out);
  return out;
}

Result<void> MessageVerifier::verify_aggregate(const types::Signature& aggregate,
                                               std::span<const chainstore::ChainMessage> messages,
                                               std::span<const Address> keys) {
  if (aggregate.data.size() < kBlsSignature) {
    return fail(ErrorCode::FailedValidation, "BLS aggregate of {} bytes", aggregate.data.size());
  }
  if (messages.empty()) return {};
  std::vector<std::shared_ptr<const Hash>> hashes;
  std::vector<bridge::BlsHashedMessage> parts;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    hashes.push_back(hash_of(messages[i].cid));
    parts.push_back({messages[i].cid.bytes(), *hashes.back(), keys[i].payload()});
  }
  const auto signature = BytesView(aggregate.data).first(kBlsSignature);
  if (bridge::bls_verify_aggregate_hashed(signature, parts)) return {};
  return fail(ErrorCode::FailedValidation, "BLS aggregate over {} messages does not verify", messages.size());
}

Result<void> MessageVerifier::check(const types::SignedMessage& message, const Address& key) {
  if (message.signature.type == types::SignatureType::Bls) {
    if (!key.defined() || key.protocol() != types::Protocol::Bls) {
      return fail(ErrorCode::FailedValidation, "BLS signature of {}, which is no BLS address", key);
    }
    // Keeps the message's hash: a block that carries the message later is verified with it.
    const auto cid = message.message.cid();
    const auto hash = hash_of(cid);
    const bridge::BlsHashedMessage part{cid.bytes(), *hash, key.payload()};
    if (bridge::bls_verify_aggregate_hashed(message.signature.data, {&part, 1})) return {};
    return fail(ErrorCode::FailedValidation, "BLS signature of {} does not verify", key);
  }
  return types::authenticate_without_bls(message, key, chain_id_);
}

Result<void> MessageVerifier::verify(const types::SignedMessage& message, const Address& key) {
  auto identity = ipld::encode(message);
  base::append(identity, key.bytes());
  const auto id = ipld::cid_of_raw(identity);
  if (good_.get(id)) return {};
  TRY_VOID(check(message, key));
  good_.put(id, true);
  return {};
}

Result<void> MessageVerifier::verify(const chainstore::ChainMessage& message, const Address& key) {
  if (!message.signature) return fail(ErrorCode::InvalidArgument, "message {} carries no signature", message.cid);
  return verify(message.signed_message(), key);
}

}  // namespace venus::consensus
