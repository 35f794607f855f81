// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "api/node/common.hpp"
#include "base/test_util/vectors.hpp"

namespace venus::api {
namespace {

template <class... M>
std::set<std::string> names(MethodList<M...>) {
  return {std::string(M::name)...};
}

TEST(NodeApi, NamesEachMethodOnceAndCoversWhatWasRecordedOfLotus) {
  VENUS_VECTORS_OR_SKIP(folder, "rpc");
  const auto ours = names(NodeApi::methods{});
  EXPECT_EQ(ours.size(), NodeApi::methods::size);
  for (const auto* part : {"core", "net"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder / part)) {
      if (!entry.path().filename().string().starts_with("Filecoin.")) continue;
      EXPECT_TRUE(ours.contains(entry.path().stem().string())) << entry.path().stem();
    }
  }
}

}  // namespace
}  // namespace venus::api
