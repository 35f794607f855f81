// SPDX-License-Identifier: MIT OR Apache-2.0
// How C++ values travel to and from SQL columns: numbers as integers, everything else as text. Bytes are
// hex, since neither SOCI's blobs nor texts with NULs work alike on both databases; amounts are decimal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/big_int.hpp"
#include "base/bytes.hpp"
#include "base/strong.hpp"
#include "ipld/cid.hpp"

namespace venus::db::sql {

/// A cell or a parameter: null, integer, floating point, text (UTF-8 without NUL).
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;
enum class Kind : std::uint8_t { Integer, Real, Text };
using Row = std::vector<Value>;

/// A type with a text of its own says so by two functions in its namespace:
///   std::string to_sql_text(const T&);
///   Result<void> from_sql_text(std::string_view, T&);
template <class T>
concept HasSqlText = requires(const T& value, T& out, std::string_view text) {
  { to_sql_text(value) } -> std::same_as<std::string>;
  { from_sql_text(text, out) } -> std::same_as<Result<void>>;
};

/// A type that reads its own text, as numbers of any size do. An address is none: its text depends on
/// the network's letter, so types/sql_text.hpp must be included to store one.
template <class T>
concept HasStrAndParse = requires(const T& value, std::string_view text) {
  { value.str() } -> std::same_as<std::string>;
  { T::parse(text) } -> std::same_as<Result<T>>;
} && (std::is_same_v<T, Cid> || !requires(const T& value) { value.bytes(); });

template <class T, class Enable = void>
struct SqlCodec;

template <class T>
struct SqlCodec<T, std::enable_if_t<std::is_integral_v<T> || std::is_enum_v<T>>> {
  static constexpr Kind kKind = Kind::Integer;
  static Value encode(T v) { return static_cast<std::int64_t>(v); }
  static Result<T> decode(const Value& v) {
    const auto* number = std::get_if<std::int64_t>(&v);
    if (number == nullptr) return fail(ErrorCode::Corrupt, "a column that must hold a number holds none");
    if constexpr (std::is_same_v<T, bool>) return *number != 0;
    else return static_cast<T>(*number);
  }
};

template <>
struct SqlCodec<double> {
  static constexpr Kind kKind = Kind::Real;
  static Value encode(double v) { return v; }
  static Result<double> decode(const Value& v) {
    if (const auto* real = std::get_if<double>(&v)) return *real;
    return fail(ErrorCode::Corrupt, "a column that must hold a number holds none");
  }
};

template <>
struct SqlCodec<std::string> {
  static constexpr Kind kKind = Kind::Text;
  static Value encode(const std::string& v) { return v; }
  static Result<std::string> decode(const Value& v) {
    if (const auto* text = std::get_if<std::string>(&v)) return *text;
    return fail(ErrorCode::Corrupt, "a column that must hold text holds none");
  }
};

template <>
struct SqlCodec<Bytes> {
  static constexpr Kind kKind = Kind::Text;
  static Value encode(const Bytes& v) { return base::to_hex(v); }
  static Result<Bytes> decode(const Value& v) {
    TRY(auto text, SqlCodec<std::string>::decode(v));
    return base::from_hex(text);
  }
};

template <class Tag, class Rep>
struct SqlCodec<base::Strong<Tag, Rep>> {
  static constexpr Kind kKind = Kind::Integer;
  static Value encode(const base::Strong<Tag, Rep>& v) { return SqlCodec<Rep>::encode(v.value()); }
  static Result<base::Strong<Tag, Rep>> decode(const Value& v) {
    TRY(auto number, SqlCodec<Rep>::decode(v));
    return base::Strong<Tag, Rep>(number);
  }
};

template <class T>
struct SqlCodec<T, std::enable_if_t<HasSqlText<T>>> {
  static constexpr Kind kKind = Kind::Text;
  static Value encode(const T& v) { return to_sql_text(v); }
  static Result<T> decode(const Value& v) {
    TRY(auto text, SqlCodec<std::string>::decode(v));
    T out{};
    TRY_VOID(from_sql_text(text, out));
    return out;
  }
};

/// Cid (base32 text) and BigInt (decimal) among them.
template <class T>
struct SqlCodec<T, std::enable_if_t<HasStrAndParse<T> && !HasSqlText<T>>> {
  static constexpr Kind kKind = Kind::Text;
  static Value encode(const T& v) { return v.str(); }
  static Result<T> decode(const Value& v) {
    TRY(auto text, SqlCodec<std::string>::decode(v));
    return T::parse(text);
  }
};

template <class T>
struct SqlCodec<std::optional<T>> {
  static constexpr Kind kKind = SqlCodec<T>::kKind;
  static Value encode(const std::optional<T>& v) { return v ? SqlCodec<T>::encode(*v) : Value{}; }
  static Result<std::optional<T>> decode(const Value& v) {
    if (std::holds_alternative<std::monostate>(v)) return std::optional<T>{};
    TRY(auto inner, SqlCodec<T>::decode(v));
    return std::optional<T>(std::move(inner));
  }
};

template <class T>
Value to_value(const T& value) {
  if constexpr (std::is_same_v<T, std::nullptr_t>) return Value{};
  else if constexpr (std::is_same_v<T, Value>) return value;
  else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return std::string(std::string_view(value));
  } else {
    return SqlCodec<T>::encode(value);
  }
}

}  // namespace venus::db::sql
