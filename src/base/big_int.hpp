// SPDX-License-Identifier: MIT OR Apache-2.0
// Signed integers of any size with the semantics of Go's big.Int where they differ from C++.
#pragma once

#include <fmt/format.h>

#include <compare>
#include <cstddef>
#include <string>

#include "base/bytes.hpp"
#include "base/json_fwd.hpp"

namespace venus::base {

/// Boost.Multiprecision's cpp_int behind a wall, since its header costs seconds in every file.
class BigInt {
 public:
  BigInt() noexcept;
  BigInt(std::int64_t value) noexcept;   // NOLINT: numbers convert implicitly, as literals do
  BigInt(std::uint64_t value) noexcept;  // NOLINT
  BigInt(int value) noexcept : BigInt(static_cast<std::int64_t>(value)) {}  // NOLINT
  BigInt(const BigInt& other);
  BigInt(BigInt&& other) noexcept;
  BigInt& operator=(const BigInt& other);
  BigInt& operator=(BigInt&& other) noexcept;
  ~BigInt();

  /// Decimal with an optional sign, at most 1,000 digits; Malformed otherwise.
  static Result<BigInt> parse(std::string_view decimal);
  /// Big-endian magnitude.
  static BigInt from_magnitude(BytesView magnitude, bool negative = false);

  [[nodiscard]] std::string str() const;
  /// Big-endian magnitude without leading zeros; empty for 0.
  [[nodiscard]] Bytes magnitude() const;
  /// Bits of the magnitude; 0 for 0.
  [[nodiscard]] std::size_t bit_length() const;
  [[nodiscard]] int sign() const noexcept;
  [[nodiscard]] bool is_zero() const noexcept { return sign() == 0; }
  [[nodiscard]] bool is_negative() const noexcept { return sign() < 0; }
  /// Nearest double, for estimates only.
  [[nodiscard]] double to_double() const;
  /// OutOfRange as InvalidArgument when it does not fit.
  [[nodiscard]] Result<std::int64_t> to_int64() const;
  [[nodiscard]] Result<std::uint64_t> to_uint64() const;

  BigInt& operator+=(const BigInt& b);
  BigInt& operator-=(const BigInt& b);
  BigInt& operator*=(const BigInt& b);
  friend BigInt operator+(BigInt a, const BigInt& b) { return a += b; }
  friend BigInt operator-(BigInt a, const BigInt& b) { return a -= b; }
  friend BigInt operator*(BigInt a, const BigInt& b) { return a *= b; }
  friend BigInt operator-(BigInt a) { return BigInt(0) - a; }
  /// Euclidean division as Go's big.Int.Div: the remainder is never negative. Divisor must not be 0.
  [[nodiscard]] BigInt div(const BigInt& divisor) const;
  /// Remainder of Euclidean division, >= 0.
  [[nodiscard]] BigInt mod(const BigInt& divisor) const;
  /// Truncated division as Go's big.Int.Quo.
  [[nodiscard]] BigInt quo(const BigInt& divisor) const;
  [[nodiscard]] BigInt shl(unsigned bits) const;
  /// Arithmetic shift: rounds toward minus infinity, as Go's Rsh.
  [[nodiscard]] BigInt shr(unsigned bits) const;

  friend bool operator==(const BigInt& a, const BigInt& b) noexcept { return compare(a, b) == 0; }
  friend std::strong_ordering operator<=>(const BigInt& a, const BigInt& b) noexcept {
    return compare(a, b) <=> 0;
  }

 private:
  static int compare(const BigInt& a, const BigInt& b) noexcept;
  struct Access;
  alignas(16) std::byte storage_[32];
};

/// Quoted decimal, as Go's big.Int in Lotus.
template <>
struct JsonCodec<BigInt> {
  static boost::json::value encode(const BigInt& v);
  static Result<BigInt> decode(const boost::json::value& v);
};

}  // namespace venus::base

namespace venus {
using base::BigInt;
}

template <>
struct fmt::formatter<venus::base::BigInt> : fmt::formatter<std::string> {
  template <class Context>
  auto format(const venus::base::BigInt& value, Context& context) const {
    return fmt::formatter<std::string>::format(value.str(), context);
  }
};
