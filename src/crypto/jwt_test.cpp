// SPDX-License-Identifier: MIT OR Apache-2.0
#include "crypto/jwt.hpp"

#include <gtest/gtest.h>

namespace venus::crypto {
namespace {

/// 0, 1, ... 31, as in the tokens made with Python below.
Bytes secret() {
  Bytes out(32);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::uint8_t>(i);
  return out;
}

constexpr std::string_view kPayload = R"({"Allow":["read","write","sign","admin"]})";
constexpr std::string_view kToken =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJBbGxvdyI6WyJyZWFkIiwid3JpdGUiLCJzaWduIiwiYWRtaW4iXX0."
    "5lRaUKL6YDoISGlo14xwpeeacUF8a9HmOlEQ3ukDj_o";

TEST(Jwt, SignsAsPythonDoes) {
  EXPECT_EQ(sign_jwt(kPayload, secret()), kToken);
  EXPECT_EQ(verify_jwt(kToken, secret()).value(), kPayload);
  EXPECT_EQ(peek_jwt(kToken).value(), kPayload);
}

TEST(Jwt, VerifiesThePublishedExample) {
  // The example token of jwt.io.
  const auto payload = verify_jwt(
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
      "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
      "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
      base::as_bytes("your-256-bit-secret"));
  EXPECT_EQ(payload.value(), R"({"sub":"1234567890","name":"John Doe","iat":1516239022})");
}

TEST(Jwt, RefusesOtherAlgorithmsEvenWithAValidMac) {
  const std::string_view tokens[] = {
      // "none" without a signature
      "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0."
      "eyJBbGxvdyI6WyJyZWFkIiwid3JpdGUiLCJzaWduIiwiYWRtaW4iXX0.",
      // "none" with the right HS256 MAC
      "eyJhbGciOiJub25lIn0.eyJBbGxvdyI6WyJhZG1pbiJdfQ."
      "tL8vJI9gCdkUWZvPsAv6IS4982W515yuZCLF7_ylcIw",
      // HS512 with its own right MAC
      "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJBbGxvdyI6WyJhZG1pbiJdfQ."
      "rcaxO_o5SiW_jXWPIbsGqccHcG25LsYyrbZihGBZ5sjBZd41vAsQvhobbyJycZc2QlzKRcHzgaac-TOWeSB3ow"};
  for (const auto token : tokens) {
    EXPECT_EQ(verify_jwt(token, secret()).error().code, ErrorCode::Unsupported) << token;
  }
}

TEST(Jwt, RefusesAlteredTokensAndOtherSecrets) {
  for (std::size_t i = 0; i < kToken.size(); ++i) {
    std::string altered(kToken);
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify_jwt(altered, secret()).has_value()) << i;
  }
  EXPECT_EQ(verify_jwt(kToken, Bytes(32)).error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(verify_jwt(kToken, {}).error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(verify_jwt(sign_jwt("{}", {}), {}).error().code, ErrorCode::Unauthenticated);
}

TEST(Jwt, RefusesWhatIsNoToken) {
  for (const std::string_view text : {"", ".", "..", "a.b", "a.b.c.d", "!.!.!"}) {
    EXPECT_EQ(verify_jwt(text, secret()).error().code, ErrorCode::Malformed) << text;
  }
  const std::string long_token(kMaxToken + 1, 'a');
  EXPECT_EQ(verify_jwt(long_token, secret()).error().code, ErrorCode::TooLarge);
}

}  // namespace
}  // namespace venus::crypto
