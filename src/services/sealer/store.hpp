// SPDX-License-Identifier: MIT OR Apache-2.0
// What the sealer knows, in SQL: sectors and where they lie, WindowPoSts and declarations with the
// messages that carry them. All calls block.
#pragma once

#include "api/sealer.hpp"
#include "base/clock.hpp"
#include "db/sql/pool.hpp"

namespace venus::sealer {

using api::SealerPost;
using api::SealerPostState;
using api::SealerSector;

/// A declaration of faults or recoveries and its message.
struct DeclarationRow {
  std::string id;  ///< also at the messager
  ActorId miner;
  MethodNum method;
  std::uint64_t deadline = 0;
  ChainEpoch open;  ///< of the deadline's next window
  Bytes params;
  Address sender;
  SealerPostState state = SealerPostState::Submitted;  ///< Submitted, Landed or Failed
  std::string error;
  static constexpr auto fields() {
    using base::field;
    using T = DeclarationRow;
    return base::fields_of(
        field("ID", &T::id), field("Miner", &T::miner), field("Method", &T::method),
        field("Deadline", &T::deadline), field("Open", &T::open), field("Params", &T::params),
        field("Sender", &T::sender), field("State", &T::state), field("Error", &T::error));
  }
};

class Store {
 public:
  /// Brings the tables up to date. Database and clock outlive the store.
  static Result<std::unique_ptr<Store>> open(db::sql::Database& database, const base::Clock& clock);

  /// Adds a sector or moves it (its paths and CIDs are replaced); true: it was new. Conflict when
  /// the number is known with another replica: that one may be on chain.
  Result<bool> add_sector(const SealerSector& sector);
  Result<std::optional<SealerSector>> sector(ActorId miner, SectorNumber number);
  Result<std::vector<SealerSector>> sectors(ActorId miner);
  /// Notes whether a sector's files were found; empty text: they were.
  Result<void> note_files(ActorId miner, SectorNumber number, const std::string& error);

  /// Adds a deadline's WindowPoSts, all or none; AlreadyExists when one is known.
  Result<void> add_posts(const std::vector<SealerPost>& posts);
  /// All attempts for a window, by batch and attempt.
  Result<std::vector<SealerPost>> posts(ActorId miner, ChainEpoch open);
  /// Newest first.
  Result<std::vector<SealerPost>> latest_posts(ActorId miner, std::uint64_t limit);
  /// Not landed, failed or missed, with a window that closed at or before `epoch`.
  Result<std::vector<SealerPost>> overdue_posts(ActorId miner, ChainEpoch epoch);
  /// Writes what may change in a row: from `randomness` on. Conflict unless it is still in state
  /// `from`.
  Result<void> update_post(SealerPostState from, const SealerPost& post);

  Result<std::optional<DeclarationRow>> declaration(const std::string& id);
  Result<void> add_declaration(const DeclarationRow& row);
  Result<void> set_declaration(const std::string& id, SealerPostState state,
                               const std::string& error);

 private:
  Store(db::sql::Database& database, const base::Clock& clock)
      : database_(database), clock_(clock) {}
  Result<std::vector<SealerPost>> select_posts(std::string_view where, ActorId miner,
                                               std::int64_t argument);

  db::sql::Database& database_;
  const base::Clock& clock_;
};

}  // namespace venus::sealer
