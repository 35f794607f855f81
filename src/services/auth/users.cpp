// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/auth/users.hpp"

#include "crypto/uuid.hpp"
#include "services/auth/text.hpp"

namespace venus::auth {
namespace {

using db::sql::Transaction;

constexpr std::uint64_t kMaxRows = 1000;
constexpr std::string_view kColumns = "SELECT id, name, comment, state, createTime, updateTime FROM users";

std::unexpected<Error> no_user(std::string_view name) {
  return fail(ErrorCode::NotFound, "there is no user '{}'", name);
}

Result<std::optional<User>> find(Transaction& tx, const std::string& name) {
  TRY(auto rows, tx.select_as<User>(fmt::format("{} WHERE name = ? AND is_deleted = 0", kColumns), name));
  if (rows.empty()) return std::optional<User>{};
  return std::optional(std::move(rows.front()));
}

Result<void> check_state(std::uint8_t state) {
  if (state > 2) return fail(ErrorCode::InvalidArgument, "a user's state is 1 (enabled) or 2 (disabled)");
  return {};
}

Result<void> insert(Transaction& tx, const User& user) {
  TRY_VOID(tx.exec("INSERT INTO users (id, name, comment, state, createTime, updateTime, is_deleted)"
                   " VALUES (?, ?, ?, ?, ?, ?, 0)",
                   user.id, user.name, user.comment, user.state, user.create_time, user.update_time));
  return {};
}

}  // namespace

std::uint64_t row_limit(Page page) { return page.limit == 0 ? kMaxRows : std::min(page.limit, kMaxRows); }

Result<User> Users::create(const UserRequest& request) {
  TRY_VOID(check_name("the user name", request.name));
  TRY_VOID(check_length("the comment", request.comment.value_or(""), 255));
  TRY_VOID(check_state(request.state));
  const auto now = clock_.unix_seconds();
  const User user{crypto::new_uuid(), request.name, request.comment.value_or(""),
                  request.state == 0 ? std::uint8_t{1} : request.state, now, now};
  auto done = database_.write([&](Transaction& tx) { return insert(tx, user); });
  if (!done && done.error().code == ErrorCode::AlreadyExists) {
    return fail(ErrorCode::AlreadyExists, "a user '{}' exists already, or did and can be recovered", request.name);
  }
  TRY_VOID(std::move(done));
  return user;
}

Result<void> Users::update(const UserRequest& request) {
  TRY_VOID(check_length("the comment", request.comment.value_or(""), 255));
  TRY_VOID(check_state(request.state));
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY(auto user, find(tx, request.name));
    if (!user) return no_user(request.name);
    TRY_VOID(tx.exec("UPDATE users SET comment = ?, state = ?, updateTime = ? WHERE name = ?",
                     request.comment.value_or(user->comment), request.state == 0 ? user->state : request.state,
                     clock_.unix_seconds(), request.name));
    return {};
  });
}

Result<User> Users::get(const std::string& name) {
  return database_.read([&](Transaction& tx) -> Result<User> {
    TRY(auto user, find(tx, name));
    if (!user) return no_user(name);
    return *user;
  });
}

Result<bool> Users::has(const std::string& name) {
  return database_.read([&](Transaction& tx) -> Result<bool> {
    TRY(auto user, find(tx, name));
    return user.has_value();
  });
}

Result<std::vector<User>> Users::list(Page page, UserState state) {
  return database_.read([&](Transaction& tx) {
    return tx.select_as<User>(
        fmt::format("{} WHERE is_deleted = 0 AND (? = 0 OR state = ?) ORDER BY createTime, name LIMIT ? OFFSET ?", kColumns),
        state, state, row_limit(page), page.skip);
  });
}

Result<void> Users::verify(const std::vector<std::string>& names) {
  return database_.read([&](Transaction& tx) -> Result<void> {
    for (const auto& name : names) {
      TRY(auto user, find(tx, name));
      if (!user) return no_user(name);
      if (user->state != 1) return fail(ErrorCode::NotFound, "the user '{}' is disabled", name);
    }
    return {};
  });
}

Result<void> Users::remove(const std::string& name) {
  return database_.write([&](Transaction& tx) -> Result<void> {
    const auto now = clock_.unix_seconds();
    TRY(auto changed, tx.exec("UPDATE users SET is_deleted = 1, updateTime = ? WHERE name = ? AND is_deleted = 0", now, name));
    if (changed == 0) return no_user(name);
    TRY_VOID(tx.exec("UPDATE miners SET deleted_at = ? WHERE user = ? AND deleted_at IS NULL", now, name));
    TRY_VOID(tx.exec("UPDATE signers SET deleted_at = ? WHERE user = ? AND deleted_at IS NULL", now, name));
    return {};
  });
}

Result<void> Users::recover(const std::string& name) {
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY(auto changed, tx.exec("UPDATE users SET is_deleted = 0, updateTime = ? WHERE name = ? AND is_deleted = 1",
                              clock_.unix_seconds(), name));
    if (changed == 0) return fail(ErrorCode::NotFound, "there is no deleted user '{}'", name);
    return {};
  });
}

Result<void> Users::ensure(const std::string& name) {
  const auto now = clock_.unix_seconds();
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY(auto known, tx.scalar<std::int64_t>("SELECT COUNT(*) FROM users WHERE name = ?", name));
    if (known == 0) return insert(tx, User{crypto::new_uuid(), name, "", 1, now, now});
    TRY_VOID(tx.exec("UPDATE users SET is_deleted = 0, state = 1, updateTime = ? WHERE name = ?", now, name));
    return {};
  });
}

}  // namespace venus::auth
