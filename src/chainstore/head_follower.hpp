// SPDX-License-Identifier: MIT OR Apache-2.0
// Exact head changes for one consumer, whatever its queue lost.
#pragma once

#include "chainstore/chain_store.hpp"

namespace venus::chainstore {

/// Turns the items of a subscription into a gapless sequence: each change given out starts at the tipset
/// where the one before ended, so a consumer that applies them to a list has the chain of `at()`. Items that
/// the queue dropped are made good by the path to the current head. Not thread-safe.
class HeadFollower {
 public:
  /// `start` is what the consumer knows as the head; subscribe before reading it.
  HeadFollower(const ChainStore& chain, TipsetPtr start) : chain_(chain), at_(std::move(start)) {}

  /// Where the consumer stands after all changes given out.
  [[nodiscard]] const TipsetPtr& at() const noexcept { return at_; }
  /// What the consumer has to do for an item of the subscription; nothing (both lists empty) when an earlier
  /// answer covered it. Fails as ChainStore::path; then nothing was given out and the next call makes it good.
  Result<HeadChange> follow(const HeadSubscription::Item& item);
  /// The way from at() to a tipset, which is at() from then on.
  Result<HeadChange> go_to(const TipsetPtr& tipset);

 private:
  const ChainStore& chain_;
  TipsetPtr at_;
};

}  // namespace venus::chainstore
