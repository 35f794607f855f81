// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/varint.hpp"

namespace venus::base {

Result<Varint> read_varint(BytesView from) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < from.size() && i < 9; ++i) {
    value |= static_cast<std::uint64_t>(from[i] & 0x7f) << (7 * i);
    if ((from[i] & 0x80) != 0) continue;
    if (from[i] == 0 && i > 0) return fail(ErrorCode::Malformed, "varint is not minimal");
    return Varint{value, i + 1};
  }
  if (from.size() < 9) return fail(ErrorCode::Malformed, "varint is truncated");
  return fail(ErrorCode::Malformed, "varint over 63 bits");
}

void write_varint(Bytes& to, std::uint64_t value) {
  while (value >= 0x80) {
    to.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  to.push_back(static_cast<std::uint8_t>(value));
}

}  // namespace venus::base
