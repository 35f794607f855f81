// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/auth/tokens.hpp"

#include <boost/json.hpp>

#include "crypto/hash.hpp"
#include "crypto/jwt.hpp"
#include "crypto/random.hpp"
#include "crypto/secret.hpp"
#include "services/auth/text.hpp"
#include "services/auth/users.hpp"

namespace venus::auth {
namespace {

using db::sql::Transaction;

constexpr std::string_view kColumns = "SELECT token, name, perm, extra, createTime FROM token";

/// Rows are found by hash: the time of an index lookup then tells nothing about stored tokens.
std::string hash_of(std::string_view token) {
  return base::to_hex(crypto::sha256(base::as_bytes(token)));
}

std::unexpected<Error> refused(std::string_view why) { return fail(ErrorCode::Unauthenticated, "{}", why); }

using Columns = std::tuple<std::string, std::string, std::string, std::string, std::int64_t>;

TokenInfo info_of(const Columns& row) {
  const auto& [token, name, perm, extra, created] = row;
  return {token, name, perm, extra, rfc3339(created)};
}

template <class... Args>
Result<std::vector<TokenInfo>> select(Transaction& tx, std::string_view condition, const Args&... args) {
  TRY(auto rows, (tx.select<std::string, std::string, std::string, std::string, std::int64_t>(
      fmt::format("{} {}", kColumns, condition), args...)));
  std::vector<TokenInfo> out;
  out.reserve(rows.size());
  for (const auto& row : rows) out.push_back(info_of(row));
  return out;
}

}  // namespace

Result<std::string> Tokens::generate(const api::auth::GenTokenRequest& request) {
  TRY_VOID(rpc::parse_perm(request.perm));
  TRY_VOID(check_name("the user name", request.name));
  TRY_VOID(check_length("the extra text", request.extra, 255));
  const auto payload = base::write_json(base::to_json(Verified{request.name, request.perm, request.extra}));
  const Secret secret(crypto::random_bytes(32));
  auto token = crypto::sign_jwt(payload, secret.view());
  TRY_VOID(check_length("the token", token, 1024));
  TRY_VOID(database_.write([&](Transaction& tx) -> Result<void> {
    TRY(auto users, tx.scalar<std::int64_t>("SELECT COUNT(*) FROM users WHERE name = ? AND is_deleted = 0", request.name));
    if (users == 0) return fail(ErrorCode::NotFound, "there is no user '{}' to make a token for", request.name);
    TRY_VOID(tx.exec("INSERT INTO token (token_hash, token, name, perm, secret, extra, createTime, is_deleted)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
                     hash_of(token), token, request.name, request.perm, base::to_hex(secret.view()), request.extra,
                     clock_.unix_seconds()));
    return {};
  }));
  return token;
}

Result<Verified> Tokens::verify(std::string_view token) {
  if (token.empty() || token.size() > crypto::kMaxToken) return refused("this is no token");
  const auto hash = hash_of(token);
  TRY(auto row, database_.read([&](Transaction& tx) {
    return tx.select_one<std::string, std::optional<int>>(
        "SELECT token.secret, users.state FROM token LEFT JOIN users"
        " ON users.name = token.name AND users.is_deleted = 0"
        " WHERE token.token_hash = ? AND token.is_deleted = 0", hash);
  }));
  if (!row) return refused("this token is not registered");
  const auto& [secret_hex, state] = *row;
  TRY(auto secret_bytes, base::from_hex(secret_hex));
  const Secret secret(std::move(secret_bytes));
  auto payload = crypto::verify_jwt(token, secret.view());
  if (!payload) return refused("the token's signature is wrong");
  if (!state) return refused("the token's user is gone");
  if (*state != static_cast<int>(UserState::Enabled)) return refused("the token's user is disabled");
  TRY(auto json, base::parse_json(*payload));
  return base::from_json<Verified>(json);
}

Result<TokenInfo> Tokens::get(const std::string& token) {
  return database_.read([&](Transaction& tx) -> Result<TokenInfo> {
    TRY(auto found, select(tx, "WHERE token_hash = ? AND is_deleted = 0", hash_of(token)));
    if (found.empty()) return fail(ErrorCode::NotFound, "there is no such token");
    return found.front();
  });
}

Result<std::vector<TokenInfo>> Tokens::of_user(const std::string& name) {
  return database_.read([&](Transaction& tx) {
    return select(tx, "WHERE name = ? AND is_deleted = 0 ORDER BY createTime, token_hash LIMIT 1000", name);
  });
}

Result<std::vector<TokenInfo>> Tokens::list(Page page) {
  return database_.read([&](Transaction& tx) {
    return select(tx, "WHERE is_deleted = 0 ORDER BY createTime, token_hash LIMIT ? OFFSET ?", row_limit(page), page.skip);
  });
}

Result<void> Tokens::set_deleted(const std::string& token, bool deleted) {
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY(auto changed, tx.exec("UPDATE token SET is_deleted = ? WHERE token_hash = ? AND is_deleted = ?", deleted,
                              hash_of(token), !deleted));
    if (changed == 0) return fail(ErrorCode::NotFound, "there is no such {}token", deleted ? "" : "removed ");
    return {};
  });
}

Result<void> Tokens::remove(const std::string& token) { return set_deleted(token, true); }
Result<void> Tokens::recover(const std::string& token) { return set_deleted(token, false); }

Result<std::string> Tokens::owner(const std::string& token) {
  return database_.read([&](Transaction& tx) -> Result<std::string> {
    TRY(auto row, tx.select_one<std::string>("SELECT name FROM token WHERE token_hash = ?", hash_of(token)));
    if (!row) return fail(ErrorCode::NotFound, "there is no such token");
    return std::get<0>(*row);
  });
}

}  // namespace venus::auth
