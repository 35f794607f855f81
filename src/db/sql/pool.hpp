// SPDX-License-Identifier: MIT OR Apache-2.0
// A database and its sessions. All work happens in transactions that are run again when the database
// says "deadlock" or "busy":
//
//   TRY(auto database, Database::open("/var/lib/x/x.db"));
//   TRY(auto made, database->write([&](Transaction& tx) -> Result<bool> {
//     TRY(auto changed, tx.exec("UPDATE t SET n = n + 1 WHERE id = ?", id));
//     return changed == 1;
//   }));
//   TRY(auto rows, database->read([&](Transaction& tx) { return tx.select<std::int64_t, std::string>(
//       "SELECT id, name FROM t WHERE state = ? ORDER BY id LIMIT 100", state); }));
#pragma once

#include <functional>
#include <memory>
#include <tuple>

#include "base/clock.hpp"
#include "base/fields.hpp"
#include "base/task.hpp"
#include "db/sql/dsn.hpp"
#include "db/sql/value.hpp"

namespace venus::db::sql {

class Session;
class SessionPool;

struct Options {
  std::size_t sessions = 4;           ///< connections, and threads of the asynchronous calls
  std::int64_t wait_millis = 10'000;  ///< how long a lock or a free session is waited for
  int attempts = 12;                  ///< how often a transaction is tried when others are in its way
  bool owner_only = true;             ///< SQLite: a new file is readable by its owner alone
};

/// One transaction, used by one thread, inside Database::read or write.
class Transaction {
 public:
  explicit Transaction(Session& session) : session_(session) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Runs a statement; each `?` outside quotes takes the next argument. Returns the rows it changed
  /// (MySQL does not count rows that keep their values). AlreadyExists for a broken unique key,
  /// Conflict for other broken constraints.
  template <class... Args>
  Result<std::uint64_t> exec(std::string_view sql, const Args&... args) {
    return exec_values(sql, {to_value(args)...});
  }

  /// Rows as tuples of the named types, one for each selected column.
  template <class... Columns, class... Args>
  Result<std::vector<std::tuple<Columns...>>> select(std::string_view sql, const Args&... args) {
    TRY(auto rows, query(sql, {to_value(args)...}, {SqlCodec<Columns>::kKind...}));
    std::vector<std::tuple<Columns...>> out;
    out.reserve(rows.size());
    for (const auto& row : rows) {
      TRY(auto tuple, decode_row<Columns...>(row, std::index_sequence_for<Columns...>{}));
      out.push_back(std::move(tuple));
    }
    return out;
  }

  /// The first row, or nothing.
  template <class... Columns, class... Args>
  Result<std::optional<std::tuple<Columns...>>> select_one(std::string_view sql, const Args&... args) {
    TRY(auto rows, (select<Columns...>(sql, args...)));
    if (rows.empty()) return std::optional<std::tuple<Columns...>>{};
    return std::optional(std::move(rows.front()));
  }

  /// The single cell of a query that always has a row, as COUNT(*) does.
  template <class T, class... Args>
  Result<T> scalar(std::string_view sql, const Args&... args) {
    TRY(auto row, select_one<T>(sql, args...));
    if (!row) return fail(ErrorCode::NotFound, "the query has no row");
    return std::get<0>(std::move(*row));
  }

  /// Rows as structs with fields(); the columns are the fields in their order.
  template <base::HasFields T, class... Args>
  Result<std::vector<T>> select_as(std::string_view sql, const Args&... args) {
    std::vector<Kind> kinds;
    base::for_each_field<T>([&](const auto& field) {
      kinds.push_back(SqlCodec<std::remove_cvref_t<decltype(std::declval<T&>().*(field.member))>>::kKind);
    });
    TRY(auto rows, query(sql, {to_value(args)...}, std::move(kinds)));
    std::vector<T> out;
    out.reserve(rows.size());
    for (const auto& row : rows) {
      TRY(auto item, decode_struct<T>(row));
      out.push_back(std::move(item));
    }
    return out;
  }

  [[nodiscard]] Dialect dialect() const;
  /// " FOR UPDATE" where a SELECT must lock the rows it read (MySQL), else nothing: on SQLite a write
  /// transaction holds the whole database from its start.
  [[nodiscard]] std::string_view for_update() const;

