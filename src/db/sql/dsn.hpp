// SPDX-License-Identifier: MIT OR Apache-2.0
// Where a database is. SQLite by default; MySQL or MariaDB by a DSN as Venus's Go programs write it or
// as an URL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace venus::db::sql {

enum class Dialect : std::uint8_t { Sqlite, Mysql };

struct Dsn {
  Dialect dialect = Dialect::Sqlite;
  std::string path;      ///< SQLite: file, or ":memory:"
  std::string host;      ///< MySQL
  std::uint16_t port = 3306;
  std::string socket;    ///< MySQL: a unix socket instead of host and port
  std::string user;
  std::string password;
  std::string database;
  std::string ca_file;   ///< MySQL: PEM of the authority that signed the server's certificate

  [[nodiscard]] bool in_memory() const { return dialect == Dialect::Sqlite && path == ":memory:"; }
  /// For logs and messages: never the password.
  [[nodiscard]] std::string describe() const;
};

/// Reads one of
///   /path/file.db            sqlite:/path/file.db      sqlite::memory:
///   user:password@tcp(host:port)/name?…      user:password@unix(/path/socket)/name
///   mysql://user:password@host:port/name?ca=/path     mysql://user:password@/name?socket=/path
/// (%XX in the URL form only). InvalidArgument for anything else.
Result<Dsn> parse_dsn(std::string_view text);

}  // namespace venus::db::sql
