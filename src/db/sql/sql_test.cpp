// SPDX-License-Identifier: MIT OR Apache-2.0
// The same promises on SQLite and on a real MariaDB.
#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "db/sql/lease.hpp"
#include "db/sql/migrate.hpp"
#include "db/sql/test_util/mariadb.hpp"

namespace venus::db::sql {
namespace {

constexpr Migration kSteps[] = {
    {.number = 1, .name = "things",
     .both = "CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(190) NOT NULL,\n"
             " note {text}, weight DOUBLE){table};\n"
             "CREATE UNIQUE INDEX things_name ON things (name);\n",
     .sqlite = {}, .mysql = {}},
    {.number = 2, .name = "owners", .both = "ALTER TABLE things ADD COLUMN owner VARCHAR(64) NOT NULL DEFAULT 'nobody';\n"
                                            "CREATE INDEX things_owner ON things (owner);\n",
     .sqlite = {}, .mysql = {}},
};

class Sql : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    if (GetParam() == Dialect::Mysql) {
      VENUS_MARIADB_OR_SKIP(server);
      dsn_ = server->fresh_database();
    } else {
      dsn_ = "sqlite:" + (folder_.path() / "it's a.db").string();
    }
    open();
  }
  void open(Options options = {}) {
    auto opened = Database::open(dsn_, options);
    ASSERT_TRUE(opened) << opened.error().message;
    database_ = *std::move(opened);
  }
  void make_tables() {
    const auto made = migrate(*database_, "test", kSteps);
    ASSERT_TRUE(made) << made.error().message;
  }
  Result<std::uint64_t> insert(std::int64_t id, const std::string& name) {
    return database_->write([&](Transaction& tx) {
      return tx.exec("INSERT INTO things (id, name) VALUES (?, ?)", id, name);
    });
  }
  std::int64_t count() {
    return database_->read([](Transaction& tx) {
      return tx.scalar<std::int64_t>("SELECT COUNT(*) FROM things");
    }).value_or(-1);
  }

  base::test_util::TempFolder folder_;
  std::string dsn_;
  std::unique_ptr<Database> database_;
};

INSTANTIATE_TEST_SUITE_P(Dialects, Sql, testing::Values(Dialect::Sqlite, Dialect::Mysql),
                         [](const auto& param) { return param.param == Dialect::Sqlite ? "Sqlite" : "MariaDb"; });

TEST_P(Sql, values_come_back_as_they_went) {
  make_tables();
  const std::string nasty = "a'b\"c\\d;e?f:g\n\xC3\xA9 %s";
  const Bytes bytes{0, 1, 255, 0};
  const auto cid = ipld::cid_of_raw(bytes);
  const auto big = BigInt::parse("340282366920938463463374607431768211456").value();
  auto wrote = database_->write([&](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.exec("INSERT INTO things (id, name, note, weight) VALUES (?, ?, ?, ?)",
                     std::numeric_limits<std::int64_t>::max(), nasty, bytes, 0.5));
    TRY_VOID(tx.exec("INSERT INTO things (id, name, note) VALUES (?, ?, ?)", std::int64_t{-1}, cid, nullptr));
    TRY_VOID(tx.exec("INSERT INTO things (id, name, note) VALUES (3, 'literal ? mark', ?)", big));
    return {};
  });
  ASSERT_TRUE(wrote) << wrote.error().message;
  auto rows = database_->read([&](Transaction& tx) -> Result<void> {
    TRY(auto first, (tx.select_one<std::int64_t, std::string, Bytes, double>(
        "SELECT id, name, note, weight FROM things WHERE name = ?", nasty)));
    EXPECT_EQ(*first, std::tuple(std::numeric_limits<std::int64_t>::max(), nasty, bytes, 0.5));
    TRY(auto second, (tx.select_one<Cid, std::optional<std::string>, std::optional<double>>(
        "SELECT name, note, weight FROM things WHERE id = -1")));
    EXPECT_EQ(*second, std::tuple(cid, std::optional<std::string>(), std::optional<double>()));
    TRY(auto third, (tx.select_one<std::string, BigInt>("SELECT name, note FROM things WHERE id = 3")));
    EXPECT_EQ(*third, std::tuple(std::string("literal ? mark"), big));
    TRY(auto none, tx.select_one<std::string>("SELECT name FROM things WHERE id = 99"));
    EXPECT_FALSE(none);
    return {};
  });
  ASSERT_TRUE(rows) << rows.error().message;
}

