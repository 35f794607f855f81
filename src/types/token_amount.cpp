// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/token_amount.hpp"

#include "base/json.hpp"

#include <array>

namespace venus::types {
namespace {

constexpr int kFilDecimals = 18;
// Longer texts are refused, as Lotus does: no sum of money has fifty digits.
constexpr std::size_t kMaxDigits = 50;

struct Unit {
  std::string_view name;
  std::string_view short_name;
  int decimals;
};
constexpr std::array<Unit, 7> kUnits = {{{"attofil", "afil", 0},
                                         {"femtofil", "ffil", 3},
                                         {"picofil", "pfil", 6},
                                         {"nanofil", "nfil", 9},
                                         {"microfil", "ufil", 12},
                                         {"millifil", "mfil", 15},
                                         {"fil", "", kFilDecimals}}};
constexpr std::array<std::string_view, 7> kUnitSymbols = {"aFIL", "fFIL", "pFIL", "nFIL",
                                                          "μFIL", "mFIL", "FIL"};

Result<int> decimals_of(std::string_view unit) {
  std::string lower;
  for (const char c : unit)
    lower.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  // Both code points that look like the letter mu.
  if (lower == "μfil" || lower == "\u00b5fil") return 12;
  for (const auto& known : kUnits) {
    if (lower == known.name || (!known.short_name.empty() && lower == known.short_name)) {
      return known.decimals;
    }
  }
  return fail(ErrorCode::Malformed, "\"{}\" is no unit of FIL", unit);
}

/// The decimal digits of `value` with the point moved left by `decimals`, no trailing zeros.
std::string shifted(const BigInt& value, int decimals) {
  auto digits = (value.is_negative() ? -value : value).str();
  const auto places = static_cast<std::size_t>(decimals);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  auto fraction = digits.substr(digits.size() - places);
  while (fraction.ends_with('0'))
    fraction.pop_back();
  auto out = (value.is_negative() ? "-" : "") + digits.substr(0, digits.size() - places);
  if (!fraction.empty()) out += "." + fraction;
  return out;
}

}  // namespace

Result<TokenAmount> TokenAmount::parse(std::string_view text) {
  const auto trim = [](std::string_view s) {
    while (s.starts_with(' '))
      s.remove_prefix(1);
    while (s.ends_with(' '))
      s.remove_suffix(1);
    return s;
  };
  text = trim(text);
  const auto end = text.find_first_not_of("-.1234567890");
  auto number = trim(text.substr(0, end));
  const auto unit = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  TRY(const int decimals, unit.empty() ? Result<int>(kFilDecimals) : decimals_of(trim(unit)));
  if (number.size() > kMaxDigits) return fail(ErrorCode::Malformed, "amount has too many digits");
  const bool negative = number.starts_with('-');
  if (negative) number.remove_prefix(1);
  const auto point = number.find('.');
  std::string digits(number.substr(0, point));
  auto fraction = point == std::string_view::npos ? std::string_view{} : number.substr(point + 1);
  if (digits.empty() && fraction.empty())
    return fail(ErrorCode::Malformed, "no number in \"{}\"", text);
  while (fraction.ends_with('0'))
    fraction.remove_suffix(1);
  if (fraction.size() > static_cast<std::size_t>(decimals)) {
    return fail(ErrorCode::Malformed, "\"{}\" is not a whole number of attoFIL", text);
  }
  digits += fraction;
  digits.append(static_cast<std::size_t>(decimals) - fraction.size(), '0');
  // Signs elsewhere than in front are no digits and fail here.
  if (digits.starts_with('-')) return fail(ErrorCode::Malformed, "not an amount: \"{}\"", text);
  TRY(auto atto, BigInt::parse(digits));
  return TokenAmount(negative ? -std::move(atto) : std::move(atto));
}

std::string TokenAmount::fil() const { return shifted(atto_, kFilDecimals) + " FIL"; }

std::string TokenAmount::human() const {
  if (is_zero()) return "0 FIL";
  const auto digits = (is_negative() ? -atto_ : atto_).str().size();
  const auto unit = std::min<std::size_t>((digits - 1) / 3, kUnitSymbols.size() - 1);
  return fmt::format("{} {}", shifted(atto_, static_cast<int>(unit) * 3), kUnitSymbols[unit]);
}

}  // namespace venus::types

namespace venus::base {

boost::json::value JsonCodec<types::TokenAmount>::encode(const types::TokenAmount& v) {
  return to_json(v.atto());
}
Result<types::TokenAmount> JsonCodec<types::TokenAmount>::decode(const boost::json::value& v) {
  TRY(auto atto, from_json<BigInt>(v));
  return types::TokenAmount(std::move(atto));
}

}  // namespace venus::base
