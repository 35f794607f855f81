// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/messager/store.hpp"

#include "services/messager/rows.hpp"
#include "services/messager/schema.hpp"

namespace venus::messager {

using api::MessageState;
using db::sql::Transaction;

Result<std::unique_ptr<Store>> Store::open(db::sql::Database& database, const base::Clock& clock) {
  TRY_VOID(migrate(database));
  TRY(auto leases, db::sql::LeaseTable::open(database, clock));
  return std::unique_ptr<Store>(new Store(database, clock, std::move(leases)));
}

namespace {

Result<void> ensure_address(Transaction& tx, const Address& from, std::int64_t now) {
  TRY(const auto state, (tx.select_one<std::int64_t>("SELECT state FROM addresses WHERE addr = ?", from)));
  if (!state) {
    TRY_VOID(tx.exec("INSERT INTO addresses (addr, nonce, state, sel_msg_num, created_at, updated_at) "
                     "VALUES (?, 0, ?, 0, ?, ?)",
                     from, kAddressAlive, now, now));
    return {};
  }
  if (std::get<0>(*state) == kAddressForbidden) {
    return fail(ErrorCode::PermissionDenied, "sender {} is forbidden here; `venus-messager address active` allows it",
                from);
  }
  return {};
}

}  // namespace

Result<bool> Store::push(const std::string& id, const types::Message& message, const api::MessagerSendSpec& spec,
                         const std::string& wallet_name) {
  if (id.empty() || id.size() > 190) return fail(ErrorCode::InvalidArgument, "an id has 1 to 190 bytes");
  const auto now = clock_.unix_millis();
  const auto bytes = base::to_hex(ipld::encode(message));
  const auto spec_text = base::write_json(base::to_json(spec));
  return database_.write([&](Transaction& tx) -> Result<bool> {
    TRY(const auto known, (tx.select_one<std::string>("SELECT message FROM messages WHERE id = ?", id)));
    if (known) {
      // A filled message differs from what was handed over in what filling chose.
      TRY(const auto raw, base::from_hex(std::get<0>(*known)));
      TRY(auto held, ipld::decode<types::Message>(raw));
      if (held.to == message.to && held.from == message.from && held.value == message.value &&
          held.method == message.method && held.params == message.params) {
        return false;
      }
      return fail(ErrorCode::Conflict, "id {} is taken by another message", id);
    }
    TRY_VOID(ensure_address(tx, message.from, now));
    TRY(const auto last, tx.scalar<std::int64_t>("SELECT COALESCE(MAX(sequence), 0) FROM messages"));
    TRY_VOID(tx.exec("INSERT INTO messages (id, from_addr, state, message, spec, wallet_name, expire_epoch, height, "
                     "error_msg, created_at, updated_at, sequence) VALUES (?, ?, ?, ?, ?, ?, ?, 0, '', ?, ?, ?)",
                     id, message.from, MessageState::UnFilled, bytes, spec_text, wallet_name, spec.expire_epoch, now,
                     now, last + 1));
    return true;
  });
}

Result<std::optional<api::MessagerMessage>> Store::one(std::string_view where, const std::string& argument,
                                                       std::optional<std::int64_t> number) {
  const auto sql = fmt::format("SELECT {} FROM messages WHERE {} ORDER BY state LIMIT 1", kMessageColumns, where);
  TRY(auto rows, database_.read([&](Transaction& tx) {
    return number ? tx.select_as<MessageRow>(sql, argument, *number) : tx.select_as<MessageRow>(sql, argument);
  }));
  if (rows.empty()) return std::optional<api::MessagerMessage>{};
  TRY(auto message, to_message(rows.front()));
  return std::optional(std::move(message));
}

Result<std::optional<api::MessagerMessage>> Store::by_id(const std::string& id) { return one("id = ?", id); }

Result<std::optional<api::MessagerMessage>> Store::by_signed_cid(const Cid& cid) {
  return one("signed_cid = ?", cid.str());
}

Result<std::optional<api::MessagerMessage>> Store::by_nonce(const Address& from, Nonce nonce) {
  return one("from_addr = ? AND nonce = ?", to_sql_text(from), static_cast<std::int64_t>(nonce.value()));
}

Result<std::vector<api::MessagerMessage>> Store::list(const api::MessagerQuery& query) {
  std::string where = "1 = 1";
  if (!query.states.empty()) {
    std::string states;
    for (const auto state : query.states) states += fmt::format(",{}", static_cast<std::int64_t>(state));
    where += fmt::format(" AND state IN ({})", states.substr(1));
  }
  if (!query.from.empty()) {
    std::string senders;
    // An address's text has letters and digits only, so it can stand in the statement.
    for (const auto& from : query.from) senders += fmt::format(",'{}'", to_sql_text(from));
    where += fmt::format(" AND from_addr IN ({})", senders.substr(1));
  }
  const auto limit = query.limit <= 0 || query.limit > kMaxList ? kMaxList : query.limit;
  const auto sql = fmt::format("SELECT {} FROM messages WHERE {} ORDER BY {} {} LIMIT {} OFFSET {}", kMessageColumns,
                               where, query.by_update_time ? "updated_at" : "sequence",
                               query.ascending ? "ASC" : "DESC", limit, std::max<std::int64_t>(query.offset, 0));
  TRY(auto rows, database_.read([&](Transaction& tx) { return tx.select_as<MessageRow>(sql); }));
  return to_messages(rows);
}

Result<void> Store::mark_bad(const std::string& id, const std::string& reason) {
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY(const auto changed, tx.exec("UPDATE messages SET state = ?, error_msg = ?, updated_at = ? "
                                    "WHERE id = ? AND state = ?",
                                    MessageState::Failed, reason, clock_.unix_millis(), id, MessageState::UnFilled));
    if (changed == 0) {
      return fail(ErrorCode::Conflict, "message {} is not waiting to be filled; only such can be given up", id);
    }
    return {};
  });
}

