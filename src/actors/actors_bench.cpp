// SPDX-License-Identifier: MIT OR Apache-2.0
// Reads that consensus and the API make for every block and call, on the recorded devnet in memory.
#include "actors/methods.hpp"
#include "actors/miner.hpp"
#include "actors/power.hpp"
#include "actors/test_util/devnet.hpp"

#include <benchmark/benchmark.h>

namespace venus::actors {
namespace {

StateTree recorded_tree() {
  return StateTree::load(test_util::devnet_store(), test_util::recorded_state_root()).value();
}

void load_state_tree(benchmark::State& state) {
  const auto root = test_util::recorded_state_root();
  auto& store = test_util::devnet_store();
  for (auto _ : state)
    benchmark::DoNotOptimize(StateTree::load(store, root));
}
BENCHMARK(load_state_tree);

void get_actor_by_id(benchmark::State& state) {
  const auto tree = recorded_tree();
  for (auto _ : state)
    benchmark::DoNotOptimize(tree.get_actor(ActorId(1000)));
}
BENCHMARK(get_actor_by_id);

void get_actor_by_key(benchmark::State& state) {
  const auto tree = recorded_tree();
  const auto key = tree.key_address(Address::id(100)).value();
  for (auto _ : state)
    benchmark::DoNotOptimize(tree.get_actor(key));
}
BENCHMARK(get_actor_by_key);

void miner_power(benchmark::State& state) {
  const auto tree = recorded_tree();
  for (auto _ : state) {
    benchmark::DoNotOptimize(power::View::load(tree).value().claim(ActorId(1000)));
  }
}
BENCHMARK(miner_power);

void miner_worker_key(benchmark::State& state) {
  const auto tree = recorded_tree();
  for (auto _ : state)
    benchmark::DoNotOptimize(miner::worker_key(tree, ActorId(1000)));
}
BENCHMARK(miner_worker_key);

void miner_active_sectors(benchmark::State& state) {
  const auto tree = recorded_tree();
  for (auto _ : state) {
    const auto view = miner::View::load(tree, ActorId(1000)).value();
    benchmark::DoNotOptimize(view.collect(miner::SectorSet::Active));
  }
}
BENCHMARK(miner_active_sectors);

void read_miner_state_as_json(benchmark::State& state) {
  const auto tree = recorded_tree();
  const auto miner = Address::id(1000);
  for (auto _ : state)
    benchmark::DoNotOptimize(read_state(tree, miner));
}
BENCHMARK(read_miner_state_as_json);

}  // namespace
}  // namespace venus::actors
