// SPDX-License-Identifier: MIT OR Apache-2.0
#include "crypto/random.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <limits>

namespace venus::crypto {

void fill_random(std::span<std::uint8_t> memory) noexcept {
  constexpr std::size_t kMost = std::numeric_limits<int>::max();
  while (!memory.empty()) {
    const auto part = memory.first(std::min(memory.size(), kMost));
    if (RAND_priv_bytes(part.data(), static_cast<int>(part.size())) != 1) std::abort();
    memory = memory.subspan(part.size());
  }
}

Bytes random_bytes(std::size_t size) {
  Bytes out(size);
  fill_random(out);
  return out;
}

bool equal_constant_time(BytesView a, BytesView b) noexcept {
  if (a.size() != b.size()) return false;
  return a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace venus::crypto
