// SPDX-License-Identifier: MIT OR Apache-2.0
#include <boost/json.hpp>

#include "api/auth.hpp"
#include "rpc/endpoint.hpp"
#include "rpc/http_client.hpp"

namespace venus::api::auth {
namespace {

using Query = std::vector<std::pair<std::string_view, std::string>>;

ErrorCode code_named(std::string_view name, ErrorCode otherwise) {
  for (const auto code : {ErrorCode::InvalidArgument, ErrorCode::NotFound, ErrorCode::AlreadyExists,
                          ErrorCode::Conflict, ErrorCode::TooLarge, ErrorCode::Malformed}) {
    if (base::to_string(code) == name) return code;
  }
  return otherwise;
}

/// Auth says what is wrong as {"error": "...", "kind": "not_found"}; Go's auth has no kind.
Error error_of(const rpc::HttpResponse& response) {
  auto out = rpc::http_error(response);
  const auto body = base::parse_json(response.body);
  if (!body || !body->is_object()) return out;
  if (const auto* text = base::find_member(*body, "error"); text != nullptr && text->is_string()) {
    out.message = std::string(text->get_string());
  }
  if (response.status != 400) return out;
  out.code = ErrorCode::InvalidArgument;
  if (const auto* kind = base::find_member(*body, "kind"); kind != nullptr && kind->is_string()) {
    out.code = code_named(kind->get_string(), out.code);
  }
  return out;
}

class Client final : public Auth {
 public:
  Client(asio::io_context& io, std::string base_url, std::string token)
      : http_(io, {.request_timeout = std::chrono::seconds(10)}), url_(std::move(base_url)), token_(std::move(token)) {}

  Task<Verified> verify(std::string token) override {
    return ask<Verified>(paths::kVerify, {}, object({{"token", token}}));
  }
  Task<std::string> generate_token(GenTokenRequest request) override {
    CO_TRY(auto answer, co_await ask<boost::json::value>(paths::kGenToken, {}, base::to_json(request)));
    const auto* token = base::find_member(answer, "token");
    if (token == nullptr) co_return fail(ErrorCode::Malformed, "the answer has no token");
    co_return base::from_json<std::string>(*token);
  }
  Task<std::vector<TokenInfo>> token_info(std::string token, std::string name) override {
    return ask<std::vector<TokenInfo>>(paths::kToken, {{"token", token}, {"name", name}});
  }
  Task<std::vector<TokenInfo>> tokens(Page page) override {
    return ask<std::vector<TokenInfo>>(paths::kTokens, of_page(page));
  }
  Task<> remove_token(std::string token) override { return tell(paths::kRemoveToken, object({{"token", token}})); }
  Task<> recover_token(std::string token) override { return tell(paths::kRecoverToken, object({{"token", token}})); }

  Task<User> create_user(UserRequest request) override { return ask<User>(paths::kUserNew, {}, base::to_json(request)); }
  Task<> update_user(UserRequest request) override { return tell(paths::kUserUpdate, base::to_json(request)); }
  Task<std::vector<User>> users(Page page, UserState state) override {
    auto query = of_page(page);
    query.emplace_back("state", std::to_string(static_cast<int>(state)));
    return ask<std::vector<User>>(paths::kUserList, std::move(query));
  }
  Task<User> user(std::string name) override { return ask<User>(paths::kUser, {{"name", name}}); }
  Task<bool> has_user(std::string name) override { return ask<bool>(paths::kUserHas, {{"name", name}}); }
  Task<> verify_users(std::vector<std::string> names) override {
    return tell(paths::kUserVerify, object({{"names", base::to_json(names)}}));
  }
  Task<> delete_user(std::string name) override { return tell(paths::kUserDelete, object({{"name", name}})); }
  Task<> recover_user(std::string name) override { return tell(paths::kUserRecover, object({{"name", name}})); }

  Task<std::string> upsert_limit(RateLimit limit) override {
    return ask<std::string>(paths::kLimitUpsert, {}, base::to_json(limit));
  }
  Task<> delete_limit(std::string name, std::string id) override {
    return tell(paths::kLimitDelete, object({{"Name", name}, {"Id", id}}));
  }
  Task<std::vector<RateLimit>> limits(std::string name, std::string id) override {
    return ask<std::vector<RateLimit>>(paths::kLimits, {{"name", name}, {"id", id}});
  }

