// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/big_int.hpp"
#include "ipld/codec.hpp"

namespace venus::types {

/// An amount in attoFIL (10^-18 FIL); may be negative in differences.
class TokenAmount {
 public:
  TokenAmount() = default;
  explicit TokenAmount(BigInt atto) : atto_(std::move(atto)) {}
  static TokenAmount from_atto(std::int64_t atto) { return TokenAmount(BigInt(atto)); }
  static TokenAmount from_fil(std::int64_t fil) {
    return TokenAmount(BigInt(fil) * BigInt(kAttoPerFil));
  }
  /// "1.5", "1.5 FIL", "15 attofil", "3 nanofil" (units of Lotus, any case). Malformed otherwise.
  static Result<TokenAmount> parse(std::string_view text);

  [[nodiscard]] const BigInt& atto() const noexcept { return atto_; }
  /// Decimal attoFIL, as JSON has it.
  [[nodiscard]] std::string str() const { return atto_.str(); }
  /// "1.5 FIL", exact, without trailing zeros.
  [[nodiscard]] std::string fil() const;
  /// "1.5 FIL", "1.5 mFIL", "100 aFIL" ...: the unit that reads best, exact (Lotus's
  /// types.FIL.Short aside).
  [[nodiscard]] std::string human() const;
  [[nodiscard]] bool is_zero() const noexcept { return atto_.is_zero(); }
  [[nodiscard]] bool is_negative() const noexcept { return atto_.is_negative(); }

  TokenAmount& operator+=(const TokenAmount& b) {
    atto_ += b.atto_;
    return *this;
  }
  TokenAmount& operator-=(const TokenAmount& b) {
    atto_ -= b.atto_;
    return *this;
  }
  friend TokenAmount operator+(TokenAmount a, const TokenAmount& b) { return a += b; }
  friend TokenAmount operator-(TokenAmount a, const TokenAmount& b) { return a -= b; }
  friend TokenAmount operator*(const TokenAmount& a, const BigInt& b) {
    return TokenAmount(a.atto_ * b);
  }
  friend bool operator==(const TokenAmount&, const TokenAmount&) noexcept = default;
  friend auto operator<=>(const TokenAmount& a, const TokenAmount& b) noexcept {
    return a.atto_ <=> b.atto_;
  }

  static constexpr std::int64_t kAttoPerFil = 1'000'000'000'000'000'000;

 private:
  BigInt atto_;
};

}  // namespace venus::types

namespace venus {
using types::TokenAmount;
}

template <>
struct venus::ipld::CborCodec<venus::types::TokenAmount> {
  static void encode(cbor::Writer& w, const types::TokenAmount& v) { encode_to(w, v.atto()); }
  static void decode(cbor::Reader& r, types::TokenAmount& v) {
    BigInt atto;
    decode_from(r, atto);
    v = types::TokenAmount(std::move(atto));
  }
};
template <>
struct venus::base::JsonCodec<venus::types::TokenAmount> {
  static boost::json::value encode(const types::TokenAmount& v);
  static Result<types::TokenAmount> decode(const boost::json::value& v);
};
template <>
struct fmt::formatter<venus::types::TokenAmount> : fmt::formatter<std::string> {
  template <class Context>
  auto format(const venus::types::TokenAmount& v, Context& context) const {
    return fmt::formatter<std::string>::format(v.str(), context);
  }
};
