// SPDX-License-Identifier: MIT OR Apache-2.0
#include "chainstore/head_follower.hpp"

namespace venus::chainstore {
namespace {

// Whether a change begins where the consumer stands.
bool starts_at(const HeadChange& change, const TipsetPtr& at) {
  if (!change.reverted.empty()) return at && change.reverted.front()->key() == at->key();
  if (change.applied.empty()) return false;
  const auto& first = *change.applied.front();
  // A change from no head at all applies the genesis first.
  if (first.height() == ChainEpoch(0)) return at == nullptr;
  return at && first.parents() == at->key();
}

}  // namespace

Result<HeadChange> HeadFollower::go_to(const TipsetPtr& tipset) {
  if (at_ && at_->key() == tipset->key()) return HeadChange{};
  TRY(auto change, chain_.path(at_, tipset));
  at_ = tipset;
  return change;
}

Result<HeadChange> HeadFollower::follow(const HeadSubscription::Item& item) {
  if (!item.lost && starts_at(item.change, at_)) {
    if (!item.change.applied.empty()) {
      at_ = item.change.applied.back();
    } else {
      TRY(at_, chain_.parent(*item.change.reverted.back()));
    }
    return item.change;
  }
  // Something is missing before this item. What is queued behind it leads to the current head, too, and is
  // then found to be covered already.
  const auto head = chain_.head();
  if (!head) return HeadChange{};
  return go_to(head);
}

}  // namespace venus::chainstore
