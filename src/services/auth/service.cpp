// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/auth/service.hpp"

namespace venus::auth {

using namespace api::auth;

Service::Service(db::sql::Database& database, const base::Clock& clock)
    : users_(database, clock), tokens_(database, clock), ownership_(database, clock), limits_(database), threads_(4) {}

Result<std::string> Service::ensure_admin_token() {
  const std::string name(kDefaultAdmin);
  TRY_VOID(users_.ensure(name));
  TRY(auto known, tokens_.of_user(name));
  for (const auto& token : known) {
    if (token.perm == rpc::to_string(rpc::Perm::Admin)) return token.token;
  }
  return tokens_.generate({name, std::string(rpc::to_string(rpc::Perm::Admin)), ""});
}

Task<std::string> Service::owner_of_token(std::string token) {
  co_return co_await on(threads_, [this, token] { return tokens_.owner(token); });
}

Task<Verified> Service::verify(std::string token) {
  co_return co_await on(threads_, [this, token] { return tokens_.verify(token); });
}
Task<std::string> Service::generate_token(GenTokenRequest request) {
  co_return co_await on(threads_, [this, request] { return tokens_.generate(request); });
}
Task<std::vector<TokenInfo>> Service::token_info(std::string token, std::string name) {
  co_return co_await on(threads_, [this, token, name]() -> Result<std::vector<TokenInfo>> {
    if (token.empty()) return tokens_.of_user(name);
    TRY(auto found, tokens_.get(token));
    return std::vector{std::move(found)};
  });
}
Task<std::vector<TokenInfo>> Service::tokens(Page page) {
  co_return co_await on(threads_, [this, page] { return tokens_.list(page); });
}
Task<> Service::remove_token(std::string token) {
  co_return co_await on(threads_, [this, token] { return tokens_.remove(token); });
}
Task<> Service::recover_token(std::string token) {
  co_return co_await on(threads_, [this, token] { return tokens_.recover(token); });
}

Task<User> Service::create_user(UserRequest request) {
  co_return co_await on(threads_, [this, request] { return users_.create(request); });
}
Task<> Service::update_user(UserRequest request) {
  co_return co_await on(threads_, [this, request] { return users_.update(request); });
}
Task<std::vector<User>> Service::users(Page page, UserState state) {
  co_return co_await on(threads_, [this, page, state] { return users_.list(page, state); });
}
Task<User> Service::user(std::string name) {
  co_return co_await on(threads_, [this, name] { return users_.get(name); });
}
Task<bool> Service::has_user(std::string name) {
  co_return co_await on(threads_, [this, name] { return users_.has(name); });
}
Task<> Service::verify_users(std::vector<std::string> names) {
  co_return co_await on(threads_, [this, names] { return users_.verify(names); });
}
Task<> Service::delete_user(std::string name) {
  co_return co_await on(threads_, [this, name] { return users_.remove(name); });
}
Task<> Service::recover_user(std::string name) {
  co_return co_await on(threads_, [this, name] { return users_.recover(name); });
}

Task<std::string> Service::upsert_limit(RateLimit limit) {
  co_return co_await on(threads_, [this, limit] { return limits_.upsert(limit); });
}
Task<> Service::delete_limit(std::string name, std::string id) {
  co_return co_await on(threads_, [this, name, id] { return limits_.remove(name, id); });
}
Task<std::vector<RateLimit>> Service::limits(std::string name, std::string id) {
  co_return co_await on(threads_, [this, name, id] { return limits_.list(name, id); });
}

Task<bool> Service::add_miner(MinerRequest request) {
  co_return co_await on(threads_, [this, request] { return ownership_.add_miner(request); });
}
Task<bool> Service::delete_miner(Address miner) {
  co_return co_await on(threads_, [this, miner] { return ownership_.delete_miner(miner); });
}
Task<bool> Service::has_miner(Address miner) {
  co_return co_await on(threads_, [this, miner] { return ownership_.has_miner(miner); });
}
Task<User> Service::user_of_miner(Address miner) {
  co_return co_await on(threads_, [this, miner]() -> Result<User> {
    TRY(auto name, ownership_.user_of_miner(miner));
    return users_.get(name);
  });
}
Task<bool> Service::miner_in_user(std::string user, Address miner) {
  co_return co_await on(threads_, [this, user, miner] { return ownership_.miner_in_user(user, miner); });
}
Task<std::vector<UserMiner>> Service::miners(std::string user) {
  co_return co_await on(threads_, [this, user] { return ownership_.miners(user); });
}

Task<> Service::register_signers(SignersRequest request) {
  co_return co_await on(threads_, [this, request] { return ownership_.register_signers(request); });
}
Task<> Service::unregister_signers(SignersRequest request) {
  co_return co_await on(threads_, [this, request] { return ownership_.unregister_signers(request); });
}
Task<bool> Service::has_signer(Address signer) {
  co_return co_await on(threads_, [this, signer] { return ownership_.has_signer(signer); });
}
Task<bool> Service::delete_signer(Address signer) {
  co_return co_await on(threads_, [this, signer] { return ownership_.delete_signer(signer); });
}
Task<std::vector<User>> Service::users_of_signer(Address signer) {
  co_return co_await on(threads_, [this, signer]() -> Result<std::vector<User>> {
    TRY(auto names, ownership_.users_of_signer(signer));
    std::vector<User> out;
    for (const auto& name : names) {
      TRY(auto user, users_.get(name));
      out.push_back(std::move(user));
    }
    return out;
  });
}
Task<bool> Service::signer_in_user(std::string user, Address signer) {
  co_return co_await on(threads_, [this, user, signer] { return ownership_.signer_in_user(user, signer); });
}
Task<std::vector<UserSigner>> Service::signers(std::string user) {
  co_return co_await on(threads_, [this, user] { return ownership_.signers(user); });
}

}  // namespace venus::auth
