// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/auth/limits.hpp"

#include <boost/json.hpp>

#include "crypto/uuid.hpp"
#include "services/auth/text.hpp"

namespace venus::auth {

using api::auth::RateLimit;
using api::auth::RequestLimit;
using db::sql::Transaction;

Result<std::string> Limits::upsert(RateLimit limit) {
  TRY_VOID(check_name("the user name", limit.name));
  TRY_VOID(check_length("the service", limit.service, 50));
  TRY_VOID(check_length("the api", limit.api, 50));
  TRY_VOID(check_length("the id", limit.id, 64));
  if (limit.limit.cap < 0 || limit.limit.reset_dur < 0) {
    return fail(ErrorCode::InvalidArgument, "a limit's number and duration are not negative");
  }
  if (limit.id.empty()) limit.id = crypto::new_uuid();
  const auto rule = base::write_json(base::to_json(limit.limit));
  TRY_VOID(database_.write([&](Transaction& tx) -> Result<void> {
    TRY(auto users, tx.scalar<std::int64_t>("SELECT COUNT(*) FROM users WHERE name = ? AND is_deleted = 0", limit.name));
    if (users == 0) return fail(ErrorCode::NotFound, "there is no user '{}'", limit.name);
    TRY_VOID(tx.exec("DELETE FROM user_rate_limits WHERE id = ?", limit.id));
    TRY_VOID(tx.exec("INSERT INTO user_rate_limits (id, name, service, api, reqLimit) VALUES (?, ?, ?, ?, ?)",
                     limit.id, limit.name, limit.service, limit.api, rule));
    return {};
  }));
  return limit.id;
}

Result<void> Limits::remove(const std::string& name, const std::string& id) {
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY(auto changed, tx.exec("DELETE FROM user_rate_limits WHERE name = ? AND id = ?", name, id));
    if (changed == 0) return fail(ErrorCode::NotFound, "the user '{}' has no limit {}", name, id);
    return {};
  });
}

Result<std::vector<RateLimit>> Limits::list(const std::string& name, const std::string& id) {
  return database_.read([&](Transaction& tx) -> Result<std::vector<RateLimit>> {
    TRY(auto rows, (tx.select<std::string, std::string, std::string, std::string, std::string>(
        "SELECT id, name, service, api, reqLimit FROM user_rate_limits"
        " WHERE name = ? AND (? = '' OR id = ?) ORDER BY id", name, id, id)));
    std::vector<RateLimit> out;
    for (const auto& [row_id, user, service, api, rule] : rows) {
      TRY(auto json, base::parse_json(rule));
      TRY(auto limit, base::from_json<RequestLimit>(json));
      out.push_back({row_id, user, service, api, limit});
    }
    return out;
  });
}

}  // namespace venus::auth
