// SPDX-License-Identifier: MIT OR Apache-2.0
#include "db/sql/migrate.hpp"

#include "crypto/hash.hpp"

namespace venus::db::sql {
namespace {

constexpr std::string_view kMysqlTable = " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";
constexpr std::string_view kHistory =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    " component VARCHAR(64) NOT NULL, number INTEGER NOT NULL, name VARCHAR(190) NOT NULL,"
    " checksum VARCHAR(64) NOT NULL, statements_done INTEGER NOT NULL, finished INTEGER NOT NULL,"
    " PRIMARY KEY (component, number)){table}";

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

std::string expanded(std::string_view text, Dialect dialect) {
  std::string out(text);
  replace_all(out, "{table}", dialect == Dialect::Mysql ? kMysqlTable : "");
  replace_all(out, "{text}", dialect == Dialect::Mysql ? "LONGTEXT" : "TEXT");
  return out;
}

std::vector<std::string> statements_of(const std::string& script) {
  std::vector<std::string> out;
  std::size_t start = 0;
  while (start < script.size()) {
    auto end = script.find(";\n", start);
    if (end == std::string::npos) end = script.size();
    std::string one = script.substr(start, end - start);
    while (!one.empty() && (one.back() == ';' || one.back() == '\n' || one.back() == ' ')) one.pop_back();
    const auto first = one.find_first_not_of(" \n");
    if (first != std::string::npos) out.push_back(one.substr(first));
    start = end + 2;
  }
  return out;
}

std::string script_of(const Migration& step, Dialect dialect) {
  const auto own = dialect == Dialect::Mysql ? step.mysql : step.sqlite;
  return expanded(step.both.empty() ? own : step.both, dialect);
}

std::string checksum_of(const std::string& script) {
  return base::to_hex(crypto::sha256(base::as_bytes(script)));
}

struct Applied {
  int number = 0;
  std::string checksum;
  int statements_done = 0;
  bool finished = false;
  static constexpr auto fields() {
    return base::fields_of(base::field("number", &Applied::number), base::field("checksum", &Applied::checksum),
                           base::field("statements_done", &Applied::statements_done),
                           base::field("finished", &Applied::finished));
  }
};

Result<std::vector<Applied>> history(Transaction& tx, std::string_view component) {
  return tx.select_as<Applied>(
      "SELECT number, checksum, statements_done, finished FROM schema_migrations"
      " WHERE component = ? ORDER BY number", component);
}

/// The recorded past must be the beginning of our list.
Result<void> check_history(const std::vector<Applied>& past, std::span<const Migration> steps, Dialect dialect) {
  for (std::size_t i = 0; i < past.size(); ++i) {
    if (i >= steps.size()) {
      return fail(ErrorCode::Unsupported, "the database is at schema {}, this program knows {}: it was made by a newer version",
                  past.back().number, steps.size());
    }
    if (past[i].number != steps[i].number || past[i].checksum != checksum_of(script_of(steps[i], dialect))) {
      return fail(ErrorCode::Corrupt, "schema step {} of the database differs from this program's", past[i].number);
    }
  }
  return {};
}

/// Whether a statement's failure only says that its effect is there already, as after an interruption.
bool says_done(const Error& error) {
  for (const std::string_view sign : {"already exists", "Duplicate column", "Duplicate key name", "check that column/key exists"}) {
    if (error.message.find(sign) != std::string::npos) return true;
  }
  return false;
}

Result<void> record(Transaction& tx, std::string_view component, const Migration& step, const std::string& checksum,
                    std::size_t done, bool finished) {
  TRY(auto changed, tx.exec("UPDATE schema_migrations SET statements_done = ?, finished = ?"
                            " WHERE component = ? AND number = ?", done, finished, component, step.number));
  if (changed == 0 && done == 0) {
    TRY_VOID(tx.exec("INSERT INTO schema_migrations (component, number, name, checksum, statements_done, finished)"
                     " VALUES (?, ?, ?, ?, ?, ?)", component, step.number, step.name, checksum, done, finished));
  }
  return {};
}

Result<void> apply(Transaction& tx, std::string_view component, const Migration& step, std::size_t skip) {
  const auto script = script_of(step, tx.dialect());
  const auto checksum = checksum_of(script);
  const auto statements = statements_of(script);
  if (skip == 0) TRY_VOID(record(tx, component, step, checksum, 0, false));
  for (std::size_t i = skip; i < statements.size(); ++i) {
    auto done = tx.exec(statements[i]);
    const bool maybe_interrupted_here = tx.dialect() == Dialect::Mysql && i == skip;
    if (!done && !(maybe_interrupted_here && says_done(done.error()))) {
      return std::unexpected(std::move(done).error().context(
          fmt::format("{} schema step {} ({}), statement {}", component, step.number, step.name, i + 1)));
    }
    TRY_VOID(record(tx, component, step, checksum, i + 1, false));
  }
  return record(tx, component, step, checksum, statements.size(), true);
}

Result<void> apply_all(Transaction& tx, std::string_view component, std::span<const Migration> steps, int target) {
  TRY(auto past, history(tx, component));
  TRY_VOID(check_history(past, steps, tx.dialect()));
  for (const auto& step : steps) {
    if (target != 0 && step.number > target) break;
    const auto index = static_cast<std::size_t>(step.number) - 1;
    if (index < past.size() && past[index].finished) continue;
    const auto skip = index < past.size() ? static_cast<std::size_t>(past[index].statements_done) : 0;
    TRY_VOID(apply(tx, component, step, skip));
  }
  return {};
}

Result<void> migrate_mysql(Database& database, std::string_view component, std::span<const Migration> steps,
                           int target) {
  return database.with_session([&](Transaction& tx) -> Result<void> {
    TRY(auto locked, tx.scalar<std::optional<int>>("SELECT GET_LOCK('venus_migrations', 60)"));
    if (locked != 1) return fail(ErrorCode::Timeout, "another process is changing the schema of the database");
    auto done = [&]() -> Result<void> {
      TRY_VOID(tx.exec(expanded(kHistory, Dialect::Mysql)));
      return apply_all(tx, component, steps, target);
    }();
    TRY_VOID(tx.scalar<std::optional<int>>("SELECT RELEASE_LOCK('venus_migrations')"));
    return done;
  });
}

}  // namespace

Result<void> migrate(Database& database, std::string_view component, std::span<const Migration> steps,
                     int target) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].number != static_cast<int>(i) + 1) {
      return fail(ErrorCode::Internal, "the schema steps of {} are not numbered 1, 2, 3 ...", component);
    }
  }
  if (database.dialect() == Dialect::Mysql) return migrate_mysql(database, component, steps, target);
  TRY_VOID(database.write([&](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.exec(expanded(kHistory, Dialect::Sqlite)));
    return apply_all(tx, component, steps, target);
  }));
  return {};
}

Result<int> schema_version(Database& database, std::string_view component) {
  return database.read([&](Transaction& tx) -> Result<int> {
    TRY(auto newest, tx.scalar<std::optional<int>>(
        "SELECT MAX(number) FROM schema_migrations WHERE component = ? AND finished = 1", component));
    return newest.value_or(0);
  });
}

}  // namespace venus::db::sql
