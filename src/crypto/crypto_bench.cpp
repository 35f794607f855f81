// SPDX-License-Identifier: MIT OR Apache-2.0
#include "crypto/hash.hpp"
#include "crypto/jwt.hpp"
#include "crypto/secp256k1.hpp"

#include <benchmark/benchmark.h>

namespace venus::crypto {
namespace {

template <auto Hash>
void hash(benchmark::State& state) {
  const Bytes data(static_cast<std::size_t>(state.range(0)), 7);
  for (auto _ : state)
    benchmark::DoNotOptimize(Hash(data));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

ByteArray<32> blake2b_256_of(BytesView data) { return blake2b_256(data); }

void sign(benchmark::State& state) {
  const auto key = secp256k1_generate();
  const auto digest = sha256({});
  for (auto _ : state)
    benchmark::DoNotOptimize(secp256k1_sign(key.view(), digest));
  state.SetItemsProcessed(state.iterations());
}

void recover(benchmark::State& state) {
  const auto digest = sha256({});
  const auto signature = secp256k1_sign(secp256k1_generate().view(), digest).value();
  for (auto _ : state)
    benchmark::DoNotOptimize(secp256k1_recover(signature, digest));
  state.SetItemsProcessed(state.iterations());
}

void verify_token(benchmark::State& state) {
  const Bytes secret(32, 7);
  const auto token = sign_jwt(R"({"Allow":["read","write","sign","admin"]})", secret);
  for (auto _ : state)
    benchmark::DoNotOptimize(verify_jwt(token, secret));
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(hash<blake2b_256_of>)->Name("blake2b_256")->Arg(64)->Arg(1024)->Arg(65536);
BENCHMARK(hash<sha256>)->Name("sha256")->Arg(32)->Arg(65536);
BENCHMARK(hash<keccak256>)->Name("keccak256")->Arg(64)->Arg(65536);
BENCHMARK(sign);
BENCHMARK(recover);
BENCHMARK(verify_token);

}  // namespace
}  // namespace venus::crypto
