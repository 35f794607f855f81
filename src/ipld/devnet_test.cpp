// SPDX-License-Identifier: MIT OR Apache-2.0
// The structures of a chain that Lotus and the actors made: each one rebuilt here from what it
// holds must get the root it had.
#include "base/test_util/vectors.hpp"
#include "ipld/amt.hpp"
#include "ipld/bitfield.hpp"
#include "ipld/car.hpp"
#include "ipld/hamt.hpp"
#include "ipld/walk.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace venus::ipld {
namespace {

/// The fields of a tuple, each as its bytes; nothing when the item is no tuple of that many.
std::optional<std::vector<BytesView>> tuple(BytesView item, std::size_t count) {
  cbor::Reader reader(item);
  reader.expect_array(count);
  std::vector<BytesView> out;
  for (std::size_t i = 0; i < count && reader.ok(); ++i)
    out.push_back(reader.read_raw());
  if (!reader.finish()) return std::nullopt;
  return out;
}

template <class T>
T as(BytesView item) {
  auto value = decode<T>(item);
  EXPECT_TRUE(value) << base::to_hex(item);
  return value.value_or(T());
}

Result<Cid> rebuilt_hamt(Blockstore& store, const Cid& root, unsigned bit_width,
                         std::size_t& entries) {
  TRY(const auto map, RawHamt::load(store, root, bit_width));
  MemoryBlockstore scratch;
  RawHamt copy(scratch, bit_width);
  // In an order of its own, with a detour: the form must not depend on history.
  std::map<Bytes, Bytes> content;
  TRY_VOID(map.for_each([&](BytesView key, BytesView item) -> Result<bool> {
    content.emplace(base::to_bytes(key), base::to_bytes(item));
    return true;
  }));
  TRY_VOID(copy.set(Bytes{1, 2, 3, 4, 5, 6, 7}, Bytes{0}));
  for (const auto& [key, item] : content)
    TRY_VOID(copy.set(key, item));
  TRY_VOID(copy.erase(Bytes{1, 2, 3, 4, 5, 6, 7}));
  for (const auto& [key, item] : content) {
    TRY(const auto found, map.get(key));
    if (!found || *found != item) return fail(ErrorCode::Corrupt, "get() and for_each() disagree");
  }
  entries += content.size();
  return copy.flush();
}

Result<Cid> rebuilt_amt(const RawAmt& array, std::size_t& entries) {
  MemoryBlockstore scratch;
  RawAmt copy(scratch, array.shape());
  std::map<std::uint64_t, Bytes> content;
  TRY_VOID(array.for_each([&](std::uint64_t index, BytesView item) -> Result<bool> {
    content.emplace(index, base::to_bytes(item));
    return true;
  }));
  for (const auto& [index, item] : content)
    TRY_VOID(copy.set(index, item));
  TRY_VOID(copy.set(100000, Bytes{0}));
  TRY_VOID(copy.erase(100000));
  const bool dense = content.empty() || content.rbegin()->first + 1 == content.size();
  if (dense) {
    TRY(const auto built,
        build_amt(nullptr, array.shape(), content.size(),
                  [&](cbor::Writer& w, std::uint64_t i) { w.write_raw(content.at(i)); }));
    TRY(const auto flushed, copy.flush());
    if (built != flushed) return fail(ErrorCode::Corrupt, "building and setting disagree");
  }
  if (content.size() != array.count()) return fail(ErrorCode::Corrupt, "count is wrong");
  entries += content.size();
  return copy.flush();
}

class Devnet : public ::testing::Test {
 protected:
  void load(const std::filesystem::path& folder, std::initializer_list<const char*> names) {
    for (const auto* name : names) {
      const auto imported = import_car_file(folder / name, store_);
      ASSERT_TRUE(imported) << imported.error().message;
    }
    for (const auto& cid : store_.cids()) {
      // All but one, of the first genesis, which is sorted in no known way and hashed by sha2-256.
      if (cid.codec() == Codec::DagCbor && cid.hash() == Multihash::Blake2b_256)
        blocks_.emplace(cid, *store_.get(cid));
    }
  }

