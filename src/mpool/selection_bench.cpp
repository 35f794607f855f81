// SPDX-License-Identifier: MIT OR Apache-2.0
#include <benchmark/benchmark.h>

#include "base/test_util/vectors.hpp"
#include "mpool/test_util/recorded_pool.hpp"

namespace venus::mpool {
namespace {

const SelectionInput& recorded_pool() {
  static const auto kPool = test_util::read_recorded_pool(
      base::test_util::vectors_folder() / "mempool/test-messages2.json.gz", TokenAmount::from_atto(100));
  return kPool;
}

void one_block(benchmark::State& state) {
  const auto& pool = recorded_pool();
  const double quality = static_cast<double>(state.range(0)) / 100;
  for (auto _ : state) benchmark::DoNotOptimize(select_messages(pool, quality));
}
BENCHMARK(one_block)->Arg(100)->Arg(80)->Arg(50)->Arg(10)->Unit(benchmark::kMillisecond);

void many_blocks(benchmark::State& state) {
  const auto& pool = recorded_pool();
  const std::vector<double> qualities(static_cast<std::size_t>(state.range(0)), 0.5);
  for (auto _ : state) benchmark::DoNotOptimize(select_messages_for_many(pool, qualities));
}
BENCHMARK(many_blocks)->Arg(2)->Arg(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace venus::mpool
