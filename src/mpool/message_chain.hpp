// SPDX-License-Identifier: MIT OR Apache-2.0
// The pending messages of one sender, cut into chains of falling gas performance. A chain can only be
// included after all chains before it, so merging a chain whose follower pays more never hurts.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "types/message.hpp"

namespace venus::mpool {

/// A message with what selection asks of it again and again, computed once.
class PendingMessage : public types::SignedMessage {
 public:
  /// `min_gas` is what its bytes cost on chain (NetworkParams::on_chain_message_gas).
  PendingMessage(types::SignedMessage signed_message, Gas min_gas)
      : types::SignedMessage(std::move(signed_message)), cid_(types::SignedMessage::cid()), min_gas_(min_gas) {}
  [[nodiscard]] const Cid& cid() const noexcept { return cid_; }
  [[nodiscard]] Gas min_gas() const noexcept { return min_gas_; }

 private:
  Cid cid_;
  Gas min_gas_;
};

using MessagePtr = std::shared_ptr<const PendingMessage>;

/// One sender's pending messages and what its account has after the tipset built upon.
struct SenderMessages {
  Address sender;
  Nonce nonce;
  TokenAmount balance;
  std::map<Nonce, MessagePtr> messages;
};

/// Consecutive messages of one sender. Amounts are doubles: they only order, they never pay.
class MessageChain {
 public:
  std::vector<MessagePtr> messages;
  /// Reward of each message, attoFIL; negative ones count three times, as the miner pays the penalty.
  std::vector<double> rewards;
  std::int64_t gas_limit = 0;
  double reward = 0;
  /// Reward per unit of gas.
  double performance = 0;
  /// Performance weighted by the chance that nobody else has included it first.
  double effective_performance = 0;
  bool valid = true;
  bool merged = false;
  /// Neighbours among the sender's chains; owned by the same SenderChains.
  MessageChain* previous = nullptr;
  MessageChain* next = nullptr;
  /// Which sender it belongs to, an index the selection chooses.
  std::size_t owner = 0;

  [[nodiscard]] bool is_bls() const {
    return messages.front()->signature.type == types::SignatureType::Bls;
  }
  /// Higher performance first, then higher reward.
  [[nodiscard]] bool before(const MessageChain& other) const;
  [[nodiscard]] bool before_effective(const MessageChain& other) const;
  /// Drops messages from the end until gas and count fit and the rest does not lose money; what follows
  /// can then not be included and becomes invalid.
  void trim(std::int64_t gas_room, std::size_t message_room);
  /// Makes this chain and all that follow unusable.
  void invalidate();
  void set_block_probability(double probability);
  void update_effective_performance();
  void raise_by_parent_offset() { effective_performance += parent_offset_; }

 private:
  double block_probability_ = 0;
  double parent_offset_ = 0;
};

using SenderChains = std::vector<std::unique_ptr<MessageChain>>;

/// Reward of a message in attoFIL: min(premium, fee cap - base fee) * gas limit, tripled if negative.
double message_reward(const types::Message& message, const TokenAmount& base_fee);

/// Chains of the messages that can be included in one block after the sender's nonce: without gaps,
/// each with enough gas for its bytes, together within a block's gas and the sender's balance.
SenderChains make_chains(const SenderMessages& sender, const TokenAmount& base_fee);

}  // namespace venus::mpool
