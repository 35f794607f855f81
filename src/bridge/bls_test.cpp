// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/bls.hpp"

#include "crypto/hash.hpp"

#include <gtest/gtest.h>

#include <string>

namespace venus::bridge {
namespace {

Bytes hex(std::string_view text) { return base::from_hex(text).value(); }

Bytes text(std::string_view value) { return base::to_bytes(base::as_bytes(value)); }

struct Signer {
  BlsPrivateKey secret;
  BlsPublicKey key;
};

Signer signer(std::uint8_t number) {
  const Bytes seed(32, number);
  const auto secret = bls_generate(seed).value();
  return {secret, bls_public_key(secret).value()};
}

TEST(Bls, a_signature_verifies_for_its_message_and_key_alone) {
  const auto alice = signer(1);
  const auto bob = signer(2);
  const auto message = text("a message");
  auto signature = bls_sign(alice.secret, message).value();
  EXPECT_TRUE(bls_verify(signature, message, alice.key));
  EXPECT_FALSE(bls_verify(signature, text("another"), alice.key));
  EXPECT_FALSE(bls_verify(signature, message, bob.key));
  signature[20] ^= 1;
  EXPECT_FALSE(bls_verify(signature, message, alice.key));
}

TEST(Bls, all_at_once_verify_when_each_does) {
  const auto alice = signer(1);
  const auto bob = signer(2);
  const std::vector<Bytes> messages{text("one"), text("two"), text("three")};
  std::vector<BlsSignature> signatures{bls_sign(alice.secret, messages[0]).value(),
                                       bls_sign(alice.secret, messages[1]).value(),
                                       bls_sign(bob.secret, messages[2]).value()};
  std::vector<BlsCheck> checks{{signatures[0], messages[0], alice.key},
                               {signatures[1], messages[1], alice.key},
                               {signatures[2], messages[2], bob.key}};
  EXPECT_TRUE(bls_verify_all(checks));
  EXPECT_TRUE(bls_verify_all(std::span(checks).first(1)));
  EXPECT_FALSE(bls_verify_all({}));
  // The sum of both is right, but neither is: what a plain sum would let pass.
  std::swap(checks[0].signature, checks[1].signature);
  EXPECT_FALSE(bls_verify_all(checks));
  std::swap(checks[0].signature, checks[1].signature);
  checks[2].message = messages[0];
  EXPECT_FALSE(bls_verify_all(checks));
}

TEST(Bls, an_aggregate_verifies_with_hashes_that_are_known) {
  const auto alice = signer(1);
  const auto bob = signer(2);
  const auto one = text("one");
  const auto two = text("two");
  const auto first = bls_sign(alice.secret, one).value();
  const auto second = bls_sign(bob.secret, two).value();
  const std::vector<BytesView> parts{first, second};
  const auto sum = bls_aggregate(parts).value();
  const auto hash = bls_hash_message(one);
  std::vector<BlsHashedMessage> messages{{one, hash, alice.key}, {two, {}, bob.key}};
  EXPECT_TRUE(bls_verify_aggregate_hashed(sum, messages));
  messages[1].hash = hash;
  EXPECT_FALSE(bls_verify_aggregate_hashed(sum, messages));
  messages[1].hash = one;
  EXPECT_FALSE(bls_verify_aggregate_hashed(sum, messages));
}

TEST(Bls, malformed_points_are_refused_and_not_read_beyond) {
  const auto alice = signer(1);
  const auto message = text("m");
  const auto signature = bls_sign(alice.secret, message).value();
  const BytesView whole(signature);
  EXPECT_FALSE(bls_verify(whole.first(95), message, alice.key));
  EXPECT_FALSE(bls_verify({}, message, alice.key));
  EXPECT_FALSE(bls_verify(signature, message, BytesView(alice.key).first(47)));
  // The uncompressed form of length 96 must not pass as a key, nor the point at infinity.
  Bytes infinity(48, 0);
  infinity[0] = 0xc0;
  Bytes infinite_signature(96, 0);
  infinite_signature[0] = 0xc0;
  EXPECT_FALSE(bls_verify(infinite_signature, message, infinity));
  EXPECT_FALSE(bls_verify(signature, message, Bytes(96, 0)));
}

TEST(Bls, private_keys_are_checked) {
  EXPECT_EQ(bls_public_key(Bytes(31, 1)).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(bls_public_key(Bytes(32, 0)).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(bls_sign(Bytes(32, 0xff), {}).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(bls_generate(Bytes(31, 1)).error().code, ErrorCode::InvalidArgument);
}

struct Batch {
  std::vector<Bytes> messages;
  std::vector<BlsPublicKey> keys;
  std::vector<BlsSignature> signatures;

  [[nodiscard]] std::vector<BytesView> message_views() const {
    return {messages.begin(), messages.end()};
  }
  [[nodiscard]] std::vector<BytesView> key_views() const { return {keys.begin(), keys.end()}; }
  [[nodiscard]] std::vector<BytesView> signature_views() const {
    return {signatures.begin(), signatures.end()};
  }
};

Batch batch(std::size_t count, std::size_t signers) {
  Batch out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto who = signer(static_cast<std::uint8_t>(i % signers + 1));
    out.messages.push_back(text("message " + std::to_string(i)));
    out.keys.push_back(who.key);
    out.signatures.push_back(bls_sign(who.secret, out.messages.back()).value());
  }
  return out;
}

TEST(Bls, aggregates_verify_whatever_the_number_of_senders) {
  for (const std::size_t signers : {1U, 2U, 3U, 17U}) {
    for (const std::size_t count : {1U, 2U, 5U, 40U}) {
      auto many = batch(count, signers);
      const auto sum = bls_aggregate(many.signature_views()).value();
      EXPECT_TRUE(bls_verify_aggregate(sum, many.message_views(), many.key_views()));
      many.messages[count / 2].push_back('!');
      EXPECT_FALSE(bls_verify_aggregate(sum, many.message_views(), many.key_views()));
    }
  }
}

TEST(Bls, aggregates_refuse_equal_messages_empty_lists_and_swapped_keys) {
  auto many = batch(4, 4);
  const auto sum = bls_aggregate(many.signature_views()).value();
  EXPECT_FALSE(bls_verify_aggregate(sum, {}, {}));
  auto fewer = many.key_views();
  fewer.pop_back();
  EXPECT_FALSE(bls_verify_aggregate(sum, many.message_views(), fewer));
  std::swap(many.keys[0], many.keys[1]);
  EXPECT_FALSE(bls_verify_aggregate(sum, many.message_views(), many.key_views()));

  const auto alice = signer(1);
  const auto message = text("twice");
  const auto one = bls_sign(alice.secret, message).value();
  const std::vector<BytesView> twice{one, one};
  const auto doubled = bls_aggregate(twice).value();
  const std::vector<BytesView> messages{message, message};
  const std::vector<BytesView> keys{alice.key, alice.key};
  EXPECT_FALSE(bls_verify_aggregate(doubled, messages, keys));
  EXPECT_EQ(bls_aggregate({}).error().code, ErrorCode::InvalidArgument);
}

TEST(Bls, a_batch_has_a_verdict_for_each_check) {
  auto many = batch(6, 3);
  many.signatures[4][30] ^= 4;
  std::vector<BlsCheck> checks;
  for (std::size_t i = 0; i < 6; ++i) {
    checks.push_back({many.signatures[i], many.messages[i], many.keys[i]});
  }
  const std::vector<bool> expected{true, true, true, true, false, true};
  EXPECT_EQ(bls_verify_batch(checks), expected);
}

// Round 1000 of drand's public networks, as api.drand.sh serves it.
TEST(Drand, a_quicknet_round_verifies) {
  const auto key = hex(
      "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d10"
      "64510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991e"
      "f5ece45a");
  const auto signature = hex(
      "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed"
      "5e39");
  EXPECT_TRUE(drand_verify_unchained_g1(key, signature, crypto::sha256(base::be64(1000))));
  EXPECT_FALSE(drand_verify_unchained_g1(key, signature, crypto::sha256(base::be64(1001))));
}

TEST(Drand, a_round_of_the_first_chained_network_verifies) {
  const auto key = hex(
      "868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a569937c529eeda66c7293784a9402801"
      "af31");
  const auto signature = hex(
      "99bf96de133c3d3937293cfca10c8152b18ab2d034ccecf115658db324d2edc00a16a2044cd04a8a38e2a307e5ec"
      "ff3511315be8d282079faf24098f283e0ed2c199663b334d2e84c55c032fe469b212c5c2087ebb83a5b25155c328"
      "3f5b79ac");
  auto message = hex(
      "af0d93299a363735fe847f5ea241442c65843dc1bd3a7b79646b3b10072e908bf034d35cd69d378e3341f139100c"
      "d4cd03030399864ef8803a5a4f5e64fccc20bbae36d1ca22a6ddc43d2630c41105e90598fab11e5c7456df3925d4"
      "b577b113");
  base::append(message, base::be64(1000));
  EXPECT_TRUE(drand_verify_chained(key, signature, crypto::sha256(message)));
  message.back() ^= 1;
  EXPECT_FALSE(drand_verify_chained(key, signature, crypto::sha256(message)));
}

TEST(Drand, a_one_key_network_of_ours_verifies) {
  const Bytes seed(32, 9);
  const auto secret = bls_generate(seed).value();
  const auto key = drand_public_key_g2(secret).value();
  const Bytes message(32, 5);
  auto signature = drand_sign_unchained_g1(secret, message).value();
  EXPECT_TRUE(drand_verify_unchained_g1(key, signature, message));
  EXPECT_FALSE(drand_verify_unchained_g1(key, signature, Bytes(32, 6)));
  EXPECT_FALSE(drand_verify_unchained_g1(key, BytesView(signature).first(47), message));
  EXPECT_FALSE(drand_verify_unchained_g1(BytesView(key).first(48), signature, message));
  signature[10] ^= 1;
  EXPECT_FALSE(drand_verify_unchained_g1(key, signature, message));
}

}  // namespace
}  // namespace venus::bridge
