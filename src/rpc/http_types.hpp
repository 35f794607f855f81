// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "rpc/context.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace venus::rpc {

enum class Verb : std::uint8_t { Get, Post, Put, Delete, Head, Patch, Options, Other };

/// "GET", ...
std::string_view to_string(Verb verb) noexcept;

/// A request as a REST handler sees it.
struct HttpRequest {
  Verb verb = Verb::Get;
  std::string path;                          ///< decoded, without the query
  std::map<std::string, std::string> query;  ///< decoded; the last of equal names
  std::map<std::string, std::string> args;   ///< the {name} parts of the route
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  CallContext context;

  /// A header's value without regard to case, or "".
  [[nodiscard]] std::string_view header(std::string_view name) const;
  /// A query value, or "".
  [[nodiscard]] std::string_view param(std::string_view name) const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};

  /// A JSON body; text is JSON already.
  static HttpResponse json(std::string text, unsigned status = 200);
  static HttpResponse text(std::string text, unsigned status = 200);
  /// {"error": "..."} as venus-auth answers.
  static HttpResponse error(unsigned status, std::string_view message);
  /// The status that fits an error's kind (404 for NotFound, 403, 401, 400, 409, 413, 503, 504,
  /// else 500).
  static HttpResponse error(const Error& error);
};

/// An answer that needs no waiting, for route handlers that are no coroutines.
Task<HttpResponse> reply_now(HttpResponse response);

/// "a%20b" -> "a b"; with `plus`, '+' is a blank (query strings). Bad escapes stay as they are.
std::string url_decode(std::string_view text, bool plus = false);
/// Everything but unreserved characters as %XX.
std::string url_encode(std::string_view text);
std::map<std::string, std::string> parse_query(std::string_view query);

}  // namespace venus::rpc
