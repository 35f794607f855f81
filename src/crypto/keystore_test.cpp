// SPDX-License-Identifier: MIT OR Apache-2.0
#include "crypto/keystore.hpp"

#include "crypto/random.hpp"

#include <gtest/gtest.h>

namespace venus::crypto {
namespace {

// Made with Python (hashlib.scrypt, the cryptography package's AES, a Keccak of its own).
constexpr std::string_view kPassword = "correct horse battery staple";
constexpr std::string_view kFile =
    R"({"address": "t1dzdedrfbvsuq42k22ja4qxvbzdwjv6we2i6w4cy", "type": "secp256k1", "crypto": )"
    R"({"cipher": "aes-128-ctr", "ciphertext": )"
    R"("dd7d329cb12da44bc4889bece909cc44f4750651bf4afc39a6a5c9883372cf36", )"
    R"("cipherparams": {"iv": "6465666768696a6b6c6d6e6f70717273"}, "kdf": "scrypt", )"
    R"("kdfparams": {"dklen": 32, "n": 4096, "p": 1, "r": 8, "salt": )"
    R"("202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"}, )"
    R"("mac": "7d9cb57af1bb443bbacc0ccce9488d9033da6c6de6b63beec55dacfd16c6e0e5"}})";
constexpr std::string_view kKey =
    "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";

// The published test vectors of Ethereum's Web3 Secret Storage; there the password itself is
// derived from, not its hash.
constexpr std::string_view kEthereumKey =
    "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
constexpr std::string_view kEthereumPbkdf2 =
    R"({"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},)"
    R"("ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",)"
    R"("kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256",)"
    R"("salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},)"
    R"("mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"}})";

std::string replaced(std::string_view from, std::string_view to) {
  std::string out(kFile);
  out.replace(out.find(from), from.size(), to);
  return out;
}

TEST(Keystore, DecryptsAFileMadeByAnotherImplementation) {
  const auto key = decrypt_keystore(kFile, hash_keystore_password(kPassword)).value();
  EXPECT_EQ(base::to_hex(key.private_key.view()), kKey);
  EXPECT_EQ(key.type, "secp256k1");
  EXPECT_EQ(key.address, "t1dzdedrfbvsuq42k22ja4qxvbzdwjv6we2i6w4cy");
}

TEST(Keystore, DecryptsEthereumsPublishedPbkdf2Vector) {
  const auto key =
      decrypt_keystore(kEthereumPbkdf2, Secret(std::string_view("testpassword"))).value();
  EXPECT_EQ(base::to_hex(key.private_key.view()), kEthereumKey);
}

TEST(Keystore, RoundTripsWithFreshSaltEachTime) {
  const auto password = hash_keystore_password("pässword");
  KeystoreKey key{"f01", "bls", Secret(random_bytes(32))};
  const ScryptParams quick{1024, 8, 1};
  const auto one = encrypt_keystore(key, password, quick).value();
  const auto two = encrypt_keystore(key, password, quick).value();
  EXPECT_NE(one, two);
  const auto back = decrypt_keystore(one, password).value();
  EXPECT_TRUE(base::equal(back.private_key.view(), key.private_key.view()));
  EXPECT_EQ(back.type, "bls");
}

TEST(Keystore, RefusesAWrongPasswordAndAlteredFiles) {
  const auto password = hash_keystore_password(kPassword);
  EXPECT_EQ(decrypt_keystore(kFile, hash_keystore_password("wrong")).error().code,
            ErrorCode::Unauthenticated);
  EXPECT_EQ(decrypt_keystore(replaced("dd7d", "dd7e"), password).error().code,
            ErrorCode::Unauthenticated);
  EXPECT_EQ(decrypt_keystore(replaced("4096", "8192"), password).error().code,
            ErrorCode::Unauthenticated);
  EXPECT_EQ(decrypt_keystore(replaced("aes-128-ctr", "aes-256-ctr"), password).error().code,
            ErrorCode::Unsupported);
  EXPECT_EQ(decrypt_keystore(replaced("\"scrypt\"", "\"argon2\""), password).error().code,
            ErrorCode::Unsupported);
}

