// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "api/auth.hpp"
#include "db/sql/pool.hpp"

namespace venus::auth {

/// Which miners and signing addresses belong to whom; the other daemons isolate users by it. Every call
/// blocks on the database.
class Ownership {
 public:
  Ownership(db::sql::Database& database, const base::Clock& clock) : database_(database), clock_(clock) {}

  /// InvalidArgument unless an f0 address; NotFound for an unknown user. Whether it is new here.
  Result<bool> add_miner(const api::auth::MinerRequest& request);
  Result<bool> delete_miner(const Address& miner);
  Result<bool> has_miner(const Address& miner);
  Result<std::string> user_of_miner(const Address& miner);
  Result<bool> miner_in_user(const std::string& user, const Address& miner);
  Result<std::vector<api::auth::UserMiner>> miners(const std::string& user);

  /// InvalidArgument unless all are addresses with a key (f1, f3, f4); NotFound for an unknown user.
  Result<void> register_signers(const api::auth::SignersRequest& request);
  Result<void> unregister_signers(const api::auth::SignersRequest& request);
  Result<bool> has_signer(const Address& signer);
  /// Takes it from all users; whether anybody had it.
  Result<bool> delete_signer(const Address& signer);
  Result<std::vector<std::string>> users_of_signer(const Address& signer);
  Result<bool> signer_in_user(const std::string& user, const Address& signer);
  Result<std::vector<api::auth::UserSigner>> signers(const std::string& user);

 private:
  db::sql::Database& database_;
  const base::Clock& clock_;
};

}  // namespace venus::auth
