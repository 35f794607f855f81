// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "chainstore/database.hpp"
#include "snapshot/read_ahead.hpp"
#include "snapshot/visited_set.hpp"

namespace venus::snapshot {

/// Copies what roots reach from the older generation of a database into the newer one, each block after all that
/// it links to. Copies are lost with the process unless flushed, but never one without what depends on it.
class Copier {
 public:
  Copier(chainstore::ChainDatabase& database, ReadAhead::Options reading);

  /// Copies a root with all below it. What is missing is passed over and counted. `go_on` is asked now and
  /// then; false ends with Cancelled.
  Result<void> copy_tree(const Cid& root);
  /// Copies one block, if it is here, without what it links to.
  Result<void> copy_one(const Cid& cid);
  /// Writes what is held back.
  Result<void> flush();

  std::function<bool()> go_on = {};
  [[nodiscard]] std::uint64_t blocks() const noexcept { return blocks_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint64_t missing() const noexcept { return missing_; }

 private:
  struct Step {
    Cid cid;
    Bytes data;           // once read
    bool entered = false;
    bool must_copy = false;
  };
  Result<void> enter(std::size_t at);
  Result<void> leave(const Step& step);
  Result<void> read_ahead(const Cid& next);
  Result<void> add(const Cid& cid, BytesView data);
  void remember(const Cid& cid);

  chainstore::ChainDatabase& database_;
  db::RocksdbBlockstore& store_;
  ReadAhead reads_;
  VisitedSet seen_;  // a shortcut for what the store also knows; emptied when it is large
  std::vector<Step> stack_;
  db::KeyValueBatch batch_;
  std::uint64_t blocks_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t missing_ = 0;
};

}  // namespace venus::snapshot
