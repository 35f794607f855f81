// SPDX-License-Identifier: MIT OR Apache-2.0
// Keeps a miner from signing two blocks it could be slashed for, whoever produces them: one row for a
// miner and epoch in a database that all producers share. Also the record of wins.
#pragma once

#include "api/miner.hpp"
#include "base/clock.hpp"
#include "db/sql/pool.hpp"
#include "types/block.hpp"
#include "types/tipset.hpp"

namespace venus::miner {

class SlashFilter {
 public:
  /// Brings the table up to date. Database and clock must outlive the filter.
  static Result<std::unique_ptr<SlashFilter>> open(db::sql::Database& database, const base::Clock& clock);

  /// Notes a win before its proof is known; a win already noted stays as it is.
  Result<void> note_win(const Address& miner, ChainEpoch epoch, ChainEpoch parent_epoch, std::int64_t win_count);
  /// Records the block that is about to be submitted. Conflict naming the fault it would be: another block
  /// at this epoch (double fork), the same parents at another epoch (time offset), or a block of this miner
  /// at the parents' epoch that is not among the parents (parent grinding). The same block again is fine.
  Result<void> check_and_record(const types::BlockHeader& block, ChainEpoch parent_epoch);
  /// What became of it.
  Result<void> finish(const Address& miner, ChainEpoch epoch, api::MineState state, const std::string& error,
                      std::int64_t proof_millis, std::int64_t total_millis);
  /// A noted win that had no block when its round was given up; nothing else changes.
  Result<void> time_out(const Address& miner, ChainEpoch epoch);

  Result<std::vector<api::WinRecord>> list(const api::BlocksQuery& query);
  Result<std::vector<api::WinRecord>> between(ChainEpoch from, ChainEpoch to);

 private:
  SlashFilter(db::sql::Database& database, const base::Clock& clock) : database_(database), clock_(clock) {}
  db::sql::Database& database_;
  const base::Clock& clock_;
};

}  // namespace venus::miner
