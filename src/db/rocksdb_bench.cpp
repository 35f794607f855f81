// SPDX-License-Identifier: MIT OR Apache-2.0
#include <benchmark/benchmark.h>

#include <random>

#include "base/test_util/vectors.hpp"
#include "db/rocksdb_blockstore.hpp"
#include "ipld/caching_blockstore.hpp"
#include "ipld/car.hpp"
#include "ipld/hamt.hpp"

namespace venus::db {
namespace {

constexpr std::uint64_t kEntries = 100000;

/// A database with a map of kEntries entries of 100 bytes, written to its files.
struct Fixture {
  base::test_util::TempFolder folder;
  std::shared_ptr<KeyValueStore> store;
  std::unique_ptr<RocksdbBlockstore> blocks;
  Cid root;

  static Fixture& get() {
    static Fixture fixture;
    return fixture;
  }

 private:
  Fixture() {
    store = KeyValueStore::open(folder.path(), {"meta"}, {.memory_mib = 64}).value();
    blocks = std::make_unique<RocksdbBlockstore>(store);
    ipld::RawHamt map(*blocks);
    for (std::uint64_t i = 0; i < kEntries; ++i) map.set(ipld::hamt_key(i), ipld::encode(Bytes(98, 1))).value();
    root = map.flush().value();
    store->compact(store->column(KeyValueStore::kBlocks).value()).value();
  }
};

void get_all(benchmark::State& state, ipld::Blockstore& blocks) {
  const auto map = ipld::RawHamt::load(blocks, Fixture::get().root);
  std::mt19937_64 random(1);
  const auto get = [&](std::uint64_t key) {
    auto found = map->view(ipld::hamt_key(key), [](BytesView item) { benchmark::DoNotOptimize(item.data()); });
    return found && *found;
  };
  for (std::uint64_t key = 0; key < kEntries; ++key) get(key);  // warm
  for (auto _ : state) {
    if (!get(random() % kEntries)) return state.SkipWithError("key is missing");
  }
  state.SetItemsProcessed(state.iterations());
}

/// To be at least 150,000 a second.
void BM_HamtGetRocksdbWarm(benchmark::State& state) { get_all(state, *Fixture::get().blocks); }
BENCHMARK(BM_HamtGetRocksdbWarm);

/// The same as the node does it, with a cache of blocks in front.
void BM_HamtGetRocksdbCached(benchmark::State& state) {
  ipld::CachingBlockstore cache(*Fixture::get().blocks, 64U << 20);
  get_all(state, cache);
}
BENCHMARK(BM_HamtGetRocksdbCached);

void BM_BlockGetRocksdbWarm(benchmark::State& state) {
  auto& blocks = *Fixture::get().blocks;
  for (auto _ : state) benchmark::DoNotOptimize(blocks.find(Fixture::get().root));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_BlockGetRocksdbWarm);

void BM_CarImportRocksdb(benchmark::State& state) {
  const auto vectors = base::test_util::vectors_folder();
  const auto car = vectors / "lotus-devnet" / "chain-700.car";
  if (vectors.empty() || !std::filesystem::exists(car)) return state.SkipWithError("vectors are missing");
  for (auto _ : state) {
    state.PauseTiming();
    auto folder = std::make_unique<base::test_util::TempFolder>();
    auto store = KeyValueStore::open(folder->path(), {}, {.memory_mib = 64}).value();
    RocksdbBlockstore blocks(store);
    state.ResumeTiming();
    if (!ipld::import_car_file(car, blocks)) return state.SkipWithError("import failed");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(std::filesystem::file_size(car)));
}
BENCHMARK(BM_CarImportRocksdb)->Unit(benchmark::kMillisecond)->Iterations(20);

void BM_WriteBatch(benchmark::State& state) {
  const auto& store = Fixture::get().store;
  const auto meta = store->column("meta").value();
  const auto durability = state.range(0) != 0 ? Durability::Synced : Durability::Buffered;
  std::uint64_t i = 0;
  for (auto _ : state) {
    auto batch = store->batch();
    ++i;
    batch.put(meta, base::be64(i), base::be64(i));
    if (!store->write(std::move(batch), durability)) return state.SkipWithError("write failed");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_WriteBatch)->Arg(0)->Arg(1);

}  // namespace
}  // namespace venus::db