Result<void> Store::note_error(const std::string& id, const std::string& reason) {
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.exec("UPDATE messages SET error_msg = ?, updated_at = ? WHERE id = ?", reason.substr(0, 2000),
                     clock_.unix_millis(), id));
    return {};
  });
}

Result<std::uint64_t> Store::expire(ChainEpoch head) {
  return database_.write([&](Transaction& tx) {
    return tx.exec("UPDATE messages SET state = ?, error_msg = 'expired before it could be sent', updated_at = ? "
                   "WHERE state = ? AND expire_epoch > 0 AND expire_epoch < ?",
                   MessageState::Failed, clock_.unix_millis(), MessageState::UnFilled, head);
  });
}

Result<std::vector<api::MessagerAddress>> Store::addresses() {
  return database_.read([&](Transaction& tx) {
    return tx.select_as<api::MessagerAddress>(
        "SELECT addr, nonce, state, sel_msg_num FROM addresses ORDER BY addr");
  });
}

Result<void> Store::set_address_state(const Address& address, std::int64_t state) {
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY(const auto changed, tx.exec("UPDATE addresses SET state = ?, updated_at = ? WHERE addr = ?", state,
                                    clock_.unix_millis(), address));
    if (changed == 0) return fail(ErrorCode::NotFound, "no message of {} was ever pushed here", address);
    return {};
  });
}

Result<api::MessagerSharedParams> Store::shared_params() {
  TRY(const auto text, database_.read([&](Transaction& tx) {
    return tx.select_one<std::string>("SELECT params FROM shared_params WHERE id = 1");
  }));
  if (!text) return api::MessagerSharedParams{};
  TRY(const auto json, base::parse_json(std::get<0>(*text)));
  return base::from_json<api::MessagerSharedParams>(json);
}

Result<void> Store::set_shared_params(const api::MessagerSharedParams& params) {
  if (params.select_count < 1 || params.select_count > 1000) {
    return fail(ErrorCode::InvalidArgument, "selMsgNum must be 1 to 1000, got {}", params.select_count);
  }
  if (!(params.gas_over_estimation == 0 || (params.gas_over_estimation >= 1 && params.gas_over_estimation <= 10))) {
    return fail(ErrorCode::InvalidArgument, "gasOverEstimation must be 0 or 1 to 10, got {}",
                params.gas_over_estimation);
  }
  const auto text = base::write_json(base::to_json(params));
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.exec("DELETE FROM shared_params WHERE id = 1"));
    TRY_VOID(tx.exec("INSERT INTO shared_params (id, params) VALUES (1, ?)", text));
    return {};
  });
}

}  // namespace venus::messager
