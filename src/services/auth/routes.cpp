// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/auth/routes.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/json.hpp>
#include <charconv>

namespace venus::auth {
namespace {

using namespace api::auth;
using boost::json::value;
using rpc::HttpRequest;
using rpc::HttpResponse;

HttpResponse failure(const Error& error) {
  unsigned status = 400;
  switch (error.code) {
    case ErrorCode::Unauthenticated: status = 401; break;
    case ErrorCode::PermissionDenied: status = 403; break;
    case ErrorCode::TooLarge: status = 413; break;
    case ErrorCode::Unavailable:
    case ErrorCode::Timeout:
    case ErrorCode::Exhausted: status = 503; break;
    case ErrorCode::Internal:
    case ErrorCode::Corrupt:
    case ErrorCode::Io: status = 500; break;
    default: break;
  }
  return HttpResponse::json(
      base::write_json(boost::json::object{{"error", error.message}, {"kind", base::to_string(error.code)}}), status);
}

template <class T>
HttpResponse answer(Result<T> result) {
  if (!result) return failure(result.error());
  if constexpr (std::is_void_v<T>) return HttpResponse::json("");
  else return HttpResponse::json(base::write_json(base::to_json(*result)));
}

/// A request's parameters, from its JSON body, its form or its query.
class Input {
 public:
  static Result<Input> of(const HttpRequest& request) {
    Input out;
    for (const auto& [name, text] : request.query) out.object_[name] = text;
    if (request.body.empty()) return out;
    if (is_form(request)) {
      for (const auto& [name, text] : rpc::parse_query(request.body)) out.object_[name] = text;
      return out;
    }
    TRY(auto body, base::parse_json(request.body, 8));
    if (!body.is_object()) return fail(ErrorCode::InvalidArgument, "the body is no JSON object");
    for (const auto& member : body.get_object()) out.object_[member.key()] = member.value();
    return out;
  }

  template <class T>
  [[nodiscard]] Result<T> as() const {
    return base::from_json<T>(value(object_));
  }
  /// A text; empty when absent.
  [[nodiscard]] std::string text(std::string_view name) const {
    const auto* found = find(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  }
  [[nodiscard]] Result<std::string> needed(std::string_view name) const {
    auto out = text(name);
    if (out.empty()) return fail(ErrorCode::InvalidArgument, "'{}' is missing", name);
    return out;
  }
  [[nodiscard]] Result<Address> address(std::string_view name) const {
    TRY(auto written, needed(name));
    return Address::parse(written);
  }
  /// A number in a query; 0 when absent.
  [[nodiscard]] Result<std::uint64_t> number(std::string_view name) const {
    const auto* found = find(name);
    if (found == nullptr) return 0U;
    if (!found->is_string()) return base::from_json<std::uint64_t>(*found);
    const std::string_view digits = found->get_string();
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
      return fail(ErrorCode::InvalidArgument, "'{}' is no number", name);
    }
    return out;
  }
  [[nodiscard]] Result<Page> page() const {
    TRY(auto skip, number("skip"));
    TRY(auto limit, number("limit"));
    return Page{skip, limit};
  }

