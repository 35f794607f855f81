// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/bls.hpp"
#include "bridge/test_util/chain_fixture.hpp"

#include <benchmark/benchmark.h>

namespace venus::bridge {
namespace {

/// Transfers in one machine, as many as a heavy block has; items are messages.
void sends_and_flush(benchmark::State& state) {
  if (const auto missing = test_util::missing_for_devnet(); !missing.empty()) {
    state.SkipWithError(missing.c_str());
    return;
  }
  const auto chain = test_util::load_devnet();
  test_util::FixedExterns externs;
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<Bytes> messages;
  std::vector<ApplyMessage> batch;
  for (std::size_t i = 0; i < count; ++i) {
    messages.push_back(chain.send(chain.rich1, chain.rich2, i));
  }
  for (const auto& message : messages)
    batch.push_back({message, message.size()});
  auto config = chain.config();
  config.cache = std::make_shared<BlockCache>(256U << 20);
  for (auto _ : state) {
    auto machine = test_util::shared_engine().machine(config, *chain.store, externs);
    if (!machine) return state.SkipWithError(machine.error().message.c_str());
    benchmark::DoNotOptimize((*machine)->execute(batch));
    benchmark::DoNotOptimize((*machine)->flush());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(sends_and_flush)->Arg(0)->Arg(80)->Arg(1000)->Unit(benchmark::kMillisecond);

/// One signature; native/bls/examples/verify_speed.rs measures the crate for comparison.
void verify_one(benchmark::State& state) {
  const Bytes seed(32, 7);
  const Bytes message(38, 9);
  const auto secret = bls_generate(seed).value();
  const auto key = bls_public_key(secret).value();
  const auto signature = bls_sign(secret, message).value();
  for (auto _ : state) {
    if (!bls_verify(signature, message, key)) state.SkipWithError("refused");
  }
}
BENCHMARK(verify_one)->Unit(benchmark::kMicrosecond);

/// A block's aggregate: messages, distinct senders.
void verify_aggregate(benchmark::State& state) {
  std::vector<Bytes> messages;
  std::vector<BlsPublicKey> keys;
  std::vector<BlsSignature> signatures;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    const Bytes seed(32, static_cast<std::uint8_t>(i % state.range(1) + 1));
    const auto secret = bls_generate(seed).value();
    messages.push_back(base::to_bytes(base::be64(static_cast<std::uint64_t>(i))));
    keys.push_back(bls_public_key(secret).value());
    signatures.push_back(bls_sign(secret, messages.back()).value());
  }
  const std::vector<BytesView> message_views(messages.begin(), messages.end());
  const std::vector<BytesView> key_views(keys.begin(), keys.end());
  const std::vector<BytesView> signature_views(signatures.begin(), signatures.end());
  const auto sum = bls_aggregate(signature_views).value();
  for (auto _ : state) {
    if (!bls_verify_aggregate(sum, message_views, key_views)) state.SkipWithError("refused");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(verify_aggregate)->Args({200, 200})->Args({200, 5})->Unit(benchmark::kMillisecond);

/// Signatures of gossip, each of its own sender, verified as one sum on one thread.
void verify_all(benchmark::State& state) {
  std::vector<Bytes> messages;
  std::vector<BlsPublicKey> keys;
  std::vector<BlsSignature> signatures;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    const auto secret = bls_generate(Bytes(32, static_cast<std::uint8_t>(i + 1))).value();
    messages.push_back(base::to_bytes(base::be64(static_cast<std::uint64_t>(i))));
    keys.push_back(bls_public_key(secret).value());
    signatures.push_back(bls_sign(secret, messages.back()).value());
  }
  std::vector<BlsCheck> checks;
  for (std::size_t i = 0; i < keys.size(); ++i) checks.push_back({signatures[i], messages[i], keys[i], {}});
  for (auto _ : state) {
    if (!bls_verify_all(checks)) state.SkipWithError("refused");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(verify_all)->Arg(2)->Arg(8)->Arg(64)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace venus::bridge
