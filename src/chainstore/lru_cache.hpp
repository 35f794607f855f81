// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace venus::chainstore {

/// Keeps the values used last, up to a number of them. Thread-safe; values should be cheap to copy.
template <class Key, class Value>
class LruCache {
 public:
  explicit LruCache(std::size_t capacity) : capacity_(capacity == 0 ? 1 : capacity) {}

  std::optional<Value> get(const Key& key) {
    std::lock_guard lock(mutex_);
    const auto at = index_.find(key);
    if (at == index_.end()) return std::nullopt;
    order_.splice(order_.begin(), order_, at->second);
    return at->second->second;
  }

  /// Whether the key is here, without counting as a use.
  bool contains(const Key& key) const {
    std::lock_guard lock(mutex_);
    return index_.contains(key);
  }

  void put(const Key& key, Value value) {
    std::lock_guard lock(mutex_);
    if (const auto at = index_.find(key); at != index_.end()) {
      at->second->second = std::move(value);
      order_.splice(order_.begin(), order_, at->second);
      return;
    }
    order_.emplace_front(key, std::move(value));
    index_.emplace(key, order_.begin());
    if (index_.size() <= capacity_) return;
    index_.erase(order_.back().first);
    order_.pop_back();
  }

  void erase(const Key& key) {
    std::lock_guard lock(mutex_);
    const auto at = index_.find(key);
    if (at == index_.end()) return;
    order_.erase(at->second);
    index_.erase(at);
  }

  void clear() {
    std::lock_guard lock(mutex_);
    order_.clear();
    index_.clear();
  }

  [[nodiscard]] std::size_t size() const {
    std::lock_guard lock(mutex_);
    return index_.size();
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::list<std::pair<Key, Value>> order_;
  std::unordered_map<Key, typename std::list<std::pair<Key, Value>>::iterator> index_;
};

}  // namespace venus::chainstore
