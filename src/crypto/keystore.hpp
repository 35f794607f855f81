// SPDX-License-Identifier: MIT OR Apache-2.0
// Encrypted private keys in the format of venus-wallet, an Ethereum keystore v3 with the wallet's
// own outer members (venus-components.md 2.2):
//   {"address","type","crypto":{"cipher":"aes-128-ctr",...,"kdf":"scrypt",...,"mac"}}
#pragma once

#include "crypto/kdf.hpp"
#include "crypto/secret.hpp"

#include <string>
#include <string_view>

namespace venus::crypto {

/// One key as it lies in a key store, decrypted. `address` and `type` ("bls", "secp256k1",
/// "delegated") are not protected by the password: derive the address from the key before trusting
/// them.
struct KeystoreKey {
  std::string address;
  std::string type;
  Secret private_key;
};

/// What the wallet feeds to the key derivation: Keccak-256 of the password's UTF-8 bytes.
Secret hash_keystore_password(std::string_view password);

/// JSON text of a key encrypted under hash_keystore_password's result. Errors are those of
/// scrypt().
Result<std::string> encrypt_keystore(const KeystoreKey& key, const Secret& password_hash,
                                     const ScryptParams& params = {});

/// The key in a text of encrypt_keystore, of venus-wallet, or with kdf "pbkdf2" (hmac-sha256).
/// Unauthenticated when the password is wrong, Malformed when the text is no such JSON, Unsupported
/// for other ciphers or derivations, TooLarge when it asks for absurd work.
Result<KeystoreKey> decrypt_keystore(std::string_view json, const Secret& password_hash);

}  // namespace venus::crypto