  Result<std::uint64_t> exec_values(std::string_view sql, std::vector<Value> values);
  Result<std::vector<Row>> query(std::string_view sql, std::vector<Value> values, std::vector<Kind> kinds);

 private:
  template <class... Columns, std::size_t... I>
  static Result<std::tuple<Columns...>> decode_row(const Row& row, std::index_sequence<I...>) {
    std::tuple<Columns...> out;
    Result<void> state;
    auto take = [&]<class T>(T& to, const Value& cell) {
      if (!state) return;
      auto decoded = SqlCodec<T>::decode(cell);
      if (decoded) to = *std::move(decoded);
      else state = std::unexpected(std::move(decoded).error());
    };
    (take(std::get<I>(out), row[I]), ...);
    if (!state) return std::unexpected(std::move(state).error());
    return out;
  }

  template <class T>
  static Result<T> decode_struct(const Row& row) {
    T out{};
    Result<void> state;
    std::size_t index = 0;
    base::for_each_field<T>([&](const auto& field) {
      const auto& cell = row[index++];
      if (!state) return;
      auto& member = out.*(field.member);
      auto decoded = SqlCodec<std::remove_cvref_t<decltype(member)>>::decode(cell);
      if (decoded) member = *std::move(decoded);
      else state = std::unexpected(std::move(decoded).error().context(field.name));
    });
    if (!state) return std::unexpected(std::move(state).error());
    return out;
  }

  Session& session_;
};

/// Sessions to one database. Thread-safe. A commit that returned success is on disk (SQLite: WAL with
/// synchronous=FULL; MySQL: as the server is configured).
class Database {
 public:
  /// Connects, so that a wrong DSN shows at once. Unavailable when the server does not answer,
  /// PermissionDenied when it refuses us, InvalidArgument for a bad DSN.
  static Result<std::unique_ptr<Database>> open(std::string_view dsn, Options options = {});
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs `work(Transaction&)`, which returns a Result, in a transaction and commits if it succeeds.
  /// `work` may run several times: it must have no effect outside the transaction, and it must not
  /// start another transaction of this database. Blocks.
  /// Unavailable after a lost connection, also when it is unknown whether the commit took place.
  template <class F>
  std::invoke_result_t<F&, Transaction&> write(F work) {
    return run<std::invoke_result_t<F&, Transaction&>>(true, work);
  }
  /// The same for a transaction that changes nothing; on SQLite it never waits for a writer.
  template <class F>
  std::invoke_result_t<F&, Transaction&> read(F work) {
    return run<std::invoke_result_t<F&, Transaction&>>(false, work);
  }

  /// The same on the database's own threads, for coroutines. The database must outlive the task.
  template <class F>
  asio::awaitable<std::invoke_result_t<F&, Transaction&>> write_async(F work) {
    co_return co_await on(threads_, Blocking<F>{*this, std::move(work), true});
  }
  template <class F>
  asio::awaitable<std::invoke_result_t<F&, Transaction&>> read_async(F work) {
    co_return co_await on(threads_, Blocking<F>{*this, std::move(work), false});
  }

  [[nodiscard]] const Dsn& dsn() const noexcept { return dsn_; }
  [[nodiscard]] Dialect dialect() const noexcept { return dsn_.dialect; }
  /// A query that touches nothing, for health checks. Blocks.
  Result<void> ping();

  /// Runs `work` with a session outside any transaction, for migrations.
  Result<void> with_session(const std::function<Result<void>(Transaction&)>& work);

 private:
  template <class F>
  struct Blocking {
    Database& database;
    F work;
    bool writes;
    auto operator()() { return writes ? database.write(std::ref(work)) : database.read(std::ref(work)); }
  };

  Database(Dsn dsn, Options options);
  Result<void> run_transaction(bool writes, const std::function<Result<void>(Transaction&)>& work);

  template <class R, class F>
  R run(bool writes, F& work) {
    if constexpr (std::is_same_v<R, Result<void>>) {
      return run_transaction(writes, [&](Transaction& tx) { return std::invoke(work, tx); });
    } else {
      std::optional<typename R::value_type> value;
      TRY_VOID(run_transaction(writes, [&](Transaction& tx) -> Result<void> {
        TRY(value, std::invoke(work, tx));
        return {};
      }));
      return std::move(*value);
    }
  }

  Dsn dsn_;
  Options options_;
  std::unique_ptr<SessionPool> pool_;
  WorkerPool threads_;
};

}  // namespace venus::db::sql
