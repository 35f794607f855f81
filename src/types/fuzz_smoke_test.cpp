// SPDX-License-Identifier: MIT OR Apache-2.0
// A short, repeatable run of every fuzz target; the long runs are libFuzzer's (preset fuzz).
#include "base/json.hpp"
#include "base/test_util/vectors.hpp"
#include "types/embedded_networks.hpp"
#include "types/eth_tx.hpp"
#include "types/test_util/fuzz_targets.hpp"
#include "types/test_util/recorded.hpp"

#include <gtest/gtest.h>

namespace venus::types {
namespace {

using test_util::FuzzTarget;

Bytes bytes_of(std::string_view text) { return base::to_bytes(base::as_bytes(text)); }

/// Every n-th of the recorded objects, so that the run stays short.
void add_some(std::vector<Bytes>& to, const std::vector<std::pair<Cid, Bytes>>& from,
              std::size_t count) {
  const auto step = std::max<std::size_t>(1, from.size() / count);
  for (std::size_t i = 0; i < from.size(); i += step)
    to.push_back(from[i].second);
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> out = {
      {},
      base::from_hex("83000140f6").value_or(Bytes{}),
      base::from_hex("84004101187bf6").value_or(Bytes{}),
      base::from_hex("82186484820163666f6f").value_or(Bytes{}),
      bytes_of(
          "t3vvmn62lofvhjd2ugzca6sof2j2ubwok6cj4xxbfzz4yuxfkgobpihhd2thlanmsh3w2ptld2gqkn2jvlss4a"),
      bytes_of("t410fihlngbyqoq662spk3gjq2cnr7c3lmgehjemhaiq"),
      bytes_of("1.5 mFIL"),
      bytes_of(R"({"Type":"bls","PrivateKey":"fzq7tE1cTtGSilubbOkrBXLA88fzVD4LG1HDUxYMGUU="})"),
      bytes_of("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJBbGxvdyI6WyJyZWFkIl19.AAAA"),
      bytes_of(embedded_networks().front())};
  return out;
}

std::vector<Bytes> recorded_seeds(const std::filesystem::path& chain) {
  auto out = seeds();
  const auto objects = test_util::read_chain_objects(chain);
  add_some(out, objects.headers, 4);
  add_some(out, objects.messages, 10);
  add_some(out, objects.signed_messages, 20);
  for (const auto& [cid, data] : objects.signed_messages) {
    const auto message = ipld::decode<SignedMessage>(data);
    if (!message) continue;
    if (out.size() < 60) out.push_back(bytes_of(base::write_json(base::to_json(*message))));
    if (const auto tx = EthTx::from_message(*message, test_util::kDevnetChainId))
      out.push_back(tx->raw());
  }
  return out;
}

class FuzzSmoke : public testing::TestWithParam<FuzzTarget> {};

TEST_P(FuzzSmoke, KeepsItsPromisesOnMutatedInput) {
  VENUS_VECTORS_OR_SKIP(chain, "lotus-devnet/chain-197.car");
  test_util::smoke_run(GetParam(), recorded_seeds(chain), 150, 20261122);
  SUCCEED();
}

INSTANTIATE_TEST_SUITE_P(Decoders, FuzzSmoke, testing::ValuesIn(test_util::fuzz_targets()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace venus::types
