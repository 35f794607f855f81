// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/schema.hpp"

namespace venus::rpc {

bool SchemaBuilder::begin(const std::string& name) {
  if (components_.contains(name)) return false;
  components_[name] = boost::json::object{};
  return true;
}

void SchemaBuilder::define(const std::string& name, boost::json::object schema) {
  components_[name] = std::move(schema);
}

boost::json::object SchemaBuilder::ref(std::string_view name) {
  return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

namespace detail {

std::string short_type_name(std::string_view pretty_function) {
  const auto start = pretty_function.rfind("T = ");
  auto name = start == std::string_view::npos ? pretty_function : pretty_function.substr(start + 4);
  if (const auto end = name.rfind(']'); end != std::string_view::npos) name = name.substr(0, end);
  std::string out;
  std::size_t word = 0;
  for (const char c : name) {
    const bool ident =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (c == ':') {
      out.resize(word);
    } else if (ident) {
      out += c;
    } else {
      if (!out.empty() && out.back() != '_') out += '_';
      word = out.size();
    }
  }
  while (!out.empty() && out.back() == '_')
    out.pop_back();
  return out;
}

boost::json::object schema_of_example(const boost::json::value& example) {
  switch (example.kind()) {
    case boost::json::kind::bool_:
      return {{"type", "boolean"}};
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
      return {{"type", "integer"}};
    case boost::json::kind::double_:
      return {{"type", "number"}};
    case boost::json::kind::string:
      return {{"type", "string"}};
    case boost::json::kind::null:
      return {};
    case boost::json::kind::array:
      return {{"type", "array"}};
    case boost::json::kind::object:
      break;
  }
  boost::json::object properties;
  for (const auto& member : example.get_object()) {
    properties[member.key()] = schema_of_example(member.value());
  }
  return {{"type", "object"}, {"properties", std::move(properties)}};
}

}  // namespace detail
}  // namespace venus::rpc
