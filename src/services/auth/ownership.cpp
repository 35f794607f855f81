// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/auth/ownership.hpp"

#include "services/auth/text.hpp"
#include "types/sql_text.hpp"

namespace venus::auth {
namespace {

using db::sql::Transaction;

Result<void> must_exist(Transaction& tx, const std::string& user) {
  TRY(auto known, tx.scalar<std::int64_t>("SELECT COUNT(*) FROM users WHERE name = ? AND is_deleted = 0", user));
  if (known == 0) return fail(ErrorCode::NotFound, "there is no user '{}'", user);
  return {};
}

Result<bool> any(Transaction& tx, std::string_view sql, const Address& address) {
  TRY(auto count, tx.scalar<std::int64_t>(sql, address));
  return count > 0;
}

Result<void> check_signers(const std::vector<Address>& signers) {
  if (signers.size() > 1000) return fail(ErrorCode::InvalidArgument, "at most 1000 signers at once");
  for (const auto& signer : signers) {
    const bool has_key = signer.defined() && (signer.protocol() == types::Protocol::Secp256k1 ||
                                              signer.protocol() == types::Protocol::Bls ||
                                              signer.protocol() == types::Protocol::Delegated);
    if (!has_key) return fail(ErrorCode::InvalidArgument, "{} is no address of a key", signer);
  }
  return {};
}

}  // namespace

Result<bool> Ownership::add_miner(const api::auth::MinerRequest& request) {
  if (!request.miner.is_id()) return fail(ErrorCode::InvalidArgument, "a miner is an f0 address, not {}", request.miner);
  return database_.write([&](Transaction& tx) -> Result<bool> {
    TRY_VOID(must_exist(tx, request.user));
    const auto now = clock_.unix_seconds();
    TRY(auto row, tx.select_one<std::optional<std::int64_t>>(
        fmt::format("SELECT deleted_at FROM miners WHERE miner = ?{}", tx.for_update()), request.miner));
    if (!row) {
      TRY_VOID(tx.exec("INSERT INTO miners (miner, user, open_mining, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
                       request.miner, request.user, request.open_mining, now, now));
      return true;
    }
    TRY_VOID(tx.exec("UPDATE miners SET user = ?, open_mining = ?, updated_at = ?, deleted_at = NULL WHERE miner = ?",
                     request.user, request.open_mining, now, request.miner));
    return std::get<0>(*row).has_value();
  });
}

Result<bool> Ownership::delete_miner(const Address& miner) {
  return database_.write([&](Transaction& tx) -> Result<bool> {
    TRY(auto changed, tx.exec("UPDATE miners SET deleted_at = ? WHERE miner = ? AND deleted_at IS NULL",
                              clock_.unix_seconds(), miner));
    return changed > 0;
  });
}

Result<bool> Ownership::has_miner(const Address& miner) {
  return database_.read([&](Transaction& tx) {
    return any(tx, "SELECT COUNT(*) FROM miners WHERE miner = ? AND deleted_at IS NULL", miner);
  });
}

Result<std::string> Ownership::user_of_miner(const Address& miner) {
  return database_.read([&](Transaction& tx) -> Result<std::string> {
    TRY(auto row, tx.select_one<std::string>("SELECT user FROM miners WHERE miner = ? AND deleted_at IS NULL", miner));
    if (!row) return fail(ErrorCode::NotFound, "the miner {} belongs to nobody", miner);
    return std::get<0>(*row);
  });
}

Result<bool> Ownership::miner_in_user(const std::string& user, const Address& miner) {
  return database_.read([&](Transaction& tx) -> Result<bool> {
    TRY(auto count, tx.scalar<std::int64_t>(
        "SELECT COUNT(*) FROM miners WHERE miner = ? AND user = ? AND deleted_at IS NULL", miner, user));
    return count > 0;
  });
}

Result<std::vector<api::auth::UserMiner>> Ownership::miners(const std::string& user) {
  return database_.read([&](Transaction& tx) -> Result<std::vector<api::auth::UserMiner>> {
    TRY(auto rows, (tx.select<Address, std::string, bool, std::int64_t, std::int64_t>(
        "SELECT miner, user, open_mining, created_at, updated_at FROM miners"
        " WHERE user = ? AND deleted_at IS NULL ORDER BY created_at, miner LIMIT 10000", user)));
    std::vector<api::auth::UserMiner> out;
    for (const auto& [miner, owner, open, created, updated] : rows) {
      out.push_back({miner, owner, open, rfc3339(created), rfc3339(updated)});
    }
    return out;
  });
}

Result<void> Ownership::register_signers(const api::auth::SignersRequest& request) {
  TRY_VOID(check_signers(request.signers));
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY_VOID(must_exist(tx, request.user));
    const auto now = clock_.unix_seconds();
    for (const auto& signer : request.signers) {
      TRY(auto known, tx.scalar<std::int64_t>("SELECT COUNT(*) FROM signers WHERE signer = ? AND user = ?", signer, request.user));
      if (known == 0) {
        TRY_VOID(tx.exec("INSERT INTO signers (signer, user, created_at, updated_at) VALUES (?, ?, ?, ?)", signer,
                         request.user, now, now));
      } else {
        TRY_VOID(tx.exec("UPDATE signers SET updated_at = ?, deleted_at = NULL WHERE signer = ? AND user = ?", now,
                         signer, request.user));
      }
    }
    return {};
  });
}

