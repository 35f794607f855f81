// SPDX-License-Identifier: MIT OR Apache-2.0
#include "mpool/message_chain.hpp"

#include "mpool/config.hpp"

namespace venus::mpool {
namespace {

// The longest run of messages that a block could take from this sender.
std::vector<MessagePtr> includable(const SenderMessages& sender) {
  std::vector<MessagePtr> out;
  auto nonce = sender.nonce;
  auto balance = sender.balance;
  std::int64_t gas = 0;
  for (auto it = sender.messages.lower_bound(nonce); it != sender.messages.end(); ++it, ++nonce) {
    const auto& message = it->second->message;
    if (it->first != nonce || out.size() == limits::kBlockMessages) break;
    if (message.gas_limit < it->second->min_gas()) break;
    gas += message.gas_limit.value();
    if (gas > limits::kBlockGas) break;
    balance -= message.required_funds();
    if (balance.is_negative()) break;
    // The value is taken after the gas: a sender who can't pay it still pays for the failed message.
    balance -= message.value;
    out.push_back(it->second);
  }
  return out;
}

void append(MessageChain& chain, MessagePtr message, double reward) {
  chain.gas_limit += message->message.gas_limit.value();
  chain.reward += reward;
  chain.performance = chain.reward / static_cast<double>(chain.gas_limit);
  chain.messages.push_back(std::move(message));
  chain.rewards.push_back(reward);
}

void merge(MessageChain& into, MessageChain& from) {
  into.messages.insert(into.messages.end(), from.messages.begin(), from.messages.end());
  into.rewards.insert(into.rewards.end(), from.rewards.begin(), from.rewards.end());
  into.gas_limit += from.gas_limit;
  into.reward += from.reward;
  into.performance = into.reward / static_cast<double>(into.gas_limit);
}

}  // namespace

double message_reward(const types::Message& message, const TokenAmount& base_fee) {
  const auto room = message.gas_fee_cap - base_fee;
  const auto& premium = std::min(room, message.gas_premium);
  const double reward = premium.atto().to_double() * static_cast<double>(message.gas_limit.value());
  return reward < 0 ? 3 * reward : reward;
}

SenderChains make_chains(const SenderMessages& sender, const TokenAmount& base_fee) {
  SenderChains chains;
  // A stack: a message opens a chain; while the last chain pays at least as well per gas as the one
  // before it, the two are one. Every chain then pays strictly better than its follower.
  for (auto& message : includable(sender)) {
    const double reward = message_reward(message->message, base_fee);
    append(*chains.emplace_back(std::make_unique<MessageChain>()), std::move(message), reward);
    while (chains.size() > 1 && chains.back()->performance >= chains[chains.size() - 2]->performance) {
      merge(*chains[chains.size() - 2], *chains.back());
      chains.pop_back();
    }
  }
  for (std::size_t i = 1; i < chains.size(); ++i) {
    chains[i - 1]->next = chains[i].get();
    chains[i]->previous = chains[i - 1].get();
  }
  return chains;
}

bool MessageChain::before(const MessageChain& other) const {
  if (performance != other.performance) return performance > other.performance;
  return reward > other.reward;
}

bool MessageChain::before_effective(const MessageChain& other) const {
  // Merged chains sink, so that the walk over what is left meets only candidates.
  if (merged != other.merged) return other.merged;
  // What loses money stays behind what does not, whatever its effective value.
  if ((performance < 0) != (other.performance < 0)) return other.performance < 0;
  if (effective_performance != other.effective_performance) {
    return effective_performance > other.effective_performance;
  }
  return before(other);
}

void MessageChain::trim(std::int64_t gas_room, std::size_t message_room) {
  while (!messages.empty() &&
         (gas_limit > gas_room || performance < 0 || messages.size() > message_room)) {
    gas_limit -= messages.back()->message.gas_limit.value();
    reward -= rewards.back();
    messages.pop_back();
    rewards.pop_back();
    performance = gas_limit > 0 ? reward / static_cast<double>(gas_limit) : 0;
  }
  if (messages.empty()) valid = false;
  update_effective_performance();
  if (next != nullptr) next->invalidate();
  next = nullptr;
}

void MessageChain::invalidate() {
  for (auto* chain = this; chain != nullptr;) {
    chain->valid = false;
    chain->messages.clear();
    chain = std::exchange(chain->next, nullptr);
  }
}

void MessageChain::set_block_probability(double probability) {
  block_probability_ = probability;
  update_effective_performance();
}

void MessageChain::update_effective_performance() {
  effective_performance = performance * block_probability_;
  parent_offset_ = 0;
  if (effective_performance <= 0 || previous == nullptr || gas_limit == 0) return;
  // It comes with its predecessor, so it is worth what both are worth together.
  const auto own_gas = static_cast<double>(gas_limit);
  const auto parent_gas = static_cast<double>(previous->gas_limit);
  const double together =
      (effective_performance * own_gas + previous->effective_performance * parent_gas) / (own_gas + parent_gas);
  parent_offset_ = effective_performance - together;
  effective_performance = together;
}

}  // namespace venus::mpool
