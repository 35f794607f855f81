// SPDX-License-Identifier: MIT OR Apache-2.0
// The chain of the recorded Lotus devnet in memory, without a machine to execute it.
#pragma once

#include <gtest/gtest.h>

#include <span>

#include "base/test_util/vectors.hpp"
#include "chainstore/chain_store.hpp"
#include "sync/chain_source.hpp"

namespace venus::net::test_util {

/// Unwraps in tests; throws.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

struct RecordedChain {
  /// Loads a chain file of the recording and makes its end the head; throws on failure.
  explicit RecordedChain(const std::string& file = "chain-197.car");

  /// The tipset at an epoch of the head's chain (the next one for a null round).
  TipsetPtr at(std::int64_t epoch) const;
  /// `count` tipsets from `from` down, newest first.
  std::vector<TipsetPtr> walk(TipsetPtr from, std::size_t count) const;
  /// Stores `count` made-up tipsets of one block on top of `on`, without messages: the last one. They pass
  /// as links, not as blocks. `salt` makes another chain of it.
  TipsetPtr extend(TipsetPtr on, std::size_t count, std::uint64_t salt = 0);
  /// The messages of a tipset as chain exchange carries them.
  sync::TipsetMessages messages(const types::Tipset& tipset) const;

  std::shared_ptr<ipld::MemoryBlockstore> store = std::make_shared<ipld::MemoryBlockstore>();
  chainstore::MemoryMetadata metadata;
  std::unique_ptr<chainstore::ChainStore> chain;
  TipsetPtr head;
};

}  // namespace venus::net::test_util

/// Skips (or, with CI=true, fails) by name where the recording is missing.
#define VENUS_RECORDED_CHAIN_OR_SKIP() VENUS_VECTORS_OR_SKIP(recorded_chain_path_, "lotus-devnet/chain-197.car")
