// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/tokens.hpp"

#include "base/json.hpp"
#include "crypto/jwt.hpp"
#include "crypto/random.hpp"
#include "platform/home.hpp"
#include "rpc/endpoint.hpp"
#include "rpc/http_client.hpp"

#include <filesystem>
#include <mutex>
#include <unordered_map>

namespace venus::platform {
namespace {

using rpc::Caller;
using CallerPtr = std::shared_ptr<const Caller>;

struct Allow {
  std::vector<std::string> allow;
  static constexpr auto fields() { return base::fields_of(base::field("Allow", &Allow::allow)); }
};

struct VerifyAnswer {
  std::string name;
  std::string perm;
  std::string ext;
  static constexpr auto fields() {
    return base::fields_of(base::field("name", &VerifyAnswer::name),
                           base::field("perm", &VerifyAnswer::perm),
                           base::field("ext", &VerifyAnswer::ext));
  }
};

TokenVerifier::Options without_slash(TokenVerifier::Options options) {
  while (options.auth_url.ends_with('/'))
    options.auth_url.pop_back();
  return options;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  return text;
}

}  // namespace

Result<LocalTokens> LocalTokens::open(const std::filesystem::path& file) {
  auto text = read_file(file, 4096);
  if (!text && text.error().code != ErrorCode::NotFound)
    return std::unexpected(std::move(text).error());
  if (!text) {
    auto secret = crypto::random_bytes(32);
    TRY_VOID(write_private_file(file, base::to_hex(secret) + "\n"));
    return LocalTokens(std::move(secret));
  }
  auto secret = base::from_hex(trimmed(*text));
  if (!secret || secret->size() < 32) {
    return fail(ErrorCode::Corrupt,
                "{} does not hold 64 hex digits; remove it to get a new secret (all local tokens "
                "end with it)",
                file.string());
  }
  return LocalTokens(*std::move(secret));
}

std::string LocalTokens::create(rpc::PermSet perms) const {
  return crypto::sign_jwt(base::write_json(base::to_json(Allow{perms.names()})), secret_->view());
}

Result<rpc::PermSet> LocalTokens::verify(std::string_view token) const {
  const auto bad = fail(ErrorCode::Unauthenticated, "the token is not valid here");
  const auto payload = crypto::verify_jwt(token, secret_->view());
  if (!payload) return bad;
  const auto document = base::parse_json(*payload);
  if (!document) return bad;
  const auto allow = base::from_json<Allow>(*document);
  if (!allow) return bad;
  const auto perms = rpc::PermSet::from_names(allow->allow);
  if (!perms) return bad;
  return *perms;
}

std::string_view jwt_part(std::string_view bearer) { return bearer.substr(0, bearer.find("___")); }

struct TokenVerifier::State {
  State(asio::io_context& io, LocalTokens tokens, Options given)
      : local(std::move(tokens)),
        options(std::move(given)),
        http(io, {.connect_timeout = std::chrono::milliseconds(3'000),
                  .request_timeout = std::chrono::milliseconds(5'000)}) {}

  struct Verdict {
    Result<CallerPtr> caller;
    std::chrono::steady_clock::time_point at;
  };

  std::optional<Verdict> known(const std::string& token) {
    std::lock_guard lock(mutex);
    const auto found = verdicts.find(token);
    if (found == verdicts.end()) return std::nullopt;
    return found->second;
  }
  void keep(const std::string& token, const Result<CallerPtr>& caller) {
    std::lock_guard lock(mutex);
    if (verdicts.size() >= options.max_entries) verdicts.clear();
    verdicts.insert_or_assign(token, Verdict{caller, std::chrono::steady_clock::now()});
  }

  static Task<CallerPtr> ask(std::shared_ptr<State> state, std::string bearer);
  static Task<CallerPtr> verify(std::shared_ptr<State> state, std::string bearer);

  const LocalTokens local;
  const Options options;
  rpc::HttpClient http;
  std::mutex mutex;
  std::unordered_map<std::string, Verdict> verdicts;
};

Task<CallerPtr> TokenVerifier::State::ask(std::shared_ptr<State> state, std::string bearer) {
  auto answer = co_await state->http.post_json(state->options.auth_url + "/verify",
                                               {{"token", std::string(jwt_part(bearer))}},
                                               state->options.auth_token.reveal());
  if (!answer) {
    const auto code = answer.error().code;
    // 4xx is a verdict, everything else says nothing about the token.
    if (code == ErrorCode::Unauthenticated || code == ErrorCode::InvalidArgument ||
        code == ErrorCode::PermissionDenied || code == ErrorCode::NotFound) {
      co_return fail(ErrorCode::Unauthenticated, "venus-auth refused the token: {}",
                     answer.error().message);
    }
    co_return fail(ErrorCode::Unavailable, "venus-auth does not answer: {}",
                   answer.error().message);
  }
  CO_TRY(const auto verdict, base::from_json<VerifyAnswer>(*answer));
  CO_TRY(const auto perm, rpc::parse_perm(verdict.perm));
  auto caller = std::make_shared<Caller>();
  caller->name = verdict.name;
  caller->perms = rpc::PermSet::up_to(perm);
  caller->extra = verdict.ext;
  caller->token = std::move(bearer);
  co_return CallerPtr(std::move(caller));
}

Task<CallerPtr> TokenVerifier::State::verify(std::shared_ptr<State> state, std::string bearer) {
  if (bearer.size() > crypto::kMaxToken)
    co_return fail(ErrorCode::Unauthenticated, "the token is too long");
  const auto local = state->local.verify(jwt_part(bearer));
  if (local) {
    auto caller = std::make_shared<Caller>();
    caller->perms = *local;
    caller->token = std::move(bearer);
    co_return CallerPtr(std::move(caller));
  }
  if (state->options.auth_url.empty()) co_return std::unexpected(local.error());
  const auto known = state->known(bearer);
  const auto age = known ? std::chrono::steady_clock::now() - known->at
                         : std::chrono::steady_clock::duration::max();
  if (age < state->options.keep) co_return known->caller;
  auto asked = co_await ask(state, bearer);
  if (asked || asked.error().code == ErrorCode::Unauthenticated) {
    state->keep(bearer, asked);
    co_return asked;
  }
  if (age < state->options.keep_stale) co_return known->caller;
  co_return asked;
}

TokenVerifier::TokenVerifier(asio::io_context& io, LocalTokens local, Options options)
    : state_(std::make_shared<State>(io, std::move(local), without_slash(std::move(options)))) {}

TokenVerifier::~TokenVerifier() { state_->http.stop(); }

Task<CallerPtr> TokenVerifier::verify(std::string token) {
  return State::verify(state_, std::move(token));
}

}  // namespace venus::platform
