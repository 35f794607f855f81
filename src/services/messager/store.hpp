// SPDX-License-Identifier: MIT OR Apache-2.0
// Everything the messager knows, in SQL. A message's nonce and its sender's next nonce change in one
// transaction, so that neither a crash nor a second messager can give one nonce to two messages.
#pragma once

#include "api/messager.hpp"
#include "base/clock.hpp"
#include "db/sql/lease.hpp"
#include "db/sql/pool.hpp"

namespace venus::messager {

/// What is needed to fill a message.
struct Unfilled {
  std::string id;
  types::Message message;
  api::MessagerSendSpec spec;
  std::string wallet_name;
};

/// A message that was given nonce, gas and signature.
struct Filled {
  std::string id;
  types::SignedMessage signed_message;
};

/// What a message became on chain.
struct Executed {
  Address from;
  Nonce nonce;
  /// The CID it has in the block.
  Cid cid;
  types::Receipt receipt;
  ChainEpoch height;
  TipsetKey tipset;
};

class Store {
 public:
  /// Brings the tables up to date. Database and clock must outlive the store.
  static Result<std::unique_ptr<Store>> open(db::sql::Database& database, const base::Clock& clock);

  /// Stores a new message. An id that is known already changes nothing (true: it was new). Conflict when
  /// the id is known with another message; PermissionDenied for a forbidden sender.
  Result<bool> push(const std::string& id, const types::Message& message, const api::MessagerSendSpec& spec,
                    const std::string& wallet_name);
  Result<std::optional<api::MessagerMessage>> by_id(const std::string& id);
  Result<std::optional<api::MessagerMessage>> by_signed_cid(const Cid& cid);
  Result<std::optional<api::MessagerMessage>> by_nonce(const Address& from, Nonce nonce);
  Result<std::vector<api::MessagerMessage>> list(const api::MessagerQuery& query);
  /// Fails an unfilled message; Conflict when it is further already.
  Result<void> mark_bad(const std::string& id, const std::string& reason);
  Result<void> note_error(const std::string& id, const std::string& reason);
  /// Fails unfilled messages whose expire epoch is before `head`; how many.
  Result<std::uint64_t> expire(ChainEpoch head);

  /// Senders with messages, and those only known.
  Result<std::vector<api::MessagerAddress>> addresses();
  Result<void> set_address_state(const Address& address, std::int64_t state);
  /// The sender's next nonce: the highest of what is stored, the chain's, and one after the last filled.
  Result<Nonce> next_nonce(const Address& from, Nonce chain_nonce);
  /// The oldest messages to fill: soonest expiry first, then oldest.
  Result<std::vector<Unfilled>> unfilled(const Address& from, std::size_t limit);
  /// Filled messages from a nonce on, to push again.
  Result<std::vector<types::SignedMessage>> filled_from(const Address& from, Nonce nonce);
  /// Stores filled messages and the nonce after them, if the sender's next nonce is still `expected`
  /// and the lease holds (Conflict otherwise): all or nothing.
  Result<void> save_filled(const Address& from, Nonce expected, const std::vector<Filled>& filled,
                           const db::sql::Lease& lease);
  Result<std::optional<db::sql::Lease>> lease(const Address& from, const std::string& holder);

  /// Applies what a tipset executed and notes it as processed, in one transaction.
  Result<void> apply(const TipsetKey& processed, ChainEpoch height, const std::vector<Executed>& executed);
  /// Messages found at a height or above are waiting again.
  Result<void> revert_from(ChainEpoch height);
  /// The last processed tipsets, newest first.
  Result<std::vector<std::pair<ChainEpoch, TipsetKey>>> processed(std::size_t limit);
  /// All filled messages, for a search after a long absence.
  Result<std::vector<api::MessagerMessage>> all_filled();

  Result<api::MessagerSharedParams> shared_params();
  Result<void> set_shared_params(const api::MessagerSharedParams& params);

  [[nodiscard]] db::sql::Database& database() { return database_; }

 private:
  Store(db::sql::Database& database, const base::Clock& clock, db::sql::LeaseTable leases)
      : database_(database), clock_(clock), leases_(std::move(leases)) {}
  Result<std::optional<api::MessagerMessage>> one(std::string_view where, const std::string& argument,
                                                  std::optional<std::int64_t> number = {});

  db::sql::Database& database_;
  const base::Clock& clock_;
  db::sql::LeaseTable leases_;
};

}  // namespace venus::messager
