// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/signatures.hpp"

#include "bridge/bls.hpp"
#include "types/signing.hpp"

namespace venus::consensus {
namespace {

constexpr std::size_t kBlsSignature = 96;
// bls_verify_all takes at most 510; a sum over more gains nothing.
constexpr std::size_t kLargestSum = 256;
// Below this, one by one (by whoever asks for the verdict) is as cheap as more halving.
constexpr std::size_t kSmallestSum = 2;

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
  for (const auto& one : signatures) checks.push_back({one.signature, one.input, worker.payload(), {}});
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

Cid MessageVerifier::identity_of(const types::SignedMessage& message, const Address& key) {
  auto identity = ipld::encode(message);
  base::append(identity, key.bytes());
  return ipld::cid_of_raw(identity);
}

Result<void> MessageVerifier::verify(const types::SignedMessage& message, const Address& key) {
  const auto id = identity_of(message, key);
  if (good_.get(id)) return {};
  TRY_VOID(check(message, key));
  good_.put(id, true);
  return {};
}

// One sum for all; when it does not come out, the halves are asked, so that few bad ones among many good
// ones cost little.
void MessageVerifier::verify_sum(std::span<const Candidate> candidates) {
  std::vector<bridge::BlsCheck> checks;
  checks.reserve(candidates.size());
  for (const auto& one : candidates) {
    checks.push_back({one.message->signature.data, one.cid.bytes(), one.key.payload(), *one.hash});
  }
  if (bridge::bls_verify_all(checks)) {
    for (const auto& one : candidates) good_.put(one.identity, true);
    return;
  }
  if (candidates.size() <= kSmallestSum) return;
  const auto half = candidates.size() / 2;
  verify_sum(candidates.first(half));
  verify_sum(candidates.subspan(half));
}

void MessageVerifier::verify_ahead(std::span<const SignedBy> messages) {
  std::vector<Candidate> candidates;
  for (const auto& one : messages) {
    if (one.message->signature.type != types::SignatureType::Bls) continue;
    if (!one.key.defined() || one.key.protocol() != types::Protocol::Bls) continue;
    auto identity = identity_of(*one.message, one.key);
    if (good_.contains(identity)) continue;
    const auto cid = one.message->message.cid();
    candidates.push_back({one.message, one.key, std::move(identity), cid, hash_of(cid)});
  }
  for (std::size_t at = 0; at < candidates.size(); at += kLargestSum) {
    const auto rest = std::span<const Candidate>(candidates).subspan(at);
    verify_sum(rest.first(std::min(rest.size(), kLargestSum)));
  }
}

Result<void> MessageVerifier::verify(const chainstore::ChainMessage& message, const Address& key) {
  if (!message.signature) return fail(ErrorCode::InvalidArgument, "message {} carries no signature", message.cid);
  return verify(message.signed_message(), key);
}

}  // namespace venus::consensus
