// SPDX-License-Identifier: MIT OR Apache-2.0
// Headers between a target and our chain: they come newest first and are needed oldest first, and there may be
// millions of them.
#pragma once

#include <deque>
#include <memory>

#include "chainstore/chain_store.hpp"

namespace venus::sync {

/// Keeps the oldest headers in memory and lays the others down in the chain's metadata, with what is needed to
/// go on after the process was killed. Only one stack at a time may do so; others are limited to their memory.
/// What is laid down is not in the block store: a chain that turns out not to lead to ours leaves nothing
/// behind. Not thread-safe; calls that touch the metadata block.
class HeaderStack {
 public:
  struct Options {
    std::size_t in_memory = 2000;  ///< tipsets; on mainnet some 25 KiB each
    bool may_spill = false;
  };

  HeaderStack(chainstore::Metadata& metadata, TipsetPtr target, Options options)
      : metadata_(metadata), target_(std::move(target)), options_(options) {}

  /// What an earlier process laid down and did not finish; null when there is nothing. Corrupt when it can't
  /// be read (clear() then).
  static Result<std::unique_ptr<HeaderStack>> resume(chainstore::Metadata& metadata, Options options);
  /// Removes everything laid down.
  static Result<void> clear(chainstore::Metadata& metadata);

  [[nodiscard]] const TipsetPtr& target() const noexcept { return target_; }
  /// The key of the next ancestor to push.
  [[nodiscard]] const TipsetKey& wanted() const noexcept { return wanted_; }
  /// Height of the lowest tipset that was pushed.
  [[nodiscard]] ChainEpoch lowest() const noexcept { return lowest_; }
  [[nodiscard]] bool empty() const noexcept { return memory_.empty() && records_ == 0; }

  /// Adds ancestors, newest first; the first is the target itself, each the parent of the one before.
  /// Exhausted when memory is full and nothing may be laid down.
  Result<void> push(std::span<const TipsetPtr> newest_first);
  /// Takes up to `count` of the oldest tipsets, oldest first; none when the stack is empty.
  Result<std::vector<TipsetPtr>> pop(std::size_t count);
  /// The tipsets in memory, oldest last: to mark them when an ancestor is bad.
  [[nodiscard]] const std::deque<TipsetPtr>& held() const noexcept { return memory_; }

 private:
  Result<void> spill();
  Result<void> write_progress(chainstore::MetadataBatch& batch) const;

  chainstore::Metadata& metadata_;
  TipsetPtr target_;
  const Options options_;
  TipsetKey wanted_;
  ChainEpoch lowest_{0};
  std::uint64_t records_ = 0;       // laid down: 0 has the newest
  std::deque<TipsetPtr> memory_;    // newest first
};

}  // namespace venus::sync
