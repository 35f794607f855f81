// SPDX-License-Identifier: MIT OR Apache-2.0
// How the pool follows the chain, feeds blocks and keeps itself small.
#include "mpool/pool.hpp"

namespace venus::mpool {

Result<void> Pool::apply_tipset(Senders& senders, const TipsetPtr& tipset, std::vector<Update>* updates) {
  TRY(const auto messages, chain_.messages(tipset));
  const auto apply = [&](const types::Message& message) {
    auto key = senders.find(message.from);
    if (key == senders.end()) {
      // The block may name the sender by its ID or by another form than the pool does.
      const auto state = chain_.sender(tipset, message.from);
      if (state) key = senders.find(state->key);
    }
    if (key == senders.end()) return;
    const auto removed = key->second.remove(message.nonce, true);
    if (key->second.empty()) senders.erase(key);
    if (removed && updates != nullptr) updates->push_back({Update::Kind::Removed, removed});
  };
  for (const auto& message : messages.bls) apply(message);
  for (const auto& message : messages.secpk) apply(message.message);
  return {};
}

Result<void> Pool::revert_tipset(Senders& senders, const TipsetPtr& tipset, std::vector<Update>* updates) {
  TRY(const auto messages, chain_.messages(tipset));
  const auto put_back = [&](types::SignedMessage message) {
    const auto state = chain_.sender(tipset, message.message.from);
    if (!state) return;
    auto& set = senders.try_emplace(state->key, message.message.nonce).first->second;
    if (set.messages().contains(message.message.nonce)) return;
    const auto min_gas = chain_.on_chain_message_gas(message.chain_length(), tipset->height() + 1);
    auto shared = std::make_shared<const PendingMessage>(std::move(message), min_gas);
    set.insert(shared);
    if (updates != nullptr) updates->push_back({Update::Kind::Added, std::move(shared)});
  };
  for (const auto& message : messages.bls) {
    // Without its signature a message can't be sent again; its sender's node still has it.
    if (const auto known = signatures_.find(message.cid()); known != signatures_.end()) {
      put_back({message, known->second});
    }
  }
  for (const auto& message : messages.secpk) put_back(message);
  return {};
}

Result<void> Pool::head_change(TipsetPtr new_head, std::span<const TipsetPtr> revert,
                               std::span<const TipsetPtr> apply) {
  std::vector<Update> updates;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& tipset : revert) TRY_VOID(revert_tipset(senders_, tipset, &updates));
    for (const auto& tipset : apply) TRY_VOID(apply_tipset(senders_, tipset, &updates));
    head_ = std::move(new_head);
    for (const auto& update : updates) {
      const auto cid = update.message->cid();
      if (update.kind == Update::Kind::Added) {
        by_cid_.emplace(cid, update.message);
        ++size_;
      } else {
        by_cid_.erase(cid);
        --size_;
        forget_if_local(cid);
      }
    }
  }
  notify(updates);
  return {};
}

Result<SelectionInput> Pool::selection_input(const TipsetPtr& base) {
  SelectionInput input;
  Senders senders;
  TipsetPtr head;
  {
    const std::scoped_lock lock(mutex_);
    senders = senders_;
    head = head_;
    input.priority = config_.priority_addresses;
  }
  if (!head) return fail(ErrorCode::Unavailable, "the message pool is not started yet");
  if (head->key() != base->key()) {
    TRY(const auto path, chain_.path(head, base));
    const std::scoped_lock lock(mutex_);
    for (const auto& tipset : path.revert) TRY_VOID(revert_tipset(senders, tipset, nullptr));
    for (const auto& tipset : path.apply) TRY_VOID(apply_tipset(senders, tipset, nullptr));
  }
  TRY(input.base_fee, chain_.next_base_fee(base));
  for (auto& [key, set] : senders) {
    const auto state = chain_.sender(base, key);
    if (!state || set.empty()) continue;
    input.senders.push_back({key, state->nonce, state->balance, set.messages()});
  }
  for (auto& address : input.priority) {
    if (const auto state = chain_.sender(base, address)) address = state->key;
  }
  input.seed = static_cast<std::uint64_t>(clock_.unix_millis());
  return input;
}

