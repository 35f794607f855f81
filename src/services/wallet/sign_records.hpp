// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "api/wallet.hpp"
#include "db/sql/pool.hpp"
#include "services/wallet/sign_request.hpp"

namespace venus::wallet {

/// The wallet's memory of what it signed. It keeps a miner's keys from ever signing two blocks of one
/// epoch, whoever asks. Every call blocks on the database.
class SignRecords {
 public:
  struct Options {
    /// Also refuse a block on parents on which another epoch's block was signed (the time-offset fault).
    bool refuse_same_parents = false;
  };
  SignRecords(db::sql::Database& database, const base::Clock& clock, Options options)
      : database_(database), clock_(clock), options_(options) {}

  /// Writes down a signature that was computed but has not left the wallet; once this returns it is on
  /// disk and may leave. Returns the signature to give out: for a block signed before, the one of then.
  /// Conflict when another block of that miner and epoch was signed, by whatever key.
  Result<types::Signature> keep(const SignRequest& request, const Address& signer, types::Signature signature);
  /// Writes down a refusal. Failures to do so are nobody's concern.
  void refuse(const std::string& type, const Address& signer, BytesView object, const Error& why);

  /// Newest first, at most 1000. InvalidArgument for times that are none.
  Result<std::vector<api::SignRecord>> list(const api::SignRecordQuery& query);
  /// Forgets records (never signed blocks) older than this; returns how many.
  Result<std::uint64_t> purge(std::int64_t older_than_millis);

 private:
  Result<std::optional<types::Signature>> check_block(db::sql::Transaction& tx, const SignRequest& request,
                                                      const Address& signer);

  db::sql::Database& database_;
  const base::Clock& clock_;
  Options options_;
};

/// Milliseconds since 1970 of an RFC 3339 time; InvalidArgument.
Result<std::int64_t> parse_rfc3339(std::string_view text);

}  // namespace venus::wallet
