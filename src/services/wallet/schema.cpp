// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/wallet/schema.hpp"

namespace venus::wallet {
namespace {

// Times are unix milliseconds. signed_blocks is never emptied: it is what keeps a miner from being slashed.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE wallets (
  address VARCHAR(255) NOT NULL PRIMARY KEY, type VARCHAR(32) NOT NULL, private_key {text} NOT NULL,
  created_at BIGINT NOT NULL){table};
CREATE TABLE wallet_settings (name VARCHAR(64) NOT NULL PRIMARY KEY, value {text} NOT NULL){table};
CREATE TABLE sign_record (
  id VARCHAR(64) NOT NULL PRIMARY KEY, created_at BIGINT NOT NULL, type VARCHAR(64) NOT NULL,
  signer VARCHAR(255) NOT NULL, err VARCHAR(512), raw_msg {text} NOT NULL,
  signature_type INTEGER, signature_data {text}){table};
CREATE INDEX sign_record_created ON sign_record (created_at);
CREATE INDEX sign_record_signer ON sign_record (signer, created_at);
CREATE TABLE signed_blocks (
  miner VARCHAR(64) NOT NULL, epoch BIGINT NOT NULL, digest VARCHAR(64) NOT NULL, parents VARCHAR(64) NOT NULL,
  signer VARCHAR(255) NOT NULL, signature_type INTEGER NOT NULL, signature_data VARCHAR(512) NOT NULL,
  created_at BIGINT NOT NULL, PRIMARY KEY (miner, epoch)){table};
CREATE INDEX signed_blocks_parents ON signed_blocks (miner, parents);
)sql";

constexpr db::sql::Migration kSteps[] = {
    {.number = 1, .name = "keys and signatures", .both = kFirst, .sqlite = {}, .mysql = {}},
};

}  // namespace

Result<void> migrate(db::sql::Database& database) { return db::sql::migrate(database, "wallet", kSteps); }

}  // namespace venus::wallet
