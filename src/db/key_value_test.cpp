// SPDX-License-Identifier: MIT OR Apache-2.0
#include "db/key_value.hpp"

#include "base/test_util/vectors.hpp"
#include "db/rocksdb_blockstore.hpp"
#include "ipld/car.hpp"
#include "ipld/hamt.hpp"
#include "ipld/walk.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace venus::db {
namespace {

using base::test_util::TempFolder;

Bytes text(std::string_view from) { return base::to_bytes(base::as_bytes(from)); }

std::shared_ptr<KeyValueStore> open(const std::filesystem::path& folder) {
  auto store = KeyValueStore::open(folder, {"meta", "heights"}, {.memory_mib = 16});
  EXPECT_TRUE(store) << (store ? "" : store.error().message);
  return store.value_or(nullptr);
}

std::vector<std::string> keys(KeyValueStore& store, Column column, std::string_view prefix,
                              ScanOptions options = {}) {
  std::vector<std::string> out;
  EXPECT_TRUE(store.for_each(
      column, text(prefix),
      [&](BytesView key, BytesView) -> Result<bool> {
        return out.emplace_back(base::as_chars(key)), true;
      },
      options));
  return out;
}

TEST(KeyValue, PutGetEraseSurviveReopening) {
  const TempFolder folder;
  {
    const auto store = open(folder.path() / "db");
    const auto meta = *store->column("meta");
    EXPECT_FALSE(store->get(meta, text("head"))->has_value());
    ASSERT_TRUE(store->put(meta, text("head"), text("one"), Durability::Synced));
    ASSERT_TRUE(store->put(meta, text("gone"), text("x")));
    ASSERT_TRUE(store->erase(meta, text("gone")));
    // Columns are apart.
    EXPECT_EQ(store->has(*store->column("heights"), text("head")), false);
    EXPECT_EQ(store->column("none").error().code, ErrorCode::NotFound);
    const auto second = KeyValueStore::open(folder.path() / "db", {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::Conflict);
  }
  // Columns that are not named are opened as well.
  const auto store = KeyValueStore::open(folder.path() / "db", {"later"});
  ASSERT_TRUE(store) << store.error().message;
  const auto meta = *(*store)->column("meta");
  EXPECT_EQ((*store)->get(meta, text("head")).value(), text("one"));
  EXPECT_EQ((*store)->has(meta, text("gone")), false);
  EXPECT_TRUE((*store)->column("later"));
  EXPECT_FALSE(KeyValueStore::open(folder.path() / "other", {}, {.must_exist = true}));
}

TEST(KeyValue, ScansPrefixesBothWays) {
  const TempFolder folder;
  const auto store = open(folder.path());
  const auto meta = *store->column("meta");
  auto batch = store->batch();
  for (const auto* key : {"a/1", "a/2", "a/3", "a0", "b/1", "a", "\xff\x01"})
    batch.put(meta, text(key), text(key));
  EXPECT_EQ(batch.size(), 7U);
  ASSERT_TRUE(store->write(std::move(batch)));
  using List = std::vector<std::string>;
  EXPECT_EQ(keys(*store, meta, "a/"), (List{"a/1", "a/2", "a/3"}));
  EXPECT_EQ(keys(*store, meta, "a/", {.backwards = true}), (List{"a/3", "a/2", "a/1"}));
  const auto from = text("a/2");
  EXPECT_EQ(keys(*store, meta, "a/", {.from = from}), (List{"a/2", "a/3"}));
  EXPECT_EQ(keys(*store, meta, "a/", {.from = from, .backwards = true}), (List{"a/2", "a/1"}));
  EXPECT_EQ(keys(*store, meta, "", {.backwards = true}).front(), "\xff\x01");
  EXPECT_EQ(keys(*store, meta, "").size(), 7U);
  EXPECT_EQ(keys(*store, meta, "\xff"), (List{"\xff\x01"}));
  EXPECT_TRUE(keys(*store, meta, "c").empty());
  int seen = 0;
  ASSERT_TRUE(
      store->for_each(meta, {}, [&](BytesView, BytesView) -> Result<bool> { return ++seen < 3; }));
  EXPECT_EQ(seen, 3);
  EXPECT_TRUE(store->compact(meta));
  EXPECT_TRUE(store->sync());
  EXPECT_GT(store->memory(), 0U);
}

TEST(RocksdbBlockstore, KeepsEveryKindOfCidApart) {
  const TempFolder folder;
  RocksdbBlockstore blocks(open(folder.path()));
  const ByteArray<32> digest = [] {
    ByteArray<32> out{};
    out[0] = 1;
    return out;
  }();
  const std::vector<Cid> cids{
      Cid::chain(digest),
      *Cid::make(ipld::Codec::Raw, ipld::Multihash::Blake2b_256, digest),
      *Cid::make(ipld::Codec::DagCbor, ipld::Multihash::Sha2_256, digest),
      *Cid::make(ipld::Codec::DagCbor, ipld::Multihash::Blake2b_256, BytesView(digest).first(20)),
      *Cid::make(ipld::Codec::DagCbor, ipld::Multihash::Blake2b_256, BytesView(digest).first(26)),
      *Cid::make(ipld::Codec::DagCbor, ipld::Multihash::Blake2b_256, BytesView(digest).first(27)),
      *Cid::make(ipld::Codec::DagCbor, ipld::Multihash::Blake2b_256, Bytes(64, 1)),
  };
  for (std::size_t i = 0; i < cids.size(); ++i) {
    EXPECT_EQ(blocks.has(cids[i]), false);
    ASSERT_TRUE(blocks.put(cids[i], Bytes(i + 1, 7)));
  }
  for (std::size_t i = 0; i < cids.size(); ++i)
    EXPECT_EQ(blocks.get(cids[i])->size(), i + 1);
  std::vector<Cid> listed;
  ASSERT_TRUE(blocks.for_each_cid(
      [&](const Cid& cid) -> Result<bool> { return listed.push_back(cid), true; }));
  EXPECT_TRUE(std::is_permutation(listed.begin(), listed.end(), cids.begin(), cids.end()));
  ASSERT_TRUE(blocks.erase(cids[0]));
  EXPECT_EQ(blocks.get(cids[0]).error().code, ErrorCode::NotFound);
  EXPECT_EQ(blocks.has(cids[1]), true);
  const auto identity = *Cid::make(ipld::Codec::Raw, ipld::Multihash::Identity, Bytes{1});
  EXPECT_EQ(blocks.get(identity), Bytes{1});
  EXPECT_FALSE(blocks.put(Cid(), {}));
}

TEST(RocksdbBlockstore, HoldsADevnet) {
  VENUS_VECTORS_OR_SKIP(car, "lotus-devnet/states-197.car");
  const TempFolder folder;
  std::uint64_t count = 0;
  std::vector<Cid> roots;
  {
    RocksdbBlockstore blocks(open(folder.path()));
    const auto imported = ipld::import_car_file(car, blocks);
    ASSERT_TRUE(imported) << imported.error().message;
    count = imported->blocks;
    roots = imported->roots;
  }
  RocksdbBlockstore blocks(open(folder.path()));
  std::uint64_t found = 0;
  ASSERT_TRUE(blocks.for_each_cid([&](const Cid& cid) -> Result<bool> {
    ++found;
    TRY(const auto data, blocks.get(cid));
    TRY_VOID(ipld::verify_block(cid, data));
    return true;
  }));
  EXPECT_GT(count, 2000U);
  EXPECT_EQ(found, count);
}

/// In a child: writes blocks with a counter beside them, in one batch each, and reports each number
/// once it is written, until it is killed.
[[noreturn]] void write_until_killed(const std::filesystem::path& folder, int report) {
  const auto store = open(folder);
  const RocksdbBlockstore blocks(store);
  const auto meta = *store->column("meta");
  for (std::uint64_t i = 1;; ++i) {
    auto batch = store->batch();
    for (std::uint64_t part = 0; part < 10; ++part) {
      const auto data = ipld::encode(std::vector<std::uint64_t>{i, part});
      blocks.add(batch, ipld::cid_of_cbor(data), data);
    }
    batch.put(meta, text("head"), base::be64(i));
    if (!store->write(std::move(batch))) _exit(1);
    if (write(report, &i, sizeof i) != sizeof i) _exit(1);
  }
}

TEST(KeyValue, KillLosesNothingAndTearsNothing) {
  const TempFolder folder;
  for (const std::uint64_t stop_after : {1U, 50U, 3000U}) {
    const auto path = folder.path() / std::to_string(stop_after);
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const auto child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(path, pipe_ends[1]);
    close(pipe_ends[1]);
    std::uint64_t reported = 0;
    while (reported < stop_after &&
           read(pipe_ends[0], &reported, sizeof reported) == sizeof reported) {
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    // What it had said before it died.
    for (std::uint64_t next = 0; read(pipe_ends[0], &next, sizeof next) == sizeof next;)
      reported = next;
    close(pipe_ends[0]);
    ASSERT_GE(reported, stop_after);

    const auto store = open(path);
    RocksdbBlockstore blocks(store);
    const auto head = store->get(*store->column("meta"), text("head"));
    ASSERT_TRUE(head && *head);
    std::uint64_t last = 0;
    for (const auto byte : **head)
      last = last << 8 | byte;
    EXPECT_GE(last, reported);
    EXPECT_LE(last, reported + 1);
    for (std::uint64_t i = 1; i <= last + 1; ++i) {
      for (std::uint64_t part = 0; part < 10; ++part) {
        const auto data = ipld::encode(std::vector<std::uint64_t>{i, part});
        ASSERT_EQ(blocks.has(ipld::cid_of_cbor(data)), i <= last) << i;
      }
    }
  }
}

TEST(KeyValue, DamageIsReported) {
  const TempFolder folder;
  std::vector<Cid> cids;
  {
    const auto store = open(folder.path());
    RocksdbBlockstore blocks(store);
    for (std::uint64_t i = 0; i < 2000; ++i) {
      const auto data = ipld::encode(std::vector<std::uint64_t>{i, i * i, i + 7});
      cids.push_back(ipld::cid_of_cbor(data));
      ASSERT_TRUE(blocks.put(cids.back(), data));
    }
    ASSERT_TRUE(store->compact(*store->column(KeyValueStore::kBlocks)));
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(1000);
    file << "damage";
    ++files;
  }
  ASSERT_GE(files, 1U);
  const auto store = KeyValueStore::open(folder.path(), {});
  ASSERT_TRUE(store) << store.error().message;
  RocksdbBlockstore blocks(*store);
  std::size_t corrupt = 0;
  for (const auto& cid : cids) {
    const auto data = blocks.get(cid);
    if (data)
      EXPECT_TRUE(ipld::verify_block(cid, *data));
    else
      corrupt += data.error().code == ErrorCode::Corrupt ? 1 : 0;
  }
  EXPECT_GT(corrupt, 0U);
}

}  // namespace
}  // namespace venus::db
