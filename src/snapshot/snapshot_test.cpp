// SPDX-License-Identifier: MIT OR Apache-2.0
// Snapshots of the recorded Lotus chain, in and out of a real database.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "base/test_util/vectors.hpp"
#include "ipld/car.hpp"
#include "snapshot/exporter.hpp"
#include "snapshot/importer.hpp"
#include "snapshot/test_util/child.hpp"
#include "snapshot/visited_set.hpp"

namespace venus::snapshot {
namespace {

using base::test_util::TempFolder;

constexpr std::string_view kChain = "lotus-devnet/chain-700.car";

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

std::unique_ptr<chainstore::ChainDatabase> open(const std::filesystem::path& folder) {
  return must(chainstore::ChainDatabase::open(folder, {.memory_mib = 16}));
}

Bytes chain_bytes() { return base::test_util::read_file(base::test_util::vectors_folder() / kChain); }

ImportOptions small_batches() {
  ImportOptions out;
  out.chunk_bytes = 64U << 10;
  out.batch_bytes = 256U << 10;
  return out;
}

// CIDs of a CAR in the order of the file; raw blocks, which the recording leaves out, not among them.
std::vector<Cid> order_of(const Bytes& car) {
  auto reader = must(ipld::CarReader::open(ipld::memory_source(car), {.verify = false}));
  std::vector<Cid> out;
  for (;;) {
    const auto block = must(reader.next());
    if (!block) return out;
    if (block->cid.codec() != ipld::Codec::Raw) out.push_back(block->cid);
  }
}

Bytes packed_in_frames(const Bytes& plain, std::size_t frame) {
  Bytes out;
  auto sink = must(ipld::packed(ipld::memory_sink(out), {.level = 1, .workers = 0, .frame_bytes = frame}));
  must(sink->write(plain));
  must(sink->finish());
  return out;
}

// A chain from a snapshot, with its head adopted.
struct Loaded {
  explicit Loaded(const std::filesystem::path& folder, const Bytes& file, const ImportOptions& options = small_batches())
      : database(open(folder)) {
    imported = must(import_snapshot(ipld::memory_source(file), *database, options));
    chain = must(chainstore::ChainStore::open(database->blocks(), *database));
    found = must(find_head(*chain, imported));
    must(chain->set_genesis(found.genesis->cids().front()));
    must(adopt_head(*chain, imported, found));
  }
  std::unique_ptr<chainstore::ChainDatabase> database;
  std::unique_ptr<chainstore::ChainStore> chain;
  Imported imported;
  HeadCheck found;
};

void expect_whole_index(const Loaded& loaded) {
  auto tipset = loaded.chain->head();
  std::int64_t above = tipset->height().value() + 1;
  TipsetPtr child;
  for (;;) {
    for (auto epoch = tipset->height().value() + 1; epoch < above; ++epoch) {
      EXPECT_EQ(must(loaded.chain->tipset_at(ChainEpoch(epoch), nullptr, chainstore::NullRound::After)), child);
    }
    const auto at = must(loaded.chain->tipset_at(tipset->height(), nullptr, chainstore::NullRound::Before));
    ASSERT_EQ(at->key(), tipset->key());
    EXPECT_TRUE(must(loaded.chain->on_head_chain(*tipset)));
    if (tipset->height().value() == 0) break;
    above = tipset->height().value();
    child = tipset;
    tipset = must(loaded.chain->parent(*tipset));
  }
}

TEST(Snapshot, ImportsWhatLotusExported) {
  VENUS_VECTORS_OR_SKIP(path, kChain);
  const TempFolder folder;
  const Loaded loaded(folder.path(), chain_bytes());
  EXPECT_EQ(loaded.imported.version, 1U);
  EXPECT_TRUE(loaded.imported.followed);
  EXPECT_EQ(loaded.imported.blocks, 16051U);
  EXPECT_EQ(loaded.chain->head()->height(), ChainEpoch(700));
  EXPECT_EQ(loaded.found.genesis->height(), ChainEpoch(0));
  expect_whole_index(loaded);
  // Messages of the newest epochs are indexed.
  const auto messages = must(loaded.chain->block_messages(*loaded.chain->head()));
  ASSERT_FALSE(messages.empty());
  ASSERT_GT(messages.front()->size(), 0U);
  EXPECT_TRUE(must(loaded.chain->locate(messages.front()->at(0).cid)));
  // The tipset's key is a block, too.
  EXPECT_TRUE(must(loaded.database->blocks().has(loaded.chain->head()->key().cid())));
}

TEST(Snapshot, UnpacksFramesOfZstdOneAfterAnother) {
  VENUS_VECTORS_OR_SKIP(path, kChain);
  const auto plain = chain_bytes();
  const auto packed = packed_in_frames(plain, 8192);
  EXPECT_LT(packed.size(), plain.size());
  const TempFolder folder;
  const Loaded loaded(folder.path(), packed);
  EXPECT_EQ(loaded.imported.blocks, 16051U);
  EXPECT_EQ(loaded.chain->head()->height(), ChainEpoch(700));
}

TEST(Snapshot, ExportsInTheOrderOfLotus) {
  VENUS_VECTORS_OR_SKIP(path, kChain);
  const auto file = chain_bytes();
  const TempFolder folder;
  const Loaded loaded(folder.path(), file);
  // Of the built-in actors only their code is raw and left out of the recording: stand-ins of the same CIDs.
  const auto read = [&](const Cid& cid) -> Result<std::optional<Bytes>> {
    if (cid.codec() == ipld::Codec::Raw) return std::optional(Bytes{});
    return loaded.database->blocks().find(cid, db::Caching::Pass);
  };
  for (const std::size_t helpers : {0U, 3U}) {
    Bytes out;
    ExportOptions options;
    options.states = false;
    options.receipts = false;
    options.old_messages = true;
    options.depth_first = true;
    options.reading.helpers = helpers;
    options.reading.max_bytes = helpers == 0 ? 0 : 1U << 20;
    const auto exported =
        must(export_snapshot(*loaded.chain, BlockReader(read), loaded.chain->head(), threaded(ipld::memory_sink(out), false), options));
    EXPECT_EQ(exported.bytes, out.size());
    EXPECT_EQ(order_of(out), order_of(file));
  }
}

TEST(Snapshot, TheQuickOrderHoldsTheSameBlocks) {
  VENUS_VECTORS_OR_SKIP(path, kChain);
  const auto file = chain_bytes();
  const TempFolder folder;
  const Loaded loaded(folder.path(), file);
  // Messages, genesis and its state; of raw blocks the code of the actors is left out of the recording.
  BlockReader read(loaded.database->blocks());
  read.many = [many = read.many](std::span<const Cid> cids, FunctionRef<void(std::size_t, BytesView)> visit) {
    for (std::size_t i = 0; i < cids.size(); ++i) {
      if (cids[i].codec() == ipld::Codec::Raw) visit(i, {});
    }
    return many(cids, visit);
  };
  Bytes out;
  ExportOptions options;
  options.states = false;
  options.receipts = false;
  options.old_messages = true;
  options.reading.helpers = 2;
  const auto exported =
      must(export_snapshot(*loaded.chain, read, loaded.chain->head(), ipld::memory_sink(out), options));
  EXPECT_EQ(exported.bytes, out.size());
  auto ours = order_of(out);
  auto theirs = order_of(file);
  EXPECT_NE(ours, theirs);
  std::sort(ours.begin(), ours.end());
  std::sort(theirs.begin(), theirs.end());
  EXPECT_EQ(ours, theirs);
  // A missing block is an error, not a gap.
  ASSERT_TRUE(loaded.database->blocks().erase(loaded.chain->head()->blocks().front().messages));
  Bytes unused;
  const auto refused =
      export_snapshot(*loaded.chain, read, loaded.chain->head(), ipld::memory_sink(unused), options);
  EXPECT_FALSE(refused);
}

TEST(Snapshot, VersionTwoCarriesItsHeadAndF3Data) {
  VENUS_VECTORS_OR_SKIP(path, kChain);
  const TempFolder folder;
  const Loaded loaded(folder.path() / "one", chain_bytes());
  // A header and three certificates of the right shape.
  ipld::cbor::Writer header;
  header.write_array(4);
  header.write_uint(1);
  header.write_uint(7);
  header.write_uint(9);
  header.write_array(0);
  Bytes f3;
  f3.push_back(static_cast<std::uint8_t>(header.size()));
  base::append(f3, header.bytes());
  for (std::uint64_t instance = 7; instance <= 9; ++instance) {
    ipld::cbor::Writer certificate;
    certificate.write_array(6);
    certificate.write_uint(instance);
    for (int i = 0; i < 5; ++i) certificate.write_bytes({});
    f3.push_back(static_cast<std::uint8_t>(certificate.size()));
    base::append(f3, certificate.bytes());
  }
  const auto write_f3 = [&](const Bytes& bytes) {
    auto sink = must(ipld::create_file_sink(folder.path() / "f3"));
    must(sink->write(bytes));
    must(sink->finish());
  };
  const auto make = [&] {
    Bytes out;
    ExportOptions options;
    options.version = 2;
    options.states = false;
    options.f3_file = folder.path() / "f3";
    const auto read = [&](const Cid& cid) -> Result<std::optional<Bytes>> {
      if (cid.codec() == ipld::Codec::Raw) return std::optional(Bytes{});
      return loaded.database->blocks().find(cid);
    };
    must(export_snapshot(*loaded.chain, BlockReader(read), loaded.chain->head(), ipld::memory_sink(out), options));
    return out;
  };
  // Stand-ins have the wrong hash: leave them out of the file.
  const auto without_raw = [](const Bytes& car) {
    auto reader = must(ipld::CarReader::open(ipld::memory_source(car), {.verify = false}));
    Bytes out;
    auto writer = must(ipld::CarWriter::create(ipld::memory_sink(out), reader.roots()));
    while (const auto block = must(reader.next())) {
      if (block->cid.codec() != ipld::Codec::Raw || block->data.size() > 0) must(writer.write(block->cid, block->data));
    }
    must(writer.finish());
    return out;
  };
  write_f3(f3);
  const auto file = without_raw(make());
  ImportOptions options = small_batches();
  options.f3_file = folder.path() / "kept/f3";
  const Loaded again(folder.path() / "two", file, options);
  EXPECT_EQ(again.imported.version, 2U);
  ASSERT_TRUE(again.imported.f3);
  EXPECT_EQ(again.imported.f3->first_instance, 7U);
  EXPECT_EQ(again.imported.f3->latest_instance, 9U);
  EXPECT_EQ(again.imported.f3->certificates, 3U);
  EXPECT_EQ(base::test_util::read_file(options.f3_file), f3);
  EXPECT_EQ(again.chain->head()->key(), loaded.chain->head()->key());
  // One certificate less than the header says.
  auto cut = f3;
  cut.resize(cut.size() - 8);
  write_f3(cut);
  const auto database = open(folder.path() / "three");
  const auto refused = import_snapshot(ipld::memory_source(without_raw(make())), *database, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Malformed) << refused.error().message;
}

TEST(Snapshot, RefusesAFlippedBitAndACutFile) {
  VENUS_VECTORS_OR_SKIP(path, kChain);
  auto file = chain_bytes();
  const TempFolder folder;
  {
    auto flipped = file;
    flipped[flipped.size() / 2] ^= 1;
    const auto database = open(folder.path() / "flipped");
    const auto refused = import_snapshot(ipld::memory_source(flipped), *database, small_batches());
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().code == ErrorCode::Corrupt || refused.error().code == ErrorCode::Malformed ||
                refused.error().code == ErrorCode::TooLarge)
        << refused.error().message;
  }
  file.resize(file.size() - 5);
  const auto database = open(folder.path() / "cut");
  const auto refused = import_snapshot(ipld::memory_source(file), *database, small_batches());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Malformed) << refused.error().message;
}

