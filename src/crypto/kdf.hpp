// SPDX-License-Identifier: MIT OR Apache-2.0
// Keys from passwords, and the cipher of key files.
#pragma once

#include "base/bytes.hpp"
#include "crypto/secret.hpp"

namespace venus::crypto {

/// RFC 7914. `n` is a power of two; memory is 128·r·n bytes, allowed up to 1 GiB (TooLarge above);
/// InvalidArgument for parameters outside the RFC. About one second at n = 2^18.
struct ScryptParams {
  std::uint64_t n = 1U << 18U;
  std::uint64_t r = 8;
  std::uint64_t p = 1;
};
Result<Secret> scrypt(BytesView password, BytesView salt, const ScryptParams& params,
                      std::size_t size);

/// PBKDF2 with HMAC-SHA-256 (RFC 8018); 1 to 10,000,000 rounds.
Result<Secret> pbkdf2_sha256(BytesView password, BytesView salt, std::uint64_t rounds,
                             std::size_t size);

/// HMAC-SHA-256.
ByteArray<32> hmac_sha256(BytesView key, BytesView data);

/// AES-128 in counter mode; the same call encrypts and decrypts. Key and counter block have 16
/// bytes (InvalidArgument otherwise). Give no key the same counter block twice.
Result<Secret> aes_128_ctr(BytesView key, BytesView counter, BytesView data);

}  // namespace venus::crypto
