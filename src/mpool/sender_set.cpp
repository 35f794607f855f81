// SPDX-License-Identifier: MIT OR Apache-2.0
#include "mpool/sender_set.hpp"

#include "mpool/config.hpp"

namespace venus::mpool {

TokenAmount minimum_replacement_premium(const TokenAmount& premium) {
  return TokenAmount((premium.atto() * BigInt(limits::kReplaceByFeeMinimumPercent)).div(100) + 1);
}

Result<void> SenderSet::check(const types::SignedMessage& message, Origin origin) const {
  const bool strict = origin != Origin::Local;
  const auto nonce = message.message.nonce;
  const auto gap = nonce > next_nonce_ ? nonce - next_nonce_ : 0;
  if (strict && gap > (origin == Origin::Untrusted ? 0 : limits::kMaxNonceGap)) {
    return fail(ErrorCode::Temporal, "unfulfilled nonce gap: nonce {} while the next one is {}", nonce,
                next_nonce_);
  }
  if (const auto held = messages_.find(nonce); held != messages_.end()) {
    if (held->second->cid() == message.cid()) {
      return fail(ErrorCode::AlreadyExists, "message with nonce {} already exists in the pool", nonce);
    }
    if (strict && gap > 0) {
      return fail(ErrorCode::Temporal, "replace by fee refused behind a nonce gap (nonce {}, next {})", nonce,
                  next_nonce_);
    }
    const auto minimum = minimum_replacement_premium(held->second->message.gas_premium);
    if (message.message.gas_premium < minimum) {
      return fail(ErrorCode::Temporal, "replace by fee needs a gas premium of at least {}, got {}", minimum,
                  message.message.gas_premium);
    }
    return {};
  }
  const auto most =
      origin == Origin::Untrusted ? limits::kUntrustedPendingPerSender : limits::kPendingPerSender;
  if (strict && messages_.size() >= most) {
    return fail(ErrorCode::Temporal, "too many pending messages of the sender: {}", messages_.size());
  }
  return {};
}

MessagePtr SenderSet::insert(MessagePtr message) {
  const auto nonce = message->message.nonce;
  auto old = std::exchange(messages_[nonce], std::move(message));
  skip_held();
  return old;
}

MessagePtr SenderSet::remove(Nonce nonce, bool applied) {
  MessagePtr removed;
  if (const auto held = messages_.find(nonce); held != messages_.end()) {
    removed = held->second;
    messages_.erase(held);
  }
  if (applied) raise_next_nonce(nonce + 1);
  else if (removed && nonce < next_nonce_) next_nonce_ = nonce;
  return removed;
}

TokenAmount SenderSet::funds_before(Nonce nonce) const {
  TokenAmount sum;
  for (auto it = messages_.begin(); it != messages_.end() && it->first < nonce; ++it) {
    sum += it->second->message.required_funds();
  }
  return sum;
}

void SenderSet::raise_next_nonce(Nonce state_nonce) {
  if (next_nonce_ < state_nonce) next_nonce_ = state_nonce;
  skip_held();
}

void SenderSet::skip_held() {
  while (messages_.contains(next_nonce_)) ++next_nonce_;
}

}  // namespace venus::mpool
