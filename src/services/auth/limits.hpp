// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "api/auth.hpp"
#include "db/sql/pool.hpp"

namespace venus::auth {

/// How many requests a user may make of a service. Kept here, enforced by the services. Every call
/// blocks on the database.
class Limits {
 public:
  explicit Limits(db::sql::Database& database) : database_(database) {}

  /// Makes one (empty id) or replaces the one of that id; returns the id.
  Result<std::string> upsert(api::auth::RateLimit limit);
  Result<void> remove(const std::string& name, const std::string& id);
  /// All of a user, or the one of `id` when that is not empty.
  Result<std::vector<api::auth::RateLimit>> list(const std::string& name, const std::string& id);

 private:
  db::sql::Database& database_;
};

}  // namespace venus::auth
