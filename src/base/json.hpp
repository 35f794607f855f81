// SPDX-License-Identifier: MIT OR Apache-2.0
// JSON of described types, with the habits of Go peers: unknown members are ignored, missing ones keep
// their default, null is an empty list, bytes are base64 (design.md section 4).
#pragma once

#include <boost/json/value.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/fields.hpp"
#include "base/json_fwd.hpp"
#include "base/strong.hpp"

namespace venus::base {

template <class T>
boost::json::value to_json(const T& value) {
  return JsonCodec<T>::encode(value);
}

template <class T>
Result<T> from_json(const boost::json::value& value) {
  return JsonCodec<T>::decode(value);
}

/// Parses text of at most `max_depth` nested levels.
Result<boost::json::value> parse_json(std::string_view text, std::size_t max_depth = 64);
/// Compact text.
std::string write_json(const boost::json::value& value);
/// Text indented by two blanks, members in their order, for people.
std::string pretty_json(const boost::json::value& value);
/// "object", "string", ... for messages.
std::string_view kind_name(const boost::json::value& value);
/// Malformed: "want WHAT, got KIND".
std::unexpected<Error> json_mismatch(std::string_view want, const boost::json::value& got);

/// Member of an object, or nullptr when the value is no object or lacks it. Go's decoder matches names
/// without regard to case; so do we, exact match first.
const boost::json::value* find_member(const boost::json::value& object, std::string_view name);

template <>
struct JsonCodec<boost::json::value> {
  static boost::json::value encode(const boost::json::value& v) { return v; }
  static Result<boost::json::value> decode(const boost::json::value& v) { return v; }
};

template <>
struct JsonCodec<bool> {
  static boost::json::value encode(bool v) { return v; }
  static Result<bool> decode(const boost::json::value& v) {
    if (!v.is_bool()) return json_mismatch("a boolean", v);
    return v.get_bool();
  }
};

template <class T>
struct JsonCodec<T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>>> {
  static boost::json::value encode(T v) {
    if constexpr (std::is_signed_v<T>) return static_cast<std::int64_t>(v);
    else return static_cast<std::uint64_t>(v);
  }
  static Result<T> decode(const boost::json::value& v) {
    if (v.is_int64() && std::in_range<T>(v.get_int64())) return static_cast<T>(v.get_int64());
    if (v.is_uint64() && std::in_range<T>(v.get_uint64())) return static_cast<T>(v.get_uint64());
    return json_mismatch(std::is_signed_v<T> ? "an integer in range" : "a non-negative integer in range", v);
  }
};

template <>
struct JsonCodec<double> {
  static boost::json::value encode(double v) { return v; }
  static Result<double> decode(const boost::json::value& v) {
    if (v.is_double()) return v.get_double();
    if (v.is_int64()) return static_cast<double>(v.get_int64());
    if (v.is_uint64()) return static_cast<double>(v.get_uint64());
    return json_mismatch("a number", v);
  }
};

template <>
struct JsonCodec<std::string> {
  static boost::json::value encode(const std::string& v);
  static Result<std::string> decode(const boost::json::value& v);
};

template <>
struct JsonCodec<Bytes> {
  static boost::json::value encode(const Bytes& v);
  static Result<Bytes> decode(const boost::json::value& v);
};

template <std::size_t N>
struct JsonCodec<ByteArray<N>> {
  static boost::json::value encode(const ByteArray<N>& v) {
    return JsonCodec<Bytes>::encode(Bytes(v.begin(), v.end()));
  }
  static Result<ByteArray<N>> decode(const boost::json::value& v) {
    TRY(auto bytes, JsonCodec<Bytes>::decode(v));
    return to_array<N>(bytes);
  }
};

template <class Tag, class Rep>
struct JsonCodec<Strong<Tag, Rep>> {
  static boost::json::value encode(const Strong<Tag, Rep>& v) { return to_json(v.value()); }
  static Result<Strong<Tag, Rep>> decode(const boost::json::value& v) {
    TRY(auto number, from_json<Rep>(v));
    return Strong<Tag, Rep>(number);
  }
};

template <class T>
struct JsonCodec<std::optional<T>> {
  static boost::json::value encode(const std::optional<T>& v) {
    if (!v) return nullptr;
    return to_json(*v);
  }
  static Result<std::optional<T>> decode(const boost::json::value& v) {
    if (v.is_null()) return std::optional<T>{};
    TRY(auto inner, from_json<T>(v));
    return std::optional<T>(std::move(inner));
  }
};

template <class T>
struct JsonCodec<std::vector<T>> {
  static boost::json::value encode(const std::vector<T>& v) {
    boost::json::array out;
    out.reserve(v.size());
    for (const auto& item : v) out.push_back(to_json<T>(item));
    return out;
  }
  static Result<std::vector<T>> decode(const boost::json::value& v) {
    std::vector<T> out;
    if (v.is_null()) return out;
    if (!v.is_array()) return json_mismatch("a list", v);
    out.reserve(v.get_array().size());
    for (const auto& item : v.get_array()) {
      TRY(auto decoded, with_context(from_json<T>(item), fmt::format("[{}]", out.size())));
      out.push_back(std::move(decoded));
    }
    return out;
  }
};

template <class T>
struct JsonCodec<std::map<std::string, T>> {
  static boost::json::value encode(const std::map<std::string, T>& v) {
    boost::json::object out;
    for (const auto& [key, item] : v) out[key] = to_json(item);
    return out;
  }
  static Result<std::map<std::string, T>> decode(const boost::json::value& v) {
    std::map<std::string, T> out;
    if (v.is_null()) return out;
    if (!v.is_object()) return json_mismatch("an object", v);
    for (const auto& member : v.get_object()) {
      TRY(auto item, with_context(from_json<T>(member.value()), std::string_view(member.key())));
      out.emplace(member.key(), std::move(item));
    }
    return out;
  }
};

namespace detail {

bool json_is_empty(const boost::json::value& value);

template <class Owner, class Member>
void encode_field(boost::json::object& out, const Owner& owner, const Field<Owner, Member>& field) {
  auto value = to_json(owner.*(field.member));
  if (field.rule != JsonRule::Plain && json_is_empty(value)) {
    if (field.rule == JsonRule::OmitIfEmpty) return;
    value = nullptr;
  }
  out[field.name] = std::move(value);
}

}  // namespace detail

template <class T>
struct JsonCodec<T, std::enable_if_t<HasFields<T>>> {
  static boost::json::value encode(const T& v) {
    if constexpr (Transparent<T>) {
      return to_json(v.*(std::get<0>(T::fields()).member));
    } else {
      boost::json::object out;
      out.reserve(kFieldCount<T>);
      for_each_field<T>([&](const auto& field) { detail::encode_field(out, v, field); });
      return out;
    }
  }

  static Result<T> decode(const boost::json::value& v) {
    T out{};
    if constexpr (Transparent<T>) {
      auto& member = out.*(std::get<0>(T::fields()).member);
      TRY(member, from_json<std::remove_reference_t<decltype(member)>>(v));
      return out;
    } else {
      if (!v.is_object()) return json_mismatch("an object", v);
      Result<void> state;
      for_each_field<T>([&](const auto& field) {
        if (!state) return;
        const auto* found = find_member(v, field.name);
        if (found == nullptr) return;
        using Member = std::remove_cvref_t<decltype(out.*(field.member))>;
        // Go leaves a field at its zero value when it meets null.
        if (found->is_null()) return;
        auto decoded = from_json<Member>(*found);
        if (decoded) out.*(field.member) = *std::move(decoded);
        else state = std::unexpected(std::move(decoded).error().context(field.name));
      });
      if (!state) return std::unexpected(std::move(state).error());
      return out;
    }
  }
};

}  // namespace venus::base
