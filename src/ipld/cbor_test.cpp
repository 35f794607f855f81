// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/cbor.hpp"

#include "base/test_util/mutate.hpp"
#include "ipld/codec.hpp"

#include <gtest/gtest.h>

namespace venus::ipld {
namespace {

using cbor::Reader;
using cbor::Writer;

Bytes hex(std::string_view text) { return base::from_hex(text).value_or(Bytes()); }

ErrorCode refusal(const Bytes& bytes) {
  const auto result = cbor::check(bytes);
  EXPECT_FALSE(result.has_value()) << base::to_hex(bytes);
  return result ? ErrorCode::Internal : result.error().code;
}

TEST(Cbor, IntegersOfEveryWidth) {
  struct Case {
    std::int64_t value;
    const char* hex;
  };
  for (const auto& [value, text] : std::initializer_list<Case>{{0, "00"},
                                                               {23, "17"},
                                                               {24, "1818"},
                                                               {255, "18ff"},
                                                               {256, "190100"},
                                                               {65535, "19ffff"},
                                                               {65536, "1a00010000"},
                                                               {4294967295, "1affffffff"},
                                                               {4294967296, "1b0000000100000000"},
                                                               {INT64_MAX, "1b7fffffffffffffff"},
                                                               {-1, "20"},
                                                               {-24, "37"},
                                                               {-25, "3818"},
                                                               {-256, "38ff"},
                                                               {-257, "390100"},
                                                               {INT64_MIN, "3b7fffffffffffffff"}}) {
    Writer writer;
    writer.write_int(value);
    EXPECT_EQ(base::to_hex(writer.bytes()), text);
    EXPECT_EQ(decode<std::int64_t>(hex(text)), value);
  }
  EXPECT_EQ(decode<std::uint64_t>(hex("1bffffffffffffffff")), UINT64_MAX);
  EXPECT_FALSE(decode<std::int64_t>(hex("1b8000000000000000")));
  EXPECT_FALSE(decode<std::int64_t>(hex("3b8000000000000000")));
  EXPECT_FALSE(decode<std::uint64_t>(hex("20")));
  EXPECT_FALSE(decode<std::uint8_t>(hex("190100")));
}

TEST(Cbor, RefusesWhatIsNotCanonical) {
  for (const auto* text : {"1800",
                           "1817",
                           "190000",
                           "1900ff",
                           "1a0000ffff",
                           "1b00000000ffffffff",
                           "3817",
                           "5800",
                           "580161",
                           "7800",
                           "9800",
                           "b800",
                           "d82a00",
                           "5f41614162ff",
                           "7f6161ff",
                           "9fff",
                           "bfff",
                           "1c",
                           "1f",
                           "f7",
                           "f820",
                           "f90000",
                           "fa00000000",
                           "fb3ff0000000000000",
                           "ff",
                           "e0",
                           "c100",
                           "d82b4100",
                           "d82a4100",
                           "d82a40",
                           "d82a6100",
                           "a2616201616102",
                           "a2616101616102",
                           "a1410101",
                           "a10101",
                           "61ff",
                           "62c080"}) {
    EXPECT_EQ(refusal(hex(text)), ErrorCode::Malformed) << text;
  }
}

TEST(Cbor, RefusesTruncationAndLeftovers) {
  const auto whole = hex("8301a2616161626263636442010203");
  EXPECT_EQ(refusal(whole), ErrorCode::Malformed);
  const auto good = hex("8501a26161616262636361634201020304f6");
  ASSERT_FALSE(cbor::check(good));
  Writer writer;
  writer.write_array(4);
  writer.write_text("text");
  writer.write_bytes(Bytes(300, 7));
  writer.write_cid(cid_of_raw({}));
  writer.write_map(1);
  writer.write_text("k");
  writer.write_null();
  ASSERT_TRUE(cbor::check(writer.bytes()));
  for (std::size_t size = 0; size < writer.size(); ++size) {
    refusal(
        Bytes(writer.bytes().begin(), writer.bytes().begin() + static_cast<std::ptrdiff_t>(size)));
  }
  auto longer = writer.bytes();
  longer.push_back(0);
  EXPECT_EQ(refusal(longer), ErrorCode::Malformed);
}

TEST(Cbor, RefusesHugeClaimsWithoutReservingMemory) {
  EXPECT_FALSE(decode<std::vector<std::uint64_t>>(hex("9bffffffffffffffff")));
  EXPECT_FALSE(decode<Bytes>(hex("5b7fffffffffffffff")));
  EXPECT_EQ(decode<Bytes>(hex("5a00200001")).error().code, ErrorCode::TooLarge);
  EXPECT_EQ(decode<std::vector<std::uint64_t>>(hex("99200100")).error().code, ErrorCode::TooLarge);
  EXPECT_EQ(refusal(hex("9bffffffffffffffff")), ErrorCode::Malformed);
  EXPECT_EQ(refusal(hex("bb7fffffffffffffff")), ErrorCode::Malformed);
}

TEST(Cbor, RefusesDeepNesting) {
  const auto nested = [](std::size_t depth) {
    Bytes bytes(depth, 0x81);
    bytes.push_back(0);
    return bytes;
  };
  EXPECT_TRUE(cbor::check(nested(cbor::kMaxDepth)));
  EXPECT_EQ(refusal(nested(cbor::kMaxDepth + 1)), ErrorCode::TooLarge);
  EXPECT_EQ(refusal(nested(100000)), ErrorCode::TooLarge);
}

TEST(Cbor, ReaderSticksAtTheFirstFailure) {
  const auto bytes = hex("83010203");
  Reader reader(bytes);
  reader.expect_array(3);
  EXPECT_EQ(reader.read_uint(), 1U);
  EXPECT_TRUE(reader.read_bytes().empty());
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.read_uint(), 0U);
  EXPECT_FALSE(reader.try_null());
  const auto end = reader.finish();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().message, "CBOR at byte 2: want a byte string");
}

