// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/bitfield.hpp"

#include "base/json.hpp"
#include "base/test_util/mutate.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace venus::ipld {
namespace {

using Model = std::set<std::uint64_t>;

BitField of(const Model& model) {
  return BitField::from_bits(std::vector<std::uint64_t>(model.begin(), model.end()))
      .value_or(BitField());
}
Model members(const BitField& field) {
  const auto bits = field.bits(1U << 20);
  EXPECT_TRUE(bits);
  return Model(bits->begin(), bits->end());
}
Bytes hex(std::string_view text) { return base::from_hex(text).value_or(Bytes()); }

TEST(BitField, EncodingsWrittenByHand) {
  // Version 00, then the first run's value, then blocks; the lowest bit comes first.
  EXPECT_EQ(base::to_hex(BitField().encode()), "");
  EXPECT_EQ(base::to_hex(BitField{0}.encode()), "0c");          // 00 1 1
  EXPECT_EQ(base::to_hex(BitField{1}.encode()), "18");          // 00 0 1 1
  EXPECT_EQ(base::to_hex(BitField({0, 1, 2}).encode()), "74");  // 00 1 01 1100
}

TEST(BitField, RoundTripsAndOperationsAgreeWithASet) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 400; ++round) {
    const auto spread = std::uint64_t{1} << (2 + random() % 10);
    Model a, b;
    for (auto n = random() % 80; n > 0; --n)
      a.insert(random() % spread);
    for (auto n = random() % 80; n > 0; --n)
      b.insert(random() % spread);
    const auto x = of(a), y = of(b);
    Model both, either, only;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(both, both.end()));
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::inserter(either, either.end()));
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(only, only.end()));
    ASSERT_EQ(members(x & y), both);
    ASSERT_EQ(members(x | y), either);
    ASSERT_EQ(members(x - y), only);
    ASSERT_EQ(x | y, of(either));
    const std::vector<BitField> sets{x, y, x & y};
    ASSERT_EQ(BitField::union_of(sets), of(either));
    ASSERT_EQ(x.contains_any(y), !both.empty());
    ASSERT_EQ(x.contains_all(y), both == b);
    ASSERT_TRUE((x | y).contains_all(x));
    ASSERT_EQ(x.count(), a.size());
    ASSERT_EQ(x.empty(), a.empty());
    ASSERT_EQ(x.first(), a.empty() ? std::nullopt : std::optional(*a.begin()));
    ASSERT_EQ(x.last(), a.empty() ? std::nullopt : std::optional(*a.rbegin()));
    for (std::uint64_t bit = 0; bit < std::min<std::uint64_t>(spread, 200); ++bit) {
      ASSERT_EQ(x.test(bit), a.contains(bit));
    }
    std::uint64_t n = 0;
    for (const auto bit : a)
      ASSERT_EQ(x.nth(n++), bit);
    ASSERT_EQ(x.nth(n), std::nullopt);
    const auto skip = random() % 10, take = random() % 20;
    Model cut;
    for (std::uint64_t i = skip; i < std::min<std::uint64_t>(skip + take, a.size()); ++i) {
      cut.insert(*std::next(a.begin(), static_cast<std::ptrdiff_t>(i)));
    }
    ASSERT_EQ(members(x.slice(skip, take)), cut);
    ASSERT_EQ(BitField::decode(x.encode()), x);
    ASSERT_EQ(BitField::from_runs(x.runs()), x);
    ASSERT_EQ(decode<BitField>(encode(x)), x);
    ASSERT_EQ(base::from_json<BitField>(base::to_json(x)), x);
  }
}

TEST(BitField, SetAndUnset) {
  std::mt19937_64 random(8);
  BitField field;
  Model model;
  for (int i = 0; i < 5000; ++i) {
    const auto bit = random() % 64;
    if (random() % 2 == 0) {
      ASSERT_TRUE(field.set(bit));
      model.insert(bit);
    } else {
      field.unset(bit);
      model.erase(bit);
    }
    ASSERT_EQ(field, of(model));
  }
  EXPECT_EQ(field.set(UINT64_MAX).error().code, ErrorCode::InvalidArgument);
  EXPECT_TRUE(field.set(BitField::kMaxBit));
  EXPECT_EQ(BitField::decode(field.encode()), field);
}

