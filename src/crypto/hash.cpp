// SPDX-License-Identifier: MIT OR Apache-2.0
#include "crypto/hash.hpp"

// SHA256_* are deprecated in OpenSSL 3 in favour of EVP, which costs a microsecond of look-ups and
// allocations per digest; state trees hash millions of 32-byte keys.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <blake2.h>
#include <openssl/sha.h>

#include <bit>
#include <cstring>

namespace venus::crypto {
namespace {

/// libb2 chooses its SIMD code at the first call by writing function pointers. Doing that once,
/// guarded, keeps later concurrent calls free of races.
void choose_blake2b() noexcept {
  static const bool chosen = [] {
    std::uint8_t out[1];
    blake2b_state state;
    blake2b_init(&state, sizeof out);
    blake2b_update(&state, out, 0);
    blake2b_final(&state, out, sizeof out);
    return true;
  }();
  static_cast<void>(chosen);
}

void blake2b_into(std::uint8_t* out, std::size_t size, std::span<const BytesView> parts) noexcept {
  choose_blake2b();
  blake2b_state state;
  blake2b_init(&state, size);
  for (const auto part : parts) {
    if (!part.empty()) blake2b_update(&state, part.data(), part.size());
  }
  blake2b_final(&state, out, size);
}

template <std::size_t N>
ByteArray<N> blake2b_fixed(BytesView data) noexcept {
  ByteArray<N> out;
  blake2b_into(out.data(), N, std::span(&data, 1));
  return out;
}

// Keccak-f[1600], FIPS 202 section 3.2. Lane (x, y) is state[x + 5 * y].
constexpr std::array<std::uint64_t, 24> kRoundConstants = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
constexpr std::array<int, 25> kRotations = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                            25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};

void keccak_f(std::array<std::uint64_t, 25>& a) noexcept {
  for (const auto round_constant : kRoundConstants) {
    std::array<std::uint64_t, 5> c;
    for (std::size_t x = 0; x < 5; ++x)
      c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    std::array<std::uint64_t, 25> b;
    for (std::size_t x = 0; x < 5; ++x) {
      const auto d = c[(x + 4) % 5] ^ std::rotl(c[(x + 1) % 5], 1);
      for (std::size_t y = 0; y < 5; ++y) {
        b[y + 5 * ((2 * x + 3 * y) % 5)] = std::rotl(a[x + 5 * y] ^ d, kRotations[x + 5 * y]);
      }
    }
    for (std::size_t y = 0; y < 25; y += 5) {
      for (std::size_t x = 0; x < 5; ++x) {
        a[x + y] = b[x + y] ^ (~b[(x + 1) % 5 + y] & b[(x + 2) % 5 + y]);
      }
    }
    a[0] ^= round_constant;
  }
}

void absorb(std::array<std::uint64_t, 25>& state, const std::uint8_t* block,
            std::size_t lanes) noexcept {
  static_assert(std::endian::native == std::endian::little);
  for (std::size_t i = 0; i < lanes; ++i) {
    std::uint64_t lane;
    std::memcpy(&lane, block + 8 * i, sizeof lane);
    state[i] ^= lane;
  }
  keccak_f(state);
}

}  // namespace

struct Blake2b256::State {
  blake2b_state hash{};
};

Blake2b256::Blake2b256() : state_(std::make_unique<State>()) {
  choose_blake2b();
  blake2b_init(&state_->hash, 32);
}
Blake2b256::Blake2b256(Blake2b256&&) noexcept = default;
Blake2b256& Blake2b256::operator=(Blake2b256&&) noexcept = default;
Blake2b256::~Blake2b256() = default;

void Blake2b256::update(BytesView part) {
  if (!part.empty()) blake2b_update(&state_->hash, part.data(), part.size());
}

ByteArray<32> Blake2b256::finish() {
  ByteArray<32> out;
  blake2b_final(&state_->hash, out.data(), out.size());
  return out;
}

Bytes blake2b(BytesView data, std::size_t size) {
  Bytes out(size);
  blake2b_into(out.data(), size, std::span(&data, 1));
  return out;
}

ByteArray<32> blake2b_256(BytesView data) { return blake2b_fixed<32>(data); }

ByteArray<32> blake2b_256(std::span<const BytesView> parts) {
  ByteArray<32> out;
  blake2b_into(out.data(), out.size(), parts);
  return out;
}

ByteArray<20> blake2b_160(BytesView data) { return blake2b_fixed<20>(data); }
ByteArray<4> blake2b_32(BytesView data) { return blake2b_fixed<4>(data); }

ByteArray<32> sha256(BytesView data) {
  ByteArray<32> out;
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, data.data(), data.size());
  SHA256_Final(out.data(), &context);
  return out;
}

ByteArray<32> keccak256(BytesView data) {
  constexpr std::size_t kRate = 136;
  std::array<std::uint64_t, 25> state{};
  while (data.size() >= kRate) {
    absorb(state, data.data(), kRate / 8);
    data = data.subspan(kRate);
  }
  std::array<std::uint8_t, kRate> last{};
  if (!data.empty()) std::memcpy(last.data(), data.data(), data.size());
  // Keccak's original padding; SHA3 would put 0x06 here.
  last[data.size()] = 0x01;
  last[kRate - 1] |= 0x80;
  absorb(state, last.data(), kRate / 8);
  ByteArray<32> out;
  std::memcpy(out.data(), state.data(), out.size());
  return out;
}

}  // namespace venus::crypto
