// SPDX-License-Identifier: MIT OR Apache-2.0
#include "mpool/selection.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/test_util/vectors.hpp"
#include "mpool/block_probability.hpp"
#include "mpool/test_util/recorded_pool.hpp"

namespace venus::mpool {
namespace {

using test_util::make_message;

SenderMessages sender_with(std::uint64_t id, std::vector<std::pair<std::int64_t, std::int64_t>> gas_and_premium) {
  SenderMessages out{Address::id(id), Nonce(0), TokenAmount::from_fil(1'000'000), {}};
  for (std::uint64_t nonce = 0; nonce < gas_and_premium.size(); ++nonce) {
    const auto [gas, premium] = gas_and_premium[nonce];
    out.messages[Nonce(nonce)] = make_message(id, nonce, gas, premium);
  }
  return out;
}

void expect_valid_block(const Selected& selected) {
  std::map<Address, std::uint64_t> next;
  std::int64_t gas = 0;
  for (const auto& message : selected) {
    gas += message->message.gas_limit.value();
    const auto [entry, first] = next.try_emplace(message->message.from, message->message.nonce.value());
    EXPECT_EQ(message->message.nonce.value(), entry->second) << message->message.from.str();
    ++entry->second;
  }
  EXPECT_LE(gas, limits::kBlockGas);
  EXPECT_LE(selected.size(), limits::kBlockMessages);
}

TEST(MessageChain, CutsWhereThePremiumFallsAndJoinsWhereItRises) {
  const auto fee = TokenAmount::from_atto(100);
  EXPECT_EQ(make_chains(sender_with(100, {{1'000'000, 5}, {1'000'000, 4}, {1'000'000, 3}}), fee).size(), 3U);
  EXPECT_EQ(make_chains(sender_with(100, {{1'000'000, 3}, {1'000'000, 4}, {1'000'000, 5}}), fee).size(), 1U);
  const auto chains = make_chains(sender_with(100, {{1'000'000, 9}, {1'000'000, 1}, {1'000'000, 3}}), fee);
  ASSERT_EQ(chains.size(), 2U);
  EXPECT_EQ(chains[1]->messages.size(), 2U);
  EXPECT_DOUBLE_EQ(chains[1]->performance, 2.0);
  EXPECT_EQ(chains[1]->previous, chains[0].get());
}

TEST(MessageChain, StopsAtGapsLowGasAndEmptyPockets) {
  const auto fee = TokenAmount::from_atto(100);
  auto sender = sender_with(100, {{1'000'000, 1}, {1'000'000, 1}, {1'000'000, 1}});
  sender.messages.erase(Nonce(1));
  EXPECT_EQ(make_chains(sender, fee).front()->messages.size(), 1U);
  sender = sender_with(100, {{1'000'000, 1}, {1000, 9}, {1'000'000, 1}});
  EXPECT_EQ(make_chains(sender, fee).front()->messages.size(), 1U);
  sender = sender_with(100, {{1'000'000, 1}, {1'000'000, 1}});
  sender.balance = sender.messages[Nonce(0)]->message.required_funds() * BigInt(1);
  EXPECT_EQ(make_chains(sender, fee).front()->messages.size(), 1U);
  sender.nonce = Nonce(7);
  EXPECT_TRUE(make_chains(sender, fee).empty());
}

TEST(Selection, TakesWhatPaysBestAndNothingThatCosts) {
  SelectionInput input;
  input.base_fee = TokenAmount::from_atto(100);
  input.senders.push_back(sender_with(100, {{6'000'000'000, 10}}));
  input.senders.push_back(sender_with(101, {{6'000'000'000, 20}}));
  input.senders.push_back(sender_with(102, {{2'000'000'000, 5}}));
  input.senders.push_back(sender_with(103, {{2'000'000, -1}}));
  for (const double quality : {1.0, 0.5, 0.01}) {
    const auto selected = select_messages(input, quality);
    expect_valid_block(selected);
    ASSERT_EQ(selected.size(), 2U) << quality;
    std::set<Address> from{selected[0]->message.from, selected[1]->message.from};
    EXPECT_FALSE(from.contains(Address::id(103)));
    EXPECT_TRUE(from.contains(Address::id(102)));
  }
}

TEST(Selection, PrioritySendersComeFirst) {
  SelectionInput input;
  input.base_fee = TokenAmount::from_atto(100);
  input.senders.push_back(sender_with(100, {{6'000'000'000, 1000}}));
  input.senders.push_back(sender_with(101, {{6'000'000'000, 1}}));
  input.priority = {Address::id(101)};
  for (const double quality : {1.0, 0.3}) {
    const auto selected = select_messages(input, quality);
    ASSERT_EQ(selected.size(), 1U);
    EXPECT_EQ(selected[0]->message.from, Address::id(101));
  }
}

TEST(Selection, BlockProbabilitiesAreADistribution) {
  for (const double quality : {0.0, 0.2, 0.9, 1.0}) {
    double sum = 0;
    for (const auto p : block_probabilities(quality)) sum += p;
    EXPECT_NEAR(sum, 1.0, 1e-3) << quality;
  }
  EXPECT_NEAR(block_probabilities(1.0)[0], 1.0, 1e-3);
}

TEST(Selection, ManyBlocksShareNoSenderAndBeatFirstComeFirstServed) {
  std::mt19937_64 random(42);
  double all_together = 0;
  double all_one_by_one = 0;
  for (int round = 0; round < 60; ++round) {
    SelectionInput input;
    input.base_fee = TokenAmount::from_atto(100);
    const auto senders = 4 + random() % 40;
    for (std::uint64_t id = 0; id < senders; ++id) {
      std::vector<std::pair<std::int64_t, std::int64_t>> messages;
      const auto count = 1 + random() % 6;
      for (std::uint64_t i = 0; i < count; ++i) {
        messages.emplace_back(200'000'000 + static_cast<std::int64_t>(random() % 3'000'000'000),
                              1 + static_cast<std::int64_t>(random() % 1000));
      }
      input.senders.push_back(sender_with(100 + id, messages));
    }
    const std::vector<double> qualities{0.9, 0.5, 0.2};
    const auto lists = select_messages_for_many(input, qualities);
    ASSERT_EQ(lists.size(), qualities.size());
    std::set<Address> seen;
    double together = 0;
    for (const auto& list : lists) {
      expect_valid_block(list);
      std::set<Address> mine;
      for (const auto& message : list) mine.insert(message->message.from);
      for (const auto& address : mine) EXPECT_TRUE(seen.insert(address).second);
      together += selection_reward(list, input.base_fee);
    }
    double one_by_one = 0;
    auto rest = input;
    for (std::size_t i = 0; i < qualities.size(); ++i) {
      const auto selected = select_messages(rest, 1.0);
      one_by_one += selection_reward(selected, input.base_fee);
      std::set<Address> used;
      for (const auto& message : selected) used.insert(message->message.from);
      std::erase_if(rest.senders, [&](const auto& s) { return used.contains(s.sender); });
    }
    EXPECT_GE(together, one_by_one * 0.99) << "round " << round;
    all_together += together;
    all_one_by_one += one_by_one;
  }
  EXPECT_GT(all_together, all_one_by_one * 1.01);
}

// Every way to give senders to two blocks and cut each, tried out.
double best_of_all(const SelectionInput& input) {
  double best = 0;
  const auto count = input.senders.size();
  for (std::size_t mask = 0; mask < (1U << count); ++mask) {
    double sum = 0;
    for (const std::size_t side : {0U, 1U}) {
      std::map<std::int64_t, double> reachable{{0, 0.0}};
      for (std::size_t i = 0; i < count; ++i) {
        if (((mask >> i) & 1U) != side) continue;
        auto grown = reachable;
        for (const auto& [gas, reward] : reachable) {
          auto g = gas;
          auto r = reward;
          for (const auto& [nonce, message] : input.senders[i].messages) {
            g += message->message.gas_limit.value();
            r += message_reward(message->message, input.base_fee);
            if (g <= limits::kBlockGas) grown[g] = std::max(grown[g], r);
          }
        }
        reachable = std::move(grown);
      }
      double most = 0;
      for (const auto& [gas, reward] : reachable) most = std::max(most, reward);
      sum += most;
    }
    best = std::max(best, sum);
  }
  return best;
}

TEST(Selection, ManyBlocksComeCloseToTheBestThereIs) {
  std::mt19937_64 random(7);
  double ours = 0;
  double best = 0;
  for (int round = 0; round < 40; ++round) {
    SelectionInput input;
    input.base_fee = TokenAmount::from_atto(100);
    for (std::uint64_t id = 0; id < 7; ++id) {
      std::vector<std::pair<std::int64_t, std::int64_t>> messages;
      for (std::uint64_t i = 0; i < 1 + random() % 3; ++i) {
        messages.emplace_back(500'000'000 * static_cast<std::int64_t>(1 + random() % 10),
                              1 + static_cast<std::int64_t>(random() % 100));
      }
      input.senders.push_back(sender_with(100 + id, messages));
    }
    const std::vector<double> qualities{0.9, 0.4};
    for (const auto& list : select_messages_for_many(input, qualities)) {
      ours += selection_reward(list, input.base_fee);
    }
    best += best_of_all(input);
  }
  EXPECT_LE(ours, best * (1 + 1e-9));
  EXPECT_GE(ours, best * 0.96);
}

TEST(Selection, RecordedMainnetPoolGivesFullValidBlocks) {
  VENUS_VECTORS_OR_SKIP(file, "mempool/test-messages2.json.gz");
  const auto input = test_util::read_recorded_pool(file, TokenAmount::from_atto(100));
  double greedy = 0;
  for (const double quality : {1.0, 0.8, 0.5, 0.1}) {
    const auto selected = select_messages(input, quality);
    expect_valid_block(selected);
    std::int64_t gas = 0;
    for (const auto& message : selected) gas += message->message.gas_limit.value();
    EXPECT_GT(gas, limits::kBlockGas * 99 / 100) << quality;
    if (quality == 1.0) greedy = selection_reward(selected, input.base_fee);
    EXPECT_LE(selection_reward(selected, input.base_fee), greedy * 1.001);
  }
  const std::vector<double> qualities{0.9, 0.7, 0.3};
  std::set<Address> seen;
  for (const auto& list : select_messages_for_many(input, qualities)) {
    expect_valid_block(list);
    std::set<Address> mine;
    for (const auto& message : list) mine.insert(message->message.from);
    for (const auto& address : mine) EXPECT_TRUE(seen.insert(address).second);
  }
}

}  // namespace
}  // namespace venus::mpool
