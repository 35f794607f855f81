// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/test_util/vectors.hpp"
#include "db/rocksdb_blockstore.hpp"
#include "ipld/caching_blockstore.hpp"
#include "ipld/car.hpp"
#include "ipld/hamt.hpp"

#include <benchmark/benchmark.h>

#include <random>

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
    for (std::uint64_t i = 0; i < kEntries; ++i)
      map.set(ipld::hamt_key(i), ipld::encode(Bytes(98, 1))).value();
    root = map.flush().value();
    store->compact(store->column(KeyValueStore::kBlocks).value()).value();
  }
};

void get_all(benchmark::State& state, ipld::Blockstore& blocks) {
  const auto map = ipld::RawHamt::load(blocks, Fixture::get().root);
  std::mt19937_64 random(1);
  const auto get = [&](std::uint64_t key) {
    auto found = map->view(ipld::hamt_key(key),
                           [](BytesView item) { benchmark::DoNotOptimize(item.data()); });
    return found && *found;
  };
  for (std::uint64_t key = 0; key < kEntries; ++key)
    get(key);  // warm
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
  for (auto _ : state)
    benchmark::DoNotOptimize(blocks.find(Fixture::get().root));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_BlockGetRocksdbWarm);

/// A CAR of blocks of 300 to 1100 incompressible bytes, as a snapshot's state is.
Bytes make_car(std::size_t bytes) {
  Bytes out;
  out.reserve(bytes + (2U << 20));
  std::mt19937_64 random(2);
  auto writer = ipld::CarWriter::create(ipld::memory_sink(out), {}).value();
  while (out.size() < bytes) {
    Bytes block(300 + random() % 800);
    for (auto& byte : block)
      byte = static_cast<std::uint8_t>(random());
    writer.write(ipld::cid_of_cbor(block), block).value();
  }
  writer.finish().value();
  return out;
}

/// Reading, verifying and storing a CAR of so many MiB, with a memory of 64 MiB.
void BM_CarImportRocksdb(benchmark::State& state) {
  const auto car = make_car(static_cast<std::size_t>(state.range(0)) << 20);
  std::uint64_t memory = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const base::test_util::TempFolder folder;
    auto store = KeyValueStore::open(folder.path(), {}, {.memory_mib = 64}).value();
    RocksdbBlockstore blocks(store);
    auto reader = ipld::CarReader::open(ipld::memory_source(car)).value();
    state.ResumeTiming();
    const auto imported = ipld::import_car(reader, blocks, [&](std::uint64_t, std::uint64_t) {
      memory = std::max(memory, store->memory());
      return true;
    });
    if (!imported) return state.SkipWithError("import failed");
    state.PauseTiming();
    store.reset();
    state.ResumeTiming();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(car.size()));
  state.counters["memory_mib"] = static_cast<double>(memory) / (1U << 20);
}
BENCHMARK(BM_CarImportRocksdb)->Arg(4)->Arg(256)->Unit(benchmark::kMillisecond)->UseRealTime();

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
