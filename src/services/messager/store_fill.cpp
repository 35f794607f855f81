// SPDX-License-Identifier: MIT OR Apache-2.0
// Filling and following: the parts of the store where a nonce or a receipt changes.
#include "services/messager/rows.hpp"
#include "services/messager/store.hpp"

namespace venus::messager {
namespace {

using api::MessageState;
using db::sql::Transaction;

constexpr std::int64_t kLeaseMillis = 60'000;
// As far as a reorganisation can reach.
constexpr std::int64_t kKeptHeights = 900;

}  // namespace

Result<std::optional<db::sql::Lease>> Store::lease(const Address& from, const std::string& holder) {
  return leases_.acquire("nonce/" + to_sql_text(from), holder, kLeaseMillis);
}

Result<Nonce> Store::next_nonce(const Address& from, Nonce chain_nonce) {
  return database_.read([&](Transaction& tx) -> Result<Nonce> {
    TRY(const auto stored, (tx.select_one<std::int64_t>("SELECT nonce FROM addresses WHERE addr = ?", from)));
    TRY(const auto filled, (tx.select_one<std::optional<std::int64_t>>(
                               "SELECT MAX(nonce) FROM messages WHERE from_addr = ? AND state = ?", from,
                               MessageState::Filled)));
    auto next = chain_nonce;
    if (stored) next = std::max(next, Nonce(static_cast<std::uint64_t>(std::get<0>(*stored))));
    if (filled && std::get<0>(*filled)) {
      next = std::max(next, Nonce(static_cast<std::uint64_t>(*std::get<0>(*filled)) + 1));
    }
    return next;
  });
}

Result<std::vector<Unfilled>> Store::unfilled(const Address& from, std::size_t limit) {
  TRY(const auto rows, database_.read([&](Transaction& tx) {
    // Messages that expire come first, the soonest before the others; 0 means never.
    return tx.select_as<MessageRow>(
        fmt::format("SELECT {} FROM messages WHERE from_addr = ? AND state = ? "
                    "ORDER BY CASE WHEN expire_epoch = 0 THEN 1 ELSE 0 END, expire_epoch, sequence LIMIT {}",
                    kMessageColumns, limit),
        from, MessageState::UnFilled);
  }));
  std::vector<Unfilled> out;
  for (const auto& row : rows) {
    TRY(auto message, to_message(row));
    out.push_back({row.id, std::move(message.message), message.meta.value_or(api::MessagerSendSpec{}),
                   std::move(message.wallet_name)});
  }
  return out;
}

Result<std::vector<types::SignedMessage>> Store::filled_from(const Address& from, Nonce nonce) {
  TRY(const auto rows, database_.read([&](Transaction& tx) {
    return tx.select<Bytes>("SELECT signed_message FROM messages WHERE from_addr = ? AND state = ? AND nonce >= ? "
                            "ORDER BY nonce",
                            from, MessageState::Filled, nonce);
  }));
  std::vector<types::SignedMessage> out;
  for (const auto& [bytes] : rows) {
    TRY(auto message, ipld::decode<types::SignedMessage>(bytes));
    out.push_back(std::move(message));
  }
  return out;
}

Result<void> Store::save_filled(const Address& from, Nonce expected, const std::vector<Filled>& filled,
                                const db::sql::Lease& lease) {
  const auto now = clock_.unix_millis();
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY_VOID(leases_.check(tx, lease));
    TRY(const auto last, (tx.select_one<std::optional<std::int64_t>>(
                             "SELECT MAX(nonce) FROM messages WHERE from_addr = ? AND state IN (?, ?)", from,
                             MessageState::Filled, MessageState::OnChain)));
    if (last && std::get<0>(*last) && *std::get<0>(*last) >= static_cast<std::int64_t>(expected.value())) {
      return fail(ErrorCode::Conflict, "nonce {} of {} was given out meanwhile", expected, from);
    }
    for (const auto& [id, signed_message] : filled) {
      TRY(const auto changed,
          tx.exec("UPDATE messages SET state = ?, nonce = ?, signed_message = ?, unsigned_cid = ?, signed_cid = ?, "
                  "error_msg = '', updated_at = ? WHERE id = ? AND state = ?",
                  MessageState::Filled, signed_message.message.nonce, ipld::encode(signed_message),
                  signed_message.message.cid(), signed_message.cid(), now, id, MessageState::UnFilled));
      if (changed != 1) return fail(ErrorCode::Conflict, "message {} is not unfilled any more", id);
    }
    TRY_VOID(tx.exec("UPDATE addresses SET nonce = ?, updated_at = ? WHERE addr = ?",
                     expected + filled.size(), now, from));
    return {};
  });
}

