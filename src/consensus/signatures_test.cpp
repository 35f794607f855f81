// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/signatures.hpp"

#include <gtest/gtest.h>

#include "bridge/bls.hpp"

namespace venus::consensus {
namespace {

struct Sender {
  explicit Sender(std::uint8_t number) {
    secret = bridge::bls_generate(Bytes(32, number)).value();
    key = Address::bls(bridge::bls_public_key(secret).value()).value();
  }
  types::SignedMessage sign(std::uint64_t nonce) const {
    types::SignedMessage out;
    out.message.from = key;
    out.message.to = key;
    out.message.nonce = Nonce(nonce);
    const auto signature = bridge::bls_sign(secret, out.message.cid().bytes()).value();
    out.signature = {types::SignatureType::Bls, Bytes(signature.begin(), signature.end())};
    return out;
  }
  bridge::BlsPrivateKey secret;
  Address key;
};

struct Batch {
  std::vector<types::SignedMessage> messages;
  std::vector<Address> keys;
  [[nodiscard]] std::vector<MessageVerifier::SignedBy> signed_by() const {
    std::vector<MessageVerifier::SignedBy> out;
    for (std::size_t i = 0; i < messages.size(); ++i) out.push_back({&messages[i], keys[i]});
    return out;
  }
};

Batch make_batch(std::size_t count) {
  Batch out;
  const Sender alice(1);
  const Sender bob(2);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& sender = i % 3 == 0 ? alice : bob;
    out.messages.push_back(sender.sign(i));
    out.keys.push_back(sender.key);
  }
  return out;
}

TEST(MessageVerifier, WhatWasVerifiedAheadNeedsNoMoreWork) {
  const auto batch = make_batch(300);
  MessageVerifier verifier(314);
  verifier.verify_ahead(batch.signed_by());
  EXPECT_EQ(verifier.known_good(), batch.messages.size());
  for (std::size_t i = 0; i < batch.messages.size(); ++i) {
    EXPECT_TRUE(verifier.verify(batch.messages[i], batch.keys[i]));
  }
}

TEST(MessageVerifier, ABadSignatureAmongGoodOnesIsFoundOut) {
  auto batch = make_batch(64);
  batch.messages[17].signature = batch.messages[18].signature;
  batch.messages[40].signature.data[5] ^= 1U;
  batch.keys[50] = Sender(3).key;
  MessageVerifier verifier(314);
  verifier.verify_ahead(batch.signed_by());
  EXPECT_LT(verifier.known_good(), batch.messages.size() - 2);
  EXPECT_GT(verifier.known_good(), batch.messages.size() / 2);
  for (std::size_t i = 0; i < batch.messages.size(); ++i) {
    const bool bad = i == 17 || i == 40 || i == 50;
    EXPECT_EQ(verifier.verify(batch.messages[i], batch.keys[i]).has_value(), !bad) << i;
  }
}

}  // namespace
}  // namespace venus::consensus
