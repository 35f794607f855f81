// SPDX-License-Identifier: MIT OR Apache-2.0
// How a message lies in its row.
#pragma once

#include "api/messager.hpp"
#include "db/sql/value.hpp"
#include "types/sql_text.hpp"

namespace venus::messager {

inline constexpr std::int64_t kAddressAlive = 1;
inline constexpr std::int64_t kAddressForbidden = 4;
inline constexpr std::int64_t kMaxList = 1000;

inline constexpr std::string_view kMessageColumns =
    "id, message, signed_message, unsigned_cid, signed_cid, spec, wallet_name, state, height, receipt, tipset_key, "
    "error_msg, created_at, updated_at";

struct MessageRow {
  std::string id;
  Bytes message;
  std::optional<Bytes> signed_message;
  std::optional<Cid> unsigned_cid;
  std::optional<Cid> signed_cid;
  std::string spec;
  std::string wallet_name;
  std::int64_t state = 0;
  std::int64_t height = 0;
  std::optional<Bytes> receipt;
  std::optional<std::string> tipset;
  std::string error;
  std::int64_t created = 0;
  std::int64_t updated = 0;
  static constexpr auto fields() {
    using base::field;
    using T = MessageRow;
    return base::fields_of(field("id", &T::id), field("message", &T::message),
                           field("signed_message", &T::signed_message), field("unsigned_cid", &T::unsigned_cid),
                           field("signed_cid", &T::signed_cid), field("spec", &T::spec),
                           field("wallet_name", &T::wallet_name), field("state", &T::state),
                           field("height", &T::height), field("receipt", &T::receipt), field("tipset_key", &T::tipset),
                           field("error_msg", &T::error), field("created_at", &T::created),
                           field("updated_at", &T::updated));
  }
};

/// A row as clients see it; Corrupt when its bytes are not what they must be.
Result<api::MessagerMessage> to_message(const MessageRow& row);
Result<std::vector<api::MessagerMessage>> to_messages(const std::vector<MessageRow>& rows);

/// A tipset key as a column's text, and back.
std::string tipset_text(const TipsetKey& key);
Result<TipsetKey> parse_tipset_text(std::string_view text);

}  // namespace venus::messager
