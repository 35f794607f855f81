// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/hamt.hpp"

#include "base/test_util/mutate.hpp"
#include "ipld/hamt_node.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace venus::ipld {
namespace {

using Model = std::map<Bytes, std::uint64_t>;

Cid root_of(Blockstore& store, const Model& model, unsigned bit_width) {
  Hamt<std::uint64_t> map(store, bit_width);
  for (const auto& [key, value] : model)
    EXPECT_TRUE(map.set(key, value));
  return map.flush().value_or(Cid());
}

Model read_all(const Hamt<std::uint64_t>& map) {
  Model out;
  EXPECT_TRUE(map.for_each([&](BytesView key, std::uint64_t value) -> Result<void> {
    EXPECT_TRUE(out.emplace(base::to_bytes(key), value).second);
    return {};
  }));
  return out;
}

TEST(Hamt, EmptyRoot) {
  MemoryBlockstore store;
  RawHamt map(store);
  EXPECT_EQ(map.flush(), empty_hamt_root());
  EXPECT_EQ(empty_hamt_root().str(),
            "bafy2bzaceamp42wmmgr2g2ymg46euououzfyck7szknvfacqscohrvaikwfay");
  EXPECT_TRUE(store.has(empty_hamt_root()));
  auto loaded = RawHamt::load(store, empty_hamt_root());
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(loaded->get(Bytes{1}).value());
  EXPECT_EQ(loaded->erase(Bytes{1}), false);
}

TEST(Hamt, AgreesWithAMapAndIsCanonical) {
  for (const unsigned bit_width : {1U, 2U, 5U, 8U}) {
    std::mt19937_64 random(bit_width);
    MemoryBlockstore store;
    Hamt<std::uint64_t> map(store, bit_width);
    Model model;
    for (int i = 0; i < 3000; ++i) {
      const auto key = hamt_key(random() % 400);
      if (random() % 5 < 3) {
        const auto value = random() % 3;
        const auto changed = map.set(key, value);
        const auto before = model.find(key);
        ASSERT_EQ(changed, before == model.end() || before->second != value);
        model[key] = value;
      } else {
        ASSERT_EQ(map.erase(key), model.erase(key) > 0);
      }
      if (i % 250 != 0) continue;
      // Whatever the history, the same content has the same root.
      const auto root = map.flush();
      ASSERT_EQ(root, root_of(store, model, bit_width));
      auto loaded = Hamt<std::uint64_t>::load(store, *root, bit_width);
      ASSERT_TRUE(loaded);
      ASSERT_EQ(read_all(*loaded), model);
      for (std::uint64_t n = 0; n < 400; ++n) {
        const auto found = model.find(hamt_key(n));
        const auto want = found == model.end() ? std::nullopt : std::optional(found->second);
        ASSERT_EQ(loaded->get(hamt_key(n)).value(), want);
        ASSERT_EQ(map.get(hamt_key(n)).value(), want);
      }
      // Go on with a map that knows only links.
      map = *std::move(loaded);
    }
    for (const auto& [key, value] : Model(model))
      ASSERT_EQ(map.erase(key), true);
    EXPECT_EQ(map.flush(), empty_hamt_root());
  }
}

TEST(Hamt, VisitsStopWhenTold) {
  MemoryBlockstore store;
  Hamt<std::uint64_t> map(store);
  for (std::uint64_t n = 0; n < 100; ++n)
    ASSERT_TRUE(map.set(hamt_key(n), n));
  auto loaded = Hamt<std::uint64_t>::load(store, *map.flush());
  int seen = 0;
  ASSERT_TRUE(
      loaded->for_each([&](BytesView, std::uint64_t) -> Result<bool> { return ++seen < 10; }));
  EXPECT_EQ(seen, 10);
  const auto stopped = loaded->for_each([&](BytesView, std::uint64_t) -> Result<void> {
    return fail(ErrorCode::Cancelled, "enough");
  });
  EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
}

TEST(Hamt, Keys) {
  for (const std::uint64_t n : {0ULL, 1ULL, 127ULL, 128ULL, 1ULL << 63, ~0ULL}) {
    EXPECT_EQ(parse_hamt_key(hamt_key(n)), n);
  }
  EXPECT_EQ(base::to_hex(hamt_key(300)), "ac02");
  EXPECT_EQ(base::to_hex(hamt_key_signed(-1)), "01");
  EXPECT_EQ(base::to_hex(hamt_key_signed(1)), "02");
  for (const std::int64_t n :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{64}, INT64_MIN, INT64_MAX}) {
    EXPECT_EQ(parse_hamt_key_signed(hamt_key_signed(n)), n);
  }
  for (const auto* text :
       {"", "80", "8000", "0100", "ffffffffffffffffff02", "ffffffffffffffffffff01"}) {
    EXPECT_FALSE(parse_hamt_key(*base::from_hex(text))) << text;
  }
}

