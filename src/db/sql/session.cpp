// SPDX-License-Identifier: MIT OR Apache-2.0
#include "db/sql/session.hpp"

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include <mysql.h>
#include <mysqld_error.h>
#include <errmsg.h>
#include <soci/mysql/soci-mysql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#pragma clang diagnostic pop

#include <fcntl.h>
#include <unistd.h>

#include <deque>

namespace venus::db::sql {
namespace {

// SQLite's primary result codes; its header is not needed for more.
enum : int { kSqliteBusy = 5, kSqliteLocked = 6, kSqliteReadOnly = 8, kSqliteIo = 10, kSqliteCorrupt = 11,
             kSqliteFull = 13, kSqliteCantOpen = 14, kSqliteConstraint = 19, kSqliteNotADatabase = 26 };

DriverError from_sqlite(int result, const std::string& text) {
  const int number = result & 0xff;
  auto make = [&](ErrorCode code, const std::string& message, bool retry = false) {
    return DriverError{Error{code, message}, retry, false, number};
  };
  switch (number) {
    case kSqliteBusy:
    case kSqliteLocked: return make(ErrorCode::Unavailable, "the database is busy", true);
    case kSqliteConstraint:
      // The text may quote a row; a row may hold a secret.
      if (text.find("UNIQUE") != std::string::npos) return make(ErrorCode::AlreadyExists, "such a row exists");
      return make(ErrorCode::Conflict, "a constraint of the database forbids this");
    case kSqliteFull: return make(ErrorCode::Exhausted, "the disk of the database is full");
    case kSqliteReadOnly:
    case kSqliteIo:
    case kSqliteCantOpen: return make(ErrorCode::Io, "the database file: " + text);
    case kSqliteCorrupt:
    case kSqliteNotADatabase: return make(ErrorCode::Corrupt, "the database file: " + text);
    default: return make(ErrorCode::Internal, "SQL: " + text);
  }
}

DriverError from_mysql(unsigned number, const std::string& text) {
  auto make = [&](ErrorCode code, const std::string& message, bool retry = false, bool lost = false) {
    return DriverError{Error{code, message}, retry, lost, static_cast<int>(number)};
  };
  switch (number) {
    case ER_LOCK_DEADLOCK:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_CHECKREAD: return make(ErrorCode::Unavailable, "the database is busy", true);
    case ER_DUP_ENTRY: return make(ErrorCode::AlreadyExists, "such a row exists");
    case ER_ROW_IS_REFERENCED_2:
    case ER_NO_REFERENCED_ROW_2:
    case ER_BAD_NULL_ERROR: return make(ErrorCode::Conflict, "a constraint of the database forbids this");
    case ER_DATA_TOO_LONG: return make(ErrorCode::TooLarge, "a value is too long for its column");
    case ER_ACCESS_DENIED_ERROR:
    case ER_DBACCESS_DENIED_ERROR: return make(ErrorCode::PermissionDenied, "the database refuses us: " + text);
    case ER_RECORD_FILE_FULL:
    case ER_DISK_FULL: return make(ErrorCode::Exhausted, "the disk of the database is full");
    case ER_SERVER_SHUTDOWN:
    case 1927:  // connection killed
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST: return make(ErrorCode::Unavailable, "the database server: " + text, false, true);
    default: return make(ErrorCode::Internal, "SQL: " + text);
  }
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "'";
}

std::string mysql_connect_string(const Dsn& dsn, const Options& options) {
  std::string out = "db=" + quoted(dsn.database) + " charset=utf8mb4 connect_timeout=5";
  const auto seconds = std::max<std::int64_t>(options.wait_millis / 1000, 1) + 20;
  out += fmt::format(" read_timeout={} write_timeout={}", seconds, seconds);
  if (!dsn.user.empty()) out += " user=" + quoted(dsn.user);
  if (!dsn.password.empty()) out += " password=" + quoted(dsn.password);
  if (!dsn.ca_file.empty()) out += " sslca=" + quoted(dsn.ca_file);
  if (!dsn.socket.empty()) return out + " unix_socket=" + quoted(dsn.socket);
  return out + fmt::format(" host={} port={}", quoted(dsn.host), dsn.port);
}

/// SQLite gives its journal the rights of the database file, so that file is made first.
Result<void> create_owner_only(const std::string& path) {
  const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) return fail(ErrorCode::Io, "database file {}: {}", path, std::strerror(errno));
  ::close(file);
  return {};
}

/// A parameter at an address that stays: SOCI keeps references until the statement ran.
struct Bound {
  long long integer = 0;
  double real = 0;
  std::string text;
  soci::indicator indicator = soci::i_ok;
};

void bind(soci::statement& statement, Bound& slot, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    slot.integer = *number;
    statement.exchange(soci::use(slot.integer, slot.indicator));
  } else if (const auto* real = std::get_if<double>(&value)) {
    slot.real = *real;
    statement.exchange(soci::use(slot.real, slot.indicator));
  } else {
    if (const auto* text = std::get_if<std::string>(&value)) slot.text = *text;
    else slot.indicator = soci::i_null;
    statement.exchange(soci::use(slot.text, slot.indicator));
  }
}

void bind_column(soci::statement& statement, Bound& slot, Kind kind) {
  switch (kind) {
    case Kind::Integer: statement.exchange(soci::into(slot.integer, slot.indicator)); break;
    case Kind::Real: statement.exchange(soci::into(slot.real, slot.indicator)); break;
    case Kind::Text: statement.exchange(soci::into(slot.text, slot.indicator)); break;
  }
}

