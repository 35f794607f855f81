// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "api/auth.hpp"
#include "db/sql/pool.hpp"

namespace venus::auth {

using api::auth::Page;
using api::auth::TokenInfo;
using api::auth::Verified;

/// Tokens: JWTs, each signed with a random secret of its own that never leaves the database
/// (venus-components.md 1.2). Every call blocks on the database.
class Tokens {
 public:
  Tokens(db::sql::Database& database, const base::Clock& clock) : database_(database), clock_(clock) {}

  /// InvalidArgument for an unknown right, NotFound when the user does not exist.
  Result<std::string> generate(const api::auth::GenTokenRequest& request);
  /// Unauthenticated when the token is unknown, removed or wrongly signed, or its user is disabled or gone.
  Result<Verified> verify(std::string_view token);
  /// NotFound when there is none.
  Result<TokenInfo> get(const std::string& token);
  Result<std::vector<TokenInfo>> of_user(const std::string& name);
  Result<std::vector<TokenInfo>> list(Page page);
  /// From its commit on no verification succeeds.
  Result<void> remove(const std::string& token);
  Result<void> recover(const std::string& token);
  /// Whose token it is, also if removed; NotFound.
  Result<std::string> owner(const std::string& token);

 private:
  Result<void> set_deleted(const std::string& token, bool deleted);

  db::sql::Database& database_;
  const base::Clock& clock_;
};

}  // namespace venus::auth
