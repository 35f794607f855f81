// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/serializer.hpp>

namespace venus::base {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

void write_pretty(std::string& out, const boost::json::value& value, std::size_t indent) {
  const std::string pad(indent + 2, ' ');
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += "{";
    const char* separator = "\n";
    for (const auto& member : *object) {
      out += separator + pad + boost::json::serialize(member.key()) + ": ";
      write_pretty(out, member.value(), indent + 2);
      separator = ",\n";
    }
    out += "\n" + std::string(indent, ' ') + "}";
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    out += "[";
    const char* separator = "\n";
    for (const auto& item : *array) {
      out += separator + pad;
      write_pretty(out, item, indent + 2);
      separator = ",\n";
    }
    out += "\n" + std::string(indent, ' ') + "]";
  } else {
    out += boost::json::serialize(value);
  }
}

}  // namespace

Result<boost::json::value> parse_json(std::string_view text, std::size_t max_depth) {
  boost::json::parse_options options;
  options.max_depth = max_depth;
  boost::json::error_code error;
  auto value = boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return fail(ErrorCode::Malformed, "not valid JSON: {}", error.message());
  return value;
}

std::string write_json(const boost::json::value& value) { return boost::json::serialize(value); }

std::string pretty_json(const boost::json::value& value) {
  std::string out;
  write_pretty(out, value, 0);
  return out;
}

std::string_view kind_name(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null: return "null";
    case boost::json::kind::bool_: return "a boolean";
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
    case boost::json::kind::double_: return "a number";
    case boost::json::kind::string: return "a string";
    case boost::json::kind::array: return "a list";
    case boost::json::kind::object: return "an object";
  }
  return "nothing";
}

std::unexpected<Error> json_mismatch(std::string_view want, const boost::json::value& got) {
  return fail(ErrorCode::Malformed, "want {}, got {}", want, kind_name(got));
}

const boost::json::value* find_member(const boost::json::value& object, std::string_view name) {
  const auto* members = object.if_object();
  if (members == nullptr) return nullptr;
  if (const auto* exact = members->if_contains(boost::json::string_view(name.data(), name.size()))) {
    return exact;
  }
  for (const auto& member : *members) {
    if (equal_ignoring_case(std::string_view(member.key()), name)) return &member.value();
  }
  return nullptr;
}

boost::json::value JsonCodec<std::string>::encode(const std::string& v) {
  return boost::json::string(boost::json::string_view(v.data(), v.size()));
}

Result<std::string> JsonCodec<std::string>::decode(const boost::json::value& v) {
  if (!v.is_string()) return json_mismatch("a string", v);
  return std::string(v.get_string().data(), v.get_string().size());
}

boost::json::value JsonCodec<Bytes>::encode(const Bytes& v) {
  return JsonCodec<std::string>::encode(to_base64(v));
}

Result<Bytes> JsonCodec<Bytes>::decode(const boost::json::value& v) {
  if (v.is_null()) return Bytes{};
  if (!v.is_string()) return json_mismatch("base64 text", v);
  return from_base64({v.get_string().data(), v.get_string().size()});
}

bool detail::json_is_empty(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null: return true;
    case boost::json::kind::bool_: return !value.get_bool();
    case boost::json::kind::int64: return value.get_int64() == 0;
    case boost::json::kind::uint64: return value.get_uint64() == 0;
    case boost::json::kind::double_: return false;
    case boost::json::kind::string: return value.get_string().empty();
    case boost::json::kind::array: return value.get_array().empty();
    case boost::json::kind::object: return value.get_object().empty();
  }
  return false;
}

}  // namespace venus::base
