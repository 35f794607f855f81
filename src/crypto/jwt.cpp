// SPDX-License-Identifier: MIT OR Apache-2.0
#include "crypto/jwt.hpp"

#include "base/json.hpp"
#include "crypto/kdf.hpp"
#include "crypto/random.hpp"

namespace venus::crypto {
namespace {

struct Parts {
  std::string_view signed_text;
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
};

std::string to_base64url(BytesView bytes) {
  auto out = base::to_base64(bytes);
  while (out.ends_with('='))
    out.pop_back();
  std::ranges::replace(out, '+', '-');
  std::ranges::replace(out, '/', '_');
  return out;
}

Result<Bytes> from_base64url(std::string_view text) {
  std::string standard(text);
  for (auto& c : standard) {
    if (c == '+' || c == '/' || c == '=') return fail(ErrorCode::Malformed, "not base64url");
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  standard.append((4 - standard.size() % 4) % 4, '=');
  return base::from_base64(standard);
}

Result<Parts> split(std::string_view token) {
  if (token.size() > kMaxToken) return fail(ErrorCode::TooLarge, "token over {} bytes", kMaxToken);
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return fail(ErrorCode::Malformed, "a token has three parts");
  }
  return Parts{token.substr(0, second), token.substr(0, first),
               token.substr(first + 1, second - first - 1), token.substr(second + 1)};
}

Result<std::string> payload_of(const Parts& parts) {
  TRY(const auto payload, from_base64url(parts.payload));
  return std::string(base::as_chars(payload));
}

/// The algorithm is ours to choose, not the token's.
Result<void> check_header(std::string_view encoded) {
  TRY(const auto text, from_base64url(encoded));
  TRY(const auto header, with_context(base::parse_json(base::as_chars(text), 4), "token header"));
  const auto* object = header.if_object();
  if (object == nullptr) return fail(ErrorCode::Malformed, "token header is no object");
  const auto* algorithm = object->if_contains("alg");
  if (algorithm == nullptr || !algorithm->is_string() || algorithm->get_string() != "HS256") {
    return fail(ErrorCode::Unsupported, "only tokens signed with HS256 are accepted");
  }
  if (object->contains("crit"))
    return fail(ErrorCode::Unsupported, "token with critical extensions");
  return {};
}

}  // namespace

std::string sign_jwt(std::string_view payload_json, BytesView secret) {
  auto out = to_base64url(base::as_bytes(R"({"alg":"HS256","typ":"JWT"})"));
  out += '.';
  out += to_base64url(base::as_bytes(payload_json));
  const auto signature = hmac_sha256(secret, base::as_bytes(out));
  out += '.';
  out += to_base64url(signature);
  return out;
}

Result<std::string> verify_jwt(std::string_view token, BytesView secret) {
  // An empty secret is one that everybody knows.
  if (secret.empty()) return fail(ErrorCode::Unauthenticated, "no secret to verify the token with");
  TRY(const auto parts, split(token));
  TRY_VOID(check_header(parts.header));
  TRY(const auto signature, from_base64url(parts.signature));
  if (!equal_constant_time(hmac_sha256(secret, base::as_bytes(parts.signed_text)), signature)) {
    return fail(ErrorCode::Unauthenticated, "token signature is wrong");
  }
  return payload_of(parts);
}

Result<std::string> peek_jwt(std::string_view token) {
  TRY(const auto parts, split(token));
  return payload_of(parts);
}

}  // namespace venus::crypto
