// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include "base/test_util/vectors.hpp"
#include "consensus/chain_import.hpp"

namespace venus::consensus {
namespace {

struct GenesisCase {
  const char* network;
  const char* cid;
  const char* name;
};

class Genesis : public testing::TestWithParam<GenesisCase> {};

TEST_P(Genesis, ImportsAndIsTheKnownOne) {
  VENUS_VECTORS_OR_SKIP(path, fmt::format("genesis/{}.car.zst", GetParam().network));
  const auto params = types::builtin_network(GetParam().network);
  ASSERT_TRUE(params);
  ipld::MemoryBlockstore store;
  chainstore::MemoryMetadata metadata;
  const auto chain = chainstore::ChainStore::open(store, metadata);
  ASSERT_TRUE(chain);
  const auto loaded = load_chain_file(**chain, path);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->genesis->cids().at(0).str(), GetParam().cid);
  EXPECT_EQ(network_name(store, loaded->genesis->parent_state_root()).value_or("?"), GetParam().name);
  const auto adopted = adopt_genesis(*params, **chain, loaded->genesis->cids().at(0));
  ASSERT_TRUE(adopted) << adopted.error().message;
  EXPECT_EQ((*chain)->head()->key(), loaded->genesis->key());
  // The genesis of one network is none of another.
  const auto other = types::builtin_network(std::string_view(GetParam().network) == "mainnet" ? "calibration" : "mainnet");
  EXPECT_EQ(adopt_genesis(*other, **chain, loaded->genesis->cids().at(0)).error().code, ErrorCode::FailedValidation);
}

INSTANTIATE_TEST_SUITE_P(
    Networks, Genesis,
    testing::Values(GenesisCase{"mainnet", "bafy2bzacecnamqgqmifpluoeldx7zzglxcljo6oja4vrmtj7432rphldpdmm2", "testnetnet"},
                    GenesisCase{"calibration", "bafy2bzacecyaggy24wol5ruvs6qm73gjibs2l2iyhcqmvi7r7a4ph7zx3yqd4",
                                "calibrationnet"}),
    [](const auto& info) { return info.param.network; });

}  // namespace
}  // namespace venus::consensus
