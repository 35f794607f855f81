// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "mpool/config.hpp"
#include "mpool/message_chain.hpp"

namespace venus::mpool {

/// The room left in one block and the messages that already have theirs.
class BlockSpace {
 public:
  [[nodiscard]] bool full() const {
    return gas_ < limits::kMinMessageGas || messages_.size() >= limits::kBlockMessages;
  }
  [[nodiscard]] std::int64_t gas_left() const { return gas_; }
  /// How many more messages of the chain's kind may come.
  [[nodiscard]] std::size_t messages_left(bool bls) const {
    return std::min(bls ? bls_left_ : secp_left_, limits::kBlockMessages - messages_.size());
  }
  [[nodiscard]] bool fits(const MessageChain& chain) const {
    return chain.gas_limit <= gas_ && chain.messages.size() <= messages_left(chain.is_bls());
  }
  /// Takes a chain that fits, whatever comes before it.
  void take(MessageChain& chain);
  /// Takes a chain with the predecessors it needs if all fit. Else trims the chain to what its
  /// predecessors leave, or invalidates it when they alone do not fit, and returns false.
  bool take_with_predecessors(MessageChain& chain);
  /// Cuts a chain to the room there is.
  void trim_to_room(MessageChain& chain) const;

  [[nodiscard]] std::vector<MessagePtr> release() && { return std::move(messages_); }

 private:
  std::vector<MessagePtr> messages_;
  std::int64_t gas_ = limits::kBlockGas;
  std::size_t bls_left_ = limits::kBlockMessagesPerKind;
  std::size_t secp_left_ = limits::kBlockMessagesPerKind;
};

}  // namespace venus::mpool
