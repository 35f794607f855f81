// SPDX-License-Identifier: MIT OR Apache-2.0
// A node that starts from a snapshot validates what comes on top of it as one that saw the whole chain.
#include <gtest/gtest.h>

#include "chainstore/database.hpp"
#include "ipld/car.hpp"
#include "recording.hpp"
#include "snapshot/collector.hpp"
#include "snapshot/exporter.hpp"
#include "snapshot/importer.hpp"

namespace venus::replay {
namespace {

using base::test_util::TempFolder;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

constexpr std::int64_t kHead = 690;
constexpr std::int64_t kEpochs = 20;

// The recorded chain up to kHead with its newest states, written once for all tests.
const std::filesystem::path& snapshot_file(std::uint64_t version) {
  static const TempFolder folder;
  static std::map<std::uint64_t, std::filesystem::path> made;
  if (const auto known = made.find(version); known != made.end()) return known->second;
  static Recording recording("chain-700.car");
  static const auto head = [] {
    const auto tipset = recording.at(kHead);
    recording.replay_to(tipset);
    return tipset;
  }();
  const auto path = folder.path() / fmt::format("v{}.car.zst", version);
  snapshot::ExportOptions options;
  options.version = version;
  options.epochs = kEpochs;
  options.allow_short = true;
  options.reading.helpers = 1;
  auto sink = must(ipld::packed(must(ipld::create_file_sink(path)), snapshot::snapshot_packing()));
  const auto done = must(snapshot::export_snapshot(*recording.chain, snapshot::BlockReader([](const Cid& cid) { return recording.store.find(cid); }),
                                                   head, snapshot::threaded(std::move(sink), false), options));
  EXPECT_EQ(done.epochs, kEpochs);
  return made.emplace(version, path).first->second;
}

// A fresh database that starts from a snapshot.
struct Started {
  Started(const std::filesystem::path& folder, const std::filesystem::path& file)
      : database(must(chainstore::ChainDatabase::open(folder))) {
    must(ipld::import_car_file(actors_bundle(), database->blocks()));
    imported = must(snapshot::import_snapshot(must(ipld::open_file_source(file)), *database));
    chain = must(chainstore::ChainStore::open(database->blocks(), *database));
    found = must(snapshot::find_head(*chain, imported));
    must(consensus::adopt_genesis(params, *chain, found.genesis->cids().at(0)));
    must(snapshot::adopt_head(*chain, imported, found));
    runtime = must(consensus::make_runtime(params, *chain, engine(), clock));
  }

  types::NetworkParams params = recorded_network();
  base::SystemClock clock;
  std::unique_ptr<chainstore::ChainDatabase> database;
  std::unique_ptr<chainstore::ChainStore> chain;
  std::unique_ptr<consensus::ChainRuntime> runtime;
  snapshot::Imported imported;
  snapshot::HeadCheck found;
};

// Headers and messages of what comes on top, as a peer would send them.
TipsetPtr rest_of_chain(Blockstore& into) {
  Recording recording("chain-700.car");
  for (auto tipset = recording.loaded.head; tipset->height() > ChainEpoch(kHead);
       tipset = must(recording.chain->parent(*tipset))) {
    for (std::size_t i = 0; i < tipset->blocks().size(); ++i) {
      must(into.put(tipset->cids()[i], must(recording.store.get(tipset->cids()[i]))));
      std::vector<Cid> stack{tipset->blocks()[i].messages};
      while (!stack.empty()) {
        const auto cid = stack.back();
        stack.pop_back();
        const auto data = must(recording.store.get(cid));
        must(into.put(cid, data));
        must(ipld::cbor::for_each_link(data, [&](const Cid& link) -> Result<void> { return stack.push_back(link), Result<void>{}; }));
      }
    }
  }
  return recording.loaded.head;
}

void validate_on_top(Started& started) {
  const auto target = rest_of_chain(started.database->blocks());
  consensus::ReplayOptions options;
  options.full_validation = true;
  const auto report = consensus::replay_chain(*started.runtime, target, options);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_GE(report->tipsets, 8U);
  EXPECT_EQ(started.chain->head()->key(), target->key());
}

TEST(SnapshotReplay, ANodeGoesOnFromASnapshot) {
  VENUS_RECORDING_OR_SKIP();
  for (const std::uint64_t version : {1U, 2U}) {
    const TempFolder folder;
    Started started(folder.path(), snapshot_file(version));
    EXPECT_EQ(started.imported.version, version);
    EXPECT_TRUE(started.imported.followed);
    EXPECT_EQ(started.chain->head()->height(), ChainEpoch(kHead));
    EXPECT_GE(started.found.states, kEpochs);
    EXPECT_GT(must(snapshot::verify_state(started.chain->blocks(), started.found.head->parent_state_root())), 100U);
    validate_on_top(started);
  }
}

// The whole chain and its states; garbage goes in the middle of it, and it goes on.
TEST(SnapshotReplay, ANodeGoesOnAfterGarbageWasCollected) {
  VENUS_RECORDING_OR_SKIP();
  const TempFolder folder;
  Started started(folder.path(), snapshot_file(1));
  snapshot::CollectOptions options;
  options.keep_epochs = snapshot::kMinKeepEpochs;
  options.settle = std::chrono::milliseconds(0);
  const auto done = must(snapshot::collect_garbage(*started.chain, *started.database, options));
  EXPECT_GT(done.blocks, 1000U);
  validate_on_top(started);
}

}  // namespace
}  // namespace venus::replay
