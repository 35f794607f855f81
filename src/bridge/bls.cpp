// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/bls.hpp"

#include "bridge/native_error.hpp"
#include "venus-bls/src/lib.rs.h"

namespace venus::bridge {

using detail::guarded;
using detail::slice;

Result<BlsPrivateKey> bls_generate(BytesView seed) {
  return guarded([&] { return native::bls_generate(slice(seed)); });
}

Result<BlsPublicKey> bls_public_key(BytesView private_key) {
  return guarded([&] { return native::bls_public_key(slice(private_key)); });
}

Result<BlsSignature> bls_sign(BytesView private_key, BytesView message) {
  return guarded([&] { return native::bls_sign(slice(private_key), slice(message)); });
}

bool bls_verify(BytesView signature, BytesView message, BytesView public_key) {
  return native::bls_verify(slice(signature), slice(message), slice(public_key));
}

Result<BlsSignature> bls_aggregate(std::span<const BytesView> signatures) {
  std::vector<native::BlsItem> items;
  items.reserve(signatures.size());
  for (const auto signature : signatures)
    items.push_back({slice(signature), {}, {}, {}});
  return guarded([&] {
    return native::bls_aggregate(rust::Slice<const native::BlsItem>(items.data(), items.size()));
  });
}

bool bls_verify_aggregate(BytesView signature, std::span<const BytesView> messages,
                          std::span<const BytesView> public_keys) {
  if (messages.size() != public_keys.size()) return false;
  std::vector<native::BlsItem> items;
  items.reserve(messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    items.push_back({{}, slice(messages[i]), slice(public_keys[i]), {}});
  }
  return native::bls_verify_aggregate(
      slice(signature), rust::Slice<const native::BlsItem>(items.data(), items.size()));
}

BlsMessageHash bls_hash_message(BytesView message) {
  return native::bls_hash_message(slice(message));
}

bool bls_verify_aggregate_hashed(BytesView signature, std::span<const BlsHashedMessage> messages) {
  std::vector<native::BlsHashed> items;
  items.reserve(messages.size());
  for (const auto& message : messages) {
    items.push_back({slice(message.message), slice(message.hash), slice(message.public_key)});
  }
  return native::bls_verify_aggregate_hashed(
      slice(signature), rust::Slice<const native::BlsHashed>(items.data(), items.size()));
}

bool bls_verify_all(std::span<const BlsCheck> checks) {
  std::vector<native::BlsItem> items;
  items.reserve(checks.size());
  for (const auto& check : checks) {
    items.push_back({slice(check.signature), slice(check.message), slice(check.public_key), slice(check.hash)});
  }
  return native::bls_verify_all(rust::Slice<const native::BlsItem>(items.data(), items.size()));
}

std::vector<bool> bls_verify_batch(std::span<const BlsCheck> checks) {
  std::vector<native::BlsItem> items;
  items.reserve(checks.size());
  for (const auto& check : checks) {
    items.push_back({slice(check.signature), slice(check.message), slice(check.public_key), slice(check.hash)});
  }
  const auto verdicts =
      native::bls_verify_batch(rust::Slice<const native::BlsItem>(items.data(), items.size()));
  return {verdicts.begin(), verdicts.end()};
}

bool drand_verify_unchained_g1(BytesView public_key, BytesView signature, BytesView message) {
  return native::drand_verify_unchained_g1(slice(public_key), slice(signature), slice(message));
}

Result<DrandSignatureG1> drand_sign_unchained_g1(BytesView private_key, BytesView message) {
  return guarded(
      [&] { return native::drand_sign_unchained_g1(slice(private_key), slice(message)); });
}

Result<DrandPublicKeyG2> drand_public_key_g2(BytesView private_key) {
  return guarded([&] { return native::drand_public_key_g2(slice(private_key)); });
}

bool drand_verify_chained(BytesView public_key, BytesView signature, BytesView message) {
  // The same curve orientation and domain tag as Filecoin's own signatures.
  return bls_verify(signature, message, public_key);
}

}  // namespace venus::bridge
