// SPDX-License-Identifier: MIT OR Apache-2.0
#include "mpool/pool.hpp"

namespace venus::mpool {
namespace {

TokenAmount relay_fee_cap_floor(const TokenAmount& base_fee) {
  const TokenAmount fraction(base_fee.atto().div(limits::kBaseFeeLowerBoundFactor));
  return std::max(fraction, TokenAmount::from_atto(limits::kMinimumBaseFee));
}

}  // namespace

TipsetPtr Pool::head() const {
  const std::scoped_lock lock(mutex_);
  return head_;
}

Result<void> Pool::start(TipsetPtr head) {
  {
    const std::scoped_lock lock(mutex_);
    head_ = std::move(head);
  }
  TRY(auto kept, with_context(store_.load_all(), "load local messages"));
  std::ranges::sort(kept, {}, [](const types::SignedMessage& m) { return m.message.nonce; });
  for (auto& message : kept) {
    const auto cid = message.cid();
    const auto added = add(std::move(message), Origin::Local);
    // A nonce below the account's is on chain (or replaced there): there is nothing left to send.
    if (!added && added.error().code != ErrorCode::AlreadyExists) TRY_VOID(store_.erase(cid));
  }
  return {};
}

Result<Pool::Checked> Pool::check_alone(const types::SignedMessage& signed_message, Origin origin,
                                        const TipsetPtr& head) {
  const auto& message = signed_message.message;
  if (ipld::encode(signed_message).size() > limits::kMessageSize) {
    return fail(ErrorCode::TooLarge, "message too big: over {} bytes", limits::kMessageSize);
  }
  Checked out;
  out.min_gas = chain_.on_chain_message_gas(signed_message.chain_length(), head->height() + 1);
  TRY_VOID(with_context(
      types::check_message_syntax(message, out.min_gas, chain_.network_version(head->height() + 1)),
      "message not valid for a block"));
  if (message.gas_fee_cap < TokenAmount::from_atto(limits::kMinimumBaseFee)) {
    return fail(ErrorCode::Temporal, "gas fee cap too low: {} is under the minimum base fee {}",
                message.gas_fee_cap, limits::kMinimumBaseFee);
  }
  TRY(const auto base_fee, chain_.next_base_fee(head));
  if (message.gas_fee_cap < relay_fee_cap_floor(base_fee)) {
    if (origin != Origin::Local) {
      return fail(ErrorCode::Temporal, "gas fee cap {} is too far under the base fee {}", message.gas_fee_cap,
                  base_fee);
    }
    out.publish = false;
  }
  TRY(out.sender, with_context(chain_.sender(head, message.from), "sender"));
  if (!out.sender.can_send) {
    return fail(ErrorCode::FailedValidation, "actor {} cannot send messages", message.from);
  }
  if (message.nonce < out.sender.nonce) {
    return fail(ErrorCode::Temporal, "minimum expected nonce is {}, got {}: message nonce too low",
                out.sender.nonce, message.nonce);
  }
  TRY_VOID(with_context(chain_.verify_signature(signed_message, out.sender.key), "signature"));
  if (out.sender.balance < message.required_funds()) {
    return fail(ErrorCode::Temporal, "not enough funds (required: {}, balance: {})",
                TokenAmount(message.required_funds()).fil(), out.sender.balance.fil());
  }
  return out;
}

SenderSet& Pool::sender_set(Senders& senders, const SenderState& state) {
  auto& set = senders.try_emplace(state.key, state.nonce).first->second;
  set.raise_next_nonce(state.nonce);
  return set;
}

void Pool::remember_signature(const types::SignedMessage& message) {
  if (message.signature.type != types::SignatureType::Bls) return;
  const auto cid = message.cid();
  if (!signatures_.emplace(cid, message.signature).second) return;
  signature_order_.push_back(cid);
  if (signature_order_.size() > limits::kSignatureCache) {
    signatures_.erase(signature_order_.front());
    signature_order_.pop_front();
  }
}

void Pool::forget_if_local(const Cid& cid) {
  if (local_.erase(cid) == 0) return;
  // A message that stays on disk by mistake is refused by its nonce at the next start.
  static_cast<void>(store_.erase(cid));
}

Result<Added> Pool::add(types::SignedMessage signed_message, Origin origin) {
  const auto built_on = head();
  if (!built_on) return fail(ErrorCode::Unavailable, "the message pool is not started yet");
  TRY(const auto checked, check_alone(signed_message, origin, built_on));
  const auto cid = signed_message.cid();
  const auto message = std::make_shared<const PendingMessage>(std::move(signed_message), checked.min_gas);
  std::vector<Update> updates;
  {
    const std::scoped_lock lock(mutex_);
    auto& set = sender_set(senders_, checked.sender);
    const auto fits = set.check(*message, origin);
    const auto needed = set.funds_before(message->message.nonce) + message->message.required_funds();
    if (!fits || checked.sender.balance < needed) {
      if (set.empty()) senders_.erase(checked.sender.key);
      if (!fits) return std::unexpected(fits.error());
      return fail(ErrorCode::Temporal, "not enough funds including pending messages (required: {}, balance: {})",
                  needed.fil(), checked.sender.balance.fil());
    }
    if (origin == Origin::Local) {
      TRY_VOID(with_context(store_.save(*message), "keep local message"));
      local_.insert(cid);
      local_senders_.insert(checked.sender.key);
    }
    if (const auto old = set.insert(message)) {
      const auto old_cid = old->cid();
      by_cid_.erase(old_cid);
      forget_if_local(old_cid);
      updates.push_back({Update::Kind::Removed, old});
    } else {
      ++size_;
    }
    by_cid_.emplace(cid, message);
    remember_signature(*message);
    updates.push_back({Update::Kind::Added, message});
  }
  notify(updates);
  return Added{cid, checked.publish};
}

Result<Nonce> Pool::next_nonce(const Address& address) {
  const auto built_on = head();
  if (!built_on) return fail(ErrorCode::Unavailable, "the message pool is not started yet");
  TRY(const auto state, chain_.sender(built_on, address));
  const std::scoped_lock lock(mutex_);
  const auto held = senders_.find(state.key);
  if (held == senders_.end()) return state.nonce;
  return std::max(state.nonce, held->second.next_nonce());
}

std::vector<types::SignedMessage> Pool::pending() const {
  const std::scoped_lock lock(mutex_);
  std::vector<types::SignedMessage> out;
  out.reserve(size_);
  for (const auto& [key, set] : senders_) {
    for (const auto& [nonce, message] : set.messages()) out.push_back(*message);
  }
  return out;
}

std::vector<types::SignedMessage> Pool::pending_of(const Address& key) const {
  const std::scoped_lock lock(mutex_);
  std::vector<types::SignedMessage> out;
  if (const auto held = senders_.find(key); held != senders_.end()) {
    for (const auto& [nonce, message] : held->second.messages()) out.push_back(*message);
  }
  return out;
}

MessagePtr Pool::find(const Cid& cid) const {
  const std::scoped_lock lock(mutex_);
  const auto found = by_cid_.find(cid);
  return found == by_cid_.end() ? nullptr : found->second;
}

std::size_t Pool::size() const {
  const std::scoped_lock lock(mutex_);
  return size_;
}

Config Pool::config() const {
  const std::scoped_lock lock(mutex_);
  return config_;
}

Result<void> Pool::set_config(Config config) {
  TRY_VOID(check_config(config));
  const std::scoped_lock lock(mutex_);
  config_ = std::move(config);
  return {};
}

std::uint64_t Pool::subscribe(std::function<void(const Update&)> listener) {
  const std::scoped_lock lock(listeners_mutex_);
  listeners_.emplace(next_listener_, std::move(listener));
  return next_listener_++;
}

void Pool::unsubscribe(std::uint64_t subscription) {
  const std::scoped_lock lock(listeners_mutex_);
  listeners_.erase(subscription);
}

void Pool::notify(std::span<const Update> updates) {
  const std::scoped_lock lock(listeners_mutex_);
  for (const auto& update : updates) {
    for (const auto& [number, listener] : listeners_) listener(update);
  }
}

}  // namespace venus::mpool