TEST(Cbor, LinksOfAnItem) {
  const std::vector<Cid> cids{
      cid_of_cbor(Bytes{1}), cid_of_raw(Bytes{2}),
      *Cid::make(Codec::FilCommitmentSealed, Multihash::PoseidonBls12_381A2Fc1, Bytes(32, 3))};
  Writer writer;
  writer.write_array(3);
  writer.write_cid(cids[0]);
  writer.write_map(1);
  writer.write_text("x");
  writer.write_array(1);
  writer.write_cid(cids[1]);
  writer.write_cid(cids[2]);
  std::vector<Cid> found;
  ASSERT_TRUE(cbor::for_each_link(writer.bytes(), [&](const Cid& cid) -> Result<void> {
    found.push_back(cid);
    return {};
  }));
  EXPECT_EQ(found, cids);
  const auto stopped = cbor::for_each_link(writer.bytes(), [](const Cid&) -> Result<void> {
    return fail(ErrorCode::Cancelled, "enough");
  });
  EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
  Reader reader(writer.bytes());
  EXPECT_EQ(reader.read_raw().size(), writer.size());
  EXPECT_TRUE(reader.finish());
}

TEST(Cbor, BigInts) {
  struct Case {
    const char* decimal;
    const char* hex;
  };
  for (const auto& [decimal, text] :
       std::initializer_list<Case>{{"0", "40"},
                                   {"1", "420001"},
                                   {"-1", "420101"},
                                   {"256", "43000100"},
                                   {"18446744073709551615", "4900ffffffffffffffff"},
                                   {"18446744073709551616", "4a00010000000000000000"},
                                   {"-2000000000000000000000000000",
                                    "4d010676"
                                    "5c793fa10079d0000000"}}) {
    const auto value = BigInt::parse(decimal);
    ASSERT_TRUE(value);
    EXPECT_EQ(base::to_hex(encode(*value)), text);
    EXPECT_EQ(decode<BigInt>(hex(text)), *value);
  }
  for (const auto* text : {"4100", "4101", "420201", "43000001", "420000", "420100", "00"}) {
    EXPECT_EQ(decode<BigInt>(hex(text)).error().code, ErrorCode::Malformed) << text;
  }
  Bytes largest{0x58, 128, 0};
  largest.resize(130, 0xff);
  EXPECT_TRUE(decode<BigInt>(largest));
  largest[1] = 129;
  largest.push_back(1);
  EXPECT_EQ(decode<BigInt>(largest).error().code, ErrorCode::TooLarge);
}

struct Pair {
  std::uint64_t a = 0;
  std::optional<Bytes> b;
  static constexpr auto fields() {
    return base::fields_of(base::field("A", &Pair::a), base::field("B", &Pair::b));
  }
  bool operator==(const Pair&) const = default;
};

TEST(Cbor, StructsAreTuples) {
  const Pair pair{7, Bytes{1, 2}};
  EXPECT_EQ(base::to_hex(encode(pair)), "8207420102");
  EXPECT_EQ(decode<Pair>(hex("8207420102")), pair);
  EXPECT_EQ(decode<Pair>(hex("8207f6")), (Pair{7, std::nullopt}));
  EXPECT_FALSE(decode<Pair>(hex("8107")));
  EXPECT_FALSE(decode<Pair>(hex("8307f600")));
  EXPECT_FALSE(decode<Pair>(hex("820742010200")));
  EXPECT_EQ(decode<std::vector<Pair>>(hex("828207f68208f6"))->size(), 2U);
}

TEST(Cbor, SurvivesMutations) {
  Writer writer;
  writer.write_array(5);
  writer.write_cid(cid_of_raw({}));
  writer.write_map(2);
  writer.write_text("a");
  writer.write_int(-70000);
  writer.write_text("b");
  writer.write_bool(true);
  writer.write_bytes(Bytes(40, 3));
  writer.write_text("text");
  writer.write_null();
  const std::vector<Bytes> seeds{writer.bytes(), hex("83010203"),
                                 hex("4d0106765c793fa10079d0000000")};
  base::test_util::for_each_mutation(seeds, 50000, [](BytesView input) {
    const auto checked = cbor::check(input);
    const auto links = cbor::for_each_link(input, [](const Cid&) { return Result<void>(); });
    EXPECT_TRUE(links || !checked);
    if (const auto number = decode<BigInt>(input)) EXPECT_TRUE(base::equal(encode(*number), input));
    if (const auto pair = decode<Pair>(input)) EXPECT_TRUE(base::equal(encode(*pair), input));
  });
}

}  // namespace
}  // namespace venus::ipld