Result<void> Store::apply(const TipsetKey& processed, ChainEpoch height, const std::vector<Executed>& executed) {
  const auto now = clock_.unix_millis();
  return database_.write([&](Transaction& tx) -> Result<void> {
    for (const auto& e : executed) {
      TRY(const auto mine,
          tx.exec("UPDATE messages SET state = ?, height = ?, receipt = ?, tipset_key = ?, error_msg = '', "
                  "updated_at = ? WHERE from_addr = ? AND nonce = ? AND signed_cid = ? AND state IN (?, ?)",
                  MessageState::OnChain, e.height, ipld::encode(e.receipt), tipset_text(e.tipset), now, e.from,
                  e.nonce, e.cid, MessageState::Filled, MessageState::NonceConflict));
      if (mine > 0) continue;
      TRY_VOID(tx.exec("UPDATE messages SET state = ?, error_msg = ?, height = ?, updated_at = ? "
                       "WHERE from_addr = ? AND nonce = ? AND signed_cid <> ? AND state = ?",
                       MessageState::NonceConflict, "message " + e.cid.str() + " took its nonce", e.height, now,
                       e.from, e.nonce, e.cid, MessageState::Filled));
    }
    TRY_VOID(tx.exec("DELETE FROM processed_tipsets WHERE height >= ? OR height < ?", height,
                     height - kKeptHeights));
    TRY_VOID(tx.exec("INSERT INTO processed_tipsets (height, tipset_key) VALUES (?, ?)", height,
                     tipset_text(processed)));
    return {};
  });
}

Result<void> Store::revert_from(ChainEpoch height) {
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.exec("UPDATE messages SET state = ?, height = 0, receipt = NULL, tipset_key = NULL, updated_at = ? "
                     "WHERE state IN (?, ?) AND height >= ?",
                     MessageState::Filled, clock_.unix_millis(), MessageState::OnChain,
                     MessageState::NonceConflict, height));
    TRY_VOID(tx.exec("DELETE FROM processed_tipsets WHERE height > ?", height));
    return {};
  });
}

Result<std::vector<std::pair<ChainEpoch, TipsetKey>>> Store::processed(std::size_t limit) {
  TRY(const auto rows, database_.read([&](Transaction& tx) {
    return tx.select<ChainEpoch, std::string>(
        fmt::format("SELECT height, tipset_key FROM processed_tipsets ORDER BY height DESC LIMIT {}", limit));
  }));
  std::vector<std::pair<ChainEpoch, TipsetKey>> out;
  for (const auto& [height, text] : rows) {
    TRY(auto key, parse_tipset_text(text));
    out.emplace_back(height, std::move(key));
  }
  return out;
}

Result<std::vector<api::MessagerMessage>> Store::all_filled() {
  TRY(const auto rows, database_.read([&](Transaction& tx) {
    return tx.select_as<MessageRow>(
        fmt::format("SELECT {} FROM messages WHERE state = ? ORDER BY from_addr, nonce", kMessageColumns),
        MessageState::Filled);
  }));
  return to_messages(rows);
}

}  // namespace venus::messager
