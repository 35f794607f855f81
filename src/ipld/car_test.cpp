// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/car.hpp"

#include "base/parallel.hpp"
#include "base/test_util/mutate.hpp"
#include "base/test_util/vectors.hpp"
#include "base/varint.hpp"
#include "ipld/caching_blockstore.hpp"
#include "ipld/walk.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace venus::ipld {
namespace {

using base::test_util::TempFolder;

/// A list of links to leaves of growing size; the root and all blocks in the order of a walk.
struct Dag {
  MemoryBlockstore store;
  Cid root;
};

void fill(Dag& dag, std::size_t leaves) {
  cbor::Writer list;
  list.write_array(leaves);
  for (std::size_t i = 0; i < leaves; ++i) {
    const Bytes leaf(i * 37, static_cast<std::uint8_t>(i));
    ASSERT_TRUE(dag.store.put(cid_of_raw(leaf), leaf));
    list.write_cid(cid_of_raw(leaf));
  }
  dag.root = cid_of_cbor(list.bytes());
  ASSERT_TRUE(dag.store.put(dag.root, list.bytes()));
}

void write_all(CarWriter& writer, Dag& dag) {
  CidSet visited;
  const std::vector<Cid> roots{dag.root};
  ASSERT_TRUE(walk(dag.store, roots, visited,
                   [&](const Cid& cid, BytesView data) { return writer.write(cid, data); }));
  ASSERT_TRUE(writer.finish());
  EXPECT_EQ(writer.blocks(), visited.size());
}

Bytes car_of(Dag& dag, bool pack = false) {
  Bytes out;
  auto sink = memory_sink(out);
  if (pack) sink = packed(std::move(sink)).value();
  auto writer = CarWriter::create(std::move(sink), {dag.root});
  EXPECT_TRUE(writer);
  write_all(*writer, dag);
  return out;
}

Result<CarImport> import_bytes(BytesView bytes, Blockstore& store, CarLimits limits = {}) {
  TRY(auto reader, CarReader::open(memory_source(bytes), limits));
  return import_car(reader, store);
}

TEST(Car, RoundTripThroughMemoryPlainAndPacked) {
  Dag dag;
  fill(dag, 200);
  const auto plain = car_of(dag);
  const auto zstd = car_of(dag, true);
  EXPECT_LT(zstd.size(), plain.size() / 4);
  for (const auto* bytes : {&plain, &zstd}) {
    MemoryBlockstore store;
    const auto imported = import_bytes(*bytes, store);
    ASSERT_TRUE(imported) << imported.error().message;
    EXPECT_EQ(imported->roots, std::vector<Cid>{dag.root});
    EXPECT_EQ(imported->blocks, 201U);
    EXPECT_EQ(store.size(), dag.store.size());
    for (const auto& cid : dag.store.cids())
      EXPECT_EQ(*store.get(cid), *dag.store.get(cid));
  }
}

TEST(Car, RoundTripThroughFiles) {
  Dag dag;
  fill(dag, 50);
  const TempFolder folder;
  for (const auto* name : {"a.car", "b.car.zst"}) {
    const auto path = folder.path() / name;
    auto writer = CarWriter::create_file(path, {dag.root});
    ASSERT_TRUE(writer);
    EXPECT_FALSE(std::filesystem::exists(path));
    write_all(*writer, dag);
    MemoryBlockstore store;
    std::uint64_t read = 0;
    const auto imported = import_car_file(path, store, [&](std::uint64_t at, std::uint64_t total) {
      read = at;
      EXPECT_EQ(total, std::filesystem::file_size(path));
      return true;
    });
    ASSERT_TRUE(imported) << imported.error().message;
    EXPECT_EQ(read, std::filesystem::file_size(path));
    EXPECT_EQ(store.size(), dag.store.size());
    EXPECT_EQ(import_car_file(path, store, [](auto, auto) { return false; }).error().code,
              ErrorCode::Cancelled);
  }
  {
    auto abandoned = CarWriter::create_file(folder.path() / "c.car", {dag.root});
    ASSERT_TRUE(abandoned);
  }
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path()))
    ++files;
  EXPECT_EQ(files, 2U);
  EXPECT_EQ(CarReader::open_file(folder.path() / "none").error().code, ErrorCode::NotFound);
  EXPECT_EQ(CarReader::open_file(folder.path()).error().code, ErrorCode::Io);
}

