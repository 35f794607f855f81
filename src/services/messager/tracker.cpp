// SPDX-License-Identifier: MIT OR Apache-2.0
// Follows the chain. Whatever the node sends, the head alone matters: from it we walk back to a tipset
// that was processed, take back what was found above it and apply what is new. So a lost notification, a
// restart and a reorganisation are the same case.
#include <boost/asio/steady_timer.hpp>

#include "api/node/chain.hpp"
#include "api/node/state.hpp"
#include "services/messager/service.hpp"

namespace venus::messager {
namespace {

// Beyond finality a walk back is cheaper done by searching each message.
constexpr std::int64_t kMaxWalk = 900;

}  // namespace

void Service::report(std::string_view what, const Error& error) const {
  if (report_) report_(what, error);
}

Task<> Service::run() {
  auto changes = peers_.node->subscribe<api::ChainApi::Notify>();
  TipsetPtr head;
  bool fresh = false;
  auto quiet_since = std::chrono::steady_clock::now();
  while (!stopping_) {
    auto item = co_await changes.next_until(std::chrono::steady_clock::now() + settings_.stable_head / 4);
    if (item && *item) {
      for (auto& change : **item) {
        if (change.type != "revert" && change.tipset) head = std::move(change.tipset);
      }
      fresh = true;
      quiet_since = std::chrono::steady_clock::now();
      continue;
    }
    if (item && !*item) co_return fail(ErrorCode::Unavailable, "the node's head changes ended");
    if (!item && item.error().code != ErrorCode::Timeout) co_return std::unexpected(item.error());
    if (!head || std::chrono::steady_clock::now() - quiet_since < settings_.stable_head) continue;
    if (fresh) {
      const auto tracked = co_await track(head);
      if (!tracked) report("follow the chain", tracked.error());
      fresh = !tracked;
      if (!tracked) quiet_since = std::chrono::steady_clock::now();
    } else if (!new_messages_.exchange(false)) {
      continue;
    }
    const auto filled = co_await fill_all(head);
    if (!filled) {
      report("fill messages", filled.error());
      new_messages_ = true;
      quiet_since = std::chrono::steady_clock::now();
    }
  }
  co_return Result<void>{};
}

// Tipsets to apply, oldest first; takes back what is above their common ancestor with what was processed.
Task<std::vector<TipsetPtr>> Service::path_to(TipsetPtr head) {
  CO_TRY(const auto processed, co_await in_database([this] { return store_.processed(kMaxWalk); }));
  std::map<ChainEpoch, TipsetKey> known(processed.begin(), processed.end());
  std::vector<TipsetPtr> path;
  if (known.empty() || head->height() - known.rbegin()->first > kMaxWalk) {
    CO_TRY_VOID(co_await search_filled(head));
    path.push_back(head);
    co_return path;
  }
  const auto oldest = known.begin()->first;
  auto at = head;
  while (at->height() >= oldest) {
    const auto found = known.find(at->height());
    if (found != known.end() && found->second == at->key()) break;
    path.insert(path.begin(), at);
    if (at->height().value() <= 0 || path.size() > kMaxWalk) break;
    CO_TRY(at, co_await peers_.node->call<api::ChainApi::GetTipset>(at->parents()));
  }
  if (at->height() < known.rbegin()->first) {
    CO_TRY_VOID(co_await in_database([this, height = at->height()] { return store_.revert_from(height); }));
  }
  co_return path;
}

Task<> Service::track(TipsetPtr head) {
  CO_TRY(const auto path, co_await path_to(head));
  for (const auto& tipset : path) CO_TRY_VOID(co_await apply_tipset(tipset));
  head_height_ = head->height().value();
  co_return Result<void>{};
}

Task<Address> Service::key_of(Address sender) {
  if (!sender.is_id()) co_return sender;
  {
    const std::scoped_lock lock(keys_mutex_);
    const auto known = keys_by_id_.find(sender);
    if (known != keys_by_id_.end()) co_return known->second;
  }
  auto key = co_await peers_.node->call<api::StateApi::AccountKey>(sender, TipsetKey());
  if (key) {
    const std::scoped_lock lock(keys_mutex_);
    keys_by_id_.emplace(sender, *key);
  }
  co_return key;
}

// A tipset tells the receipts of its parents' messages.
Task<> Service::apply_tipset(TipsetPtr tipset) {
  std::vector<Executed> executed;
  if (tipset->height().value() > 0) {
    const auto block = tipset->cids().front();
    CO_TRY(const auto messages, co_await peers_.node->call<api::ChainApi::GetParentMessages>(block));
    if (!messages.empty()) {
      CO_TRY(const auto receipts, co_await peers_.node->call<api::ChainApi::GetParentReceipts>(block));
      CO_TRY(const auto parent, co_await peers_.node->call<api::ChainApi::GetTipset>(tipset->parents()));
      if (receipts.size() != messages.size()) {
        co_return fail(ErrorCode::Malformed, "the node gave {} receipts for {} messages", receipts.size(),
                       messages.size());
      }
      for (std::size_t i = 0; i < messages.size(); ++i) {
        auto key = co_await key_of(messages[i].message.from);
        if (!key) continue;
        executed.push_back({*key, messages[i].message.nonce, messages[i].cid, receipts[i], parent->height(),
                            parent->key()});
      }
    }
  }
  co_return co_await in_database(
      [this, &tipset, &executed] { return store_.apply(tipset->key(), tipset->height(), executed); });
}

Task<> Service::search_filled(TipsetPtr head) {
  CO_TRY(const auto filled, co_await in_database([this] { return store_.all_filled(); }));
  std::vector<Executed> executed;
  for (const auto& message : filled) {
    if (!message.signed_cid) continue;
    CO_TRY(const auto found, co_await peers_.node->call<api::StateApi::SearchMessage>(
                                 head->key(), *message.signed_cid, ChainEpoch(-1), true));
    if (!found) continue;
    CO_TRY(const auto child, co_await peers_.node->call<api::ChainApi::GetTipset>(found->tipset));
    CO_TRY(const auto parent, co_await peers_.node->call<api::ChainApi::GetTipset>(child->parents()));
    executed.push_back({message.message.from, message.message.nonce, found->message, found->receipt,
                        parent->height(), parent->key()});
  }
  if (executed.empty()) co_return Result<void>{};
  co_return co_await in_database(
      [this, &head, &executed] { return store_.apply(head->key(), head->height(), executed); });
}

}  // namespace venus::messager
