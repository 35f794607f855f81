// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/messager/schema.hpp"

namespace venus::messager {
namespace {

// Times are unix milliseconds, amounts decimal text, bytes hex. The signed message is kept as CBOR: its
// columns beside are for searching.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE messages (
  id VARCHAR(190) NOT NULL PRIMARY KEY, from_addr VARCHAR(128) NOT NULL, nonce BIGINT,
  state INTEGER NOT NULL, message {text} NOT NULL, signed_message {text}, unsigned_cid VARCHAR(128),
  signed_cid VARCHAR(128), spec {text} NOT NULL, wallet_name VARCHAR(190) NOT NULL,
  expire_epoch BIGINT NOT NULL, height BIGINT NOT NULL, receipt {text}, tipset_key {text},
  error_msg {text} NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  sequence BIGINT NOT NULL){table};
CREATE INDEX messages_from_state ON messages (from_addr, state, sequence);
CREATE INDEX messages_from_nonce ON messages (from_addr, nonce);
CREATE INDEX messages_signed_cid ON messages (signed_cid);
CREATE INDEX messages_height ON messages (state, height);
CREATE TABLE addresses (
  addr VARCHAR(128) NOT NULL PRIMARY KEY, nonce BIGINT NOT NULL, state INTEGER NOT NULL,
  sel_msg_num BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL){table};
CREATE TABLE processed_tipsets (
  height BIGINT NOT NULL PRIMARY KEY, tipset_key {text} NOT NULL){table};
CREATE TABLE shared_params (
  id INTEGER NOT NULL PRIMARY KEY, params {text} NOT NULL){table};
)sql";

constexpr db::sql::Migration kSteps[] = {
    {.number = 1, .name = "messages, addresses, processed tipsets, shared parameters", .both = kFirst, .sqlite = {},
     .mysql = {}},
};

}  // namespace

Result<void> migrate(db::sql::Database& database) { return db::sql::migrate(database, "messager", kSteps); }

}  // namespace venus::messager