TEST(Car, RefusesDamage) {
  Dag dag;
  fill(dag, 20);
  const auto good = car_of(dag);
  MemoryBlockstore store;
  // Cut anywhere but between blocks it is Malformed.
  std::size_t whole = 0;
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto result = import_bytes(BytesView(good).first(size), store);
    if (result)
      ++whole;
    else
      EXPECT_EQ(result.error().code, ErrorCode::Malformed) << size;
  }
  EXPECT_EQ(whole, 21U);
  auto flipped = good;
  flipped.back() ^= 1;
  EXPECT_EQ(import_bytes(flipped, store).error().code, ErrorCode::Corrupt);
  EXPECT_TRUE(import_bytes(flipped, store, {.verify = false}));
  EXPECT_EQ(import_bytes(good, store, {.max_section = 300}).error().code, ErrorCode::TooLarge);
  EXPECT_EQ(import_bytes(good, store, {.max_header = 10}).error().code, ErrorCode::TooLarge);
  auto version2 = good;
  version2[1 + 1 + 6 + 1 + 43 + 8] = 2;
  EXPECT_EQ(import_bytes(version2, store).error().code, ErrorCode::Malformed);
  auto zeros = good;
  zeros.push_back(0);
  EXPECT_EQ(import_bytes(zeros, store).error().code, ErrorCode::Malformed);
  auto zstd = car_of(dag, true);
  zstd.resize(zstd.size() - 5);
  EXPECT_EQ(import_bytes(zstd, store).error().code, ErrorCode::Malformed);
}

TEST(Car, SurvivesMutations) {
  Dag dag;
  fill(dag, 5);
  const std::vector<Bytes> seeds{car_of(dag), car_of(dag, true)};
  base::test_util::for_each_mutation(seeds, 5000, [](BytesView input) {
    MemoryBlockstore store;
    static_cast<void>(import_bytes(input, store));
  });
}

TEST(Walk, VisitsOncePassesCommitmentsAndReportsMissing) {
  MemoryBlockstore store;
  cbor::Writer inner;
  inner.write_array(2);
  inner.write_cid(
      *Cid::make(Codec::FilCommitmentSealed, Multihash::PoseidonBls12_381A2Fc1, Bytes(32, 3)));
  inner.write_cid(*Cid::make(Codec::Raw, Multihash::Identity, Bytes{1, 2}));
  const auto inner_cid = cid_of_cbor(inner.bytes());
  ASSERT_TRUE(store.put(inner_cid, inner.bytes()));
  cbor::Writer outer;
  outer.write_array(3);
  outer.write_cid(inner_cid);
  outer.write_cid(inner_cid);
  outer.write_cid(cid_of_raw(Bytes{9}));
  const std::vector<Cid> roots{cid_of_cbor(outer.bytes())};
  ASSERT_TRUE(store.put(roots[0], outer.bytes()));
  std::vector<Cid> seen;
  const auto visit = [&](const Cid& cid, BytesView) -> Result<void> {
    return seen.push_back(cid), Result<void>();
  };
  {
    CidSet visited;
    EXPECT_EQ(walk(store, roots, visited, visit).error().code, ErrorCode::NotFound);
  }
  seen.clear();
  {
    CidSet visited;
    ASSERT_TRUE(walk(store, roots, visited, visit, {.skip_missing = true}));
    EXPECT_EQ(seen, (std::vector<Cid>{roots[0], inner_cid}));
  }
  seen.clear();
  {
    CidSet visited;
    ASSERT_TRUE(
        walk(store, roots, visited, visit,
             {.skip_missing = true, .want = [&](const Cid& cid) { return cid != inner_cid; }}));
    EXPECT_EQ(seen, roots);
  }
  ASSERT_TRUE(store.put(cid_of_raw(Bytes{9}), Bytes{9}));
  CidSet visited;
  ASSERT_TRUE(walk(store, roots, visited, visit));
  EXPECT_TRUE(visited.contains(cid_of_raw(Bytes{9})));
  EXPECT_EQ(visited.size(), 3U);
}