TEST_P(Sql, a_null_where_a_value_must_be_is_corrupt_not_a_default) {
  make_tables();
  ASSERT_TRUE(insert(1, "x"));
  auto read = database_->read([](Transaction& tx) { return tx.scalar<std::string>("SELECT note FROM things"); });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
}

TEST_P(Sql, a_failed_transaction_leaves_nothing) {
  make_tables();
  auto failed = database_->write([&](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.exec("INSERT INTO things (id, name) VALUES (1, 'one')"));
    return fail(ErrorCode::Conflict, "changed my mind");
  });
  EXPECT_EQ(failed.error().message, "changed my mind");
  EXPECT_EQ(count(), 0);
}

TEST_P(Sql, a_broken_unique_key_is_named_without_its_row) {
  make_tables();
  ASSERT_TRUE(insert(1, "secret"));
  const auto again = insert(2, "secret");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::AlreadyExists);
  EXPECT_EQ(again.error().message.find("secret"), std::string::npos);
}

TEST_P(Sql, sql_errors_and_wrong_parameter_counts_are_errors) {
  auto bad = database_->read([](Transaction& tx) { return tx.exec("SELEC nonsense"); });
  EXPECT_EQ(bad.error().code, ErrorCode::Internal);
  auto count = database_->read([](Transaction& tx) { return tx.scalar<int>("SELECT ?"); });
  EXPECT_EQ(count.error().code, ErrorCode::Internal);
}

TEST_P(Sql, concurrent_increments_are_all_counted) {
  make_tables();
  open({.sessions = 6, .attempts = 200});
  ASSERT_TRUE(database_->write([](Transaction& tx) {
    return tx.exec("INSERT INTO things (id, name) VALUES (1, '0'), (2, '0b')");
  }));
  constexpr int kThreads = 6, kRounds = 25;
  std::atomic<int> failures{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        // Opposite orders provoke deadlocks, which the pool must hide.
        const int first = 1 + (t + i) % 2;
        auto done = database_->write([&](Transaction& tx) -> Result<void> {
          for (const int id : {first, 3 - first}) {
            TRY(auto weight, tx.scalar<std::optional<double>>(
                fmt::format("SELECT weight FROM things WHERE id = ?{}", tx.for_update()), id));
            TRY_VOID(tx.exec("UPDATE things SET weight = ? WHERE id = ?", weight.value_or(0) + 1, id));
          }
          return {};
        });
        if (!done) ++failures;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(failures, 0);
  auto weights = database_->read([](Transaction& tx) { return tx.scalar<double>("SELECT SUM(weight) FROM things"); });
  EXPECT_EQ(weights.value_or(-1), 2.0 * kThreads * kRounds);
}

TEST_P(Sql, reads_go_on_beside_a_writer) {
  make_tables();
  auto outer = database_->write([&](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.exec("INSERT INTO things (id, name) VALUES (1, 'one')"));
    EXPECT_EQ(count(), 0);
    return {};
  });
  ASSERT_TRUE(outer);
  EXPECT_EQ(count(), 1);
}

TEST_P(Sql, migrations_go_from_empty_and_from_the_previous_version) {
  ASSERT_TRUE(migrate(*database_, "test", kSteps, 1));
  EXPECT_EQ(schema_version(*database_, "test").value_or(-1), 1);
  ASSERT_TRUE(insert(1, "old row"));
  make_tables();
  EXPECT_EQ(schema_version(*database_, "test").value_or(-1), 2);
  auto owner = database_->read([](Transaction& tx) { return tx.scalar<std::string>("SELECT owner FROM things"); });
  EXPECT_EQ(owner.value_or(""), "nobody");
  make_tables();  // a second run changes nothing
  EXPECT_EQ(schema_version(*database_, "other").value_or(-1), 0);
}

TEST_P(Sql, a_changed_step_and_a_newer_database_are_refused) {
  make_tables();
  Migration changed[] = {kSteps[0], kSteps[1]};
  changed[0].both = "CREATE TABLE things (id BIGINT){table};\n";
  EXPECT_EQ(migrate(*database_, "test", changed).error().code, ErrorCode::Corrupt);
  EXPECT_EQ(migrate(*database_, "test", std::span(kSteps, 1)).error().code, ErrorCode::Unsupported);
}

