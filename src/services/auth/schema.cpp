// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/auth/schema.hpp"

namespace venus::auth {
namespace {

// Times are unix seconds; deleted_at is null for what lives.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE users (
  id VARCHAR(64) NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE, comment VARCHAR(255) NOT NULL,
  state INTEGER NOT NULL, createTime BIGINT NOT NULL, updateTime BIGINT NOT NULL, is_deleted INTEGER NOT NULL){table};
CREATE TABLE token (
  token_hash VARCHAR(64) NOT NULL PRIMARY KEY, token VARCHAR(1024) NOT NULL, name VARCHAR(50) NOT NULL,
  perm VARCHAR(50) NOT NULL, secret VARCHAR(255) NOT NULL, extra VARCHAR(255) NOT NULL,
  createTime BIGINT NOT NULL, is_deleted INTEGER NOT NULL){table};
CREATE INDEX token_name ON token (name);
CREATE TABLE miners (
  miner VARCHAR(128) NOT NULL PRIMARY KEY, user VARCHAR(50) NOT NULL, open_mining INTEGER NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, deleted_at BIGINT){table};
CREATE INDEX miners_user ON miners (user);
CREATE TABLE signers (
  signer VARCHAR(128) NOT NULL, user VARCHAR(50) NOT NULL, created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL, deleted_at BIGINT, PRIMARY KEY (signer, user)){table};
CREATE INDEX signers_user ON signers (user);
CREATE TABLE user_rate_limits (
  id VARCHAR(64) NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL, service VARCHAR(50) NOT NULL,
  api VARCHAR(50) NOT NULL, reqLimit VARCHAR(256) NOT NULL){table};
CREATE INDEX user_service_api_IDX ON user_rate_limits (name, service, api);
)sql";

constexpr db::sql::Migration kSteps[] = {
    {.number = 1, .name = "users, tokens, miners, signers, limits", .both = kFirst, .sqlite = {}, .mysql = {}},
};

}  // namespace

Result<void> migrate(db::sql::Database& database) { return db::sql::migrate(database, "auth", kSteps); }

}  // namespace venus::auth
