// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/error.hpp"

#include "base/json.hpp"

namespace venus::rpc {
namespace {

// Error::detail may also hold a VM exit code or the like; this bit marks a JSON-RPC code.
constexpr std::int64_t kCodeMark = 1LL << 40;

ErrorCode kind_of_code(std::int64_t code, std::string_view message) {
  switch (code) {
    case kParseError:
      return ErrorCode::Malformed;
    case kInvalidRequest:
    case kInvalidParams:
      return ErrorCode::InvalidArgument;
    case kMethodNotFound:
      return ErrorCode::Unsupported;
    case kBusy:
      return ErrorCode::Exhausted;
    default:
      break;
  }
  if (message.find("missing permission to invoke") != std::string_view::npos) {
    return ErrorCode::PermissionDenied;
  }
  return ErrorCode::Internal;
}

std::optional<ErrorCode> parse_kind(std::string_view name) {
  for (unsigned i = 0; i <= static_cast<unsigned>(ErrorCode::Exhausted); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    if (base::to_string(code) == name) return code;
  }
  return std::nullopt;
}

std::string_view text_of(const boost::json::value* value) {
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

}  // namespace

Error rpc_error(int code, ErrorCode kind, std::string message) {
  return Error{kind, std::move(message), kCodeMark + code};
}

int rpc_code(const Error& error) noexcept {
  const auto code = error.detail - kCodeMark;
  if (code >= INT32_MIN && code <= INT32_MAX) return static_cast<int>(code);
  return kApplicationError;
}

void append_error_object(std::string& out, const Error& error, bool with_kind) {
  fmt::format_to(std::back_inserter(out), R"({{"code":{},"message":)", rpc_code(error));
  append_json_string(out, error.message);
  if (with_kind) {
    fmt::format_to(std::back_inserter(out), R"(,"data":{{"kind":"{}"}})",
                   base::to_string(error.code));
  }
  out += '}';
}

Error from_error_object(const boost::json::value& object) {
  std::int64_t code = 0;
  if (const auto* given = base::find_member(object, "code")) {
    if (given->is_int64()) code = given->get_int64();
  }
  if (code < INT32_MIN || code > INT32_MAX) code = kApplicationError;
  std::string message(text_of(base::find_member(object, "message")));
  if (message.empty()) message = "the peer gave no reason";
  auto kind = kind_of_code(code, message);
  if (const auto* data = base::find_member(object, "data")) {
    if (const auto named = parse_kind(text_of(base::find_member(*data, "kind")))) kind = *named;
  }
  return rpc_error(static_cast<int>(code), kind, std::move(message));
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, start, i - start);
    start = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += kHex[(static_cast<unsigned char>(c) >> 4) & 15U];
        out += kHex[static_cast<unsigned char>(c) & 15U];
    }
  }
  out.append(text, start, text.size() - start);
  out += '"';
}

}  // namespace venus::rpc
