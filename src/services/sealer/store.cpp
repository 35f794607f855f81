// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/sealer/store.hpp"

#include "services/sealer/schema.hpp"
#include "types/sql_text.hpp"

namespace venus::sealer {

using db::sql::Transaction;

namespace {

constexpr std::string_view kSectorColumns =
    "miner, number, seal_proof, sealed_cid, unsealed_cid, cache_path, replica_path, state, error";
constexpr std::string_view kPostColumns =
    "miner, open_epoch, batch, attempt, deadline, close_epoch, challenge_epoch, partitions, "
    "skipped, randomness, "
    "params, sender, message_id, height, state, error, updated_at";
constexpr std::string_view kDeclarationColumns =
    "id, miner, method, deadline, open_epoch, params, sender, state, error";

constexpr std::size_t kMaxError = 2'000;

}  // namespace

Result<std::unique_ptr<Store>> Store::open(db::sql::Database& database, const base::Clock& clock) {
  TRY_VOID(migrate(database));
  return std::unique_ptr<Store>(new Store(database, clock));
}

Result<bool> Store::add_sector(const SealerSector& s) {
  const auto now = clock_.unix_millis();
  return database_.write([&](Transaction& tx) -> Result<bool> {
    TRY(const auto known,
        tx.select_one<Cid>("SELECT sealed_cid FROM sectors WHERE miner = ? AND number = ?", s.miner,
                           s.number));
    if (known && std::get<0>(*known) != s.sealed_cid) {
      return fail(ErrorCode::Conflict,
                  "sector {} of t0{} is here with another replica ({}, not {})", s.number, s.miner,
                  std::get<0>(*known), s.sealed_cid);
    }
    if (known) {
      TRY_VOID(
          tx.exec("UPDATE sectors SET cache_path = ?, replica_path = ?, state = ?, error = ?, "
                  "updated_at = ? "
                  "WHERE miner = ? AND number = ?",
                  s.cache_path, s.replica_path, s.state, s.error, now, s.miner, s.number));
      return false;
    }
    TRY_VOID(tx.exec(
        "INSERT INTO sectors (miner, number, seal_proof, sealed_cid, unsealed_cid, cache_path, "
        "replica_path, state, error, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?)",
        s.miner, s.number, s.seal_proof, s.sealed_cid, s.unsealed_cid, s.cache_path, s.replica_path,
        s.state, s.error, now, now));
    return true;
  });
}

Result<std::optional<SealerSector>> Store::sector(ActorId miner, SectorNumber number) {
  const auto sql =
      fmt::format("SELECT {} FROM sectors WHERE miner = ? AND number = ?", kSectorColumns);
  TRY(auto rows, database_.read([&](Transaction& tx) {
    return tx.select_as<SealerSector>(sql, miner, number);
  }));
  if (rows.empty()) return std::optional<SealerSector>{};
  return std::optional(std::move(rows.front()));
}

Result<std::vector<SealerSector>> Store::sectors(ActorId miner) {
  const auto sql =
      fmt::format("SELECT {} FROM sectors WHERE miner = ? ORDER BY number", kSectorColumns);
  return database_.read([&](Transaction& tx) { return tx.select_as<SealerSector>(sql, miner); });
}

Result<void> Store::note_files(ActorId miner, SectorNumber number, const std::string& error) {
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.exec(
        "UPDATE sectors SET state = ?, error = ?, updated_at = ? WHERE miner = ? AND number = ?",
        error.empty() ? "proving" : "missing", error.substr(0, kMaxError), clock_.unix_millis(),
        miner, number));
    return {};
  });
}

Result<void> Store::add_posts(const std::vector<SealerPost>& posts) {
  const auto sql = fmt::format(
      "INSERT INTO posts ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      kPostColumns);
  return database_.write([&](Transaction& tx) -> Result<void> {
    for (const auto& p : posts) {
      TRY_VOID(tx.exec(sql, p.miner, p.open, p.batch, p.attempt, p.deadline, p.close, p.challenge,
                       p.partitions, p.skipped, p.randomness, p.params, p.sender, p.message_id,
                       p.height, p.state, p.error, clock_.unix_millis()));
    }
    return {};
  });
}

Result<std::vector<SealerPost>> Store::select_posts(std::string_view where, ActorId miner,
                                                    std::int64_t argument) {
  const auto sql = fmt::format("SELECT {} FROM posts WHERE miner = ? AND {}", kPostColumns, where);
  return database_.read(
      [&](Transaction& tx) { return tx.select_as<SealerPost>(sql, miner, argument); });
}

Result<std::vector<SealerPost>> Store::posts(ActorId miner, ChainEpoch open) {
  return select_posts("open_epoch = ? ORDER BY batch, attempt", miner, open.value());
}

Result<std::vector<SealerPost>> Store::latest_posts(ActorId miner, std::uint64_t limit) {
  const auto rows = static_cast<std::int64_t>(std::clamp<std::uint64_t>(limit, 1, 10'000));
  return select_posts("1 = 1 ORDER BY open_epoch DESC, batch DESC, attempt DESC LIMIT ?", miner,
                      rows);
}

Result<std::vector<SealerPost>> Store::overdue_posts(ActorId miner, ChainEpoch epoch) {
  return select_posts("state IN (0, 1, 2) AND close_epoch <= ? ORDER BY close_epoch", miner,
                      epoch.value());
}

Result<void> Store::update_post(SealerPostState from, const SealerPost& p) {
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY(const auto changed,
        tx.exec("UPDATE posts SET randomness = ?, skipped = ?, params = ?, sender = ?, message_id "
                "= ?, height = ?, "
                "state = ?, error = ?, updated_at = ? "
                "WHERE miner = ? AND open_epoch = ? AND batch = ? AND attempt = ? AND state = ?",
                p.randomness, p.skipped, p.params, p.sender, p.message_id, p.height, p.state,
                p.error.substr(0, kMaxError), clock_.unix_millis(), p.miner, p.open, p.batch,
                p.attempt, from));
    if (changed == 0) return fail(ErrorCode::Conflict, "the WindowPoSt went on meanwhile");
    return {};
  });
}

Result<std::optional<DeclarationRow>> Store::declaration(const std::string& id) {
  const auto sql = fmt::format("SELECT {} FROM declarations WHERE id = ?", kDeclarationColumns);
  TRY(auto rows,
      database_.read([&](Transaction& tx) { return tx.select_as<DeclarationRow>(sql, id); }));
  if (rows.empty()) return std::optional<DeclarationRow>{};
  return std::optional(std::move(rows.front()));
}

Result<void> Store::add_declaration(const DeclarationRow& d) {
  const auto sql =
      fmt::format("INSERT INTO declarations ({}, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  kDeclarationColumns);
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.exec(sql, d.id, d.miner, d.method, d.deadline, d.open, d.params, d.sender, d.state,
                     d.error, clock_.unix_millis()));
    return {};
  });
}

Result<void> Store::set_declaration(const std::string& id, SealerPostState state,
                                    const std::string& error) {
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.exec("UPDATE declarations SET state = ?, error = ?, updated_at = ? WHERE id = ?",
                     state, error.substr(0, kMaxError), clock_.unix_millis(), id));
    return {};
  });
}

}  // namespace venus::sealer
