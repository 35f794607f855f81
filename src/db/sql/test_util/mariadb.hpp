// SPDX-License-Identifier: MIT OR Apache-2.0
// A MariaDB server of a test's own: temporary folder, unix socket, no network.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <memory>

#include "base/test_util/vectors.hpp"
#include "db/sql/pool.hpp"

namespace venus::db::sql::test_util {

class MariaDb {
 public:
  /// Whether the Debian package mariadb-server is installed.
  static bool installed();
  /// The server all tests of this process share, started on first use; nullptr with a test failure when
  /// it does not come up.
  static MariaDb* shared();

  MariaDb() = default;
  ~MariaDb();
  MariaDb(const MariaDb&) = delete;
  MariaDb& operator=(const MariaDb&) = delete;

  Result<void> start();
  void kill_hard();
  /// The DSN of a new, empty database.
  std::string fresh_database();
  [[nodiscard]] std::string socket() const { return (folder_.path() / "s").string(); }

 private:
  base::test_util::TempFolder folder_;
  pid_t server_ = -1;
  int databases_ = 0;
};

}  // namespace venus::db::sql::test_util

/// Skips the test by name where no MariaDB is installed; with CI=true it fails.
#define VENUS_MARIADB_OR_SKIP(variable)                                                         \
  if (!::venus::db::sql::test_util::MariaDb::installed()) {                                     \
    if (std::getenv("CI") != nullptr) FAIL() << "Debian package mariadb-server is missing";     \
    GTEST_SKIP() << "Debian package mariadb-server is missing";                                 \
  }                                                                                             \
  auto* const variable = ::venus::db::sql::test_util::MariaDb::shared();                        \
  ASSERT_NE(variable, nullptr)
