// SPDX-License-Identifier: MIT OR Apache-2.0
#include "crypto/kdf.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <bit>
#include <limits>
#include <memory>

namespace venus::crypto {
namespace {

constexpr std::uint64_t kMaxMemory = 1ULL << 30U;
constexpr std::size_t kMaxSize = 1024;
constexpr std::uint64_t kMaxRounds = 10'000'000;
constexpr std::size_t kMaxCipherText = 1U << 20U;

Result<void> check_size(std::size_t size) {
  if (size == 0 || size > kMaxSize) {
    return fail(ErrorCode::InvalidArgument, "a derived key has 1 to {} bytes, not {}", kMaxSize,
                size);
  }
  return {};
}

}  // namespace

Result<Secret> scrypt(BytesView password, BytesView salt, const ScryptParams& params,
                      std::size_t size) {
  TRY_VOID(check_size(size));
  const auto [n, r, p] = params;
  if (n < 2 || !std::has_single_bit(n) || r == 0 || p == 0 || r > 1024 || p > 1024) {
    return fail(ErrorCode::InvalidArgument, "impossible scrypt parameters n={} r={} p={}", n, r, p);
  }
  if (n > kMaxMemory / (128 * r)) {
    return fail(ErrorCode::TooLarge, "scrypt parameters n={} r={} want over 1 GiB of memory", n, r);
  }
  Secret out(size);
  const auto text = base::as_chars(password);
  // OpenSSL counts its own small blocks too, so the limit is a little over ours.
  if (EVP_PBE_scrypt(text.data(), text.size(), salt.data(), salt.size(), n, r, p, kMaxMemory * 2,
                     out.data(), out.size()) != 1) {
    return fail(ErrorCode::InvalidArgument, "scrypt refuses n={} r={} p={}", n, r, p);
  }
  return out;
}

Result<Secret> pbkdf2_sha256(BytesView password, BytesView salt, std::uint64_t rounds,
                             std::size_t size) {
  TRY_VOID(check_size(size));
  if (rounds == 0 || rounds > kMaxRounds) {
    return fail(ErrorCode::TooLarge, "PBKDF2 rounds must be 1 to {}, not {}", kMaxRounds, rounds);
  }
  if (password.size() > kMaxCipherText || salt.size() > kMaxCipherText) {
    return fail(ErrorCode::TooLarge, "PBKDF2 input over 1 MiB");
  }
  Secret out(size);
  if (PKCS5_PBKDF2_HMAC(base::as_chars(password).data(), static_cast<int>(password.size()),
                        salt.data(), static_cast<int>(salt.size()), static_cast<int>(rounds),
                        EVP_sha256(), static_cast<int>(size), out.data()) != 1) {
    return fail(ErrorCode::Internal, "PBKDF2 failed");
  }
  return out;
}

ByteArray<32> hmac_sha256(BytesView key, BytesView data) {
  ByteArray<32> out{};
  // HMAC() reads a null key as "the same as before".
  static constexpr std::uint8_t kNothing = 0;
  const auto* key_data = key.empty() ? &kNothing : key.data();
  HMAC(EVP_sha256(), key_data, static_cast<int>(key.size()), data.data(), data.size(), out.data(),
       nullptr);
  return out;
}

Result<Secret> aes_128_ctr(BytesView key, BytesView counter, BytesView data) {
  if (key.size() != 16 || counter.size() != 16) {
    return fail(ErrorCode::InvalidArgument,
                "AES-128-CTR wants 16 bytes of key and counter, got {} and {}", key.size(),
                counter.size());
  }
  if (data.size() > kMaxCipherText) return fail(ErrorCode::TooLarge, "over 1 MiB to encrypt");
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
      EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  Secret out(data.size());
  int written = 0;
  if (context == nullptr ||
      EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, key.data(), counter.data()) !=
          1 ||
      EVP_EncryptUpdate(context.get(), out.data(), &written, data.data(),
                        static_cast<int>(data.size())) != 1 ||
      static_cast<std::size_t>(written) != data.size()) {
    return fail(ErrorCode::Internal, "AES-128-CTR failed");
  }
  return out;
}

}  // namespace venus::crypto
