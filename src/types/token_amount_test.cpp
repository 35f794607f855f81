// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/token_amount.hpp"

#include "base/json.hpp"

#include <gtest/gtest.h>

namespace venus::types {
namespace {

TEST(TokenAmount, ParsesUnits) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"1", "1000000000000000000"},
      {"1 FIL", "1000000000000000000"},
      {"1.5 fil", "1500000000000000000"},
      {"  0.000000000000000001 FIL ", "1"},
      {"-2.5", "-2500000000000000000"},
      {"15 attofil", "15"},
      {"15aFIL", "15"},
      {"3 nanofil", "3000000000"},
      {"1.25 nFIL", "1250000000"},
      {"7 μFIL", "7000000000000"},
      {"7 ufil", "7000000000000"},
      {"2 mFIL", "2000000000000000"},
      {".5", "500000000000000000"},
      {"5.", "5000000000000000000"},
      {"1.000000000000000000000 FIL", "1000000000000000000"},
      {"2000000000 FIL", "2000000000000000000000000000"},
      {"0", "0"},
      {"-0", "0"}};
  for (const auto& [text, atto] : cases) {
    const auto parsed = TokenAmount::parse(text);
    ASSERT_TRUE(parsed.has_value()) << text << ": " << parsed.error().message;
    EXPECT_EQ(parsed->str(), atto) << text;
  }
}

TEST(TokenAmount, RefusesWhatIsNoAmount) {
  for (const std::string_view text :
       {"", " ", "FIL", ".", "-", "--1", "1-", "1.2.3", "1.-5", "1 BTC", "0.5 attofil",
        "0.0000000000000000001", "1e18", "0x10", "+1",
        "100000000000000000000000000000000000000000000000000", "1 FIL FIL"}) {
    const auto parsed = TokenAmount::parse(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::Malformed) << text;
  }
}

TEST(TokenAmount, PrintsExactly) {
  const auto atto = [](std::string_view digits) {
    return TokenAmount(BigInt::parse(digits).value());
  };
  EXPECT_EQ(atto("1500000000000000000").fil(), "1.5 FIL");
  EXPECT_EQ(atto("0").fil(), "0 FIL");
  EXPECT_EQ(atto("-1").fil(), "-0.000000000000000001 FIL");
  EXPECT_EQ(atto("2000000000000000000000000000").fil(), "2000000000 FIL");
  EXPECT_EQ(atto("0").human(), "0 FIL");
  EXPECT_EQ(atto("100").human(), "100 aFIL");
  EXPECT_EQ(atto("1500").human(), "1.5 fFIL");
  EXPECT_EQ(atto("100000").human(), "100 fFIL");
  EXPECT_EQ(atto("1500000000000000").human(), "1.5 mFIL");
  EXPECT_EQ(atto("-1500000000000").human(), "-1.5 μFIL");
  EXPECT_EQ(atto("1234567890123456789012").human(), "1234.567890123456789012 FIL");
}

TEST(TokenAmount, WhatItPrintsParsesBack) {
  for (const std::int64_t value :
       {1L, -1L, 999L, 1000L, 123456789L, 1500000000000000L, 999999999999999999L}) {
    const auto amount = TokenAmount::from_atto(value);
    EXPECT_EQ(TokenAmount::parse(amount.fil()).value(), amount);
    EXPECT_EQ(TokenAmount::parse(amount.human()).value(), amount);
    EXPECT_EQ(base::from_json<TokenAmount>(base::to_json(amount)).value(), amount);
    EXPECT_EQ(ipld::decode<TokenAmount>(ipld::encode(amount)).value(), amount);
  }
}

}  // namespace
}  // namespace venus::types
