// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/test_util/vectors.hpp"
#include "ipld/amt.hpp"
#include "ipld/bitfield.hpp"
#include "ipld/caching_blockstore.hpp"
#include "ipld/car.hpp"
#include "ipld/hamt.hpp"
#include "ipld/walk.hpp"

#include <benchmark/benchmark.h>

#include <random>

namespace venus::ipld {
namespace {

void count_bytes(benchmark::State& state, std::uint64_t bytes) {
  state.SetBytesProcessed(
      static_cast<std::int64_t>(static_cast<std::uint64_t>(state.iterations()) * bytes));
}

/// A map of actor-like values: 4 fields and a balance, 100 bytes.
Cid fill_map(Blockstore& store, std::uint64_t entries) {
  RawHamt map(store);
  for (std::uint64_t i = 0; i < entries; ++i)
    static_cast<void>(map.set(hamt_key(i), encode(Bytes(98, 1))));
  return map.flush().value_or(Cid());
}

void BM_HamtGetMemory(benchmark::State& state) {
  MemoryBlockstore store;
  const auto entries = static_cast<std::uint64_t>(state.range(0));
  const auto map = RawHamt::load(store, fill_map(store, entries));
  std::mt19937_64 random(1);
  for (auto _ : state) {
    auto found = map->view(hamt_key(random() % entries),
                           [](BytesView item) { benchmark::DoNotOptimize(item.data()); });
    if (!found || !*found) return state.SkipWithError("key is missing");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_HamtGetMemory)->Arg(1000)->Arg(100000);

void BM_HamtGetCached(benchmark::State& state) {
  MemoryBlockstore below;
  CachingBlockstore store(below, 64U << 20);
  const auto entries = static_cast<std::uint64_t>(state.range(0));
  const auto map = RawHamt::load(store, fill_map(store, entries));
  std::mt19937_64 random(1);
  for (auto _ : state) {
    auto found = map->view(hamt_key(random() % entries),
                           [](BytesView item) { benchmark::DoNotOptimize(item.data()); });
    if (!found || !*found) return state.SkipWithError("key is missing");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_HamtGetCached)->Arg(100000);

void BM_HamtSetAndFlush(benchmark::State& state) {
  for (auto _ : state) {
    MemoryBlockstore store;
    benchmark::DoNotOptimize(fill_map(store, 1000));
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(BM_HamtSetAndFlush);

void BM_HamtForEach(benchmark::State& state) {
  MemoryBlockstore store;
  const auto map = RawHamt::load(store, fill_map(store, 10000));
  for (auto _ : state) {
    static_cast<void>(map->for_each([](BytesView, BytesView item) -> Result<bool> {
      benchmark::DoNotOptimize(item.data());
      return true;
    }));
  }
  state.SetItemsProcessed(state.iterations() * 10000);
}
BENCHMARK(BM_HamtForEach);

/// The messages root of a block.
void BM_AmtRootOfCids(benchmark::State& state) {
  std::vector<Cid> cids;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    cids.push_back(cid_of_cbor(encode(i)));
  for (auto _ : state)
    benchmark::DoNotOptimize(write_amt(nullptr, cids));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_AmtRootOfCids)->Arg(8)->Arg(300);

void BM_AmtGet(benchmark::State& state) {
  MemoryBlockstore store;
  std::vector<Bytes> values(100000, Bytes(98, 1));
  const auto array =
      RawAmt::load(store, write_amt(&store, values, state_amt(5)).value_or(Cid()), state_amt(5));
  std::mt19937_64 random(1);
  for (auto _ : state) {
    auto found = array->view(random() % values.size(),
                             [](BytesView item) { benchmark::DoNotOptimize(item.data()); });
    if (!found || !*found) return state.SkipWithError("index is missing");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_AmtGet);

BitField scattered(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> bits(10000);
  for (auto& bit : bits)
    bit = random() % 100000;
  return BitField::from_bits(bits).value_or(BitField());
}

void BM_BitFieldDecode(benchmark::State& state) {
  const auto rle = scattered(1).encode();
  for (auto _ : state)
    benchmark::DoNotOptimize(BitField::decode(rle));
  count_bytes(state, rle.size());
}
BENCHMARK(BM_BitFieldDecode);

void BM_BitFieldUnion(benchmark::State& state) {
  const auto a = scattered(1), b = scattered(2);
  for (auto _ : state)
    benchmark::DoNotOptimize(a | b);
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(a.ranges().size() + b.ranges().size()));
}
BENCHMARK(BM_BitFieldUnion);

void BM_CborCheck(benchmark::State& state) {
  MemoryBlockstore store;
  const auto root = store.get(fill_map(store, 3000)).value_or(Bytes());
  for (auto _ : state)
    benchmark::DoNotOptimize(cbor::check(root));
  count_bytes(state, root.size());
}
BENCHMARK(BM_CborCheck);

void BM_CidOfBlock(benchmark::State& state) {
  const Bytes block(1000, 7);
  for (auto _ : state)
    benchmark::DoNotOptimize(cid_of_cbor(block));
  count_bytes(state, block.size());
}
BENCHMARK(BM_CidOfBlock);

/// Reading, verifying and storing in memory; the argument says whether to verify.
void BM_CarImport(benchmark::State& state) {
  const auto folder = base::test_util::vectors_folder();
  const auto path = folder / "lotus-devnet" / "chain-700.car";
  if (folder.empty() || !std::filesystem::exists(path))
    return state.SkipWithError("vectors are missing");
  const auto car = base::test_util::read_file(path);
  CarLimits limits;
  limits.verify = state.range(0) != 0;
  for (auto _ : state) {
    MemoryBlockstore store;
    auto reader = CarReader::open(memory_source(car), limits);
    if (!reader || !import_car(*reader, store)) return state.SkipWithError("import failed");
  }
  count_bytes(state, car.size());
}
BENCHMARK(BM_CarImport)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace venus::ipld