// Runs in a child of the next test.
TEST(Snapshot, DISABLED_ImportUntilKilled) {
  const auto* folder = std::getenv("VENUS_TEST_FOLDER");
  ASSERT_NE(folder, nullptr);
  const auto stored = std::strtoull(std::getenv("VENUS_TEST_STORED"), nullptr, 10);
  const auto database = open(folder);
  auto options = small_batches();
  options.progress = [&](const ImportProgress& now) {
    if (now.stored >= stored) ::kill(::getpid(), SIGKILL);
    return true;
  };
  must(import_snapshot(must(ipld::open_file_source(std::getenv("VENUS_TEST_FILE"))), *database, options));
}

// Killed with SIGKILL at a random place, again and again; what was stored is not stored again.
TEST(Snapshot, AKilledImportGoesOnWhereItWas) {
  VENUS_VECTORS_OR_SKIP(path, kChain);
  const auto plain = chain_bytes();
  const TempFolder source;
  const std::map<std::string, Bytes> files{{"plain.car", plain}, {"packed.car.zst", packed_in_frames(plain, 100'000)}};
  for (const auto& [name, file] : files) {
    auto sink = must(ipld::create_file_sink(source.path() / name));
    must(sink->write(file));
    must(sink->finish());
    const TempFolder folder;
    std::uint64_t before = 0;
    for (const std::uint64_t stored : {1000000U, 2000000U, 3000000U}) {
      const auto status = test_util::run_in_child("Snapshot.DISABLED_ImportUntilKilled",
                                                  {{"VENUS_TEST_FOLDER", folder.path()},
                                                   {"VENUS_TEST_FILE", source.path() / name},
                                                   {"VENUS_TEST_STORED", std::to_string(stored)}});
      ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
    }
    const Loaded loaded(folder.path(), file);
    before = loaded.imported.resumed_at;
    EXPECT_GE(before, 3000000U);
    EXPECT_EQ(loaded.imported.bytes + before, plain.size());
    EXPECT_TRUE(loaded.imported.followed);
    EXPECT_EQ(loaded.chain->head()->height(), ChainEpoch(700));
    expect_whole_index(loaded);
    // Every block is there.
    for (const auto& cid : order_of(plain)) ASSERT_TRUE(must(loaded.database->blocks().has(cid))) << cid.str();
    // And there is nothing left to do.
    const auto again = must(import_snapshot(ipld::memory_source(file), *loaded.database, small_batches()));
    EXPECT_EQ(again.blocks, 0U);
  }
}

TEST(VisitedSet, HoldsWhatWasPutInAndNothingElse) {
  VisitedSet set;
  std::mt19937_64 random(1);
  const auto cid_of = [](std::uint64_t number) { return ipld::cid_of_cbor(ipld::encode(number)); };
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    ASSERT_FALSE(set.contains(cid_of(i)));
    ASSERT_TRUE(set.insert(cid_of(i)));
  }
  for (std::uint64_t i = 0; i < 200'000; ++i) ASSERT_FALSE(set.insert(cid_of(i)));
  EXPECT_EQ(set.size(), 200'000U);
  // Codec and hash count, not the digest alone.
  const auto raw = must(Cid::make(ipld::Codec::Raw, ipld::Multihash::Blake2b_256, cid_of(1).digest()));
  EXPECT_FALSE(set.contains(raw));
}

}  // namespace
}  // namespace venus::snapshot
