// SPDX-License-Identifier: MIT OR Apache-2.0
#include "crypto/uuid.hpp"

#include "crypto/random.hpp"

namespace venus::crypto {

std::string new_uuid() {
  auto bytes = random_array<16>();
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  auto text = base::to_hex(bytes);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace venus::crypto
