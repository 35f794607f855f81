// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/amt.hpp"

#include "base/test_util/mutate.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace venus::ipld {
namespace {

using Model = std::map<std::uint64_t, std::uint64_t>;

const std::vector<AmtShape> kShapes{kBlockAmt,    state_amt(1), state_amt(2),
                                    state_amt(3), kEventsAmt,   state_amt(8)};

Cid root_of(Blockstore& store, const Model& model, AmtShape shape) {
  Amt<std::uint64_t> array(store, shape);
  for (const auto& [index, value] : model)
    EXPECT_TRUE(array.set(index, value));
  return array.flush().value_or(Cid());
}

Model read_all(const Amt<std::uint64_t>& array, std::uint64_t start = 0) {
  Model out;
  EXPECT_TRUE(array.for_each(
      [&](std::uint64_t index, std::uint64_t value) -> Result<void> {
        EXPECT_TRUE(out.empty() || out.rbegin()->first < index);
        out.emplace(index, value);
        return {};
      },
      start));
  return out;
}

TEST(Amt, EmptyRoots) {
  MemoryBlockstore store;
  EXPECT_EQ(base::to_hex(*store.get(*RawAmt(store, kBlockAmt).flush())),
            "83000083410080"
            "80");
  EXPECT_EQ(base::to_hex(*store.get(*RawAmt(store, state_amt(5)).flush())),
            "8405000083440000000080"
            "80");
  for (const auto shape : kShapes) {
    const auto root = RawAmt(store, shape).flush();
    EXPECT_EQ(build_amt(nullptr, shape, 0, [](cbor::Writer&, std::uint64_t) {}), root);
    auto loaded = RawAmt::load(store, *root, shape);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->count(), 0U);
    EXPECT_FALSE(loaded->get(0).value());
  }
}

TEST(Amt, AgreesWithAMapAndIsCanonical) {
  for (const auto shape : kShapes) {
    std::mt19937_64 random(shape.bit_width);
    MemoryBlockstore store;
    Amt<std::uint64_t> array(store, shape);
    Model model;
    for (int i = 0; i < 4000; ++i) {
      const auto index = random() % 10 == 0 ? random() >> (random() % 64) : random() % 300;
      if (index > RawAmt::kMaxIndex) continue;
      if (random() % 5 < 3) {
        ASSERT_TRUE(array.set(index, random() % 1000 + index % 7));
        model[index] = *array.get(index).value();
      } else {
        const auto known =
            model.empty()
                ? index
                : std::next(model.begin(), static_cast<std::ptrdiff_t>(random() % model.size()))
                      ->first;
        const auto target = random() % 2 == 0 ? known : index;
        ASSERT_EQ(array.erase(target), model.erase(target) > 0);
      }
      ASSERT_EQ(array.count(), model.size());
      if (i % 400 != 0) continue;
      const auto root = array.flush();
      ASSERT_EQ(root, root_of(store, model, shape));
      auto loaded = Amt<std::uint64_t>::load(store, *root, shape);
      ASSERT_TRUE(loaded) << loaded.error().message;
      ASSERT_EQ(read_all(*loaded), model);
      const auto start = random() % 300;
      ASSERT_EQ(read_all(*loaded, start), Model(model.lower_bound(start), model.end()));
      for (std::uint64_t n = 0; n < 300; ++n) {
        const auto found = model.find(n);
        ASSERT_EQ(loaded->get(n).value(),
                  found == model.end() ? std::nullopt : std::optional(found->second));
      }
      array = *std::move(loaded);
    }
    for (const auto& [index, value] : Model(model))
      ASSERT_EQ(array.erase(index), true);
    EXPECT_EQ(array.flush(), RawAmt(store, shape).flush());
  }
}

TEST(Amt, BuilderAgreesWithSetting) {
  for (const auto shape : kShapes) {
    for (const std::uint64_t count :
         {1U, 2U, 3U, 7U, 8U, 9U, 63U, 64U, 65U, 100U, 512U, 513U, 1000U}) {
      MemoryBlockstore store, built;
      Model model;
      std::vector<std::uint64_t> values;
      for (std::uint64_t i = 0; i < count; ++i)
        values.push_back(model[i] = i * i);
      const auto root = write_amt(&built, values, shape);
      ASSERT_EQ(root, root_of(store, model, shape)) << count;
      ASSERT_EQ(read_amt<std::uint64_t>(built, *root, shape), values);
    }
  }
  EXPECT_FALSE(build_amt(nullptr, {AmtVersion::V0, 5}, 0, [](cbor::Writer&, std::uint64_t) {}));
}