  /// Headers of all blocks of the chain, as their 16 fields.
  std::vector<std::vector<BytesView>> headers() {
    std::vector<std::vector<BytesView>> out;
    for (const auto& [cid, bytes] : blocks_) {
      auto fields = tuple(bytes, 16);
      if (fields && decode<std::int64_t>((*fields)[7])) out.push_back(*std::move(fields));
    }
    return out;
  }

  MemoryBlockstore store_;
  std::map<Cid, Bytes> blocks_;
};

TEST_F(Devnet, EveryBlockIsCanonicalCbor) {
  VENUS_VECTORS_OR_SKIP(folder, "lotus-devnet");
  load(folder, {"genesis.car", "states-197.car", "chain-700.car"});
  ASSERT_GT(blocks_.size(), 15000U);
  for (const auto& [cid, bytes] : blocks_) {
    ASSERT_TRUE(cbor::check(bytes)) << cid.str();
    ASSERT_EQ(cid_of_cbor(bytes), cid);
  }
}

TEST_F(Devnet, MessagesAndReceiptsRebuildToTheHeadersRoots) {
  VENUS_VECTORS_OR_SKIP(folder, "lotus-devnet");
  load(folder, {"genesis.car", "states-197.car", "chain-700.car"});
  std::size_t blocks = 0, messages = 0, receipts = 0, receipt_roots = 0;
  for (const auto& header : headers()) {
    ++blocks;
    const auto meta_cid = as<Cid>(header[10]);
    const auto meta = tuple(blocks_.at(meta_cid), 2);
    ASSERT_TRUE(meta);
    std::vector<Cid> rebuilt;
    for (const auto& field : *meta) {
      const auto cids = read_amt<Cid>(store_, as<Cid>(field), kBlockAmt);
      ASSERT_TRUE(cids) << cids.error().message;
      messages += cids->size();
      rebuilt.push_back(write_amt(nullptr, *cids).value());
      ASSERT_EQ(rebuilt.back(), as<Cid>(field));
    }
    // MsgMeta is the pair of them.
    ASSERT_EQ(cid_of(rebuilt), meta_cid);
    // The recordings hold few of the receipts; replaying the chain checks the roots of all.
    const auto root = as<Cid>(header[9]);
    if (!store_.has(root).value()) continue;
    const auto array = RawAmt::load(store_, root, kBlockAmt);
    ASSERT_TRUE(array) << array.error().message;
    ASSERT_EQ(rebuilt_amt(*array, receipts), root);
    ++receipt_roots;
  }
  EXPECT_GT(blocks, 900U);
  EXPECT_GT(messages, 20000U);
  EXPECT_GT(receipt_roots, 100U);
  std::cout << blocks << " blocks, " << messages << " messages, " << receipt_roots
            << " receipt roots of " << receipts << " receipts\n";
}

/// Everything in every state tree that looks like a map or an array. Nearly all maps have bit width
/// 5; token allowances have 3, the market's sectors 6.
TEST_F(Devnet, EveryMapAndArrayRebuildsToItsRoot) {
  VENUS_VECTORS_OR_SKIP(folder, "lotus-devnet");
  load(folder, {"genesis.car", "states-197.car"});
  std::set<Cid> children;
  std::vector<Cid> maps;
  std::size_t arrays = 0, map_entries = 0, array_entries = 0;
  for (const auto& [cid, bytes] : blocks_) {
    for (const auto version : {AmtVersion::V0, AmtVersion::V3}) {
      const auto array = version == AmtVersion::V0 ? RawAmt::load(store_, cid, kBlockAmt)
                                                   : RawAmt::load_any(store_, cid);
      if (!array) continue;
      EXPECT_EQ(rebuilt_amt(*array, array_entries), cid);
      ++arrays;
    }
    if (!RawHamt::load(store_, cid)) continue;
    maps.push_back(cid);
    const auto fields = tuple(bytes, 2);
    cbor::Reader pointers((*fields)[1]);
    for (auto left = pointers.read_array(); left > 0; --left) {
      if (pointers.peek() == cbor::Major::Tag)
        children.insert(pointers.read_cid());
      else
        pointers.read_raw();
    }
  }
  std::size_t roots = 0, wide = 0;
  for (const auto& cid : maps) {
    if (children.contains(cid)) continue;
    unsigned matched = 0;
    for (const unsigned bit_width : {5U, 3U, 6U}) {
      if (matched == 0 && rebuilt_hamt(store_, cid, bit_width, map_entries) == cid)
        matched = bit_width;
    }
    EXPECT_NE(matched, 0U) << cid.str() << " " << base::to_hex(blocks_.at(cid));
    ++roots;
    wide += matched == 5 ? 1 : 0;
  }
  EXPECT_GE(arrays, 60U);
  EXPECT_GT(roots, 200U);
  EXPECT_GT(wide, 200U);
  EXPECT_GT(map_entries, 4000U);
  std::cout << arrays << " arrays of " << array_entries << " items, " << roots << " maps of "
            << map_entries << " entries\n";
}

/// The actors below each header's state root: bit width 5, and the paths to the miners' bit fields.
TEST_F(Devnet, StateTreesAndBitFieldsOfEveryHeader) {
  VENUS_VECTORS_OR_SKIP(folder, "lotus-devnet");
  load(folder, {"genesis.car", "states-197.car"});
  std::size_t trees = 0, fields = 0;
  std::set<Cid> seen;
  const auto check_field = [&](BytesView item) {
    const auto field = decode<BitField>(item);
    ASSERT_TRUE(field) << base::to_hex(item);
    EXPECT_TRUE(base::equal(encode(*field), item)) << base::to_hex(item);
    EXPECT_EQ(BitField::from_runs(field->runs()), *field);
    ++fields;
  };
  for (const auto& header : headers()) {
    const auto root = as<Cid>(header[8]);
    if (!seen.insert(root).second || !store_.has(root).value()) continue;
    const auto tree = tuple(blocks_.at(root), 3);
    ASSERT_TRUE(tree);
    std::size_t actors = 0;
    const auto actors_root = as<Cid>((*tree)[1]);
    ASSERT_EQ(rebuilt_hamt(store_, actors_root, 5, actors), actors_root);
    ASSERT_GE(actors, 15U);
    ++trees;
    const auto map = RawHamt::load(store_, actors_root);
    ASSERT_TRUE(map->for_each([&](BytesView, BytesView item) -> Result<bool> {
      const auto actor = tuple(item, 5);
      if (!actor) return fail(ErrorCode::Malformed, "actor");
      const auto head = as<Cid>((*actor)[1]);
      // A miner's state has 15 fields: 8 allocated sectors, 12 deadlines.
      const auto state = store_.has(head).value() ? tuple(blocks_.at(head), 15) : std::nullopt;
      if (!state || !seen.insert(head).second) return true;
      check_field(blocks_.at(as<Cid>((*state)[8])));
      check_field((*state)[13]);
      const auto deadlines =
          as<std::vector<Cid>>((*tuple(blocks_.at(as<Cid>((*state)[12])), 1))[0]);
      for (const auto& cid : deadlines) {
        if (!seen.insert(cid).second) continue;
        cbor::Reader deadline(blocks_.at(cid));
        deadline.read_array();
        const auto partitions = deadline.read_cid();
        deadline.read_cid();
        check_field(deadline.read_raw());
        check_field(deadline.read_raw());
        TRY(const auto array, RawAmt::load_any(store_, partitions));
        TRY_VOID(array.for_each([&](std::uint64_t, BytesView partition) -> Result<bool> {
          cbor::Reader reader(partition);
          reader.read_array();
          for (int i = 0; i < 5; ++i)
            check_field(reader.read_raw());
          return reader.ok();
        }));
      }
      return true;
    }));
  }
  EXPECT_GT(trees, 180U);
  EXPECT_GT(fields, 100U);
  std::cout << trees << " state trees, " << fields << " bit fields\n";
}

}  // namespace
}  // namespace venus::ipld