TEST(Keystore, RefusesAbsurdWorkAndMalformedFiles) {
  const auto password = hash_keystore_password(kPassword);
  EXPECT_EQ(decrypt_keystore(replaced("4096", "1073741824"), password).error().code,
            ErrorCode::TooLarge);
  EXPECT_EQ(decrypt_keystore(replaced("\"p\": 1", "\"p\": 1000000"), password).error().code,
            ErrorCode::TooLarge);
  EXPECT_EQ(decrypt_keystore(replaced("\"dklen\": 32", "\"dklen\": 16"), password).error().code,
            ErrorCode::Malformed);
  EXPECT_EQ(decrypt_keystore(replaced("4096", "4095"), password).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(decrypt_keystore(replaced("4096", "-1"), password).error().code, ErrorCode::Malformed);
  EXPECT_EQ(decrypt_keystore("", password).error().code, ErrorCode::Malformed);
  EXPECT_EQ(decrypt_keystore("{}", password).error().code, ErrorCode::Malformed);
  EXPECT_EQ(decrypt_keystore(std::string(100000, ' '), password).error().code, ErrorCode::TooLarge);
}

TEST(Kdf, MatchesPublishedVectors) {
  const auto text = [](std::string_view t) { return base::as_bytes(t); };
  // RFC 7914, section 12, and the usual PBKDF2-HMAC-SHA256 vector.
  EXPECT_EQ(base::to_hex(scrypt(text("password"), text("NaCl"), {1024, 8, 16}, 64)->view()),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
  EXPECT_EQ(base::to_hex(pbkdf2_sha256(text("password"), text("salt"), 4096, 32)->view()),
            "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a");
  EXPECT_EQ(scrypt({}, {}, {1U << 30U, 8, 1}, 32).error().code, ErrorCode::TooLarge);
}

TEST(Kdf, CounterModeMatchesPython) {
  Bytes key(16);
  Bytes counter(16);
  for (std::size_t i = 0; i < 16; ++i) {
    key[i] = static_cast<std::uint8_t>(i);
    counter[i] = static_cast<std::uint8_t>(i + 16);
  }
  const auto data = base::as_bytes("The quick brown fox jumps over the lazy dog");
  const auto cipher = aes_128_ctr(key, counter, data).value();
  EXPECT_EQ(base::to_hex(cipher.view()),
            "53968a5490a06a0dfb2e8c63e1e3fcb3f4adbd24b279ef7235591214ee8bfe7c"
            "a244180b549f818b01f9ed");
  EXPECT_TRUE(base::equal(aes_128_ctr(key, counter, cipher.view())->view(), data));
  EXPECT_EQ(aes_128_ctr(Bytes(32), counter, data).error().code, ErrorCode::InvalidArgument);
}

TEST(Random, DiffersAndCompares) {
  const auto one = random_array<32>();
  const auto two = random_array<32>();
  EXPECT_NE(one, two);
  EXPECT_TRUE(equal_constant_time(one, one));
  EXPECT_FALSE(equal_constant_time(one, two));
  EXPECT_FALSE(equal_constant_time(one, BytesView(one).first(31)));
  EXPECT_TRUE(equal_constant_time({}, {}));
}

TEST(Secret, MovesLeaveNothingBehind) {
  Secret one(Bytes{1, 2, 3});
  Secret two = std::move(one);
  EXPECT_TRUE(one.empty());  // NOLINT: that it is empty is the point
  EXPECT_EQ(two.size(), 3U);
  const auto three = two.clone();
  EXPECT_TRUE(base::equal(three.view(), two.view()));
}

}  // namespace
}  // namespace venus::crypto
