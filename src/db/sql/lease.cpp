// SPDX-License-Identifier: MIT OR Apache-2.0
#include "db/sql/lease.hpp"

namespace venus::db::sql {
namespace {

constexpr Migration kSteps[] = {{.number = 1,
                                 .name = "leases",
                                 .both = "CREATE TABLE leases (name VARCHAR(190) NOT NULL PRIMARY KEY,"
                                         " holder VARCHAR(190) NOT NULL, fence BIGINT NOT NULL,"
                                         " expires_millis BIGINT NOT NULL){table};\n",
                                 .sqlite = {},
                                 .mysql = {}}};

Error lost(const Lease& lease) {
  return {ErrorCode::Conflict, fmt::format("the lease '{}' is no longer ours", lease.name)};
}

}  // namespace

Result<LeaseTable> LeaseTable::open(Database& database, const base::Clock& clock) {
  TRY_VOID(migrate(database, "leases", kSteps));
  return LeaseTable(database, clock);
}

Result<std::int64_t> LeaseTable::now(Transaction& tx) const {
  if (tx.dialect() == Dialect::Sqlite) return clock_->unix_millis();
  return tx.scalar<std::int64_t>("SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)");
}

Result<std::optional<Lease>> LeaseTable::look(Transaction& tx, const std::string& name) const {
  TRY(auto row, (tx.select_one<std::string, std::int64_t, std::int64_t>(
      fmt::format("SELECT holder, fence, expires_millis FROM leases WHERE name = ?{}", tx.for_update()), name)));
  if (!row) return std::optional<Lease>{};
  return std::optional(Lease{name, std::get<0>(*row), std::get<1>(*row), std::get<2>(*row)});
}

Result<std::optional<Lease>> LeaseTable::acquire(const std::string& name, const std::string& holder,
                                                 std::int64_t ttl_millis) {
  auto result = database_->write([&](Transaction& tx) -> Result<std::optional<Lease>> {
    TRY(auto current, look(tx, name));
    TRY(auto time, now(tx));
    Lease mine{name, holder, 1, time + ttl_millis};
    if (!current) {
      TRY_VOID(tx.exec("INSERT INTO leases (name, holder, fence, expires_millis) VALUES (?, ?, ?, ?)",
                       mine.name, mine.holder, mine.fence, mine.expires_millis));
      return std::optional(mine);
    }
    const bool live = current->expires_millis > time;
    if (live && current->holder != holder) return std::optional<Lease>{};
    mine.fence = live ? current->fence : current->fence + 1;
    TRY_VOID(tx.exec("UPDATE leases SET holder = ?, fence = ?, expires_millis = ? WHERE name = ?",
                     mine.holder, mine.fence, mine.expires_millis, name));
    return std::optional(mine);
  });
  // Two who both saw no row: the second insert breaks the key, and the first one holds the lease.
  if (!result && result.error().code == ErrorCode::AlreadyExists) return std::optional<Lease>{};
  return result;
}

Result<void> LeaseTable::check(Transaction& tx, const Lease& lease) const {
  TRY(auto current, look(tx, lease.name));
  TRY(auto time, now(tx));
  if (!current || current->fence != lease.fence || current->holder != lease.holder ||
      current->expires_millis <= time) {
    return std::unexpected(lost(lease));
  }
  return {};
}

Result<Lease> LeaseTable::renew(const Lease& lease, std::int64_t ttl_millis) {
  return database_->write([&](Transaction& tx) -> Result<Lease> {
    TRY_VOID(check(tx, lease));
    TRY(auto time, now(tx));
    Lease renewed = lease;
    renewed.expires_millis = time + ttl_millis;
    TRY_VOID(tx.exec("UPDATE leases SET expires_millis = ? WHERE name = ? AND fence = ?",
                     renewed.expires_millis, lease.name, lease.fence));
    return renewed;
  });
}

Result<void> LeaseTable::release(const Lease& lease) {
  return database_->write([&](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.exec("UPDATE leases SET expires_millis = 0 WHERE name = ? AND fence = ? AND holder = ?",
                     lease.name, lease.fence, lease.holder));
    return {};
  });
}

}  // namespace venus::db::sql
