// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/sealer/schema.hpp"

namespace venus::sealer {
namespace {

// Times are unix milliseconds, bytes hex. A row of posts or declarations is written before its
// message is handed to the messager, with all the message consists of, so that a restart hands over
// the very same.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE sectors (
  miner BIGINT NOT NULL, number BIGINT NOT NULL, seal_proof INTEGER NOT NULL, sealed_cid VARCHAR(128) NOT NULL,
  unsealed_cid VARCHAR(128) NOT NULL, cache_path {text} NOT NULL, replica_path {text} NOT NULL,
  state VARCHAR(16) NOT NULL, error {text} NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (miner, number)){table};
CREATE TABLE posts (
  miner BIGINT NOT NULL, open_epoch BIGINT NOT NULL, batch INTEGER NOT NULL, attempt INTEGER NOT NULL,
  deadline INTEGER NOT NULL, close_epoch BIGINT NOT NULL, challenge_epoch BIGINT NOT NULL,
  partitions {text} NOT NULL, skipped BIGINT NOT NULL, randomness VARCHAR(64) NOT NULL, params {text} NOT NULL,
  sender VARCHAR(128) NOT NULL, message_id VARCHAR(190) NOT NULL, height BIGINT NOT NULL, state INTEGER NOT NULL,
  error {text} NOT NULL, updated_at BIGINT NOT NULL, PRIMARY KEY (miner, open_epoch, batch, attempt)){table};
CREATE INDEX posts_state ON posts (miner, state, close_epoch);
CREATE TABLE declarations (
  id VARCHAR(190) NOT NULL PRIMARY KEY, miner BIGINT NOT NULL, method INTEGER NOT NULL, deadline INTEGER NOT NULL,
  open_epoch BIGINT NOT NULL, params {text} NOT NULL, sender VARCHAR(128) NOT NULL, state INTEGER NOT NULL,
  error {text} NOT NULL, updated_at BIGINT NOT NULL){table};
)sql";

constexpr db::sql::Migration kSteps[] = {
    {.number = 1,
     .name = "sectors, posts, declarations",
     .both = kFirst,
     .sqlite = {},
     .mysql = {}},
};

}  // namespace

Result<void> migrate(db::sql::Database& database) {
  return db::sql::migrate(database, "sealer", kSteps);
}

}  // namespace venus::sealer
