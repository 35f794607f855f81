// SPDX-License-Identifier: MIT OR Apache-2.0
#include "crypto/keystore.hpp"

#include "base/json.hpp"
#include "crypto/hash.hpp"
#include "crypto/random.hpp"

namespace venus::crypto {
namespace {

constexpr std::size_t kMaxText = 64U << 10U;
constexpr std::size_t kDerivedKey = 32;

ByteArray<32> mac_of(const Secret& derived, BytesView cipher_text) {
  Bytes input = base::to_bytes(derived.view().subspan(16, 16));
  base::append(input, cipher_text);
  const auto mac = keccak256(input);
  base::secure_wipe(input);
  return mac;
}

Result<const boost::json::value*> member(const boost::json::value& object, std::string_view name) {
  const auto* found = base::find_member(object, name);
  if (found == nullptr) return fail(ErrorCode::Malformed, "key file lacks \"{}\"", name);
  return found;
}

Result<std::string> text_member(const boost::json::value& object, std::string_view name) {
  TRY(const auto* value, member(object, name));
  return with_context(base::from_json<std::string>(*value), name);
}

Result<Bytes> hex_member(const boost::json::value& object, std::string_view name) {
  TRY(const auto text, text_member(object, name));
  return with_context(base::from_hex(text), name);
}

Result<std::uint64_t> number_member(const boost::json::value& object, std::string_view name) {
  TRY(const auto* value, member(object, name));
  return with_context(base::from_json<std::uint64_t>(*value), name);
}

Result<Secret> derive(const boost::json::value& crypto, const Secret& password_hash) {
  TRY(const auto kdf, text_member(crypto, "kdf"));
  TRY(const auto* params, member(crypto, "kdfparams"));
  TRY(const auto salt, hex_member(*params, "salt"));
  TRY(const auto size, number_member(*params, "dklen"));
  // The cipher key and the key of the MAC are its two halves.
  if (size < kDerivedKey)
    return fail(ErrorCode::Malformed, "a derived key of {} bytes is too short", size);
  if (kdf == "scrypt") {
    TRY(const auto n, number_member(*params, "n"));
    TRY(const auto r, number_member(*params, "r"));
    TRY(const auto p, number_member(*params, "p"));
    // Time grows with n·r·p: no key file may keep a core busy for minutes. The wallet's own is
    // 2^21.
    constexpr std::uint64_t kMaxWork = 1U << 25U;
    if (n > kMaxWork || r > 64 || p > 64 || n * r * p > kMaxWork) {
      return fail(ErrorCode::TooLarge, "scrypt parameters n={} r={} p={} want too much work", n, r,
                  p);
    }
    return scrypt(password_hash.view(), salt, {n, r, p}, size);
  }
  if (kdf == "pbkdf2") {
    TRY(const auto prf, text_member(*params, "prf"));
    if (prf != "hmac-sha256") return fail(ErrorCode::Unsupported, "PBKDF2 with {}", prf);
    TRY(const auto rounds, number_member(*params, "c"));
    return pbkdf2_sha256(password_hash.view(), salt, rounds, size);
  }
  return fail(ErrorCode::Unsupported, "key derivation {}", kdf);
}

}  // namespace

Secret hash_keystore_password(std::string_view password) {
  const auto digest = keccak256(base::as_bytes(password));
  return Secret(BytesView(digest));
}

Result<std::string> encrypt_keystore(const KeystoreKey& key, const Secret& password_hash,
                                     const ScryptParams& params) {
  const auto salt = random_array<32>();
  const auto counter = random_array<16>();
  TRY(const auto derived, scrypt(password_hash.view(), salt, params, kDerivedKey));
  TRY(const auto cipher_text,
      aes_128_ctr(derived.view().first(16), counter, key.private_key.view()));
  const boost::json::object kdf_params{{"dklen", kDerivedKey},
                                       {"n", params.n},
                                       {"p", params.p},
                                       {"r", params.r},
                                       {"salt", base::to_hex(salt)}};
  const boost::json::object crypto{
      {"cipher", "aes-128-ctr"},
      {"ciphertext", base::to_hex(cipher_text.view())},
      {"cipherparams", boost::json::object{{"iv", base::to_hex(counter)}}},
      {"kdf", "scrypt"},
      {"kdfparams", kdf_params},
      {"mac", base::to_hex(mac_of(derived, cipher_text.view()))}};
  return base::write_json(
      boost::json::object{{"address", key.address}, {"type", key.type}, {"crypto", crypto}});
}

Result<KeystoreKey> decrypt_keystore(std::string_view json, const Secret& password_hash) {
  if (json.size() > kMaxText) return fail(ErrorCode::TooLarge, "a key file has at most 64 KiB");
  TRY(const auto root, base::parse_json(json, 8));
  TRY(const auto* crypto, member(root, "crypto"));
  TRY(const auto cipher, text_member(*crypto, "cipher"));
  if (cipher != "aes-128-ctr") return fail(ErrorCode::Unsupported, "cipher {}", cipher);
  TRY(const auto cipher_text, hex_member(*crypto, "ciphertext"));
  TRY(const auto* cipher_params, member(*crypto, "cipherparams"));
  TRY(const auto counter, hex_member(*cipher_params, "iv"));
  TRY(const auto mac, hex_member(*crypto, "mac"));
  TRY(const auto derived, derive(*crypto, password_hash));
  if (!equal_constant_time(mac_of(derived, cipher_text), mac)) {
    return fail(ErrorCode::Unauthenticated, "could not decrypt the key with this password");
  }
  KeystoreKey out;
  TRY(out.private_key, aes_128_ctr(derived.view().first(16), counter, cipher_text));
  if (const auto* address = base::find_member(root, "address")) {
    TRY(out.address, base::from_json<std::string>(*address));
  }
  if (const auto* type = base::find_member(root, "type")) {
    TRY(out.type, base::from_json<std::string>(*type));
  }
  return out;
}

}  // namespace venus::crypto
