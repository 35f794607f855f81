// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/tipset_pipeline.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace venus::consensus {
namespace {

TipsetPtr tipset_at(std::int64_t height) {
  types::BlockHeader header;
  header.miner = Address::id(1000);
  header.ticket = types::Ticket{Bytes{static_cast<std::uint8_t>(height)}};
  header.height = ChainEpoch(height);
  const auto some = ipld::cid_of_cbor(Bytes{0x80});
  header.messages = header.parent_state_root = header.parent_message_receipts = some;
  return types::Tipset::make({header}).value();
}

// Steps that note what they were called with and fail where they are told to.
struct Script {
  std::atomic<std::int64_t> executed = -1;
  std::atomic<std::int64_t> most_ahead = 0;
  std::atomic<std::int64_t> taken = 0;
  std::int64_t bad = -1;
  std::int64_t broken = -1;

  PipelineSteps steps() {
    PipelineSteps out;
    out.execute = [this](const TipsetPtr& tipset) -> Result<void> {
      const auto height = tipset->height().value();
      EXPECT_EQ(height, executed + 1) << "executed out of order";
      if (height == broken) return fail(ErrorCode::Io, "no disk");
      executed = height;
      most_ahead = std::max<std::int64_t>(most_ahead, height - taken);
      return {};
    };
    out.validate = [this](const TipsetPtr& parent, const TipsetPtr& tipset) -> Result<void> {
      EXPECT_EQ(parent->height() + 1, tipset->height());
      EXPECT_GE(executed, parent->height().value()) << "judged before its parents were executed";
      if (tipset->height().value() == bad) return fail(ErrorCode::FailedValidation, "a bad block");
      return {};
    };
    out.prefetch = [](const TipsetPtr&) {};
    return out;
  }
};

TEST(TipsetPipeline, GivesTipsetsInOrderOnceTheyAreGood) {
  Script script;
  TipsetPipeline pipeline(tipset_at(0), script.steps(), {.validators = 3, .window = 4});
  for (std::int64_t height = 1; height <= 100; ++height) pipeline.push(tipset_at(height));
  for (std::int64_t height = 1; height <= 100; ++height) {
    const auto next = pipeline.next();
    ASSERT_TRUE(next) << next.error().message;
    EXPECT_EQ((*next)->height(), ChainEpoch(height));
    script.taken = height;
  }
  EXPECT_EQ(pipeline.waiting(), 0U);
  EXPECT_FALSE(pipeline.try_next());
  EXPECT_LE(script.most_ahead, 5);
}

TEST(TipsetPipeline, CanBeFedWhileItWorks) {
  Script script;
  std::atomic<int> woken = 0;
  auto steps = script.steps();
  steps.ready = [&] { ++woken; };
  TipsetPipeline pipeline(tipset_at(0), std::move(steps), {.validators = 2, .window = 8});
  for (std::int64_t height = 1; height <= 30; ++height) {
    pipeline.push(tipset_at(height));
    const auto next = pipeline.next();
    ASSERT_TRUE(next);
    EXPECT_EQ((*next)->height(), ChainEpoch(height));
  }
  EXPECT_GT(woken, 0);
}

TEST(TipsetPipeline, ABadBlockEndsItAfterTheGoodOnes) {
  Script script;
  script.bad = 7;
  TipsetPipeline pipeline(tipset_at(0), script.steps(), {.validators = 2, .window = 64});
  for (std::int64_t height = 1; height <= 20; ++height) pipeline.push(tipset_at(height));
  for (std::int64_t height = 1; height < 7; ++height) ASSERT_TRUE(pipeline.next());
  for (int i = 0; i < 2; ++i) {
    const auto next = pipeline.next();
    ASSERT_FALSE(next);
    EXPECT_EQ(next.error().code, ErrorCode::FailedValidation);
  }
}

TEST(TipsetPipeline, AFailedExecutionKeepsItsCode) {
  for (const std::int64_t broken : {0, 1, 5}) {
    Script script;
    script.broken = broken;
    TipsetPipeline pipeline(tipset_at(0), script.steps(), {.validators = 2, .window = 64});
    for (std::int64_t height = 1; height <= 20; ++height) pipeline.push(tipset_at(height));
    for (std::int64_t height = 1; height < broken; ++height) ASSERT_TRUE(pipeline.next()) << broken;
    const auto next = pipeline.next();
    ASSERT_FALSE(next);
    EXPECT_EQ(next.error().code, ErrorCode::Io);
    EXPECT_NE(next.error().message.find(fmt::format("epoch {}", broken)), std::string::npos);
  }
}

TEST(TipsetPipeline, StopsWithWorkLeft) {
  Script script;
  TipsetPipeline pipeline(tipset_at(0), script.steps(), {.validators = 2, .window = 2});
  for (std::int64_t height = 1; height <= 20; ++height) pipeline.push(tipset_at(height));
  ASSERT_TRUE(pipeline.next());
  pipeline.stop();
  const auto next = pipeline.next();
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace venus::consensus
