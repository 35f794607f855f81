// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/bytes.hpp"

#include <cstring>

namespace venus::base {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase32Digits = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> reverse_table(std::string_view digits) {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    table[static_cast<std::uint8_t>(digits[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Writes groups of `bits` bits, most significant first; the last group is filled with zero bits.
std::string encode_bits(BytesView bytes, std::string_view digits, unsigned bits) {
  std::string out;
  out.reserve((bytes.size() * 8 + bits - 1) / bits);
  std::uint32_t buffer = 0;
  unsigned held = 0;
  const std::uint32_t mask = (1U << bits) - 1;
  for (const auto byte : bytes) {
    buffer = (buffer << 8) | byte;
    held += 8;
    while (held >= bits) {
      held -= bits;
      out.push_back(digits[(buffer >> held) & mask]);
    }
  }
  if (held > 0) out.push_back(digits[(buffer << (bits - held)) & mask]);
  return out;
}

Result<Bytes> decode_bits(std::string_view text, const std::array<std::int8_t, 256>& table,
                          unsigned bits) {
  Bytes out;
  out.reserve(text.size() * bits / 8);
  std::uint32_t buffer = 0;
  unsigned held = 0;
  for (const char c : text) {
    const auto value = table[static_cast<std::uint8_t>(c)];
    if (value < 0) return fail(ErrorCode::Malformed, "character outside the base{} alphabet", 1 << bits);
    buffer = (buffer << bits) | static_cast<std::uint32_t>(value);
    held += bits;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::uint8_t>(buffer >> held));
    }
  }
  if (held >= bits || (buffer & ((1U << held) - 1)) != 0) {
    return fail(ErrorCode::Malformed, "base{} text of an impossible length", 1 << bits);
  }
  return out;
}

constexpr std::string_view kBase58Digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
// Its time is quadratic; identities and CIDs are far shorter.
constexpr std::size_t kMaxBase58 = 256;

}  // namespace

std::string to_hex(BytesView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const auto byte : bytes) {
    out.push_back(kHexDigits[byte >> 4]);
    out.push_back(kHexDigits[byte & 15]);
  }
  return out;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  if (text.size() % 2 != 0) return fail(ErrorCode::Malformed, "hex of odd length");
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return fail(ErrorCode::Malformed, "not a hex digit at {}", i);
    out.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return out;
}

std::string to_base64(BytesView bytes) {
  auto out = encode_bits(bytes, kBase64Digits, 6);
  while (out.size() % 4 != 0) out.push_back('=');
  return out;
}

Result<Bytes> from_base64(std::string_view text) {
  static constexpr auto kTable = reverse_table(kBase64Digits);
  if (text.size() % 4 != 0) return fail(ErrorCode::Malformed, "base64 length not a multiple of 4");
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return decode_bits(text, kTable, 6);
}

std::string to_base32(BytesView bytes) { return encode_bits(bytes, kBase32Digits, 5); }

Result<Bytes> from_base32(std::string_view text) {
  static constexpr auto kTable = reverse_table(kBase32Digits);
  return decode_bits(text, kTable, 5);
}

std::string to_base58(BytesView bytes) {
  std::string digits;
  for (const auto byte : bytes) {
    unsigned carry = byte;
    for (auto& digit : digits) {
      carry += static_cast<unsigned>(static_cast<unsigned char>(digit)) << 8;
      digit = static_cast<char>(carry % 58);
      carry /= 58;
    }
    for (; carry > 0; carry /= 58)
      digits.push_back(static_cast<char>(carry % 58));
  }
  std::string out;
  for (auto it = bytes.begin(); it != bytes.end() && *it == 0; ++it)
    out.push_back('1');
  for (auto it = digits.rbegin(); it != digits.rend(); ++it) {
    out.push_back(kBase58Digits[static_cast<unsigned char>(*it)]);
  }
  return out;
}

Result<Bytes> from_base58(std::string_view text) {
  if (text.size() > kMaxBase58) return fail(ErrorCode::TooLarge, "base58 of {} characters", text.size());
  Bytes little;
  for (const char c : text) {
    const auto at = kBase58Digits.find(c);
    if (at == std::string_view::npos) return fail(ErrorCode::Malformed, "not base58");
    auto carry = static_cast<unsigned>(at);
    for (auto& byte : little) {
      carry += byte * 58U;
      byte = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    for (; carry > 0; carry >>= 8)
      little.push_back(static_cast<std::uint8_t>(carry));
  }
  for (auto it = text.begin(); it != text.end() && *it == '1'; ++it)
    little.push_back(0);
  std::reverse(little.begin(), little.end());
  return little;
}

void secure_wipe(std::span<std::uint8_t> memory) noexcept {
  if (!memory.empty()) explicit_bzero(memory.data(), memory.size());
}

}  // namespace venus::base
