// SPDX-License-Identifier: MIT OR Apache-2.0
// Tokens of this daemon ({"Allow":[...]}, HS256, as Lotus makes them) and of venus-auth.
#pragma once

#include "crypto/secret.hpp"
#include "platform/secret_text.hpp"
#include "rpc/context.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace venus::platform {

/// Makes and checks the tokens signed with this daemon's own secret.
class LocalTokens {
 public:
  /// Reads the secret (64 hex digits) from a file, or makes one there.
  static Result<LocalTokens> open(const std::filesystem::path& secret_file);
  explicit LocalTokens(Bytes secret) : secret_(std::make_shared<const Secret>(std::move(secret))) {}

  /// A token with these rights; it does not expire.
  [[nodiscard]] std::string create(rpc::PermSet perms) const;
  /// Its rights; Unauthenticated for any other token.
  [[nodiscard]] Result<rpc::PermSet> verify(std::string_view token) const;

 private:
  std::shared_ptr<const Secret> secret_;
};

/// The part of a bearer token that is the JWT: venus-wallet's strategy token may follow it
/// ("JWT___UUID").
std::string_view jwt_part(std::string_view bearer);

/// Local tokens first, then venus-auth (POST /verify), whose verdicts are kept for a few seconds.
class TokenVerifier final : public rpc::AuthVerifier {
 public:
  struct Options {
    std::string auth_url{};                 ///< http://host:port; empty: local tokens only
    SecretText auth_token{};                ///< sent to venus-auth if it wants one
    std::chrono::milliseconds keep{3'000};  ///< how long a verdict is good, also a negative one
    std::chrono::milliseconds keep_stale{
        60'000};  ///< how long an old one stands while venus-auth is away
    std::size_t max_entries = 10'000;
  };

  TokenVerifier(asio::io_context& io, LocalTokens local, Options options);
  ~TokenVerifier() override;

  Task<std::shared_ptr<const rpc::Caller>> verify(std::string token) override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace venus::platform
