// SPDX-License-Identifier: MIT OR Apache-2.0
// secp256k1 as Filecoin and Ethereum use it: recoverable signatures r ‖ s ‖ v over a 32-byte
// digest, uncompressed public keys 0x04 ‖ x ‖ y (protocol.md 2.4).
#pragma once

#include "base/bytes.hpp"
#include "crypto/secret.hpp"

namespace venus::crypto {

/// 0x04 ‖ x ‖ y.
using Secp256k1PublicKey = ByteArray<65>;
/// r ‖ s ‖ v with v from 0 to 3; 0 or 1 in all we make.
using Secp256k1Signature = ByteArray<65>;

/// A fresh private key of 32 bytes.
Secret secp256k1_generate();

/// The public key of a private key; InvalidArgument when it is not 32 bytes in [1, n).
Result<Secp256k1PublicKey> secp256k1_public_key(BytesView private_key);

/// Deterministic (RFC 6979), with low s. InvalidArgument for an invalid private key.
Result<Secp256k1Signature> secp256k1_sign(BytesView private_key, const ByteArray<32>& digest);

/// The key that made a signature over `digest`. High s is accepted, as fvm_shared (4.7.1 and later)
/// and Lotus do. Malformed when the signature is not 65 bytes or out of range; FailedValidation
/// when no key could have made it.
Result<Secp256k1PublicKey> secp256k1_recover(BytesView signature, const ByteArray<32>& digest);

}  // namespace venus::crypto
