// SPDX-License-Identifier: MIT OR Apache-2.0
// Leases: the right to do something alone for a while (a wallet address's nonces, a miner's block). Each
// new holder gets a higher fencing number, and whoever writes checks its number in the same transaction:
// a holder that was paused beyond its time can do no harm.
#pragma once

#include "db/sql/migrate.hpp"

namespace venus::db::sql {

struct Lease {
  std::string name;
  std::string holder;
  std::int64_t fence = 0;            ///< grows with every change of holder
  std::int64_t expires_millis = 0;   ///< by the database's clock (SQLite: this machine's)
};

class LeaseTable {
 public:
  /// Makes the table if need be. The database and the clock must outlive the object; the clock is used
  /// with SQLite only, MySQL's own is common to all its clients.
  static Result<LeaseTable> open(Database& database, const base::Clock& clock);

  /// Takes the lease for `ttl_millis` if it is free, expired or held by `holder` already (then the fence
  /// stays). Nothing when somebody else holds it. Names and holders have at most 190 bytes.
  Result<std::optional<Lease>> acquire(const std::string& name, const std::string& holder,
                                       std::int64_t ttl_millis);
  /// Extends it from now. Conflict when it was lost.
  Result<Lease> renew(const Lease& lease, std::int64_t ttl_millis);
  /// Frees it if it is still held; no error otherwise.
  Result<void> release(const Lease& lease);

  /// Inside a transaction that does what the lease allows: Conflict unless this fence is the newest and
  /// has not expired. The row stays locked until the transaction ends.
  Result<void> check(Transaction& tx, const Lease& lease) const;
  /// Inside a transaction: whoever holds it, and until when.
  Result<std::optional<Lease>> look(Transaction& tx, const std::string& name) const;

 private:
  LeaseTable(Database& database, const base::Clock& clock) : database_(&database), clock_(&clock) {}
  Result<std::int64_t> now(Transaction& tx) const;

  Database* database_;
  const base::Clock* clock_;
};

}  // namespace venus::db::sql