Value take(const Bound& slot, Kind kind) {
  if (slot.indicator == soci::i_null) return {};
  switch (kind) {
    case Kind::Integer: return static_cast<std::int64_t>(slot.integer);
    case Kind::Real: return slot.real;
    case Kind::Text: return slot.text;
  }
  return {};
}

}  // namespace

std::string number_parameters(std::string_view sql, std::size_t& count) {
  std::string out;
  out.reserve(sql.size() + 16);
  char quote = 0;
  count = 0;
  for (const char c : sql) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"' || c == '`') {
      quote = c;
    } else if (c == '?') {
      out += fmt::format(":p{}", ++count);
      continue;
    }
    out.push_back(c);
  }
  return out;
}

struct Session::Impl {
  soci::session sql;
};

Session::Session() : impl_(std::make_unique<Impl>()) {}
Session::~Session() = default;

template <class F>
auto Session::guarded(F work) -> Result<decltype(work())> {
  try {
    if constexpr (std::is_void_v<decltype(work())>) {
      work();
      return {};
    } else {
      return work();
    }
  } catch (const soci::sqlite3_soci_error& e) {
    last_ = from_sqlite(e.result(), e.get_error_message());
  } catch (const soci::mysql_soci_error& e) {
    last_ = from_mysql(e.err_num_, e.get_error_message());
  } catch (const soci::soci_error& e) {
    last_ = {Error{ErrorCode::Internal, "SQL: " + e.get_error_message()}};
  } catch (const std::exception& e) {
    last_ = {Error{ErrorCode::Internal, std::string("SQL: ") + e.what()}};
  }
  return std::unexpected(last_.error);
}

Result<std::unique_ptr<Session>> Session::connect(const Dsn& dsn, const Options& options) {
  std::unique_ptr<Session> out(new Session());
  out->dialect_ = dsn.dialect;
  auto run = [&](const std::string& text) { return out->exec(text, {}); };
  if (dsn.dialect == Dialect::Mysql) {
    TRY_VOID(with_context(
        out->guarded([&] { out->impl_->sql.open(soci::mysql, mysql_connect_string(dsn, options)); }),
        dsn.describe()));
    TRY_VOID(run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"));
    TRY_VOID(run("SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'"));
    TRY_VOID(run(fmt::format("SET SESSION innodb_lock_wait_timeout = {}",
                             std::max<std::int64_t>(options.wait_millis / 1000, 1))));
    return out;
  }
  if (options.owner_only && !dsn.in_memory()) TRY_VOID(create_owner_only(dsn.path));
  TRY_VOID(with_context(out->guarded([&] {
    out->impl_->sql.open(soci::sqlite3, "dbname=\"" + dsn.path + "\"");
  }), dsn.describe()));
  TRY_VOID(run(fmt::format("PRAGMA busy_timeout = {}", options.wait_millis)));
  if (!dsn.in_memory()) TRY_VOID(with_context(run("PRAGMA journal_mode = WAL"), dsn.describe()));
  TRY_VOID(run("PRAGMA synchronous = FULL"));
  TRY_VOID(run("PRAGMA foreign_keys = ON"));
  TRY_VOID(run("PRAGMA trusted_schema = OFF"));
  return out;
}

Result<std::uint64_t> Session::exec(std::string_view sql, const std::vector<Value>& values) {
  std::size_t count = 0;
  const auto text = number_parameters(sql, count);
  if (count != values.size()) {
    return fail(ErrorCode::Internal, "a statement takes {} parameters, got {}", count, values.size());
  }
  return guarded([&]() -> std::uint64_t {
    std::deque<Bound> slots(values.size());
    soci::statement statement(impl_->sql);
    for (std::size_t i = 0; i < values.size(); ++i) bind(statement, slots[i], values[i]);
    statement.alloc();
    statement.prepare(text);
    statement.define_and_bind();
    statement.execute(true);
    const auto changed = statement.get_affected_rows();
    return changed < 0 ? 0 : static_cast<std::uint64_t>(changed);
  });
}

Result<std::vector<Row>> Session::query(std::string_view sql, const std::vector<Value>& values,
                                        const std::vector<Kind>& kinds) {
  std::size_t count = 0;
  const auto text = number_parameters(sql, count);
  if (count != values.size()) {
    return fail(ErrorCode::Internal, "a query takes {} parameters, got {}", count, values.size());
  }
  return guarded([&] {
    std::deque<Bound> slots(values.size());
    std::deque<Bound> cells(kinds.size());
    std::vector<Row> rows;
    soci::statement statement(impl_->sql);
    for (std::size_t i = 0; i < values.size(); ++i) bind(statement, slots[i], values[i]);
    for (std::size_t i = 0; i < kinds.size(); ++i) bind_column(statement, cells[i], kinds[i]);
    statement.alloc();
    statement.prepare(text);
    statement.define_and_bind();
    statement.execute(false);
    while (statement.fetch()) {
      Row row;
      row.reserve(kinds.size());
      for (std::size_t i = 0; i < kinds.size(); ++i) row.push_back(take(cells[i], kinds[i]));
      rows.push_back(std::move(row));
    }
    return rows;
  });
}

Result<void> Session::begin(bool writes) {
  forget_last();
  const std::string_view text = dialect_ == Dialect::Mysql ? (writes ? "START TRANSACTION" : "START TRANSACTION READ ONLY")
                                                           : (writes ? "BEGIN IMMEDIATE" : "BEGIN");
  TRY_VOID(exec(text, {}));
  return {};
}

Result<void> Session::commit() {
  TRY_VOID(exec("COMMIT", {}));
  return {};
}

void Session::rollback() noexcept {
  const auto kept = last_;
  if (!exec("ROLLBACK", {}) && dialect_ == Dialect::Mysql && last_.lost) return;
  last_ = kept;
}

}  // namespace venus::db::sql
