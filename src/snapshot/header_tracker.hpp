// SPDX-License-Identifier: MIT OR Apache-2.0
// Follows the chain of headers while a snapshot streams by, so that it need not be read again afterwards.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "chainstore/metadata.hpp"
#include "types/tipset.hpp"

namespace venus::snapshot {

/// Snapshots hold a header before those of its parents. The tracker knows which headers come next, checks that
/// they form tipsets whose heights fall, and writes the index of heights. Where a file keeps another order it
/// stops short of genesis, and the rest is to be read from the store.
class HeaderTracker {
 public:
  /// Starts at the blocks of the head.
  explicit HeaderTracker(const std::vector<Cid>& head);

  /// Whether this is a header of the chain that was waited for. Adds to the index of heights all but the head's
  /// own entries. FailedValidation when headers contradict each other, Malformed when it is no header.
  Result<bool> see(BytesView cid, BytesView data, chainstore::MetadataBatch& heights);

  /// The genesis block, once seen; undefined before.
  [[nodiscard]] const Cid& genesis() const noexcept { return genesis_; }
  /// Whether the chain was followed to genesis and each of its headers was seen.
  [[nodiscard]] bool complete() const noexcept { return genesis_.defined() && waiting_.empty(); }
  [[nodiscard]] std::uint64_t headers() const noexcept { return headers_; }
  /// The lowest height reached; -1 before the first header.
  [[nodiscard]] std::int64_t lowest() const noexcept { return lowest_; }

  /// What is needed to go on after a restart.
  [[nodiscard]] Bytes encode() const;
  static Result<HeaderTracker> decode(BytesView bytes);

 private:
  /// A tipset of which some headers are still to come.
  struct Pending {
    TipsetKey key;
    std::int64_t height = -1;        // known with the first header
    TipsetKey parents;               // likewise
    TipsetKey child;                 // empty for the head
    std::int64_t child_height = -1;  // -1 for the head
    std::size_t missing = 0;
  };
  using PendingPtr = std::shared_ptr<Pending>;

  HeaderTracker() = default;
  void expect(const PendingPtr& pending);
  Result<void> first_header(const PendingPtr& tipset, const types::BlockHeader& header,
                            chainstore::MetadataBatch& heights);

  std::unordered_map<Cid, PendingPtr> waiting_;
  Cid genesis_;
  std::uint64_t headers_ = 0;
  std::int64_t lowest_ = -1;
};

}  // namespace venus::snapshot
