// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sync/header_stack.hpp"

#include <gtest/gtest.h>

#include "sync/test_util/light_chain.hpp"

namespace venus::sync {
namespace {

using test_util::LightChain;

// From a target down to the tipset of height 1.
std::vector<TipsetPtr> headers_of(const LightChain& world, TipsetPtr tipset) {
  std::vector<TipsetPtr> out;
  for (; tipset->height() > ChainEpoch(0); tipset = *world.chain->parent(*tipset)) out.push_back(tipset);
  return out;
}

TEST(HeaderStack, ComesBackOldestFirst) {
  LightChain world;
  const auto target = world.grow(world.genesis, 1000, 1000);
  const auto headers = headers_of(world, target);
  for (const std::size_t in_memory : {150U, 5000U}) {
    chainstore::MemoryMetadata metadata;
    HeaderStack stack(metadata, target, {.in_memory = in_memory, .may_spill = true});
    ASSERT_TRUE(stack.push(headers));
    EXPECT_LE(stack.held().size(), in_memory);
    EXPECT_EQ(stack.wanted(), world.genesis->key());
    std::int64_t height = 1;
    for (;;) {
      const auto some = stack.pop(17);
      ASSERT_TRUE(some) << some.error().message;
      if (some->empty()) break;
      for (const auto& tipset : *some) EXPECT_EQ(tipset->height(), ChainEpoch(height++));
    }
    EXPECT_EQ(height, 1001);
    EXPECT_TRUE(stack.empty());
    EXPECT_FALSE(*HeaderStack::resume(metadata, {}));
  }
}

TEST(HeaderStack, WithoutDiskItIsLimited) {
  LightChain world;
  const auto target = world.grow(world.genesis, 300, 1000);
  chainstore::MemoryMetadata metadata;
  HeaderStack stack(metadata, target, {.in_memory = 200, .may_spill = false});
  const auto pushed = stack.push(headers_of(world, target));
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().code, ErrorCode::Exhausted);
}

// Wherever the process dies, the next one knows what to ask for and ends with the same chain.
TEST(HeaderStack, GoesOnAfterAKillAtAnyMoment) {
  LightChain world;
  const auto target = world.grow(world.genesis, 900, 1000);
  const auto headers = headers_of(world, target);
  for (std::size_t pushed = 100; pushed <= 900; pushed += 77) {
    for (std::size_t popped = 0; popped < pushed; popped += 133) {
      chainstore::MemoryMetadata metadata;
      {
        HeaderStack stack(metadata, target, {.in_memory = 150, .may_spill = true});
        ASSERT_TRUE(stack.push(std::span(headers).first(pushed)));
        for (std::size_t i = 0; i < popped; i += 7) ASSERT_TRUE(stack.pop(7));
      }
      auto resumed = HeaderStack::resume(metadata, {.in_memory = 150, .may_spill = true});
      ASSERT_TRUE(resumed) << resumed.error().message;
      if (!*resumed) continue;  // all of it fitted into memory
      auto& stack = **resumed;
      EXPECT_EQ(stack.target()->key(), target->key());
      // What is wanted is an ancestor of the target, with everything above it on disk.
      const auto at = std::find_if(headers.begin(), headers.end(),
                                   [&](const TipsetPtr& tipset) { return tipset->key() == stack.wanted(); });
      ASSERT_NE(at, headers.end());
      EXPECT_EQ(stack.lowest(), (*at)->height() + 1);
      ASSERT_TRUE(stack.push(std::span(headers).subspan(static_cast<std::size_t>(at - headers.begin()))));
      std::int64_t height = 1;
      for (;;) {
        const auto some = stack.pop(50);
        ASSERT_TRUE(some);
        if (some->empty()) break;
        for (const auto& tipset : *some) ASSERT_EQ(tipset->height(), ChainEpoch(height++));
      }
      EXPECT_EQ(height, 901);
    }
  }
}

TEST(HeaderStack, GarbageOnDiskIsNoCrash) {
  chainstore::MemoryMetadata metadata;
  chainstore::MetadataBatch batch;
  batch.put(chainstore::Column::Meta, base::as_bytes("sync/headers"), Bytes{1, 2, 3});
  ASSERT_TRUE(metadata.write(batch));
  EXPECT_FALSE(HeaderStack::resume(metadata, {}));
  ASSERT_TRUE(HeaderStack::clear(metadata));
  const auto left = HeaderStack::resume(metadata, {});
  ASSERT_TRUE(left);
  EXPECT_FALSE(*left);
}

}  // namespace
}  // namespace venus::sync