  Task<bool> add_miner(MinerRequest request) override { return ask<bool>(paths::kMinerAdd, {}, base::to_json(request)); }
  Task<bool> delete_miner(Address miner) override {
    return ask<bool>(paths::kMinerDelete, {}, object({{"miner", miner.str()}}));
  }
  Task<bool> has_miner(Address miner) override { return ask<bool>(paths::kHasMiner, {{"miner", miner.str()}}); }
  Task<User> user_of_miner(Address miner) override { return ask<User>(paths::kUserOfMiner, {{"miner", miner.str()}}); }
  Task<bool> miner_in_user(std::string user, Address miner) override {
    return ask<bool>(paths::kMinerExist, {{"user", user}, {"miner", miner.str()}});
  }
  Task<std::vector<UserMiner>> miners(std::string user) override {
    return ask<std::vector<UserMiner>>(paths::kMinerList, {{"user", user}});
  }

  Task<> register_signers(SignersRequest request) override { return tell(paths::kSignerRegister, base::to_json(request)); }
  Task<> unregister_signers(SignersRequest request) override {
    return tell(paths::kSignerUnregister, base::to_json(request));
  }
  Task<bool> has_signer(Address signer) override { return ask<bool>(paths::kHasSigner, {{"signer", signer.str()}}); }
  Task<bool> delete_signer(Address signer) override {
    return ask<bool>(paths::kSignerDelete, {}, object({{"signer", signer.str()}}));
  }
  Task<std::vector<User>> users_of_signer(Address signer) override {
    return ask<std::vector<User>>(paths::kUsersOfSigner, {{"signer", signer.str()}});
  }
  Task<bool> signer_in_user(std::string user, Address signer) override {
    return ask<bool>(paths::kSignerExist, {{"user", user}, {"signer", signer.str()}});
  }
  Task<std::vector<UserSigner>> signers(std::string user) override {
    return ask<std::vector<UserSigner>>(paths::kSignerList, {{"user", user}});
  }

 private:
  static boost::json::value object(boost::json::object members) { return members; }
  static Query of_page(Page page) {
    return {{"skip", std::to_string(page.skip)}, {"limit", std::to_string(page.limit)}};
  }

  Task<std::string> send(RestPath path, Query query, boost::json::value body) {
    rpc::HttpClient::Request request;
    request.verb = path.verb;
    request.url = url_ + std::string(path.path);
    char separator = '?';
    for (const auto& [name, value] : query) {
      if (value.empty()) continue;
      request.url += fmt::format("{}{}={}", std::exchange(separator, '&'), name, rpc::url_encode(value));
    }
    request.headers = {{"Accept", "application/json"}, {"X-VENUS-API-NAMESPACE", "auth.IAuthClient"}};
    request.token = token_;
    if (!body.is_null()) {
      request.headers.emplace_back("Content-Type", "application/json");
      request.body = base::write_json(body);
    }
    CO_TRY(auto response, co_await http_.send(std::move(request)));
    if (response.status / 100 != 2) co_return std::unexpected(error_of(response));
    co_return std::move(response.body);
  }

  template <class T>
  Task<T> ask(RestPath path, Query query, boost::json::value body = nullptr) {
    CO_TRY(auto text, co_await send(path, std::move(query), std::move(body)));
    CO_TRY(auto answer, base::parse_json(text));
    co_return base::from_json<T>(answer);
  }
  Task<> tell(RestPath path, boost::json::value body) {
    CO_TRY([[maybe_unused]] auto text, co_await send(path, {}, std::move(body)));
    co_return Result<void>{};
  }

  rpc::HttpClient http_;
  std::string url_;
  std::string token_;
};

}  // namespace

Result<std::unique_ptr<Auth>> make_auth_client(asio::io_context& io, std::string_view url, std::string token) {
  TRY(auto endpoint, rpc::Endpoint::parse(url, ""));
  auto base_url = endpoint.url();
  while (base_url.ends_with('/')) base_url.pop_back();
  if (token.empty()) token = endpoint.token;
  return std::make_unique<Client>(io, std::move(base_url), std::move(token));
}

}  // namespace venus::api::auth