TEST(CachingBlockstore, AnswersFromMemoryWithinItsBound) {
  MemoryBlockstore below;
  CachingBlockstore cache(below, 1U << 20);
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const Bytes data(1000, static_cast<std::uint8_t>(i));
    auto own = data;
    base::write_varint(own, i);
    ASSERT_TRUE(cache.put(cid_of_raw(own), own));
  }
  EXPECT_EQ(below.size(), 5000U);
  EXPECT_LE(cache.counters().bytes, 1U << 20);
  EXPECT_GT(cache.counters().blocks, 500U);
  for (const auto& cid : below.cids())
    ASSERT_EQ(cache.get(cid), below.get(cid));
  EXPECT_LE(cache.counters().bytes, 1U << 20);
  const auto cid = below.cids().front();
  ASSERT_TRUE(cache.get(cid));
  const auto before = cache.counters().hits;
  EXPECT_EQ(cache.view(cid, [&](BytesView data) { EXPECT_TRUE(verify_block(cid, data)); }), true);
  EXPECT_EQ(cache.counters().hits, before + 1);
  EXPECT_FALSE(cache.find(cid_of_raw(Bytes{1}))->has_value());
  const auto identity = *Cid::make(Codec::Raw, Multihash::Identity, Bytes{1, 2});
  EXPECT_EQ(cache.get(identity), (Bytes{1, 2}));
}

TEST(CachingBlockstore, ManyThreadsAtOnce) {
  MemoryBlockstore below;
  CachingBlockstore cache(below, 64U << 10);
  std::vector<std::pair<Cid, Bytes>> blocks;
  for (std::uint64_t i = 0; i < 500; ++i) {
    const auto data = encode(std::vector<std::uint64_t>(i % 50, i));
    blocks.emplace_back(cid_of_cbor(data), data);
  }
  std::atomic<std::size_t> wrong = 0;
  base::parallel_for(8, 4, [&](std::size_t worker) {
    for (std::size_t i = 0; i < blocks.size() * 4; ++i) {
      const auto& [cid, data] = blocks[(i * 7 + worker * 31) % blocks.size()];
      if (!cache.put(cid, data) || cache.get(cid) != data) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0U);
  EXPECT_LE(cache.counters().bytes, 64U << 10);
}

/// The genesis files of the networks: every block hashes to its CID, and the root is the known one.
TEST(Car, GenesisOfMainnetAndCalibration) {
  struct Case {
    const char* file;
    const char* root;
  };
  for (const auto& [file, root] : std::initializer_list<Case>{
           {"genesis/mainnet.car.zst",
            "bafy2bzacecnamqgqmifpluoeldx7zzglxcljo6oja4vrmtj7432rphldpdmm2"},
           {"genesis/calibration.car.zst",
            "bafy2bzacecyaggy24wol5ruvs6qm73gjibs2l2iyhcqmvi7r7a4ph7zx3yqd4"}}) {
    VENUS_VECTORS_OR_SKIP(path, file);
    MemoryBlockstore store;
    const auto imported = import_car_file(path, store);
    ASSERT_TRUE(imported) << imported.error().message;
    ASSERT_EQ(imported->roots.size(), 1U);
    EXPECT_EQ(imported->roots[0].str(), root);
    EXPECT_GT(imported->blocks, 100U);
    CidSet visited;
    std::uint64_t bytes = 0;
    const auto walked =
        walk(store, imported->roots, visited, [&](const Cid&, BytesView data) -> Result<void> {
          bytes += data.size();
          return {};
        });
    EXPECT_TRUE(walked) << walked.error().message;
    RecordProperty(file, fmt::format("{} blocks, {} reached", imported->blocks, visited.size()));
  }
}

}  // namespace
}  // namespace venus::ipld
