// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/big_int.hpp"

#include <boost/multiprecision/cpp_int.hpp>
#include <limits>
#include <new>

#include "base/json.hpp"

namespace venus::base {

using boost::multiprecision::cpp_int;

struct BigInt::Access {
  static cpp_int& get(BigInt& v) noexcept {
    return *std::launder(reinterpret_cast<cpp_int*>(v.storage_));
  }
  static const cpp_int& get(const BigInt& v) noexcept {
    return *std::launder(reinterpret_cast<const cpp_int*>(v.storage_));
  }
  static BigInt wrap(cpp_int value) {
    BigInt out;
    get(out) = std::move(value);
    return out;
  }
  static_assert(sizeof(cpp_int) <= sizeof(BigInt::storage_));
  static_assert(alignof(cpp_int) <= 16);
};

BigInt::BigInt() noexcept { new (storage_) cpp_int(); }
BigInt::BigInt(std::int64_t value) noexcept { new (storage_) cpp_int(value); }
BigInt::BigInt(std::uint64_t value) noexcept { new (storage_) cpp_int(value); }
BigInt::BigInt(const BigInt& other) { new (storage_) cpp_int(Access::get(other)); }
BigInt::BigInt(BigInt&& other) noexcept { new (storage_) cpp_int(std::move(Access::get(other))); }
BigInt& BigInt::operator=(const BigInt& other) {
  Access::get(*this) = Access::get(other);
  return *this;
}
BigInt& BigInt::operator=(BigInt&& other) noexcept {
  Access::get(*this) = std::move(Access::get(other));
  return *this;
}
BigInt::~BigInt() { Access::get(*this).~cpp_int(); }

Result<BigInt> BigInt::parse(std::string_view decimal) {
  const bool negative = decimal.starts_with('-');
  if (negative || decimal.starts_with('+')) decimal.remove_prefix(1);
  if (decimal.empty() || decimal.size() > 1000) return fail(ErrorCode::Malformed, "not a decimal number");
  cpp_int value;
  for (const char c : decimal) {
    if (c < '0' || c > '9') return fail(ErrorCode::Malformed, "not a decimal digit");
    value = value * 10 + (c - '0');
  }
  return Access::wrap(negative ? cpp_int(-value) : value);
}

BigInt BigInt::from_magnitude(BytesView magnitude, bool negative) {
  cpp_int value;
  if (!magnitude.empty()) {
    boost::multiprecision::import_bits(value, magnitude.begin(), magnitude.end(), 8, true);
  }
  return Access::wrap(negative ? cpp_int(-value) : value);
}

std::string BigInt::str() const { return Access::get(*this).str(); }

Bytes BigInt::magnitude() const {
  Bytes out;
  if (is_zero()) return out;
  boost::multiprecision::export_bits(cpp_int(abs(Access::get(*this))), std::back_inserter(out), 8, true);
  return out;
}

std::size_t BigInt::bit_length() const {
  if (is_zero()) return 0;
  return msb(cpp_int(abs(Access::get(*this)))) + 1;
}

int BigInt::sign() const noexcept { return Access::get(*this).sign(); }
double BigInt::to_double() const { return Access::get(*this).convert_to<double>(); }

Result<std::int64_t> BigInt::to_int64() const {
  const auto& v = Access::get(*this);
  if (v < std::numeric_limits<std::int64_t>::min() || v > std::numeric_limits<std::int64_t>::max()) {
    return fail(ErrorCode::InvalidArgument, "{} is outside 64 signed bits", str());
  }
  return v.convert_to<std::int64_t>();
}

Result<std::uint64_t> BigInt::to_uint64() const {
  const auto& v = Access::get(*this);
  if (v < 0 || v > std::numeric_limits<std::uint64_t>::max()) {
    return fail(ErrorCode::InvalidArgument, "{} is outside 64 unsigned bits", str());
  }
  return v.convert_to<std::uint64_t>();
}

BigInt& BigInt::operator+=(const BigInt& b) {
  Access::get(*this) += Access::get(b);
  return *this;
}
BigInt& BigInt::operator-=(const BigInt& b) {
  Access::get(*this) -= Access::get(b);
  return *this;
}
BigInt& BigInt::operator*=(const BigInt& b) {
  Access::get(*this) *= Access::get(b);
  return *this;
}

BigInt BigInt::div(const BigInt& divisor) const {
  const auto& d = Access::get(divisor);
  cpp_int quotient;
  cpp_int remainder;
  divide_qr(Access::get(*this), d, quotient, remainder);
  if (remainder < 0) quotient += d < 0 ? 1 : -1;
  return Access::wrap(std::move(quotient));
}

BigInt BigInt::mod(const BigInt& divisor) const { return *this - div(divisor) * divisor; }

BigInt BigInt::quo(const BigInt& divisor) const {
  return Access::wrap(Access::get(*this) / Access::get(divisor));
}

BigInt BigInt::shl(unsigned bits) const { return Access::wrap(Access::get(*this) << bits); }

BigInt BigInt::shr(unsigned bits) const {
  const auto& v = Access::get(*this);
  if (v >= 0) return Access::wrap(v >> bits);
  const cpp_int raised = -v + (cpp_int(1) << bits) - 1;
  return Access::wrap(-(raised >> bits));
}

int BigInt::compare(const BigInt& a, const BigInt& b) noexcept {
  return Access::get(a).compare(Access::get(b));
}

boost::json::value JsonCodec<BigInt>::encode(const BigInt& v) { return to_json(v.str()); }

Result<BigInt> JsonCodec<BigInt>::decode(const boost::json::value& v) {
  if (v.is_int64()) return BigInt(v.get_int64());
  if (v.is_uint64()) return BigInt(v.get_uint64());
  if (!v.is_string()) return json_mismatch("a decimal number as text", v);
  return BigInt::parse({v.get_string().data(), v.get_string().size()});
}

}  // namespace venus::base
