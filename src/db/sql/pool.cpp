// SPDX-License-Identifier: MIT OR Apache-2.0
#include "db/sql/pool.hpp"

#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "db/sql/session.hpp"

namespace venus::db::sql {
namespace {

using std::chrono::milliseconds;

/// Grows with each attempt, with chance in it, so that two who met do not meet again.
milliseconds pause_before(int attempt) {
  thread_local std::minstd_rand random(std::random_device{}());
  const int limit = std::min(2 << std::min(attempt, 8), 250);
  return milliseconds(1 + std::uniform_int_distribution<int>(0, limit)(random));
}

}  // namespace

/// Sessions not in use, and how many there may be.
class SessionPool {
 public:
  SessionPool(const Dsn& dsn, const Options& options)
      : dsn_(dsn), options_(options), limit_(dsn.in_memory() ? 1 : std::max<std::size_t>(options.sessions, 1)) {}

  Result<std::unique_ptr<Session>> take() {
    {
      std::unique_lock lock(mutex_);
      const auto patience = milliseconds(options_.wait_millis);
      if (!freed_.wait_for(lock, patience, [&] { return !idle_.empty() || open_ < limit_; })) {
        return fail(ErrorCode::Exhausted, "no database session became free in {} ms", options_.wait_millis);
      }
      if (!idle_.empty()) {
        auto session = std::move(idle_.back());
        idle_.pop_back();
        return session;
      }
      ++open_;
    }
    auto session = Session::connect(dsn_, options_);
    if (!session) drop();
    return session;
  }

  void give_back(std::unique_ptr<Session> session) {
    if (session->last().lost) {
      session.reset();
      drop();
      return;
    }
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(session));
    freed_.notify_one();
  }

  /// SQLite has one writer at a time; waiting here is fair and does not poll as SQLite would.
  std::mutex& writer() { return writer_; }

 private:
  void drop() {
    const std::lock_guard lock(mutex_);
    --open_;
    freed_.notify_one();
  }

  Dsn dsn_;
  Options options_;
  std::size_t limit_;
  std::mutex mutex_;
  std::mutex writer_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Session>> idle_;
  std::size_t open_ = 0;
};

namespace {

class Borrowed {
 public:
  static Result<Borrowed> take(SessionPool& pool) {
    TRY(auto session, pool.take());
    return Borrowed(pool, std::move(session));
  }
  Borrowed(SessionPool& pool, std::unique_ptr<Session> session) : pool_(&pool), session_(std::move(session)) {}
  Borrowed(Borrowed&&) noexcept = default;
  Borrowed& operator=(Borrowed&&) = delete;
  ~Borrowed() {
    if (session_) pool_->give_back(std::move(session_));
  }
  Session& operator*() { return *session_; }
  Session* operator->() { return session_.get(); }

 private:
  SessionPool* pool_;
  std::unique_ptr<Session> session_;
};

/// One attempt; `again` tells whether another may succeed.
Result<void> attempt(Session& session, bool writes, const std::function<Result<void>(Transaction&)>& work,
                     bool& again) {
  again = false;
  if (auto begun = session.begin(writes); !begun) {
    // Nothing was sent yet: a connection that died while idle is replaced without anybody noticing.
    again = session.last().retry || session.last().lost;
    return begun;
  }
  Transaction tx(session);
  auto done = work(tx);
  if (!done) {
    // A transaction cut off before its commit never took place.
    again = session.last().retry || session.last().lost;
    session.rollback();
    return done;
  }
  auto committed = session.commit();
  if (committed) return {};
  again = session.last().retry;
  const bool unknown = session.last().lost;
  session.rollback();
  if (unknown) return fail(ErrorCode::Unavailable, "the database went away during a commit; its outcome is unknown");
  return committed;
}

}  // namespace

Dialect Transaction::dialect() const { return session_.dialect(); }

std::string_view Transaction::for_update() const {
  return session_.dialect() == Dialect::Mysql ? " FOR UPDATE" : "";
}

Result<std::uint64_t> Transaction::exec_values(std::string_view sql, std::vector<Value> values) {
  return session_.exec(sql, values);
}

Result<std::vector<Row>> Transaction::query(std::string_view sql, std::vector<Value> values,
                                            std::vector<Kind> kinds) {
  return session_.query(sql, values, kinds);
}

Database::Database(Dsn dsn, Options options)
    : dsn_(std::move(dsn)), options_(options), pool_(std::make_unique<SessionPool>(dsn_, options_)),
      threads_(std::max<std::size_t>(options.sessions, 1)) {}

Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(std::string_view dsn, Options options) {
  TRY(auto parsed, parse_dsn(dsn));
  std::unique_ptr<Database> out(new Database(std::move(parsed), options));
  TRY_VOID(out->ping());
  return out;
}

Result<void> Database::ping() {
  return read([](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.scalar<std::int64_t>("SELECT 1"));
    return {};
  });
}

Result<void> Database::with_session(const std::function<Result<void>(Transaction&)>& work) {
  TRY(auto session, Borrowed::take(*pool_));
  session->forget_last();
  Transaction tx(*session);
  return work(tx);
}

Result<void> Database::run_transaction(bool writes, const std::function<Result<void>(Transaction&)>& work) {
  for (int round = 1;; ++round) {
    bool again = false;
    Result<void> result;
    {
      std::unique_lock<std::mutex> alone;
      if (writes && dialect() == Dialect::Sqlite) alone = std::unique_lock(pool_->writer());
      TRY(auto session, Borrowed::take(*pool_));
      result = attempt(*session, writes, work, again);
    }
    if (result || !again || round >= options_.attempts) return result;
    std::this_thread::sleep_for(pause_before(round));
  }
}

}  // namespace venus::db::sql
