// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/wallet/sign_records.hpp"

#include <cstdio>
#include <ctime>

#include "crypto/hash.hpp"
#include "base/time_text.hpp"
#include "crypto/uuid.hpp"
#include "types/sql_text.hpp"

namespace venus::wallet {
namespace {

using db::sql::Transaction;

std::string digest_of(BytesView bytes) { return base::to_hex(crypto::sha256(bytes)); }

Result<void> insert_record(Transaction& tx, std::int64_t now, const std::string& type, const Address& signer,
                           const std::optional<std::string>& error, BytesView object,
                           const types::Signature* signature) {
  std::optional<int> signature_type;
  std::optional<std::string> signature_data;
  if (signature != nullptr) {
    signature_type = static_cast<int>(signature->type);
    signature_data = base::to_hex(signature->data);
  }
  TRY_VOID(tx.exec("INSERT INTO sign_record (id, created_at, type, signer, err, raw_msg, signature_type, signature_data)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                   crypto::new_uuid(), now, type, signer, error, base::to_hex(object), signature_type, signature_data));
  return {};
}

}  // namespace

Result<std::int64_t> parse_rfc3339(std::string_view text) {
  const std::string copy(text.substr(0, 64));
  std::tm parts{};
  int used = 0;
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                  &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &used) != 6) {
    return fail(ErrorCode::InvalidArgument, "'{}' is no time: write 2026-11-22T13:00:00Z", copy);
  }
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  std::string_view rest = std::string_view(copy).substr(static_cast<std::size_t>(used));
  std::int64_t millis = 0;
  if (rest.starts_with('.')) {
    std::int64_t unit = 100;
    for (rest.remove_prefix(1); !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; rest.remove_prefix(1)) {
      millis += (rest.front() - '0') * unit;
      unit /= 10;
    }
  }
  std::int64_t offset = 0;
  int hours = 0, minutes = 0;
  if (rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') &&
      std::sscanf(std::string(rest.substr(1)).c_str(), "%2d:%2d", &hours, &minutes) == 2) {
    offset = (hours * 60 + minutes) * 60'000LL * (rest[0] == '+' ? 1 : -1);
  } else if (rest != "Z" && rest != "z") {
    return fail(ErrorCode::InvalidArgument, "'{}' is no time: its zone is missing", copy);
  }
  return ::timegm(&parts) * 1000LL + millis - offset;
}

Result<std::optional<types::Signature>> SignRecords::check_block(Transaction& tx, const SignRequest& request,
                                                                 const Address& signer) {
  const auto& block = *request.block;
  TRY(auto row, (tx.select_one<std::string, Address, int, std::string>(
      fmt::format("SELECT digest, signer, signature_type, signature_data FROM signed_blocks"
                  " WHERE miner = ? AND epoch = ?{}", tx.for_update()), block.miner, block.epoch)));
  if (row) {
    const auto& [digest, old_signer, type, data] = *row;
    if (digest != digest_of(request.data) || old_signer != signer) {
      return fail(ErrorCode::Conflict, "another block of miner {} at epoch {} was signed before: a second one would be slashed",
                  block.miner, block.epoch);
    }
    TRY(auto bytes, base::from_hex(data));
    return std::optional(types::Signature{static_cast<types::SignatureType>(type), std::move(bytes)});
  }
  if (!options_.refuse_same_parents || block.parents.empty()) return std::optional<types::Signature>{};
  TRY(auto others, tx.scalar<std::int64_t>("SELECT COUNT(*) FROM signed_blocks WHERE miner = ? AND parents = ?",
                                           block.miner, digest_of(block.parents)));
  if (others == 0) return std::optional<types::Signature>{};
  return fail(ErrorCode::Conflict, "a block of miner {} on the same parents was signed for another epoch: this one would be slashed",
              block.miner);
}

Result<types::Signature> SignRecords::keep(const SignRequest& request, const Address& signer,
                                           types::Signature signature) {
  const auto now = clock_.unix_millis();
  auto work = [&](Transaction& tx) -> Result<types::Signature> {
    auto given = signature;
    if (request.block) {
      TRY(auto before, check_block(tx, request, signer));
      if (before) {
        given = *std::move(before);
      } else {
        TRY_VOID(tx.exec("INSERT INTO signed_blocks (miner, epoch, digest, parents, signer, signature_type,"
                         " signature_data, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                         request.block->miner, request.block->epoch, digest_of(request.data),
                         digest_of(request.block->parents), signer, given.type, base::to_hex(given.data), now));
      }
    }
    TRY_VOID(insert_record(tx, now, request.type, signer, std::nullopt, request.object, &given));
    return given;
  };
  auto kept = database_.write(work);
  // Another process may have written the same block between our look and our write: look again.
  if (!kept && kept.error().code == ErrorCode::AlreadyExists) return database_.write(work);
  return kept;
}

void SignRecords::refuse(const std::string& type, const Address& signer, BytesView object, const Error& why) {
  constexpr std::size_t kMaxKept = 64U << 10;
  const auto kept = object.first(std::min(object.size(), kMaxKept));
  const auto reason = why.message.substr(0, 500);
  std::ignore = database_.write([&](Transaction& tx) {
    return insert_record(tx, clock_.unix_millis(), type.substr(0, 64), signer, reason, kept, nullptr);
  });
}

Result<std::vector<api::SignRecord>> SignRecords::list(const api::SignRecordQuery& query) {
  // The zero time of Go and an empty text both mean "no bound".
  auto bound = [](const std::string& text, std::int64_t otherwise) -> Result<std::int64_t> {
    if (text.empty() || text.starts_with("0001-01-01")) return otherwise;
    return parse_rfc3339(text);
  };
  TRY(auto after, bound(query.after, 0));
  TRY(auto before, bound(query.before, std::numeric_limits<std::int64_t>::max()));
  const auto limit = query.limit <= 0 ? 1000 : std::min<std::int64_t>(query.limit, 1000);
  const auto signer = types::to_sql_text(query.signer);
  return database_.read([&](Transaction& tx) -> Result<std::vector<api::SignRecord>> {
    TRY(auto rows, (tx.select<std::string, std::string, Address, std::optional<std::string>, Bytes, std::optional<int>,
                              std::optional<std::string>, std::int64_t>(
        "SELECT id, type, signer, err, raw_msg, signature_type, signature_data, created_at FROM sign_record"
        " WHERE (? = '' OR id = ?) AND (? = '' OR type = ?) AND (? = '' OR signer = ?)"
        " AND (? = 0 OR err IS NOT NULL) AND created_at >= ? AND created_at <= ?"
        " ORDER BY created_at DESC, id LIMIT ? OFFSET ?",
        query.id, query.id, query.type, query.type, signer, signer, query.is_error, after, before, limit,
        std::max<std::int64_t>(query.skip, 0))));
    std::vector<api::SignRecord> out;
    for (const auto& [id, type, who, err, raw, signature_type, signature_data, created] : rows) {
      std::optional<types::Signature> signature;
      if (signature_type && signature_data) {
        TRY(auto bytes, base::from_hex(*signature_data));
        signature = types::Signature{static_cast<types::SignatureType>(*signature_type), std::move(bytes)};
      }
      out.push_back({id, type, who, err, raw, std::move(signature), base::rfc3339(created)});
    }
    return out;
  });
}

Result<std::uint64_t> SignRecords::purge(std::int64_t older_than_millis) {
  return database_.write([&](Transaction& tx) {
    return tx.exec("DELETE FROM sign_record WHERE created_at < ?", clock_.unix_millis() - older_than_millis);
  });
}

}  // namespace venus::wallet