Result<void> Ownership::unregister_signers(const api::auth::SignersRequest& request) {
  TRY_VOID(check_signers(request.signers));
  return database_.write([&](Transaction& tx) -> Result<void> {
    for (const auto& signer : request.signers) {
      TRY_VOID(tx.exec("UPDATE signers SET deleted_at = ? WHERE signer = ? AND user = ? AND deleted_at IS NULL",
                       clock_.unix_seconds(), signer, request.user));
    }
    return {};
  });
}

Result<bool> Ownership::has_signer(const Address& signer) {
  return database_.read([&](Transaction& tx) {
    return any(tx, "SELECT COUNT(*) FROM signers WHERE signer = ? AND deleted_at IS NULL", signer);
  });
}

Result<bool> Ownership::delete_signer(const Address& signer) {
  return database_.write([&](Transaction& tx) -> Result<bool> {
    TRY(auto changed, tx.exec("UPDATE signers SET deleted_at = ? WHERE signer = ? AND deleted_at IS NULL",
                              clock_.unix_seconds(), signer));
    return changed > 0;
  });
}

Result<std::vector<std::string>> Ownership::users_of_signer(const Address& signer) {
  return database_.read([&](Transaction& tx) -> Result<std::vector<std::string>> {
    TRY(auto rows, tx.select<std::string>(
        "SELECT user FROM signers WHERE signer = ? AND deleted_at IS NULL ORDER BY user", signer));
    std::vector<std::string> out;
    for (const auto& row : rows) out.push_back(std::get<0>(row));
    return out;
  });
}

Result<bool> Ownership::signer_in_user(const std::string& user, const Address& signer) {
  return database_.read([&](Transaction& tx) -> Result<bool> {
    TRY(auto count, tx.scalar<std::int64_t>(
        "SELECT COUNT(*) FROM signers WHERE signer = ? AND user = ? AND deleted_at IS NULL", signer, user));
    return count > 0;
  });
}

Result<std::vector<api::auth::UserSigner>> Ownership::signers(const std::string& user) {
  return database_.read([&](Transaction& tx) -> Result<std::vector<api::auth::UserSigner>> {
    TRY(auto rows, (tx.select<Address, std::string, std::int64_t, std::int64_t>(
        "SELECT signer, user, created_at, updated_at FROM signers"
        " WHERE user = ? AND deleted_at IS NULL ORDER BY created_at, signer LIMIT 10000", user)));
    std::vector<api::auth::UserSigner> out;
    for (const auto& [signer, owner, created, updated] : rows) {
      out.push_back({signer, owner, rfc3339(created), rfc3339(updated)});
    }
    return out;
  });
}

}  // namespace venus::auth
