// SPDX-License-Identifier: MIT OR Apache-2.0
// One connection. Private to db/sql: everybody else goes through pool.hpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "db/sql/pool.hpp"

namespace venus::db::sql {

/// What went wrong below SOCI, for the decision to try again.
struct DriverError {
  Error error;
  bool retry = false;  ///< deadlock, busy: the whole transaction may be run again
  bool lost = false;   ///< the connection is of no more use
  int number = 0;      ///< the driver's own number
};

class Session {
 public:
  static Result<std::unique_ptr<Session>> connect(const Dsn& dsn, const Options& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Result<std::uint64_t> exec(std::string_view sql, const std::vector<Value>& values);
  Result<std::vector<Row>> query(std::string_view sql, const std::vector<Value>& values,
                                 const std::vector<Kind>& kinds);
  Result<void> begin(bool writes);
  Result<void> commit();
  void rollback() noexcept;

  [[nodiscard]] Dialect dialect() const noexcept { return dialect_; }
  /// The driver's view of the last failure.
  [[nodiscard]] const DriverError& last() const noexcept { return last_; }
  void forget_last() { last_ = {}; }

 private:
  Session();
  template <class F>
  auto guarded(F work) -> Result<decltype(work())>;

  struct Impl;
  std::unique_ptr<Impl> impl_;
  Dialect dialect_ = Dialect::Sqlite;
  DriverError last_;
};

/// Rewrites `?` outside quotes to :p1, :p2 ... as SOCI wants them; `count` tells how many there were.
std::string number_parameters(std::string_view sql, std::size_t& count);

}  // namespace venus::db::sql
