// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <map>

#include "mpool/message_chain.hpp"

namespace venus::mpool {

/// How far a message's origin is trusted (protocol.md section 6).
enum class Origin : std::uint8_t {
  Local,      ///< pushed through this node's API with a token
  Remote,     ///< heard by gossip
  Untrusted,  ///< pushed through the API by anybody (MpoolPushUntrusted)
};

/// The pending messages of one sender and the next nonce it should use.
class SenderSet {
 public:
  explicit SenderSet(Nonce state_nonce) : next_nonce_(state_nonce) {}

  /// Whether the message may join; Temporal or AlreadyExists with the rule that refuses it.
  Result<void> check(const types::SignedMessage& message, Origin origin) const;
  /// Adds or replaces; returns the message it replaced, if any. check() must have passed.
  MessagePtr insert(MessagePtr message);
  /// Removes the message of a nonce. `applied`: it (or another of that nonce) is on chain.
  MessagePtr remove(Nonce nonce, bool applied);

  [[nodiscard]] Nonce next_nonce() const { return next_nonce_; }
  [[nodiscard]] const std::map<Nonce, MessagePtr>& messages() const { return messages_; }
  [[nodiscard]] bool empty() const { return messages_.empty(); }
  /// Gas funds that all messages before `nonce` may need.
  [[nodiscard]] TokenAmount funds_before(Nonce nonce) const;
  void raise_next_nonce(Nonce state_nonce);

 private:
  void skip_held();
  std::map<Nonce, MessagePtr> messages_;
  Nonce next_nonce_;
};

/// The lowest premium that may replace one of `premium`: 110 % of it, plus 1 attoFIL.
TokenAmount minimum_replacement_premium(const TokenAmount& premium);

}  // namespace venus::mpool
