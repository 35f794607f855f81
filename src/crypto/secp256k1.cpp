// SPDX-License-Identifier: MIT OR Apache-2.0
#include "crypto/secp256k1.hpp"

#include "crypto/random.hpp"

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include <cstdlib>

namespace venus::crypto {
namespace {

/// Blinded against side channels when it is made; only read afterwards, so all threads share it.
class Context {
 public:
  Context()
      : context_(secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY)) {
    const auto seed = random_array<32>();
    if (context_ == nullptr || secp256k1_context_randomize(context_, seed.data()) != 1)
      std::abort();
  }
  ~Context() { secp256k1_context_destroy(context_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  static const secp256k1_context* get() {
    static const Context instance;
    return instance.context_;
  }

 private:
  secp256k1_context* context_;
};

std::unexpected<Error> bad_key() {
  return fail(ErrorCode::InvalidArgument, "not a secp256k1 private key");
}

bool valid_key(BytesView key) {
  return key.size() == 32 && secp256k1_ec_seckey_verify(Context::get(), key.data()) == 1;
}

Secp256k1PublicKey serialize(const secp256k1_pubkey& key) {
  Secp256k1PublicKey out;
  std::size_t size = out.size();
  secp256k1_ec_pubkey_serialize(Context::get(), out.data(), &size, &key, SECP256K1_EC_UNCOMPRESSED);
  return out;
}

}  // namespace

Secret secp256k1_generate() {
  Secret key(std::size_t{32});
  do
    fill_random({key.data(), key.size()});
  while (!valid_key(key.view()));
  return key;
}

Result<Secp256k1PublicKey> secp256k1_public_key(BytesView private_key) {
  secp256k1_pubkey key;
  if (!valid_key(private_key) ||
      secp256k1_ec_pubkey_create(Context::get(), &key, private_key.data()) != 1) {
    return bad_key();
  }
  return serialize(key);
}

Result<Secp256k1Signature> secp256k1_sign(BytesView private_key, const ByteArray<32>& digest) {
  secp256k1_ecdsa_recoverable_signature signature;
  if (!valid_key(private_key) ||
      secp256k1_ecdsa_sign_recoverable(Context::get(), &signature, digest.data(),
                                       private_key.data(), nullptr, nullptr) != 1) {
    return bad_key();
  }
  Secp256k1Signature out;
  int recovery_id = 0;
  secp256k1_ecdsa_recoverable_signature_serialize_compact(Context::get(), out.data(), &recovery_id,
                                                          &signature);
  out[64] = static_cast<std::uint8_t>(recovery_id);
  return out;
}

Result<Secp256k1PublicKey> secp256k1_recover(BytesView signature, const ByteArray<32>& digest) {
  if (signature.size() != 65) {
    return fail(ErrorCode::Malformed, "a secp256k1 signature has 65 bytes, got {}",
                signature.size());
  }
  if (signature[64] > 3) {
    return fail(ErrorCode::Malformed, "secp256k1 recovery id {} is above 3", signature[64]);
  }
  secp256k1_ecdsa_recoverable_signature parsed;
  if (secp256k1_ecdsa_recoverable_signature_parse_compact(Context::get(), &parsed, signature.data(),
                                                          signature[64]) != 1) {
    return fail(ErrorCode::Malformed, "secp256k1 signature out of range");
  }
  secp256k1_pubkey key;
  if (secp256k1_ecdsa_recover(Context::get(), &key, &parsed, digest.data()) != 1) {
    return fail(ErrorCode::FailedValidation, "no secp256k1 key could have made this signature");
  }
  return serialize(key);
}

}  // namespace venus::crypto
