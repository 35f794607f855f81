// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/message.hpp"

#include "base/json.hpp"
#include "types/key_info.hpp"
#include "types/tipset.hpp"

#include <gtest/gtest.h>

namespace venus::types {
namespace {

Message valid() {
  Message out;
  out.to = Address::id(1000);
  out.from = Address::id(100);
  out.value = TokenAmount::from_fil(1);
  out.gas_limit = Gas(1'000'000);
  out.gas_fee_cap = TokenAmount::from_atto(1000);
  out.gas_premium = TokenAmount::from_atto(10);
  return out;
}

TEST(Message, SyntaxRulesRefuseEachViolation) {
  const NetworkVersion now(28);
  EXPECT_TRUE(check_message_syntax(valid(), Gas(0), now).has_value());
  const auto expect_refused = [&](auto change) {
    auto message = valid();
    change(message);
    const auto result = check_message_syntax(message, Gas(500), now);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::FailedValidation);
  };
  expect_refused([](Message& m) { m.version = 1; });
  expect_refused([](Message& m) { m.to = Address(); });
  expect_refused([](Message& m) { m.from = Address(); });
  expect_refused([](Message& m) { m.value = TokenAmount::from_atto(-1); });
  expect_refused([](Message& m) {
    m.value = TokenAmount::from_fil(2'000'000'000) + TokenAmount::from_atto(1);
  });
  expect_refused([](Message& m) { m.gas_fee_cap = TokenAmount::from_atto(-1); });
  expect_refused([](Message& m) { m.gas_premium = TokenAmount::from_atto(-1); });
  expect_refused([](Message& m) { m.gas_premium = TokenAmount::from_atto(1001); });
  expect_refused([](Message& m) { m.gas_limit = Gas(0); });
  expect_refused([](Message& m) { m.gas_limit = Gas(-5); });
  expect_refused([](Message& m) { m.gas_limit = Gas(499); });
  expect_refused([](Message& m) { m.gas_limit = Gas(10'000'000'001); });
  expect_refused([](Message& m) {
    Bytes infinity(48);
    infinity[0] = 0xc0;
    m.to = Address::bls(infinity).value();
  });
}

TEST(Message, DelegatedAddressesCameWithNv18) {
  auto message = valid();
  message.from = Address::delegated(ActorId(10), Bytes(20, 7)).value();
  EXPECT_FALSE(check_message_syntax(message, Gas(0), NetworkVersion(17)).has_value());
  EXPECT_TRUE(check_message_syntax(message, Gas(0), NetworkVersion(18)).has_value());
}

TEST(Message, TheEffectivePremiumIsWhatTheFeeCapLeaves) {
  const auto message = valid();
  const auto atto = [](std::int64_t n) { return TokenAmount::from_atto(n); };
  EXPECT_EQ(message.effective_premium(atto(100)), atto(10));
  EXPECT_EQ(message.effective_premium(atto(990)), atto(10));
  EXPECT_EQ(message.effective_premium(atto(995)), atto(5));
  EXPECT_EQ(message.effective_premium(atto(2000)), atto(0));
  EXPECT_EQ(message.required_funds(), atto(1'000'000'000));
}

TEST(Message, BlsSignaturesDoNotCountForCidAndLength) {
  SignedMessage message{valid(), {SignatureType::Bls, Bytes(96)}};
  EXPECT_EQ(message.cid(), message.message.cid());
  EXPECT_EQ(message.chain_length(), ipld::encode(message.message).size());
  message.signature = {SignatureType::Secp256k1, Bytes(65)};
  EXPECT_NE(message.cid(), message.message.cid());
  EXPECT_EQ(message.chain_length(), ipld::encode(message).size());
}

TEST(Message, JsonReadsWhatPeersLeaveOut) {
  const auto json =
      base::parse_json(R"({"to": "f01000", "From": "t0100", "Extra": [1], "Params": null,
      "CID": {"/": "bafy2bzacebidurnlufu5ksdb3cbjn26m3s476nqqmg4ovkvvwp3w37vmne4t4"}})");
  const auto message = base::from_json<Message>(json.value()).value();
  EXPECT_EQ(message.to, Address::id(1000));
  EXPECT_EQ(message.from, Address::id(100));
  EXPECT_TRUE(message.value.is_zero());
  EXPECT_FALSE(base::from_json<Message>(boost::json::value("text")).has_value());
  const auto bad = base::from_json<Message>(base::parse_json(R"({"To": "nonsense"})").value());
  ASSERT_FALSE(bad.has_value());
  EXPECT_TRUE(bad.error().message.starts_with("To: ")) << bad.error().message;
}

TEST(Signature, RefusesUnknownTypesAndSizes) {
  EXPECT_FALSE(ipld::decode<Signature>(ipld::encode(Bytes{})).has_value());
  EXPECT_FALSE(ipld::decode<Signature>(ipld::encode(Bytes{0, 1})).has_value());
  EXPECT_FALSE(ipld::decode<Signature>(ipld::encode(Bytes{4, 1})).has_value());
  EXPECT_TRUE(ipld::decode<Signature>(ipld::encode(Bytes(200, 1))).has_value());
  EXPECT_FALSE(ipld::decode<Signature>(ipld::encode(Bytes(201, 1))).has_value());
  EXPECT_FALSE(base::from_json<Signature>(base::parse_json(R"({"Type": 9})").value()).has_value());
  EXPECT_FALSE(base::from_json<Signature>(base::parse_json(R"({"Data": ""})").value()).has_value());
}

TEST(KeyInfo, ReadsJsonAndHexButNothingElse) {
  const std::string json =
      R"({"Type":"bls","PrivateKey":"fzq7tE1cTtGSilubbOkrBXLA88fzVD4LG1HDUxYMGUU="})";
  const auto key = KeyInfo::import_text("  " + json + "\n").value();
  EXPECT_EQ(key.type, KeyType::Bls);
  EXPECT_EQ(base::as_chars(key.json().view()), json);
  EXPECT_EQ(KeyInfo::import_text(base::to_hex(base::as_bytes(json)))->type, KeyType::Bls);
  EXPECT_EQ(address_of_key(key).error().code, ErrorCode::Unsupported);
  const auto expect_refused = [](std::string_view text, ErrorCode code) {
    const auto result = KeyInfo::import_text(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error().code, code) << text;
  };
  expect_refused("", ErrorCode::Malformed);
  expect_refused("zz", ErrorCode::Malformed);
  expect_refused("7b7d", ErrorCode::Malformed);
  expect_refused(R"({"Type":"bls","PrivateKey":"AAAA"})", ErrorCode::Malformed);
  expect_refused(R"({"Type":"rsa","PrivateKey":"AAAA"})", ErrorCode::Malformed);
  expect_refused(R"({"Type":"secp256k1-ledger","PrivateKey":"AAAA"})", ErrorCode::Unsupported);
  expect_refused(std::string(5000, 'a'), ErrorCode::TooLarge);
}

BlockHeader block(std::uint8_t ticket, std::int64_t height = 5) {
  BlockHeader out;
  out.miner = Address::id(1000);
  out.ticket = Ticket{{ticket}};
  out.height = ChainEpoch(height);
  out.parents = {ipld::cid_of_cbor(Bytes{1})};
  out.parent_state_root = out.parent_message_receipts = out.messages = out.parents.front();
  out.timestamp = 100U + ticket;
  return out;
}

TEST(Tipset, OrdersByTicketDigestThenCid) {
  std::vector<BlockHeader> blocks;
  for (std::uint8_t ticket = 0; ticket < 10; ++ticket)
    blocks.push_back(block(ticket));
  auto twin = block(3);
  twin.miner = Address::id(1001);
  blocks.push_back(twin);
  const auto tipset = Tipset::make(blocks).value();
  std::ranges::reverse(blocks);
  EXPECT_EQ(Tipset::make(blocks).value()->key(), tipset->key());
  EXPECT_EQ(tipset->min_timestamp(), 100U);
  EXPECT_EQ(tipset->blocks().size(), 11U);
  for (std::size_t i = 0; i < 11; ++i)
    EXPECT_EQ(tipset->cids()[i], tipset->blocks()[i].cid());
  EXPECT_EQ(&tipset->min_ticket(), &*tipset->blocks().front().ticket);
}

TEST(Tipset, RefusesBlocksThatDoNotBelongTogether) {
  EXPECT_FALSE(Tipset::make({}).has_value());
  EXPECT_FALSE(Tipset::make({block(1), block(2, 6)}).has_value());
  auto orphan = block(2);
  orphan.parents.push_back(orphan.parents.front());
  EXPECT_FALSE(Tipset::make({block(1), orphan}).has_value());
  auto without_ticket = block(2);
  without_ticket.ticket.reset();
  EXPECT_FALSE(Tipset::make({without_ticket}).has_value());
  EXPECT_TRUE(Tipset::make({block(1)}).has_value());
}

TEST(TipsetKey, HasTextJsonAndBytes) {
  const TipsetKey empty;
  EXPECT_EQ(empty.str(), "{}");
  EXPECT_EQ(base::write_json(base::to_json(empty)), "[]");
  EXPECT_EQ(base::from_json<TipsetKey>(boost::json::value(nullptr)).value(), empty);
  const auto one = ipld::cid_of_cbor(Bytes{1});
  const auto two = ipld::cid_of_cbor(Bytes{2});
  const TipsetKey key({one, two});
  EXPECT_EQ(key.str(), fmt::format("{{{},{}}}", one, two));
  EXPECT_EQ(base::from_json<TipsetKey>(base::to_json(key)).value(), key);
  EXPECT_EQ(TipsetKey::from_bytes(key.bytes()).value(), key);
  EXPECT_FALSE(TipsetKey::from_bytes(Bytes{1, 2, 3}).has_value());
  EXPECT_NE(std::hash<TipsetKey>{}(key), std::hash<TipsetKey>{}(TipsetKey({two, one})));
}

TEST(BlockHeader, SigningBytesLeaveTheSignatureOut) {
  auto header = block(1);
  header.block_sig = Signature{SignatureType::Bls, Bytes(96, 1)};
  auto blank = header;
  blank.block_sig.reset();
  EXPECT_EQ(header.signing_bytes(), ipld::encode(blank));
  EXPECT_NE(header.signing_bytes(), ipld::encode(header));
}

}  // namespace
}  // namespace venus::types