TEST(BitField, JsonIsRunLengths) {
  EXPECT_EQ(base::write_json(base::to_json(BitField())), "[0]");
  EXPECT_EQ(base::write_json(base::to_json(BitField({0, 1, 5}))), "[0,2,3,1]");
  EXPECT_EQ(base::write_json(base::to_json(BitField({3, 4}))), "[3,2]");
  EXPECT_EQ(base::from_json<BitField>(*base::parse_json("[0]")), BitField());
  EXPECT_EQ(base::from_json<BitField>(nullptr), BitField());
  EXPECT_EQ(base::from_json<BitField>(*base::parse_json("[2,1,7]")), BitField{2});
  EXPECT_EQ(base::from_json<BitField>(*base::parse_json("[2,0,7]")).error().code,
            ErrorCode::Malformed);
  EXPECT_EQ(base::from_json<BitField>(*base::parse_json("[18446744073709551615,1]")).error().code,
            ErrorCode::TooLarge);
  EXPECT_FALSE(base::from_json<BitField>(*base::parse_json("[-1]")));
}

TEST(BitField, DecodesBlocksThatCouldBeShorter) {
  // go-bitfield takes them: one as a short block (00 1 01 1000), five as a varint.
  EXPECT_EQ(BitField::decode(hex("34")), BitField{0});
  EXPECT_EQ(BitField::decode(hex("a400")).error().code, ErrorCode::Malformed);
  EXPECT_EQ(BitField::decode(hex("a4")), BitField({0, 1, 2, 3, 4}));
}

TEST(BitField, RefusesBadInput) {
  EXPECT_EQ(BitField::decode(hex("01")).error().code, ErrorCode::Malformed);  // version 1
  EXPECT_EQ(BitField::decode(hex("0c00")).error().code,
            ErrorCode::Malformed);  // trailing zero byte
  EXPECT_EQ(BitField::decode(Bytes((32U << 10) + 1, 1)).error().code, ErrorCode::TooLarge);
  // Version, first run unset, varint block, then a varint that never ends or is not minimal.
  EXPECT_EQ(BitField::decode(hex("e0ffffffffffffffffffffffff1f")).error().code,
            ErrorCode::Malformed);
  EXPECT_EQ(BitField::decode(hex("00100030")).error().code, ErrorCode::Malformed);
  Bytes too_long = encode(Bytes((32U << 10) + 1, 1));
  EXPECT_EQ(decode<BitField>(too_long).error().code, ErrorCode::TooLarge);
  const std::vector<BitField::Range> outside{{UINT64_MAX, 1}};
  EXPECT_EQ(BitField::from_ranges(outside).error().code, ErrorCode::InvalidArgument);
  EXPECT_TRUE(BitField::from_ranges({{0, UINT64_MAX}}));
  EXPECT_EQ(BitField::from_ranges({{0, UINT64_MAX}})->bits(1000).error().code, ErrorCode::TooLarge);
}

TEST(BitField, RangesMayOverlap) {
  EXPECT_EQ(BitField::from_ranges({{10, 5}, {0, 3}, {3, 1}, {12, 10}, {30, 0}}),
            BitField::from_ranges({{0, 4}, {10, 12}}));
}

TEST(BitField, SurvivesMutations) {
  const std::vector<Bytes> seeds{BitField({0, 1, 2, 5, 9, 1000, 1001}).encode(),
                                 BitField::from_ranges({{7, 100000}, {1U << 30, 5}})->encode(),
                                 hex("a4")};
  base::test_util::for_each_mutation(seeds, 50000, [](BytesView input) {
    const auto field = BitField::decode(input);
    if (!field) return;
    EXPECT_EQ(BitField::decode(field->encode()), *field);
    EXPECT_LE(field->ranges().size(), input.size() * 8);
  });
}

}  // namespace
}  // namespace venus::ipld
