// SPDX-License-Identifier: MIT OR Apache-2.0
// Unsigned LEB128 as multiformats use it: at most 9 bytes, shortest form only.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace venus::base {

struct Varint {
  std::uint64_t value = 0;
  std::size_t size = 0;
};

/// Reads one varint from the front. Malformed when truncated, over 63 bits or not minimal.
Result<Varint> read_varint(BytesView from);
/// Appends a value; values over 2^63-1 take the tenth byte (RLE+ and CAR never need it).
void write_varint(Bytes& to, std::uint64_t value);

}  // namespace venus::base
