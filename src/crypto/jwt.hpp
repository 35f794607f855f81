// SPDX-License-Identifier: MIT OR Apache-2.0
// JSON Web Tokens with HS256 and nothing else (RFC 7515, 7519), as Lotus and venus-auth make them.
#pragma once

#include "base/bytes.hpp"

#include <string>
#include <string_view>

namespace venus::crypto {

/// Tokens longer than this are refused before anything is decoded.
inline constexpr std::size_t kMaxToken = 8192;

/// header.payload.signature over the exact text of `payload_json` (not checked to be JSON).
std::string sign_jwt(std::string_view payload_json, BytesView secret);

/// The payload text of a token signed with `secret`. Unauthenticated when the signature is
/// wrong or the secret is empty;
/// Malformed when it is no token; Unsupported when its header names another algorithm ("none" among
/// them) or critical extensions; TooLarge over kMaxToken. Time claims (exp, nbf) are the caller's.
Result<std::string> verify_jwt(std::string_view token, BytesView secret);

/// The payload of a token, unverified: only to find out whose secret to verify it with.
Result<std::string> peek_jwt(std::string_view token);

}  // namespace venus::crypto
