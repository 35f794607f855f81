// SPDX-License-Identifier: MIT OR Apache-2.0
// Numbered steps from an empty database to the tables of this version, embedded in the program.
#pragma once

#include <span>
#include <string_view>

#include "db/sql/pool.hpp"

namespace venus::db::sql {

/// One step. Never changed after a release: a change is a new step. Statements end with ";" at the end
/// of a line. In the text, {table} stands for what follows the closing bracket of CREATE TABLE (engine
/// and character set on MySQL) and {text} for text of any length.
struct Migration {
  int number;               ///< 1, 2, 3 ... without gaps
  std::string_view name;
  std::string_view both;    ///< for both dialects, or empty and then
  std::string_view sqlite;  ///< one for each
  std::string_view mysql;
};

/// Brings the tables of `component` to the newest step, at most up to `target` when that is not 0.
/// Several processes may call it at once. What is applied is recorded in table schema_migrations with a
/// checksum. Corrupt: an applied step's text differs from ours; Unsupported: the database was made by a
/// newer version. On SQLite a call is all or nothing; on MySQL, whose DDL commits by itself, an
/// interrupted step goes on at the statement where it stopped. Blocks.
Result<void> migrate(Database& database, std::string_view component, std::span<const Migration> steps,
                     int target = 0);

/// The newest applied step of `component`; 0 when there is none.
Result<int> schema_version(Database& database, std::string_view component);

}  // namespace venus::db::sql
