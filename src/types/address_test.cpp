// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/address.hpp"

#include "base/json.hpp"
#include "crypto/hash.hpp"

#include <gtest/gtest.h>

namespace venus::types {
namespace {

Bytes hex(std::string_view text) { return base::from_hex(text).value(); }

/// Text, binary form, CBOR and JSON lead back to the same address.
void expect_round_trips(const Address& address) {
  EXPECT_EQ(Address::parse(address.str(NetworkPrefix::Mainnet)).value(), address);
  EXPECT_EQ(Address::parse(address.str(NetworkPrefix::Testnet)).value(), address);
  EXPECT_EQ(Address::from_bytes(address.bytes()).value(), address);
  EXPECT_EQ(ipld::decode<Address>(ipld::encode(address)).value(), address);
  EXPECT_EQ(base::from_json<Address>(base::to_json(address)).value(), address);
}

// Public vectors of go-address: input and text.
struct Vector {
  std::string_view input;
  std::string_view text;
};
constexpr Vector kSecp256k1[] = {
    {"049402fac37e6432a416a3a0ca5426b5185ab3b24f6134efa25ce487c82d2e4e13"
     "bf452511e0d2245421f8613bc10d72fa216666a96c3bc13920d3ff233fd0bc05",
     "15ihq5ibzwki2b4ep2f46avlkrqzhpqgtga7pdrq"},
    {"047687b910379bf28cbe3aea674b12000c6b7dba46ffc05f6c94fe2a22bbcc2602"
     "ff7f5c76f21ca55d36959152b0e1e887917c393576eef093f61ebd3ad06f7fda",
     "12fiakbhe2gwd5cnmrenekasyn6v5tnaxaqizq6a"}};
constexpr Vector kActor[] = {
    {"76128190cdf068d1418044acc03e0b6781970d60", "24vg6ut43yw2h2jqydgbg2xq7x6f4kub3bg6as6i"},
    {"3d3a89e8ddab547832716c6d468c3560c9f47fd8", "2gfvuyh7v2sx3patm5k23wdzmhyhtmqctasbr23y"}};
constexpr Vector kBls[] = {
    {"ad58df696e2d4e91ea86c881e938ba4ea81b395e12797b84b9cf314b9546705e839c7a99d606b247ddb4f9ac7a341"
     "4dd",
     "3vvmn62lofvhjd2ugzca6sof2j2ubwok6cj4xxbfzz4yuxfkgobpihhd2thlanmsh3w2ptld2gqkn2jvlss4a"},
    {"b3294f0a2e29e0c66ebc235d2fedca5697bf784af605c75af608e6a63d5cd38ea85ca8989e0efde9188b382f93724"
     "60d",
     "3wmuu6crofhqmm3v4enos73okk2l366ck6yc4owxwbdtkmpk42ohkqxfitcpa57pjdcftql4tojda2poeruwa"}};

TEST(Address, TextsEqualThoseOfGoAddress) {
  const auto check = [](const Address& address, std::string_view text) {
    EXPECT_EQ(address.str(NetworkPrefix::Testnet), "t" + std::string(text));
    EXPECT_EQ(address.str(NetworkPrefix::Mainnet), "f" + std::string(text));
    expect_round_trips(address);
  };
  for (const auto& [input, text] : kSecp256k1)
    check(Address::secp256k1(hex(input)).value(), text);
  for (const auto& [input, text] : kActor)
    check(Address::actor(hex(input)), text);
  for (const auto& [input, text] : kBls)
    check(Address::bls(hex(input)).value(), text);
  const std::pair<std::uint64_t, std::string_view> ids[] = {
      {0, "00"}, {1, "01"}, {150, "0150"}, {1729, "01729"}, {INT64_MAX, "09223372036854775807"}};
  for (const auto& [id, text] : ids) {
    check(Address::id(id), text);
    EXPECT_EQ(Address::id(id).actor_id().value(), ActorId(id));
  }
}

TEST(Address, RefusesWhatGoAddressRefuses) {
  for (const std::string_view text :
       {"", "t", "t2", "x01", "t5", "t0", "t0-1", "t0+1", "t0 1", "t0banananananannnnnnn",
        "t09223372036854775808", "t018446744073709551616", "t1234q",
        // wrong checksum, a character outside base32, upper case
        "t2gfvuyh7v2sx3patm5k23wdzmhyhtmqctasbr24y", "t2gfvuyh7v2sx3patm1k23wdzmhyhtmqctasbr24y",
        "t2gfvuyh7v2sx3paTm5k23wdzmhyhtmqctasbr23y", "t1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        // the text of an f2 read as f1, a BLS address one character short
        "t1gfvuyh7v2sx3patm5k23wdzmhyhtmqctasbr23y",
        "t3vvmn62lofvhjd2ugzca6sof2j2ubwok6cj4xxbfzz4yuxfkgobpihhd2thlanmsh3w2ptld2gqkn2jvlss4",
        "t410", "t4f", "t410f", "t4xf24vg6ut43yw2h2jqydgbg2xq7x6f4kub3bg6as6i"}) {
    EXPECT_EQ(Address::parse(text).error().code, ErrorCode::Malformed) << text;
  }
  EXPECT_FALSE(Address::parse(std::string(500, 'a')).has_value());
  EXPECT_FALSE(Address::parse("t1" + std::string(500, 'a')).has_value());
}

TEST(Address, RefusesMalformedBinaryForms) {
  for (const std::string_view text :
       {"", "00", "0080", "008000", "000100", "00ffffffffffffffffff01", "01", "0100",
        "0176128190cdf068d1418044acc03e0b6781970d6000",
        "0376128190cdf068d1418044acc03e0b6781970d60", "05", "0500", "ff00", "04", "0480"}) {
    EXPECT_FALSE(Address::from_bytes(hex(text)).has_value()) << text;
    EXPECT_FALSE(ipld::decode<Address>(ipld::encode(hex(text))).has_value()) << text;
  }
  EXPECT_FALSE(Address::from_bytes(Bytes(100, 4)).has_value());
}

TEST(Address, UndefinedHasItsOwnText) {
  const Address none;
  EXPECT_FALSE(none.defined());
  EXPECT_EQ(none.str(), "<empty>");
  EXPECT_EQ(base::to_json(none), boost::json::value("<empty>"));
  EXPECT_EQ(base::from_json<Address>(boost::json::value("<empty>")).value(), none);
  EXPECT_EQ(base::from_json<Address>(boost::json::value("")).value(), none);
  EXPECT_TRUE(none.payload().empty());
  EXPECT_FALSE(none.eth().has_value());
}

TEST(Address, DelegatedAddressesHaveNamespaces) {
  const auto eth = EthAddress::parse("0x52963ef50e27e06d72d59fcb4f3c2a687be3cfef").value();
  const auto address = Address::from_eth(eth);
  EXPECT_EQ(address.protocol(), Protocol::Delegated);
  EXPECT_EQ(address.eth().value(), eth);
  EXPECT_EQ(address, Address::delegated(ActorId(10), eth.bytes).value());
  EXPECT_EQ(address.str(NetworkPrefix::Mainnet).substr(0, 5), "f410f");
  expect_round_trips(address);
  // Largest and smallest that exist.
  expect_round_trips(Address::delegated(ActorId(INT64_MAX), Bytes(54, 0xff)).value());
  expect_round_trips(Address::delegated(ActorId(0), {}).value());
  EXPECT_FALSE(Address::delegated(ActorId(10), Bytes(55)).has_value());
  EXPECT_FALSE(Address::delegated(ActorId(1ULL << 63U), {}).has_value());
  EXPECT_FALSE(Address::delegated(ActorId(11), eth.bytes)->eth().has_value());
}

TEST(Address, MaskedIdsAreIdAddresses) {
  const auto eth = EthAddress::parse("0xff000000000000000000000000000000000003ee").value();
  EXPECT_TRUE(eth.is_masked_id());
  EXPECT_EQ(Address::from_eth(eth), Address::id(1006));
  EXPECT_EQ(Address::id(1006).eth().value(), eth);
  EXPECT_EQ(eth.str(), "0xff000000000000000000000000000000000003ee");
  // The same bytes as a delegated address would be two names of one actor.
  EXPECT_FALSE(Address::delegated(ActorId(10), eth.bytes)->eth().has_value());
}

TEST(Address, KnowsTheZeroBlsKey) {
  Bytes infinity(48);
  infinity[0] = 0xc0;
  const auto zero = Address::bls(infinity).value();
  EXPECT_TRUE(zero.is_zero_bls());
  EXPECT_EQ(
      zero.str(NetworkPrefix::Mainnet),
      "f3yaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaby2smx7a");
  EXPECT_FALSE(Address::parse("t" + std::string(kBls[0].text))->is_zero_bls());
  EXPECT_FALSE(Address::bls(Bytes(48))->is_zero_bls());
  EXPECT_FALSE(Address::id(0).is_zero_bls());
}

TEST(Address, OrdersByBytes) {
  EXPECT_LT(Address::id(1), Address::id(2));
  EXPECT_LT(Address::id(200), Address::actor({}));
  EXPECT_EQ(std::hash<Address>{}(Address::id(7)), std::hash<Address>{}(Address::id(7)));
}

}  // namespace
}  // namespace venus::types
