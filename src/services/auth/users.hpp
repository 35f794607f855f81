// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "api/auth.hpp"
#include "db/sql/pool.hpp"

namespace venus::auth {

using api::auth::Page;
using api::auth::User;
using api::auth::UserRequest;
using api::auth::UserState;

/// Who may have tokens. Every call blocks on the database.
class Users {
 public:
  Users(db::sql::Database& database, const base::Clock& clock) : database_(database), clock_(clock) {}

  /// AlreadyExists for a name in use, also of a deleted user. State Any means Enabled.
  Result<User> create(const UserRequest& request);
  Result<void> update(const UserRequest& request);
  Result<User> get(const std::string& name);
  Result<bool> has(const std::string& name);
  /// By creation; at most 1000.
  Result<std::vector<User>> list(Page page, UserState state);
  Result<void> verify(const std::vector<std::string>& names);
  /// Also takes the user's miners and signers away. His tokens are refused from then on.
  Result<void> remove(const std::string& name);
  Result<void> recover(const std::string& name);
  /// Makes sure that a user is there and enabled.
  Result<void> ensure(const std::string& name);

 private:
  db::sql::Database& database_;
  const base::Clock& clock_;
};

/// The limit to ask the database for.
std::uint64_t row_limit(Page page);

}  // namespace venus::auth
