// SPDX-License-Identifier: MIT OR Apache-2.0
// What many requests ask of the same few tipsets, kept: opened state trees and finished answers.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "actors/state_tree.hpp"
#include "chainstore/chain_store.hpp"
#include "chainstore/lru_cache.hpp"

namespace venus::node {

/// A tipset with the state its messages start from, which is what the API calls "the state at a tipset".
struct StateView {
  TipsetPtr tipset;
  actors::StateTree tree;
};
using StateViewPtr = std::shared_ptr<const StateView>;

/// The list of actors that the manifest of a bundle names.
Result<Cid> bundle_list(Blockstore& store, const Cid& manifest);

/// Opened state trees by tipset. Thread-safe.
class StateViews {
 public:
  /// The view of a tipset of `chain`. NotFound when its parent state is not here.
  Result<StateViewPtr> at(const chainstore::ChainStore& chain, const TipsetPtr& tipset);

 private:
  chainstore::LruCache<TipsetKey, StateViewPtr> views_{32};
};

/// JSON texts of answers that can never change, since they name a tipset. Thread-safe.
class AnswerCache {
 public:
  using Text = std::shared_ptr<const std::string>;

  /// Where the answer to a method about an address at a tipset is kept.
  static std::string key(std::string_view method, const TipsetKey& tipset, const Address& address);
  /// Null when it is not kept.
  [[nodiscard]] Text find(const std::string& key) { return texts_.get(key).value_or(nullptr); }
  void put(const std::string& key, std::string text) {
    texts_.put(key, std::make_shared<const std::string>(std::move(text)));
  }
  /// The head as text; made anew when it has moved.
  Text head(const TipsetPtr& head);

 private:
  chainstore::LruCache<std::string, Text> texts_{4096};
  std::mutex head_mutex_;
  TipsetPtr head_;
  Text head_text_;
};

}  // namespace venus::node