Result<Selected> Pool::select(const TipsetPtr& base, double ticket_quality) {
  TRY(auto input, selection_input(base));
  return select_messages(std::move(input), ticket_quality);
}

Result<std::vector<Selected>> Pool::select_many(const TipsetPtr& base, std::span<const double> qualities) {
  TRY(auto input, selection_input(base));
  return select_messages_for_many(std::move(input), qualities);
}

Result<std::vector<types::SignedMessage>> Pool::to_republish() {
  TRY(auto input, selection_input(head()));
  {
    const std::scoped_lock lock(mutex_);
    std::erase_if(input.senders, [&](const SenderMessages& s) { return !local_senders_.contains(s.sender); });
  }
  std::vector<types::SignedMessage> out;
  // Quality 1: the order a block that comes first would have.
  for (const auto& message : select_messages(std::move(input), 1.0)) out.push_back(*message);
  return out;
}

Result<void> Pool::prune_if_needed() {
  {
    const std::scoped_lock lock(mutex_);
    const auto now = clock_.unix_millis();
    if (size_ <= static_cast<std::size_t>(config_.size_limit_high)) return {};
    if (now - last_prune_millis_ < config_.prune_cooldown / 1'000'000) return {};
    last_prune_millis_ = now;
  }
  TRY(auto input, selection_input(head()));
  std::vector<SenderChains> owned;
  std::vector<const MessageChain*> order;
  for (const auto& sender : input.senders) {
    owned.push_back(make_chains(sender, input.base_fee));
    for (const auto& chain : owned.back()) order.push_back(chain.get());
  }
  std::ranges::stable_sort(order, [](auto* a, auto* b) { return a->before(*b); });

  std::vector<Update> updates;
  {
    const std::scoped_lock lock(mutex_);
    std::set<const PendingMessage*> keep;
    const auto low = static_cast<std::size_t>(config_.size_limit_low);
    for (const auto* chain : order) {
      for (const auto& message : chain->messages) {
        if (keep.size() < low) keep.insert(message.get());
      }
    }
    for (auto it = senders_.begin(); it != senders_.end();) {
      const bool exempt = local_senders_.contains(it->first) ||
                          std::ranges::find(input.priority, it->first) != input.priority.end();
      std::vector<Nonce> drop;
      for (const auto& [nonce, message] : it->second.messages()) {
        if (!exempt && !keep.contains(message.get())) drop.push_back(nonce);
      }
      for (const auto nonce : drop) updates.push_back({Update::Kind::Removed, it->second.remove(nonce, false)});
      it = it->second.empty() ? senders_.erase(it) : std::next(it);
    }
    for (const auto& update : updates) by_cid_.erase(update.message->cid());
    size_ -= updates.size();
  }
  notify(updates);
  return {};
}

Result<void> Pool::clear(bool local_too) {
  std::vector<Update> updates;
  {
    const std::scoped_lock lock(mutex_);
    for (auto it = senders_.begin(); it != senders_.end();) {
      if (!local_too && local_senders_.contains(it->first)) {
        ++it;
        continue;
      }
      for (const auto& [nonce, message] : it->second.messages()) {
        updates.push_back({Update::Kind::Removed, message});
      }
      it = senders_.erase(it);
    }
    for (const auto& update : updates) {
      const auto cid = update.message->cid();
      by_cid_.erase(cid);
      forget_if_local(cid);
    }
    size_ -= updates.size();
    if (local_too) local_senders_.clear();
  }
  notify(updates);
  return {};
}

Result<void> Pool::remove(const Address& key, Nonce nonce) {
  std::vector<Update> updates;
  {
    const std::scoped_lock lock(mutex_);
    const auto held = senders_.find(key);
    const auto removed = held == senders_.end() ? nullptr : held->second.remove(nonce, false);
    if (!removed) return fail(ErrorCode::NotFound, "no pending message of {} with nonce {}", key, nonce);
    if (held->second.empty()) senders_.erase(held);
    const auto cid = removed->cid();
    by_cid_.erase(cid);
    forget_if_local(cid);
    --size_;
    updates.push_back({Update::Kind::Removed, removed});
  }
  notify(updates);
  return {};
}

}  // namespace venus::mpool
