// SPDX-License-Identifier: MIT OR Apache-2.0
// Codecs and signatures over recorded data of Lotus. Targets on one core: 400,000 block headers and
// 1,000,000 messages decoded a second.
#include "base/json.hpp"
#include "base/test_util/vectors.hpp"
#include "types/signing.hpp"
#include "types/test_util/recorded.hpp"
#include "types/tipset.hpp"

#include <benchmark/benchmark.h>

namespace venus::types {
namespace {

const test_util::ChainObjects& chain() {
  static const auto objects = test_util::read_chain_objects(base::test_util::vectors_folder() /
                                                            "lotus-devnet" / "chain-700.car");
  return objects;
}

template <class T>
void decode_all(benchmark::State& state, const std::vector<std::pair<Cid, Bytes>>& blocks) {
  for (auto _ : state) {
    for (const auto& [cid, data] : blocks)
      benchmark::DoNotOptimize(ipld::decode<T>(data));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(blocks.size()));
}

template <class T>
std::vector<T> decoded(const std::vector<std::pair<Cid, Bytes>>& blocks) {
  std::vector<T> out;
  for (const auto& [cid, data] : blocks) {
    if (auto value = ipld::decode<T>(data)) out.push_back(*std::move(value));
  }
  return out;
}

template <class T, class Work>
void for_each_of(benchmark::State& state, const std::vector<std::pair<Cid, Bytes>>& blocks,
                 Work work) {
  const auto values = decoded<T>(blocks);
  for (auto _ : state) {
    for (const auto& value : values)
      benchmark::DoNotOptimize(work(value));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(values.size()));
}

void decode_headers(benchmark::State& state) { decode_all<BlockHeader>(state, chain().headers); }
void decode_messages(benchmark::State& state) { decode_all<Message>(state, chain().messages); }
void decode_signed_messages(benchmark::State& state) {
  decode_all<SignedMessage>(state, chain().signed_messages);
}
void encode_headers(benchmark::State& state) {
  for_each_of<BlockHeader>(state, chain().headers, [](const auto& v) { return ipld::encode(v); });
}
void encode_messages(benchmark::State& state) {
  for_each_of<Message>(state, chain().messages, [](const auto& v) { return ipld::encode(v); });
}
void cid_of_messages(benchmark::State& state) {
  for_each_of<Message>(state, chain().messages, [](const auto& v) { return v.cid(); });
}
void messages_to_json(benchmark::State& state) {
  for_each_of<Message>(state, chain().messages,
                       [](const auto& v) { return base::write_json(base::to_json(v)); });
}
void address_to_text(benchmark::State& state) {
  for_each_of<Message>(state, chain().messages, [](const auto& v) { return v.from.str(); });
}
void address_from_text(benchmark::State& state) {
  const auto text = decoded<Message>(chain().messages).front().from.str();
  for (auto _ : state)
    benchmark::DoNotOptimize(Address::parse(text));
  state.SetItemsProcessed(state.iterations());
}
void authenticate(benchmark::State& state) {
  for_each_of<SignedMessage>(state, chain().signed_messages, [](const auto& v) {
    return authenticate_without_bls(v, v.message.from, test_util::kDevnetChainId).has_value();
  });
}
void make_tipsets(benchmark::State& state) {
  for_each_of<BlockHeader>(state, chain().headers, [](const auto& v) { return Tipset::make({v}); });
}

BENCHMARK(decode_headers);
BENCHMARK(decode_messages);
BENCHMARK(decode_signed_messages);
BENCHMARK(encode_headers);
BENCHMARK(encode_messages);
BENCHMARK(cid_of_messages);
BENCHMARK(messages_to_json);
BENCHMARK(address_to_text);
BENCHMARK(address_from_text);
BENCHMARK(authenticate);
BENCHMARK(make_tipsets);

}  // namespace
}  // namespace venus::types