TEST(Amt, LargestIndices) {
  for (const auto shape : kShapes) {
    MemoryBlockstore store;
    Amt<std::uint64_t> array(store, shape);
    ASSERT_TRUE(array.set(RawAmt::kMaxIndex, 1));
    ASSERT_TRUE(array.set(5, 2));
    EXPECT_EQ(array.set(UINT64_MAX, 1).error().code, ErrorCode::InvalidArgument);
    auto loaded = Amt<std::uint64_t>::load(store, *array.flush(), shape);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(read_all(*loaded), (Model{{5, 2}, {RawAmt::kMaxIndex, 1}}));
    EXPECT_FALSE(loaded->get(UINT64_MAX).value());
    EXPECT_EQ(loaded->erase(RawAmt::kMaxIndex), true);
    EXPECT_EQ(loaded->flush(), root_of(store, {{5, 2}}, shape));
  }
}

Cid put(Blockstore& store, const Bytes& bytes) {
  const auto cid = cid_of_cbor(bytes);
  EXPECT_TRUE(store.put(cid, bytes));
  return cid;
}

TEST(Amt, RefusesMalformedRoots) {
  MemoryBlockstore store;
  for (const auto* text : {
           "80", "83000083410080",  // truncated
           "830000834100808000",    // left over
           "83000083420000808"
           "0",  // bitmap of two bytes
           "83000183410180"
           "80",                  // a bit without a value
           "830001834100808101",  // a value without a bit
           "83010083410080"
           "80",  // a height without content
           "83000983410180"
           "8101",  // count above what the height holds
           "8318410183410180"
           "8101",  // height 65
           "8315018341018"
           "08101",  // a leaf where links must be
           "830001834101818100"
           "80",                    // something else where a link must be
           "83000183410180811800",  // value is not canonical
       }) {
    const auto loaded =
        RawAmt::load(store, put(store, base::from_hex(text).value_or(Bytes())), kBlockAmt);
    ASSERT_FALSE(loaded) << text;
    EXPECT_TRUE(loaded.error().code == ErrorCode::Malformed ||
                loaded.error().code == ErrorCode::TooLarge)
        << text;
  }
  const auto other_width = *RawAmt(store, state_amt(4)).flush();
  EXPECT_EQ(RawAmt::load(store, other_width, state_amt(5)).error().code, ErrorCode::Malformed);
  EXPECT_EQ(RawAmt::load_any(store, other_width)->shape().bit_width, 4U);
  EXPECT_EQ(RawAmt::load(store, cid_of_raw({}), kBlockAmt).error().code, ErrorCode::NotFound);
}

TEST(Amt, SurvivesMutations) {
  MemoryBlockstore store;
  Amt<std::uint64_t> array(store, kBlockAmt);
  for (std::uint64_t n = 0; n < 100; ++n)
    ASSERT_TRUE(array.set(n * 3, n));
  ASSERT_TRUE(array.flush());
  std::vector<Bytes> seeds;
  for (const auto& cid : store.cids())
    seeds.push_back(*store.get(cid));
  base::test_util::for_each_mutation(seeds, 20000, [&](BytesView input) {
    MemoryBlockstore top;
    OverlayBlockstore damaged(top, store);
    const auto cid = cid_of_cbor(input);
    ASSERT_TRUE(damaged.put(cid, input));
    for (const auto version : {AmtVersion::V0, AmtVersion::V3}) {
      auto loaded = version == AmtVersion::V0 ? RawAmt::load(damaged, cid, kBlockAmt)
                                              : RawAmt::load_any(damaged, cid);
      if (!loaded) continue;
      static_cast<void>(
          loaded->for_each([](std::uint64_t, BytesView) -> Result<bool> { return true; }));
      static_cast<void>(loaded->get(7));
      static_cast<void>(loaded->set(8, Bytes{1}));
      static_cast<void>(loaded->erase(9));
      EXPECT_TRUE(loaded->flush());
    }
  });
}

}  // namespace
}  // namespace venus::ipld
