// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "crypto/secret.hpp"
#include "types/address.hpp"
#include "types/signature.hpp"

#include <string>
#include <string_view>

namespace venus::types {

/// Kinds of wallet keys, by what they sign.
enum class KeyType : std::uint8_t { Bls, Secp256k1, Delegated };

/// "bls", "secp256k1", "delegated", as Lotus and venus-wallet write them.
std::string_view to_string(KeyType type) noexcept;
/// Malformed for other texts; Unsupported for "secp256k1-ledger", whose key is in a device.
Result<KeyType> parse_key_type(std::string_view text);
SignatureType signature_type(KeyType type) noexcept;

/// A private key and its kind. BLS keys are 32 bytes little-endian, the others 32 bytes big-endian.
struct KeyInfo {
  KeyType type = KeyType::Bls;
  Secret private_key;

  /// JSON {"Type":"bls","PrivateKey":"<base64>"}: what a Lotus keystore file holds.
  [[nodiscard]] Secret json() const;
  /// Hex of json(): what `lotus wallet export` prints and venus-wallet exchanges.
  [[nodiscard]] Secret export_text() const;
  /// Reads export_text() or json(), blanks around allowed. Malformed otherwise, or when the key
  /// does not have 32 bytes.
  static Result<KeyInfo> import_text(std::string_view text);
};

/// The f1 or f410 address of a secp256k1 or delegated key; InvalidArgument for an invalid key,
/// Unsupported for BLS, whose public key only the bridge can compute.
Result<Address> address_of_key(const KeyInfo& key);
/// f410 address of an uncompressed secp256k1 public key: the last 20 bytes of its Keccak-256.
Result<Address> delegated_address_of(BytesView public_key);

}  // namespace venus::types