 private:
  static bool is_form(const HttpRequest& request) {
    return std::ranges::any_of(request.headers, [](const auto& header) {
      return boost::algorithm::iequals(header.first, "content-type") &&
             header.second.starts_with("application/x-www-form-urlencoded");
    });
  }
  [[nodiscard]] const value* find(std::string_view name) const {
    for (const auto& member : object_) {
      if (boost::algorithm::iequals(std::string_view(member.key()), name)) return &member.value();
    }
    return nullptr;
  }
  Input() = default;
  boost::json::object object_;
};

/// Admins may all; others what concerns themselves.
Result<void> check_self(const HttpRequest& request, std::string_view user) {
  if (request.context.perms().has(rpc::Perm::Admin) || request.context.user() == user) return {};
  return fail(ErrorCode::PermissionDenied, "this needs the right 'admin', or to be about yourself");
}

using Endpoint = Task<HttpResponse> (*)(Service& service, HttpRequest request, Input input);

Task<HttpResponse> run(Service& service, HttpRequest request, Endpoint endpoint) {
  auto input = Input::of(request);
  if (!input) co_return failure(input.error());
  auto done = co_await endpoint(service, std::move(request), *std::move(input));
  if (!done) co_return failure(done.error());
  co_return *std::move(done);
}

// Tokens -------------------------------------------------------------------------------------------------

Task<HttpResponse> verify(Service& s, HttpRequest, Input in) {
  CO_TRY(auto token, in.needed("token"));
  co_return answer(co_await s.verify(std::move(token)));
}
Task<HttpResponse> gen_token(Service& s, HttpRequest, Input in) {
  CO_TRY(auto request, in.as<GenTokenRequest>());
  CO_TRY(auto token, co_await s.generate_token(std::move(request)));
  co_return HttpResponse::json(base::write_json(boost::json::object{{"token", token}}));
}
Task<HttpResponse> token_info(Service& s, HttpRequest request, Input in) {
  auto token = in.text("token"), name = in.text("name");
  if (token.empty() && name.empty()) co_return fail(ErrorCode::InvalidArgument, "`name` and `token` both empty");
  std::string owner = name;
  if (!token.empty()) {
    CO_TRY(owner, co_await s.owner_of_token(token));
  }
  CO_TRY_VOID(check_self(request, owner));
  co_return answer(co_await s.token_info(std::move(token), std::move(name)));
}
Task<HttpResponse> tokens(Service& s, HttpRequest, Input in) {
  CO_TRY(auto page, in.page());
  co_return answer(co_await s.tokens(page));
}
Task<HttpResponse> remove_token(Service& s, HttpRequest request, Input in) {
  CO_TRY(auto token, in.needed("token"));
  CO_TRY(auto owner, co_await s.owner_of_token(token));
  CO_TRY_VOID(check_self(request, owner));
  co_return answer(co_await s.remove_token(std::move(token)));
}
Task<HttpResponse> recover_token(Service& s, HttpRequest request, Input in) {
  CO_TRY(auto token, in.needed("token"));
  CO_TRY(auto owner, co_await s.owner_of_token(token));
  CO_TRY_VOID(check_self(request, owner));
  co_return answer(co_await s.recover_token(std::move(token)));
}

// Users --------------------------------------------------------------------------------------------------

Task<HttpResponse> user_new(Service& s, HttpRequest, Input in) {
  CO_TRY(auto request, in.as<UserRequest>());
  co_return answer(co_await s.create_user(std::move(request)));
}
Task<HttpResponse> user_update(Service& s, HttpRequest, Input in) {
  CO_TRY(auto request, in.as<UserRequest>());
  co_return answer(co_await s.update_user(std::move(request)));
}
Task<HttpResponse> user_list(Service& s, HttpRequest, Input in) {
  CO_TRY(auto page, in.page());
  CO_TRY(auto state, in.number("state"));
  if (state > 2) co_return fail(ErrorCode::InvalidArgument, "state is 0 (any), 1 or 2");
  co_return answer(co_await s.users(page, static_cast<UserState>(state)));
}
Task<HttpResponse> user_get(Service& s, HttpRequest request, Input in) {
  CO_TRY(auto name, in.needed("name"));
  CO_TRY_VOID(check_self(request, name));
  co_return answer(co_await s.user(std::move(name)));
}
Task<HttpResponse> user_verify(Service& s, HttpRequest, Input in) {
  struct Names {
    std::vector<std::string> names;
    static constexpr auto fields() { return base::fields_of(base::field("names", &Names::names)); }
  };
  CO_TRY(auto request, in.as<Names>());
  co_return answer(co_await s.verify_users(std::move(request.names)));
}
Task<HttpResponse> user_has(Service& s, HttpRequest, Input in) {
  CO_TRY(auto name, in.needed("name"));
  co_return answer(co_await s.has_user(std::move(name)));
}
Task<HttpResponse> user_delete(Service& s, HttpRequest, Input in) {
  CO_TRY(auto name, in.needed("name"));
  co_return answer(co_await s.delete_user(std::move(name)));
}
Task<HttpResponse> user_recover(Service& s, HttpRequest, Input in) {
  CO_TRY(auto name, in.needed("name"));
  co_return answer(co_await s.recover_user(std::move(name)));
}

// Rate limits --------------------------------------------------------------------------------------------

Task<HttpResponse> limit_upsert(Service& s, HttpRequest, Input in) {
  CO_TRY(auto limit, in.as<RateLimit>());
  co_return answer(co_await s.upsert_limit(std::move(limit)));
}
Task<HttpResponse> limit_delete(Service& s, HttpRequest, Input in) {
  CO_TRY(auto name, in.needed("name"));
  CO_TRY(auto id, in.needed("id"));
  CO_TRY_VOID(co_await s.delete_limit(std::move(name), id));
  co_return HttpResponse::json(base::write_json(value(id)));
}
Task<HttpResponse> limit_list(Service& s, HttpRequest, Input in) {
  CO_TRY(auto name, in.needed("name"));
  co_return answer(co_await s.limits(std::move(name), in.text("id")));
}

// Miners -------------------------------------------------------------------------------------------------

Task<HttpResponse> user_of_miner(Service& s, HttpRequest, Input in) {
  CO_TRY(auto miner, in.address("miner"));
  co_return answer(co_await s.user_of_miner(miner));
}
Task<HttpResponse> miner_add(Service& s, HttpRequest, Input in) {
  CO_TRY(auto request, in.as<MinerRequest>());
  co_return answer(co_await s.add_miner(std::move(request)));
}
Task<HttpResponse> miner_exist(Service& s, HttpRequest request, Input in) {
  CO_TRY(auto miner, in.address("miner"));
  CO_TRY(auto user, in.needed("user"));
  CO_TRY_VOID(check_self(request, user));
  co_return answer(co_await s.miner_in_user(std::move(user), miner));
}
Task<HttpResponse> miner_list(Service& s, HttpRequest request, Input in) {
  CO_TRY(auto user, in.needed("user"));
  CO_TRY_VOID(check_self(request, user));
  co_return answer(co_await s.miners(std::move(user)));
}
Task<HttpResponse> miner_delete(Service& s, HttpRequest, Input in) {
  CO_TRY(auto miner, in.address("miner"));
  co_return answer(co_await s.delete_miner(miner));
}
Task<HttpResponse> has_miner(Service& s, HttpRequest, Input in) {
  CO_TRY(auto miner, in.address("miner"));
  co_return answer(co_await s.has_miner(miner));
}

// Signers ------------------------------------------------------------------------------------------------

Task<HttpResponse> users_of_signer(Service& s, HttpRequest, Input in) {
  CO_TRY(auto signer, in.address("signer"));
  co_return answer(co_await s.users_of_signer(signer));
}
Task<HttpResponse> signer_register(Service& s, HttpRequest, Input in) {
  CO_TRY(auto request, in.as<SignersRequest>());
  co_return answer(co_await s.register_signers(std::move(request)));
}
Task<HttpResponse> signer_unregister(Service& s, HttpRequest, Input in) {
  CO_TRY(auto request, in.as<SignersRequest>());
  co_return answer(co_await s.unregister_signers(std::move(request)));
}
Task<HttpResponse> signer_exist(Service& s, HttpRequest request, Input in) {
  CO_TRY(auto signer, in.address("signer"));
  CO_TRY(auto user, in.needed("user"));
  CO_TRY_VOID(check_self(request, user));
  co_return answer(co_await s.signer_in_user(std::move(user), signer));
}
Task<HttpResponse> signer_list(Service& s, HttpRequest request, Input in) {
  CO_TRY(auto user, in.needed("user"));
  CO_TRY_VOID(check_self(request, user));
  co_return answer(co_await s.signers(std::move(user)));
}
Task<HttpResponse> has_signer(Service& s, HttpRequest, Input in) {
  CO_TRY(auto signer, in.address("signer"));
  co_return answer(co_await s.has_signer(signer));
}
Task<HttpResponse> signer_delete(Service& s, HttpRequest, Input in) {
  CO_TRY(auto signer, in.address("signer"));
  co_return answer(co_await s.delete_signer(signer));
}

Task<HttpResponse> ready(std::string text) { co_return HttpResponse::json(std::move(text)); }

struct Binding {
  RestPath path;
  Endpoint endpoint;
};

constexpr Binding kBindings[] = {
    {paths::kVerify, verify}, {paths::kGenToken, gen_token}, {paths::kToken, token_info},
    {paths::kTokens, tokens}, {paths::kRemoveToken, remove_token}, {paths::kRecoverToken, recover_token},
    {paths::kUserNew, user_new}, {paths::kUserUpdate, user_update}, {paths::kUserList, user_list},
    {paths::kUser, user_get}, {paths::kUserVerify, user_verify}, {paths::kUserHas, user_has},
    {paths::kUserDelete, user_delete}, {paths::kUserRecover, user_recover},
    {paths::kLimitUpsert, limit_upsert}, {paths::kLimitDelete, limit_delete}, {paths::kLimits, limit_list},
    {paths::kUserOfMiner, user_of_miner}, {paths::kMinerAdd, miner_add}, {paths::kMinerExist, miner_exist},
    {paths::kMinerList, miner_list}, {paths::kMinerDelete, miner_delete}, {paths::kHasMiner, has_miner},
    {paths::kUsersOfSigner, users_of_signer}, {paths::kSignerRegister, signer_register},
    {paths::kSignerExist, signer_exist}, {paths::kSignerList, signer_list},
    {paths::kSignerUnregister, signer_unregister}, {paths::kHasSigner, has_signer},
    {paths::kSignerDelete, signer_delete},
    // Clients of 1.6 and before.
    {{rpc::Verb::Get, "/miner", rpc::Perm::Admin}, user_of_miner},
    {{rpc::Verb::Get, "/miner/has-miner", rpc::Perm::Admin}, has_miner},
    {{rpc::Verb::Get, "/miner/list-by-user", rpc::Perm::Read}, miner_list},
    {{rpc::Verb::Post, "/miner/add-miner", rpc::Perm::Admin}, miner_add},
    {{rpc::Verb::Post, "/miner/del", rpc::Perm::Admin}, miner_delete},
};

}  // namespace

void bind_routes(rpc::Server& server, Service& service, std::string version) {
  for (const auto& binding : kBindings) {
    server.route(binding.path.verb, std::string(binding.path.path), binding.path.perm,
                 [&service, endpoint = binding.endpoint](HttpRequest request) {
                   return run(service, std::move(request), endpoint);
                 });
  }
  const auto text = base::write_json(boost::json::object{{"Version", version}});
  server.route(rpc::Verb::Get, "/version", std::nullopt, [text](HttpRequest) { return ready(text); });
  server.route(rpc::Verb::Get, "/healthcheck", std::nullopt,
               [](HttpRequest) { return ready(R"({"status":"OK"})"); });
}

}  // namespace venus::auth
