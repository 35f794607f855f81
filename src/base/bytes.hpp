// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace venus::base {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;
template <std::size_t N>
using ByteArray = std::array<std::uint8_t, N>;

/// The bytes of a text; the view lives as long as the text.
inline BytesView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
/// The same memory seen as characters.
inline std::string_view as_chars(BytesView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(BytesView view) { return {view.begin(), view.end()}; }
inline bool equal(BytesView a, BytesView b) noexcept { return as_chars(a) == as_chars(b); }
inline void append(Bytes& to, BytesView from) { to.insert(to.end(), from.begin(), from.end()); }

/// Copies exactly N bytes; Malformed if the size differs.
template <std::size_t N>
Result<ByteArray<N>> to_array(BytesView view) {
  if (view.size() != N) {
    return fail(ErrorCode::Malformed, "want {} bytes, got {}", N, view.size());
  }
  ByteArray<N> out;
  std::copy(view.begin(), view.end(), out.begin());
  return out;
}

/// Lower-case hex without prefix.
std::string to_hex(BytesView bytes);
/// Hex of either case, with or without 0x; Malformed for an odd length or other characters.
Result<Bytes> from_hex(std::string_view text);

/// RFC 4648 base64 with padding.
std::string to_base64(BytesView bytes);
/// Strict RFC 4648 base64 with padding; Malformed otherwise.
Result<Bytes> from_base64(std::string_view text);

/// RFC 4648 base32, lower case, without padding, as CIDs and addresses are written.
std::string to_base32(BytesView bytes);
/// Lower-case base32 without padding; non-zero trailing bits are Malformed.
Result<Bytes> from_base32(std::string_view text);

/// base58btc, as peers' identities and CIDs of version 0 are written.
std::string to_base58(BytesView bytes);
/// Malformed for other characters, TooLarge for more than 256 of them.
Result<Bytes> from_base58(std::string_view text);

/// Big-endian 8 bytes.
constexpr ByteArray<8> be64(std::uint64_t value) noexcept {
  ByteArray<8> out{};
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
  return out;
}

/// Overwrites memory in a way the optimiser keeps, for secrets that leave scope.
void secure_wipe(std::span<std::uint8_t> memory) noexcept;

}  // namespace venus::base

namespace venus {
using base::ByteArray;
using base::Bytes;
using base::BytesView;
}  // namespace venus
