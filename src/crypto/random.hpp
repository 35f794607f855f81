// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <span>

namespace venus::crypto {

/// Fills memory with bytes of the operating system's secure generator. Ends the process if the
/// system has none: no key or nonce of ours may ever be guessable.
void fill_random(std::span<std::uint8_t> memory) noexcept;

/// `size` secure random bytes.
Bytes random_bytes(std::size_t size);

/// N secure random bytes.
template <std::size_t N>
ByteArray<N> random_array() noexcept {
  ByteArray<N> out;
  fill_random(out);
  return out;
}

/// Whether both are the same, in a time that depends on their sizes only.
bool equal_constant_time(BytesView a, BytesView b) noexcept;

}  // namespace venus::crypto
