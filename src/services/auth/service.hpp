// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "api/auth.hpp"
#include "services/auth/limits.hpp"
#include "services/auth/ownership.hpp"
#include "services/auth/tokens.hpp"
#include "services/auth/users.hpp"

namespace venus::auth {

/// The service in this process: the tables, asked on threads of their own.
class Service final : public api::auth::Auth {
 public:
  /// `database` holds auth's tables (migrate()); it and the clock must outlive the service.
  Service(db::sql::Database& database, const base::Clock& clock);

  /// An admin token of the user defaultLocalToken, made if there is none. Blocks.
  Result<std::string> ensure_admin_token();
  Tokens& token_table() { return tokens_; }
  /// Whose token it is; NotFound. For the rule that users manage their own.
  Task<std::string> owner_of_token(std::string token);

  Task<api::auth::Verified> verify(std::string token) override;
  Task<std::string> generate_token(api::auth::GenTokenRequest request) override;
  Task<std::vector<TokenInfo>> token_info(std::string token, std::string name) override;
  Task<std::vector<TokenInfo>> tokens(Page page) override;
  Task<> remove_token(std::string token) override;
  Task<> recover_token(std::string token) override;

  Task<User> create_user(UserRequest request) override;
  Task<> update_user(UserRequest request) override;
  Task<std::vector<User>> users(Page page, UserState state) override;
  Task<User> user(std::string name) override;
  Task<bool> has_user(std::string name) override;
  Task<> verify_users(std::vector<std::string> names) override;
  Task<> delete_user(std::string name) override;
  Task<> recover_user(std::string name) override;

  Task<std::string> upsert_limit(api::auth::RateLimit limit) override;
  Task<> delete_limit(std::string name, std::string id) override;
  Task<std::vector<api::auth::RateLimit>> limits(std::string name, std::string id) override;

  Task<bool> add_miner(api::auth::MinerRequest request) override;
  Task<bool> delete_miner(Address miner) override;
  Task<bool> has_miner(Address miner) override;
  Task<User> user_of_miner(Address miner) override;
  Task<bool> miner_in_user(std::string user, Address miner) override;
  Task<std::vector<api::auth::UserMiner>> miners(std::string user) override;

  Task<> register_signers(api::auth::SignersRequest request) override;
  Task<> unregister_signers(api::auth::SignersRequest request) override;
  Task<bool> has_signer(Address signer) override;
  Task<bool> delete_signer(Address signer) override;
  Task<std::vector<User>> users_of_signer(Address signer) override;
  Task<bool> signer_in_user(std::string user, Address signer) override;
  Task<std::vector<api::auth::UserSigner>> signers(std::string user) override;

 private:
  Users users_;
  Tokens tokens_;
  Ownership ownership_;
  Limits limits_;
  WorkerPool threads_;
};

}  // namespace venus::auth
