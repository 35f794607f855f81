// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/http_types.hpp"

#include "rpc/error.hpp"

namespace venus::rpc {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

unsigned status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::Malformed:
    case ErrorCode::FailedValidation:
      return 400;
    case ErrorCode::Unauthenticated:
      return 401;
    case ErrorCode::PermissionDenied:
      return 403;
    case ErrorCode::NotFound:
      return 404;
    case ErrorCode::AlreadyExists:
    case ErrorCode::Conflict:
      return 409;
    case ErrorCode::TooLarge:
      return 413;
    case ErrorCode::Exhausted:
    case ErrorCode::Temporal:
    case ErrorCode::Unavailable:
      return 503;
    case ErrorCode::Timeout:
      return 504;
    case ErrorCode::Unsupported:
      return 501;
    default:
      return 500;
  }
}

}  // namespace

std::string_view to_string(Verb verb) noexcept {
  switch (verb) {
    case Verb::Get:
      return "GET";
    case Verb::Post:
      return "POST";
    case Verb::Put:
      return "PUT";
    case Verb::Delete:
      return "DELETE";
    case Verb::Head:
      return "HEAD";
    case Verb::Patch:
      return "PATCH";
    case Verb::Options:
      return "OPTIONS";
    case Verb::Other:
      break;
  }
  return "OTHER";
}

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return value;
  }
  return {};
}

std::string_view HttpRequest::param(std::string_view name) const {
  const auto found = query.find(std::string(name));
  return found == query.end() ? std::string_view{} : std::string_view(found->second);
}

HttpResponse HttpResponse::json(std::string text, unsigned status) {
  return {.status = status, .body = std::move(text), .headers = {}};
}

HttpResponse HttpResponse::text(std::string text, unsigned status) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .body = std::move(text),
          .headers = {}};
}

HttpResponse HttpResponse::error(unsigned status, std::string_view message) {
  std::string body = R"({"error":)";
  append_json_string(body, message);
  body += '}';
  return json(std::move(body), status);
}

HttpResponse HttpResponse::error(const Error& error) {
  return HttpResponse::error(status_of(error.code), error.message);
}

Task<HttpResponse> reply_now(HttpResponse response) { co_return std::move(response); }

std::string url_decode(std::string_view text, bool plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus) {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
               hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string url_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool safe = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '-' || c == '_' || c == '.' || c == '~';
    if (safe)
      out += c;
    else
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::map<std::string, std::string> parse_query(std::string_view query) {
  std::map<std::string, std::string> out;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto value = equals == std::string_view::npos ? std::string()
                                                  : url_decode(pair.substr(equals + 1), true);
    out.insert_or_assign(url_decode(pair.substr(0, equals), true), std::move(value));
  }
  return out;
}

}  // namespace venus::rpc
