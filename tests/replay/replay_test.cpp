// SPDX-License-Identifier: MIT OR Apache-2.0
// The node agrees with Lotus: every state root, receipts root, base fee and weight of the recording.
#include <gtest/gtest.h>

#include "recording.hpp"

namespace venus::replay {
namespace {

TEST(Replay, StatesOfTheShortChainAreThoseOfLotus) {
  VENUS_RECORDING_OR_SKIP();
  Recording recording("chain-197.car");
  const auto report = consensus::replay_chain(*recording.runtime, recording.loaded.head, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->tipsets, 188U);
  EXPECT_EQ(recording.chain->head()->key(), recording.loaded.head->key());
  // Nothing left to do: a second replay starts at the head.
  const auto again = consensus::replay_chain(*recording.runtime, recording.loaded.head, {});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->tipsets, 0U);
}

TEST(Replay, TheLongChainIsValidInFull) {
  VENUS_RECORDING_OR_SKIP();
  Recording recording("chain-700.car");
  consensus::ReplayOptions options;
  options.full_validation = true;
  const auto report = consensus::replay_chain(*recording.runtime, recording.loaded.head, options);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->tipsets, 687U);
  EXPECT_EQ(report->last_epoch, ChainEpoch(700));
  for (const auto& cid : recording.loaded.head->cids()) EXPECT_TRUE(recording.chain->is_validated(cid));
}

TEST(Replay, MessagesAreFoundByTheirCid) {
  VENUS_RECORDING_OR_SKIP();
  Recording recording("chain-197.car");
  const auto tipset = recording.at(87);
  recording.replay_to(recording.at(90));
  const auto messages = recording.chain->messages(tipset->blocks().front());
  ASSERT_TRUE(messages);
  ASSERT_GT((*messages)->size(), 0U);
  const auto location = recording.chain->locate((*messages)->at(0).cid);
  ASSERT_TRUE(location && *location);
  EXPECT_EQ((*location)->epoch, tipset->height());
  EXPECT_EQ((*location)->tipset, tipset->key());
  // Reverting takes the entry away.
  ASSERT_TRUE(recording.chain->set_head(recording.at(86)));
  const auto reverted = recording.chain->locate((*messages)->at(0).cid);
  ASSERT_TRUE(reverted);
  EXPECT_FALSE(*reverted);
}

TEST(Replay, ATipsetIsFoundByHeight) {
  VENUS_RECORDING_OR_SKIP();
  Recording recording("chain-197.car");
  const auto& chain = *recording.chain;
  const auto head = recording.loaded.head;
  // The same with and without the index of the head's chain.
  for (const bool indexed : {false, true}) {
    if (indexed) recording.replay_to(recording.at(150));
    for (auto tipset = head; tipset->height() > ChainEpoch(0);) {
      const auto parent = chain.parent(*tipset);
      ASSERT_TRUE(parent);
      for (auto epoch = (*parent)->height() + 1; epoch <= tipset->height(); ++epoch) {
        const auto after = chain.tipset_at(epoch, head, chainstore::NullRound::After);
        const auto before = chain.tipset_at(epoch, head, chainstore::NullRound::Before);
        ASSERT_TRUE(after && before);
        EXPECT_EQ((*after)->key(), tipset->key()) << epoch.value();
        EXPECT_EQ((*before)->key(), epoch == tipset->height() ? tipset->key() : (*parent)->key()) << epoch.value();
      }
      tipset = *parent;
    }
  }
  EXPECT_FALSE(chain.tipset_at(head->height() + 1, head, chainstore::NullRound::After));
}

TEST(Replay, ACallRunsOnATipsetAndLeavesNoTrace) {
  VENUS_RECORDING_OR_SKIP();
  Recording recording("chain-197.car");
  const auto tipset = recording.at(100);
  recording.replay_to(tipset);
  consensus::CallRequest request;
  request.tipset = tipset;
  request.message.from = Address::id(types::singleton::kSystem);
  request.message.to = Address::id(types::singleton::kReward);
  request.message.method = MethodNum(3);  // ThisEpochReward
  const auto blocks = recording.store.size();
  const auto called = recording.runtime->states.call(request);
  ASSERT_TRUE(called) << called.error().message;
  EXPECT_EQ(called->receipt.exit_code, ExitCode(0)) << called->result.failure;
  EXPECT_FALSE(called->receipt.return_value.empty());
  EXPECT_FALSE(called->result.exec_trace.empty());
  EXPECT_EQ(recording.store.size(), blocks);
}

}  // namespace
}  // namespace venus::replay
