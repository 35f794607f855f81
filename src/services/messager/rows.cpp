// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/messager/rows.hpp"

#include "base/json.hpp"
#include "base/time_text.hpp"

namespace venus::messager {
std::string tipset_text(const TipsetKey& key) {
  std::string out;
  for (const auto& cid : key.cids()) out += (out.empty() ? "" : " ") + cid.str();
  return out;
}

Result<TipsetKey> parse_tipset_text(std::string_view text) {
  std::vector<Cid> cids;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    TRY(cids.emplace_back(), Cid::parse(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return TipsetKey(std::move(cids));
}

Result<api::MessagerMessage> to_message(const MessageRow& row) {
  api::MessagerMessage out;
  out.id = row.id;
  if (row.signed_message) {
    TRY(auto signed_message, ipld::decode<types::SignedMessage>(*row.signed_message));
    out.message = std::move(signed_message.message);
    out.signature = std::move(signed_message.signature);
  } else {
    TRY(out.message, ipld::decode<types::Message>(row.message));
  }
  out.unsigned_cid = row.unsigned_cid;
  out.signed_cid = row.signed_cid;
  out.height = row.height;
  if (row.receipt) {
    TRY(out.receipt, ipld::decode<types::Receipt>(*row.receipt));
  }
  if (row.tipset) {
    TRY(out.tipset, parse_tipset_text(*row.tipset));
  }
  TRY(const auto spec, base::parse_json(row.spec));
  TRY(out.meta, base::from_json<api::MessagerSendSpec>(spec));
  out.wallet_name = row.wallet_name;
  out.state = static_cast<api::MessageState>(row.state);
  out.error_message = row.error;
  out.created_at = base::rfc3339(row.created);
  out.updated_at = base::rfc3339(row.updated);
  return out;
}

Result<std::vector<api::MessagerMessage>> to_messages(const std::vector<MessageRow>& rows) {
  std::vector<api::MessagerMessage> out;
  for (const auto& row : rows) {
    TRY(auto message, with_context(to_message(row), "message " + row.id));
    out.push_back(std::move(message));
  }
  return out;
}

}  // namespace venus::messager
