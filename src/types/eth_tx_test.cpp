// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/eth_tx.hpp"

#include "base/test_util/vectors.hpp"
#include "crypto/hash.hpp"
#include "crypto/secp256k1.hpp"
#include "types/key_info.hpp"
#include "types/rlp.hpp"
#include "types/signing.hpp"
#include "types/test_util/recorded.hpp"

#include <gtest/gtest.h>

namespace venus::types {
namespace {

constexpr std::uint64_t kMainnet = 314;
constexpr std::uint64_t kHyperspace = 31'415'926;

Bytes hex(std::string_view text) { return base::from_hex(text).value(); }

// Public vectors of Ethereum's and Lotus's tests, retyped as facts.
constexpr std::string_view kEip155 =
    "f86680843b9aca00835dc1ba94c2dca9a18d4a4057921d1bcb22da05e68e46b1d06480820297"
    "a0f91ee69c4603c4f21131467ee9e06ad4a96d0a29fa8064db61f3adaea0eb6e92"
    "a07181e306bb8f773d94cc3b75e9835de00c004e072e6630c0c46971d38706bb01";
constexpr std::string_view kHomestead =
    "f85f030182520794b94f5374fce5edbc8e2a8697c15331677e6ebf0b0a80"
    "1ba098ff921201554726367d2be8c804a7ff89ccf285ebc57dff8ae4c44b9c19ac4a"
    "a07778cde41a8a37f6a087622b38bc201bd3e7df06dce067569d4def1b53dba98c";
constexpr std::string_view kEip1559 =
    "02f8598401df5e76028301d69083086a5e835532dd808080c080"
    "a0457e33227ac7ceee2ef121755e26b872b6fb04221993f9939349bb7b0a3e1595"
    "a02d8ef379e1d2a9e30fa61c92623cc9ed72d80cf6a48cfea341cb916bcc0a81bc";

/// Transaction to message and back gives the same bytes, and the message verifies.
void expect_round_trip(const EthTx& tx, std::uint64_t chain_id) {
  const auto message = tx.to_message();
  ASSERT_TRUE(message.has_value()) << message.error().message;
  const auto again = EthTx::from_message(*message, chain_id);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(*again, tx);
  const auto verdict = authenticate_without_bls(*message, message->message.from, chain_id);
  EXPECT_TRUE(verdict.has_value()) << test_util::reason(verdict);
  EXPECT_EQ(EthTx::parse(tx.raw(), chain_id).value(), tx);
}

TEST(EthTx, ParsesEip155) {
  const auto tx = EthTx::parse(hex(kEip155), kMainnet).value();
  EXPECT_EQ(tx.kind, EthTxKind::LegacyEip155);
  EXPECT_EQ(tx.nonce, 0U);
  EXPECT_EQ(tx.to->str(), "0xc2dca9a18d4a4057921d1bcb22da05e68e46b1d0");
  EXPECT_EQ(tx.sender()->eth()->str(), "0xa2bbb73ac59b256415e91a820b224dbaf2c268fa");
  EXPECT_EQ(tx.value, BigInt(100));
  EXPECT_EQ(tx.gas_limit, 6144442U);
  EXPECT_EQ(tx.max_fee, BigInt(1000000000));
  EXPECT_EQ(tx.v, BigInt(0x297));
  EXPECT_EQ(base::to_hex(tx.raw()), kEip155);
  EXPECT_EQ(tx.signature()->data.size(), 67U);
  EXPECT_EQ(tx.signature()->data[0], 2);
  expect_round_trip(tx, kMainnet);
  const auto message = tx.to_message().value();
  EXPECT_TRUE(message.message.params.empty());
  EXPECT_EQ(message.message.gas_premium, message.message.gas_fee_cap);
  EXPECT_FALSE(allowed_eth_tx(message, NetworkVersion(22), kMainnet));
  EXPECT_TRUE(allowed_eth_tx(message, NetworkVersion(23), kMainnet));
  EXPECT_EQ(EthTx::parse(hex(kEip155), 315).error().code, ErrorCode::FailedValidation);
  EXPECT_FALSE(EthTx::from_message(message, 315).has_value());
}

TEST(EthTx, ParsesHomestead) {
  const auto tx = EthTx::parse(hex(kHomestead), kMainnet).value();
  EXPECT_EQ(tx.kind, EthTxKind::LegacyHomestead);
  EXPECT_EQ(tx.nonce, 3U);
  EXPECT_EQ(tx.to->str(), "0xb94f5374fce5edbc8e2a8697c15331677e6ebf0b");
  EXPECT_EQ(tx.gas_limit, 0x5207U);
  EXPECT_EQ(tx.signature()->data.size(), 66U);
  EXPECT_EQ(tx.signature()->data[0], 1);
  EXPECT_EQ(base::to_hex(tx.raw()), kHomestead);
  expect_round_trip(tx, kMainnet);
}

TEST(EthTx, ParsesEip1559) {
  const auto tx = EthTx::parse(hex(kEip1559), kHyperspace).value();
  EXPECT_EQ(tx.kind, EthTxKind::Eip1559);
  EXPECT_EQ(tx.chain_id, kHyperspace);
  EXPECT_EQ(tx.nonce, 2U);
  EXPECT_EQ(tx.to, std::nullopt);
  EXPECT_EQ(tx.to_unsigned_message(Address::id(100))->to, Address::id(10));
  EXPECT_EQ(tx.to_unsigned_message(Address::id(100))->method, kCreateExternal);
  EXPECT_EQ(base::to_hex(tx.raw()), kEip1559);
  expect_round_trip(tx, kHyperspace);
  EXPECT_EQ(EthTx::parse(hex(kEip1559), kMainnet).error().code, ErrorCode::FailedValidation);
}

TEST(EthTx, AMaskedIdOverSixtyThreeBitsIsNoReceiver) {
  auto tx = EthTx::parse(hex(kHomestead), kMainnet).value();
  tx.to = EthAddress::masked_id(ActorId(1ULL << 63U));
  EXPECT_FALSE(tx.to_unsigned_message(Address::id(100)).has_value());
  tx.to = EthAddress::masked_id(ActorId((1ULL << 63U) - 1));
  EXPECT_TRUE(tx.to_unsigned_message(Address::id(100)).has_value());
}

TEST(EthTx, RefusesWhatIsNoTransaction) {
  for (const std::string_view text :
       {"", "00", "01c0", "02", "02c0", "c0", "7f", "02f8", "80", "b800",
        "02cc8080808080808080808080c0", "ffffffffffffffffff"}) {
    EXPECT_FALSE(EthTx::parse(hex(text), kMainnet).has_value()) << text;
  }
  auto trailing = hex(kEip1559);
  trailing.push_back(0);
  EXPECT_FALSE(EthTx::parse(trailing, kHyperspace).has_value());
  // v of an EIP-1559 transaction that is neither 0 nor 1
  auto bad_v = hex(kEip1559);
  bad_v[26] = 0x02;
  EXPECT_FALSE(EthTx::parse(bad_v, kHyperspace).has_value());
}

class DelegatedMessages : public testing::Test {
 protected:
  KeyInfo key{KeyType::Delegated, crypto::secp256k1_generate()};
  Message message() {
    Message out;
    out.from = address_of_key(key).value();
    out.to = Address::id(1007);
    out.method = kInvokeContract;
    out.nonce = Nonce(7);
    out.value = TokenAmount::from_fil(1);
    out.gas_limit = Gas(1'000'000);
    out.gas_fee_cap = TokenAmount::from_atto(200);
    out.gas_premium = TokenAmount::from_atto(100);
    out.params = ipld::encode(Bytes{1, 2, 3});
    return out;
  }
  Result<SignedMessage> sign(Message message) {
    TRY(const auto bytes, message_signing_bytes(message, SignatureType::Delegated, kMainnet));
    TRY(auto signature, sign_without_bls(SignatureType::Delegated, key.private_key.view(), bytes));
    return SignedMessage{std::move(message), std::move(signature)};
  }
};

TEST_F(DelegatedMessages, SignAndVerify) {
  const auto original = sign(message()).value();
  const auto signer = original.message.from;
  EXPECT_TRUE(authenticate_without_bls(original, signer, kMainnet).has_value());
  EXPECT_FALSE(authenticate_without_bls(original, signer, kMainnet + 1).has_value());
  EXPECT_FALSE(authenticate_without_bls(original, Address::id(5), kMainnet).has_value());
  const auto expect_refused = [&](auto change) {
    auto altered = original;
    change(altered.message);
    EXPECT_FALSE(authenticate_without_bls(altered, signer, kMainnet).has_value());
  };
  expect_refused([](Message& m) { m.nonce += 1; });
  expect_refused([](Message& m) { m.value = TokenAmount(); });
  expect_refused([](Message& m) { m.value = TokenAmount::from_atto(-1); });
  expect_refused([](Message& m) { m.gas_premium = TokenAmount(); });
  expect_refused([](Message& m) { m.to = Address::id(1008); });
  expect_refused([](Message& m) { m.to = Address::actor({}); });
  expect_refused([](Message& m) { m.method = MethodNum(0); });
  expect_refused([](Message& m) { m.version = 1; });
  // The same calldata in other CBOR: longer head, bytes after it, an empty byte string.
  expect_refused([](Message& m) { m.params = {0x58, 3, 1, 2, 3}; });
  expect_refused([](Message& m) { m.params.push_back(0); });
  expect_refused([](Message& m) { m.params = {0x40}; });
}

TEST_F(DelegatedMessages, MessagesWithoutATransactionAreNotSigned) {
  auto transfer = message();
  transfer.method = MethodNum(0);
  EXPECT_FALSE(sign(transfer).has_value());
  auto empty_params = message();
  empty_params.params = {0x40};
  EXPECT_FALSE(sign(empty_params).has_value());
  auto creates = message();
  creates.to = Address::id(10);
  EXPECT_FALSE(sign(creates).has_value());
  creates.method = kCreateExternal;
  EXPECT_TRUE(sign(creates).has_value());
  // An f410 whose bytes are a masked id is another name of an f0.
  auto masked = message();
  masked.to = Address::delegated(ActorId(10), EthAddress::masked_id(ActorId(5)).bytes).value();
  EXPECT_FALSE(sign(masked).has_value());
}

TEST_F(DelegatedMessages, SignaturesOfOddLengthAreRefused) {
  auto signed_message = sign(message()).value();
  for (std::size_t size = 0; size < 80; ++size) {
    if (size == 65) continue;
    for (const auto marker : {std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{3}}) {
      signed_message.signature.data.assign(size, marker);
      EXPECT_FALSE(authenticate_without_bls(signed_message, signed_message.message.from, kMainnet))
          << size;
    }
  }
}

TEST(EthTx, HashesEqualRecordedOnes) {
  VENUS_VECTORS_OR_SKIP(file, "lotus-devnet/chain-197.car");
  VENUS_VECTORS_OR_SKIP(recorded, "rpc/eth/eth_getTransactionByHash.json");
  std::set<std::string> hashes;
  for (const auto& [cid, bytes] : test_util::read_chain_objects(file).signed_messages) {
    const auto message = ipld::decode<SignedMessage>(bytes).value();
    if (message.signature.type != SignatureType::Delegated) continue;
    hashes.insert("0x" + base::to_hex(EthTx::from_message(message, kHyperspace)->hash()));
  }
  std::size_t found = 0;
  for (const auto& result : test_util::recorded_results(recorded)) {
    if (!result.is_object() || result.at("r").as_string() == "0x0") continue;
    EXPECT_TRUE(hashes.contains(std::string(std::string_view(result.at("hash").as_string()))));
    ++found;
  }
  EXPECT_GT(found, 0U);
}

TEST(Rlp, EncodesAsPublished) {
  // Examples of Ethereum's documentation.
  rlp::List list;
  list.bytes(base::as_bytes("cat")).bytes(base::as_bytes("dog"));
  EXPECT_EQ(base::to_hex(list.encoded()), "c88363617483646f67");
  EXPECT_EQ(base::to_hex(rlp::List().encoded()), "c0");
  EXPECT_EQ(base::to_hex(rlp::List().number(std::uint64_t{0}).encoded()), "c180");
  EXPECT_EQ(base::to_hex(rlp::List().number(std::uint64_t{15}).encoded()), "c10f");
  EXPECT_EQ(base::to_hex(rlp::List().number(std::uint64_t{1024}).encoded()), "c3820400");
  const Bytes long_text(56, 'a');
  const auto encoded = rlp::List().bytes(long_text).encoded();
  EXPECT_EQ(base::to_hex(BytesView(encoded).first(4)), "f83ab838");
  EXPECT_TRUE(base::equal(rlp::decode(encoded)->items.at(0).bytes, long_text));
}

TEST(Rlp, RefusesOtherForms) {
  for (const std::string_view text :
       {"", "8100", "817f", "b801ff", "b90038", "f801ff", "83646f", "c883636174", "c2", "c18100",
        "bf0000000000000001ff", "bfffffffffffffffff", "0000"}) {
    EXPECT_FALSE(rlp::decode(hex(text)).has_value()) << text;
  }
  auto nested = rlp::List().encoded();
  for (int depth = 0; depth < 33; ++depth) {
    EXPECT_TRUE(rlp::decode(nested).has_value()) << depth;
    nested.insert(nested.begin(), static_cast<std::uint8_t>(0xc0 + nested.size()));
  }
  EXPECT_EQ(rlp::decode(nested).error().code, ErrorCode::TooLarge);
  EXPECT_EQ(rlp::decode(Bytes((2U << 20U) + 1)).error().code, ErrorCode::TooLarge);
  auto long_list = Bytes(14, 0x01);
  long_list[0] = 0xcd;
  EXPECT_EQ(rlp::decode(long_list).error().code, ErrorCode::TooLarge);
}

}  // namespace
}  // namespace venus::types