Cid put(Blockstore& store, const Bytes& bytes) {
  const auto cid = cid_of_cbor(bytes);
  EXPECT_TRUE(store.put(cid, bytes));
  return cid;
}

TEST(Hamt, RefusesMalformedNodes) {
  MemoryBlockstore store;
  for (const auto* text : {
           "80",  // no node
           "834080"
           "80",  // three fields
           "8241"
           "01"
           "80",  // a bit without a pointer
           "8240"
           "81818241"
           "6101",  // a pointer without a bit
           "8241"
           "0181"
           "80",  // empty bucket
           "8242"
           "000181818241"
           "6101",  // leading zero in the bitmap
           "8245"
           "010000000081818241"
           "6101",  // bit 32 at width 5
           "8241018182"
           "824162"
           "01"
           "82416101",  // bucket out of order
           "8241018182"
           "82416101"
           "82416101",  // a key twice
           "8241018184"
           "82416101"
           "82416201"
           "82416301"
           "82416401",              // four in a bucket
           "82410181f6",            // null pointer
           "82410181818241611800",  // value is not canonical
       }) {
    const auto loaded = RawHamt::load(store, put(store, *base::from_hex(text)));
    ASSERT_FALSE(loaded) << text;
    EXPECT_TRUE(loaded.error().code == ErrorCode::Malformed ||
                loaded.error().code == ErrorCode::TooLarge)
        << text;
  }
  EXPECT_EQ(RawHamt::load(store, cid_of_raw({})).error().code, ErrorCode::NotFound);
  EXPECT_EQ(RawHamt::load(store, empty_hamt_root(), 9).error().code, ErrorCode::InvalidArgument);
}

TEST(Hamt, RefusesChildrenThatShouldBeBuckets) {
  MemoryBlockstore store;
  // A root whose 32 slots all lead to a node of one entry.
  const auto child = put(store, *base::from_hex("82410181818241"
                                                "6101"));
  hamt::Node root;
  for (unsigned slot = 0; slot < 32; ++slot) {
    root.bitmap.set(slot);
    root.pointers.emplace_back().link = child;
  }
  auto map = RawHamt::load(store, put(store, hamt::encode_node(root)));
  ASSERT_TRUE(map);
  EXPECT_EQ(map->set(Bytes{1}, Bytes{1}).error().code, ErrorCode::Malformed);
  EXPECT_FALSE(map->for_each([](BytesView, BytesView) -> Result<bool> { return true; }));
}

TEST(Hamt, MissingNodesAreNotFound) {
  MemoryBlockstore store, empty;
  Hamt<std::uint64_t> map(store);
  for (std::uint64_t n = 0; n < 1000; ++n)
    ASSERT_TRUE(map.set(hamt_key(n), n));
  const auto root = map.flush();
  ASSERT_TRUE(empty.put(*root, *store.get(*root)));
  auto partial = Hamt<std::uint64_t>::load(empty, *root);
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->get(hamt_key(5)).error().code, ErrorCode::NotFound);
  EXPECT_EQ(partial->set(hamt_key(5), 6).error().code, ErrorCode::NotFound);
  EXPECT_EQ(read_all(map).size(), 1000U);
}

TEST(Hamt, SurvivesMutations) {
  MemoryBlockstore store;
  Hamt<std::uint64_t> map(store);
  for (std::uint64_t n = 0; n < 60; ++n)
    ASSERT_TRUE(map.set(hamt_key(n), n));
  const auto root = *map.flush();
  std::vector<Bytes> seeds;
  for (const auto& cid : store.cids())
    seeds.push_back(*store.get(cid));
  ASSERT_GT(seeds.size(), 3U);
  base::test_util::for_each_mutation(seeds, 20000, [&](BytesView input) {
    MemoryBlockstore top;
    OverlayBlockstore damaged(top, store);
    const auto cid = cid_of_cbor(input);
    ASSERT_TRUE(damaged.put(cid, input));
    auto loaded = RawHamt::load(damaged, cid);
    if (!loaded) return;
    static_cast<void>(loaded->for_each([](BytesView, BytesView) -> Result<bool> { return true; }));
    static_cast<void>(loaded->get(hamt_key(7)));
    static_cast<void>(loaded->set(hamt_key(8), Bytes{1}));
    static_cast<void>(loaded->erase(hamt_key(9)));
    EXPECT_TRUE(loaded->flush());
  });
  EXPECT_TRUE(RawHamt::load(store, root));
}

}  // namespace
}  // namespace venus::ipld
