// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

/// BLS12-381 signatures as Filecoin and drand use them. All functions are pure, thread-safe and
/// block only for the computation (sign 0.4 ms, verify 1.2 ms, aggregate about 0.3 ms a message).
/// Untrusted input never throws: malformed points are an Error, or `false` where a verdict is
/// asked.
namespace venus::bridge {

/// 32 bytes, little-endian scalar: the form in which Filecoin wallets store and export it.
using BlsPrivateKey = std::array<std::uint8_t, 32>;
/// Compressed point of G1: the payload of a t3 address.
using BlsPublicKey = std::array<std::uint8_t, 48>;
/// Compressed point of G2.
using BlsSignature = std::array<std::uint8_t, 96>;
/// The public key of a drand network with signatures on G1 (quicknet), a compressed point of G2.
using DrandPublicKeyG2 = std::array<std::uint8_t, 96>;
/// A beacon's signature on G1.
using DrandSignatureG1 = std::array<std::uint8_t, 48>;

/// Derives a private key from 32 or more bytes of secret entropy (HKDF as in the IETF BLS draft,
/// the derivation of filecoin-ffi). Fewer than 32 bytes are an Error.
Result<BlsPrivateKey> bls_generate(BytesView seed);

/// The public key of a private key. Error if the scalar is not 32 bytes, not reduced, or zero.
Result<BlsPublicKey> bls_public_key(BytesView private_key);

/// Signs a message of any length (Filecoin hashes messages to their CID bytes before; this function
/// adds no hash of its own but hash-to-curve). Errors as bls_public_key.
Result<BlsSignature> bls_sign(BytesView private_key, BytesView message);

/// True if `signature` (96 bytes) by `public_key` (48 bytes) covers `message`. Wrong lengths,
/// points off the curve or outside the subgroup, and the point at infinity as key give false.
bool bls_verify(BytesView signature, BytesView message, BytesView public_key);

/// Adds signatures of 96 bytes each into one. Error when empty or when one is malformed.
Result<BlsSignature> bls_aggregate(std::span<const BytesView> signatures);

/// True if `signature` is the aggregate of one signature by public_keys[i] over messages[i] for
/// each i. The rules are those of filecoin-ffi's HashVerify: the spans have equal lengths and are
/// not empty (a block without BLS messages is not to be asked about), equal messages are refused.
/// All that one key signed costs one pairing, so blocks with few senders are cheap.
bool bls_verify_aggregate(BytesView signature, std::span<const BytesView> messages,
                          std::span<const BytesView> public_keys);

/// A message hashed to the curve: 192 bytes, an uncompressed point of G2. Hashing is most of the
/// work of verifying an aggregate, so whoever meets a message again keeps this.
using BlsMessageHash = std::array<std::uint8_t, 192>;
BlsMessageHash bls_hash_message(BytesView message);

struct BlsHashedMessage {
  BytesView message;
  BytesView hash;  ///< what bls_hash_message gave for it; empty: hashed anew
  BytesView public_key;
};

/// bls_verify_aggregate with hashes that are known. They are trusted to be those of the messages.
bool bls_verify_aggregate_hashed(BytesView signature, std::span<const BlsHashedMessage> messages);

struct BlsCheck {
  BytesView signature;
  BytesView message;
  BytesView public_key;
  BytesView hash{};  ///< what bls_hash_message gave for the message; empty: hashed anew by bls_verify_all
};

/// True if every one of the signatures (at most 510) verifies, for about half the price of verifying
/// them one by one, on this thread. False tells nothing of which one fails. A false signature passes
/// with a probability of 2^-128.
bool bls_verify_all(std::span<const BlsCheck> checks);

/// Verifies many independent signatures on all cores; the verdicts are in the order of the input.
std::vector<bool> bls_verify_batch(std::span<const BlsCheck> checks);

/// A beacon of the scheme bls-unchained-g1-rfc9380 (quicknet, and our own devnets). `message` is
/// sha256(be64(round)); the hash-to-curve tag is BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_.
/// public_key 96 bytes, signature 48 bytes; anything malformed gives false.
bool drand_verify_unchained_g1(BytesView public_key, BytesView signature, BytesView message);

/// Signs a beacon of that scheme with a one-key network's private key (32 bytes, little-endian).
Result<DrandSignatureG1> drand_sign_unchained_g1(BytesView private_key, BytesView message);

/// The public key to publish for such a network.
Result<DrandPublicKeyG2> drand_public_key_g2(BytesView private_key);

/// A beacon of the scheme pedersen-bls-chained (drand's first networks): public_key 48 bytes on G1,
/// signature 96 bytes on G2, `message` sha256(previous signature || be64(round)).
bool drand_verify_chained(BytesView public_key, BytesView signature, BytesView message);

}  // namespace venus::bridge
