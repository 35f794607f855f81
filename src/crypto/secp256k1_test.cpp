// SPDX-License-Identifier: MIT OR Apache-2.0
#include "crypto/secp256k1.hpp"

#include "base/big_int.hpp"
#include "crypto/hash.hpp"

#include <gtest/gtest.h>

namespace venus::crypto {
namespace {

Bytes hex(std::string_view text) { return base::from_hex(text).value(); }

const BigInt& order() {
  static const auto value = BigInt::from_magnitude(
      hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
  return value;
}

TEST(Secp256k1, SignsDeterministicallyWithLowS) {
  // Widely published RFC 6979 vector: private key 1, "Satoshi Nakamoto".
  Bytes key(32);
  key[31] = 1;
  const auto digest = sha256(base::as_bytes("Satoshi Nakamoto"));
  const auto signature = secp256k1_sign(key, digest).value();
  EXPECT_EQ(base::to_hex(BytesView(signature).first(64)),
            "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
            "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5");
  EXPECT_LE(signature[64], 1);
  // The generator of the curve.
  const auto public_key = secp256k1_public_key(key).value();
  EXPECT_EQ(base::to_hex(public_key),
            "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
            "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");
  EXPECT_EQ(secp256k1_recover(signature, digest).value(), public_key);
}

TEST(Secp256k1, RecoversFromHighS) {
  const auto key = secp256k1_generate();
  const auto digest = sha256(base::as_bytes("high s"));
  auto signature = secp256k1_sign(key.view(), digest).value();
  const auto s = BigInt::from_magnitude(BytesView(signature).subspan(32, 32));
  EXPECT_LE(s, order().shr(1));
  const auto high = (order() - s).magnitude();
  ASSERT_EQ(high.size(), 32U);
  std::ranges::copy(high, signature.begin() + 32);
  signature[64] ^= 1;
  EXPECT_EQ(secp256k1_recover(signature, digest).value(), secp256k1_public_key(key.view()).value());
}

TEST(Secp256k1, AnotherDigestRecoversAnotherKey) {
  const auto key = secp256k1_generate();
  const auto signature = secp256k1_sign(key.view(), sha256(base::as_bytes("a"))).value();
  const auto other = secp256k1_recover(signature, sha256(base::as_bytes("b")));
  EXPECT_NE(other.value_or(Secp256k1PublicKey{}), secp256k1_public_key(key.view()).value());
}

TEST(Secp256k1, RefusesBadInput) {
  const ByteArray<32> digest{};
  EXPECT_EQ(secp256k1_sign(Bytes(32), digest).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(secp256k1_sign(order().magnitude(), digest).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(secp256k1_public_key(Bytes(31, 1)).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(secp256k1_recover(Bytes(64, 1), digest).error().code, ErrorCode::Malformed);
  Bytes signature(65, 1);
  signature[64] = 4;
  EXPECT_EQ(secp256k1_recover(signature, digest).error().code, ErrorCode::Malformed);
  EXPECT_FALSE(secp256k1_recover(Bytes(65, 0), digest).has_value());
  Bytes too_large = order().magnitude();
  too_large.resize(65);
  EXPECT_EQ(secp256k1_recover(too_large, digest).error().code, ErrorCode::Malformed);
}

}  // namespace
}  // namespace venus::crypto
