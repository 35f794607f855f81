// SPDX-License-Identifier: MIT OR Apache-2.0
// JSON schemas of types: from fields() for structs, by kind for the rest. A JsonCodec may offer
// `static boost::json::value schema()` to say more.
#pragma once

#include "rpc/codec.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <string>

namespace venus::rpc {

/// Collects the schemas of named types on the way.
class SchemaBuilder {
 public:
  /// Starts a named type. False: it is known already (or being built).
  bool begin(const std::string& name);
  void define(const std::string& name, boost::json::object schema);
  [[nodiscard]] boost::json::object take() { return std::move(components_); }
  static boost::json::object ref(std::string_view name);

 private:
  boost::json::object components_;
};

using SchemaFn = boost::json::object (*)(SchemaBuilder&);

namespace detail {
/// "Tipset" out of "…[T = venus::types::Tipset]".
std::string short_type_name(std::string_view pretty_function);
/// By the kind of an example.
boost::json::object schema_of_example(const boost::json::value& example);

template <class T>
std::string type_name() {
  return short_type_name(__PRETTY_FUNCTION__);
}

template <class T>
struct SchemaOf;
}  // namespace detail

/// The schema of T; structs are named and referred to.
template <class T>
boost::json::object schema_of(SchemaBuilder& builder) {
  return detail::SchemaOf<T>::get(builder);
}

namespace detail {

template <class T>
struct SchemaOf {
  static boost::json::object get(SchemaBuilder& builder) {
    if constexpr (std::is_void_v<T>) {
      return {{"type", "null"}};
    } else if constexpr (std::is_same_v<T, RawJson> || std::is_same_v<T, boost::json::value>) {
      return {};
    } else if constexpr (requires { base::JsonCodec<T>::schema(); }) {
      return base::JsonCodec<T>::schema().as_object();
    } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      return {{"type", "integer"}};
    } else if constexpr (base::HasFields<T>) {
      return of_fields(builder);
    } else {
      return schema_of_example(base::JsonCodec<T>::encode(T{}));
    }
  }

 private:
  static boost::json::object of_fields(SchemaBuilder& builder) {
    if constexpr (base::Transparent<T>) {
      using Member =
          std::remove_cvref_t<decltype(std::declval<T&>().*(std::get<0>(T::fields()).member))>;
      return schema_of<Member>(builder);
    } else {
      const auto name = type_name<T>();
      if (builder.begin(name)) {
        boost::json::object properties;
        base::for_each_field<T>([&](const auto& field) {
          using Member = std::remove_cvref_t<decltype(std::declval<T&>().*(field.member))>;
          properties[field.name] = schema_of<Member>(builder);
        });
        builder.define(name, {{"type", "object"}, {"properties", std::move(properties)}});
      }
      return SchemaBuilder::ref(name);
    }
  }
};

template <class T>
struct SchemaOf<std::optional<T>> {
  static boost::json::object get(SchemaBuilder& builder) {
    return {{"oneOf",
             boost::json::array{schema_of<T>(builder), boost::json::object{{"type", "null"}}}}};
  }
};
template <class T>
struct SchemaOf<std::vector<T>> {
  static boost::json::object get(SchemaBuilder& builder) {
    if constexpr (std::is_same_v<T, std::uint8_t>) {
      return {{"type", "string"}, {"contentEncoding", "base64"}};
    } else {
      return {{"type", "array"}, {"items", schema_of<T>(builder)}};
    }
  }
};
template <class T>
struct SchemaOf<std::map<std::string, T>> {
  static boost::json::object get(SchemaBuilder& builder) {
    return {{"type", "object"}, {"additionalProperties", schema_of<T>(builder)}};
  }
};
template <class Tag, class Rep>
struct SchemaOf<base::Strong<Tag, Rep>> {
  static boost::json::object get(SchemaBuilder&) { return {{"type", "integer"}}; }
};
template <class T>
struct SchemaOf<Stream<T>> {
  static boost::json::object get(SchemaBuilder& builder) {
    return {
        {"type", "integer"}, {"description", "channel id"}, {"x-stream-of", schema_of<T>(builder)}};
  }
};

}  // namespace detail
}  // namespace venus::rpc