TEST(SqlSqlite, a_failed_migration_leaves_nothing) {
  auto database = Database::open("sqlite::memory:").value();
  Migration broken[] = {kSteps[0], kSteps[1]};
  const std::string half = std::string(kSteps[1].both) + "THIS IS NO SQL;\n";
  broken[1].both = half;
  ASSERT_FALSE(migrate(*database, "test", broken));
  EXPECT_FALSE(database->read([](Transaction& tx) { return tx.exec("SELECT * FROM things"); }));
  EXPECT_TRUE(migrate(*database, "test", kSteps));
}

TEST_P(Sql, processes_that_migrate_at_once_agree) {
  std::vector<std::jthread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      auto own = Database::open(dsn_);
      if (own && migrate(**own, "test", kSteps)) ++good;
    });
  }
  threads.clear();
  EXPECT_EQ(good, 4);
}

TEST_P(Sql, a_lease_has_one_holder_and_a_growing_fence) {
  base::ManualClock clock(1'000'000);
  auto table = LeaseTable::open(*database_, clock);
  ASSERT_TRUE(table) << table.error().message;
  auto first = table->acquire("nonce/f01", "a", 60'000);
  ASSERT_TRUE(first && *first);
  EXPECT_FALSE(table->acquire("nonce/f01", "b", 60'000).value());
  EXPECT_EQ(table->acquire("nonce/f01", "a", 60'000).value()->fence, (*first)->fence);
  ASSERT_TRUE(table->renew(**first, 60'000));
  ASSERT_TRUE(table->release(**first));
  auto second = table->acquire("nonce/f01", "b", 60'000).value();
  ASSERT_TRUE(second);
  EXPECT_GT(second->fence, (*first)->fence);
  // The old holder wakes up: its write is refused.
  auto late = database_->write([&](Transaction& tx) { return table->check(tx, **first); });
  EXPECT_EQ(late.error().code, ErrorCode::Conflict);
  EXPECT_EQ(table->renew(**first, 1).error().code, ErrorCode::Conflict);
  EXPECT_TRUE(database_->write([&](Transaction& tx) { return table->check(tx, *second); }));
}

TEST_P(Sql, an_expired_lease_is_free_and_fenced) {
  base::ManualClock clock(1'000'000);
  auto table = LeaseTable::open(*database_, clock).value();
  // A negative time to live is over at once on either clock.
  auto first = table.acquire("l", "a", -1).value();
  ASSERT_TRUE(first);
  EXPECT_EQ(table.renew(*first, 1000).error().code, ErrorCode::Conflict);
  auto second = table.acquire("l", "b", 60'000).value();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->fence, first->fence + 1);
}

TEST_P(Sql, many_who_want_one_lease_get_one) {
  base::SystemClock clock;
  auto table = LeaseTable::open(*database_, clock).value();
  std::atomic<int> winners{0}, errors{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      auto got = table.acquire("one", fmt::format("h{}", i), 60'000);
      if (!got) ++errors;
      else if (*got) ++winners;
    });
  }
  threads.clear();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(errors, 0);
}

TEST(SqlMaria, a_killed_server_is_unavailable_and_then_there_again) {
  if (!test_util::MariaDb::installed()) GTEST_SKIP() << "Debian package mariadb-server is missing";
  test_util::MariaDb server;
  ASSERT_TRUE(server.start());
  auto database = Database::open(server.fresh_database(), {.sessions = 2, .wait_millis = 2000, .attempts = 2}).value();
  ASSERT_TRUE(migrate(*database, "test", kSteps));
  ASSERT_TRUE(database->write([](Transaction& tx) { return tx.exec("INSERT INTO things (id, name) VALUES (1, 'x')"); }));
  server.kill_hard();
  EXPECT_EQ(database->ping().error().code, ErrorCode::Unavailable);
  ASSERT_TRUE(server.start());
  EXPECT_TRUE(database->ping());
  EXPECT_EQ(database->read([](Transaction& tx) { return tx.scalar<int>("SELECT COUNT(*) FROM things"); }).value_or(-1), 1);
}

TEST(SqlMaria, a_step_interrupted_before_its_record_goes_on) {
  VENUS_MARIADB_OR_SKIP(server);
  auto database = Database::open(server->fresh_database()).value();
  ASSERT_TRUE(migrate(*database, "test", kSteps));
  // The state a crash leaves between a DDL statement and its record.
  ASSERT_TRUE(database->write([](Transaction& tx) {
    return tx.exec("UPDATE schema_migrations SET statements_done = 1, finished = 0 WHERE number = 2");
  }));
  const auto again = migrate(*database, "test", kSteps);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(schema_version(*database, "test").value_or(-1), 2);
}

TEST(SqlMaria, passwords_with_any_letter_reach_the_server) {
  VENUS_MARIADB_OR_SKIP(server);
  auto admin = Database::open(fmt::format("root@unix({})/mysql", server->socket())).value();
  ASSERT_TRUE(admin->with_session([](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.exec("CREATE USER 'odd'@'localhost' IDENTIFIED BY ?", "p'a \\s@x:=y"));
    TRY_VOID(tx.exec("GRANT ALL ON mysql.* TO 'odd'@'localhost'"));
    return {};
  }));
  const auto opened = Database::open(fmt::format("odd:p'a \\s@x:=y@unix({})/mysql", server->socket()));
  ASSERT_TRUE(opened) << opened.error().message;
  const auto wrong = Database::open(fmt::format("odd:wrong@unix({})/mysql", server->socket()));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::PermissionDenied);
  EXPECT_EQ(wrong.error().message.find("wrong"), std::string::npos);
}

TEST(SqlDsn, forms_are_read) {
  EXPECT_EQ(parse_dsn("/a/b.db").value().path, "/a/b.db");
  EXPECT_TRUE(parse_dsn("sqlite::memory:").value().in_memory());
  const auto go = parse_dsn("me:p@ss:w@tcp(db.local:3307)/pool?loc=Local&charset=utf8mb4").value();
  EXPECT_EQ(go.user, "me");
  EXPECT_EQ(go.password, "p@ss:w");
  EXPECT_EQ(go.host, "db.local");
  EXPECT_EQ(go.port, 3307);
  EXPECT_EQ(go.database, "pool");
  const auto url = parse_dsn("mysql://me:p%40ss@h:3308/pool?ca=/x.pem").value();
  EXPECT_EQ(url.password, "p@ss");
  EXPECT_EQ(url.ca_file, "/x.pem");
  EXPECT_EQ(url.describe(), "mysql://me@h:3308/pool");
  EXPECT_EQ(parse_dsn("mysql://u@/d?socket=/s").value().socket, "/s");
  for (const auto* bad : {"", "postgres://x/y", "mysql://x", "mysql://h:0/d", "mysql://u:%4@h/d", "u@tcp(h:1)/", "u@tcp(h:x)/d"}) {
    EXPECT_EQ(parse_dsn(bad).error().code, ErrorCode::InvalidArgument) << bad;
  }
}

TEST(SqlSqlite, a_new_file_and_its_journal_are_for_the_owner_only) {
  base::test_util::TempFolder folder;
  const auto path = (folder.path() / "keys.db").string();
  auto database = Database::open(path).value();
  ASSERT_TRUE(migrate(*database, "test", kSteps));
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    struct stat info {};
    ASSERT_EQ(::stat((path + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << suffix;
  }
}

TEST(SqlSqlite, asynchronous_calls_run_on_their_own_threads) {
  auto database = Database::open("sqlite::memory:").value();
  ASSERT_TRUE(migrate(*database, "test", kSteps));
  asio::io_context io;
  std::int64_t rows = -1;
  auto task = [](Database& db, std::int64_t& out) -> asio::awaitable<void> {
    auto wrote = co_await db.write_async([](Transaction& tx) {
      return tx.exec("INSERT INTO things (id, name) VALUES (1, 'x')");
    });
    EXPECT_TRUE(wrote);
    auto got = co_await db.read_async([](Transaction& tx) { return tx.scalar<std::int64_t>("SELECT COUNT(*) FROM things"); });
    out = got.value_or(-2);
  };
  asio::co_spawn(io, task(*database, rows), [](std::exception_ptr) {});
  io.run();
  EXPECT_EQ(rows, 1);
}

TEST(SqlSqlite, a_file_that_is_no_database_is_corrupt) {
  base::test_util::TempFolder folder;
  const auto path = (folder.path() / "x.db").string();
  auto* file = std::fopen(path.c_str(), "w");
  for (int i = 0; i < 1000; ++i) std::fputs("not a database ", file);
  std::fclose(file);
  const auto opened = Database::open(path);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::Corrupt);
}

}  // namespace
}  // namespace venus::db::sql
