// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/wallet/key_ring.hpp"

#include "base/parallel.hpp"
#include "bridge/bls.hpp"
#include "crypto/keystore.hpp"
#include "crypto/random.hpp"
#include "crypto/secp256k1.hpp"
#include "types/signing.hpp"
#include "types/sql_text.hpp"

namespace venus::wallet {
namespace {

using db::sql::Transaction;

constexpr std::string_view kPasswordCheck = "password_check";
constexpr std::size_t kMinPassword = 8;

std::unexpected<Error> locked() { return fail(ErrorCode::PermissionDenied, "wallet locked: unlock it first"); }
std::unexpected<Error> wrong_password() { return fail(ErrorCode::Unauthenticated, "the password is wrong"); }
std::unexpected<Error> unknown(const Address& address) {
  return fail(ErrorCode::NotFound, "the key of {} is not in this wallet", address);
}

Result<std::optional<std::string>> setting(db::sql::Database& database, std::string_view name) {
  return database.read([&](Transaction& tx) -> Result<std::optional<std::string>> {
    TRY(auto row, tx.select_one<std::string>("SELECT value FROM wallet_settings WHERE name = ?", name));
    if (!row) return std::optional<std::string>{};
    return std::optional(std::get<0>(*row));
  });
}

struct StoredKey {
  Address address;
  std::string json;
};

Result<std::vector<StoredKey>> stored_keys(db::sql::Database& database) {
  return database.read([](Transaction& tx) -> Result<std::vector<StoredKey>> {
    TRY(auto rows, (tx.select<Address, std::string>("SELECT address, private_key FROM wallets ORDER BY created_at, address")));
    std::vector<StoredKey> out;
    for (auto& [address, json] : rows) out.push_back({address, std::move(json)});
    return out;
  });
}

Result<types::KeyInfo> decrypt(const StoredKey& stored, const Secret& password_hash) {
  TRY(auto key, crypto::decrypt_keystore(stored.json, password_hash));
  TRY(auto type, types::parse_key_type(key.type));
  types::KeyInfo out{type, std::move(key.private_key)};
  TRY(auto address, address_of(out));
  if (address != stored.address) {
    return fail(ErrorCode::Corrupt, "the stored key of {} belongs to {}", stored.address, address);
  }
  return out;
}

}  // namespace

Result<Address> address_of(const types::KeyInfo& key) {
  if (key.type != types::KeyType::Bls) return types::address_of_key(key);
  TRY(auto public_key, bridge::bls_public_key(key.private_key.view()));
  return Address::bls(public_key);
}

Result<std::unique_ptr<KeyRing>> KeyRing::open(db::sql::Database& database, const base::Clock& clock,
                                               const crypto::ScryptParams& cost) {
  std::unique_ptr<KeyRing> out(new KeyRing(database, clock, cost));
  TRY(auto check, setting(database, kPasswordCheck));
  TRY(auto keys, out->list());
  if (check || !keys.empty()) out->state_ = State::Locked;
  return out;
}

KeyRing::State KeyRing::state() const {
  const std::shared_lock lock(mutex_);
  return state_;
}

Result<std::map<Address, KeyRing::Key>> KeyRing::decrypt_all(const Secret& password_hash) const {
  TRY(auto check, setting(database_, kPasswordCheck));
  if (check && !crypto::decrypt_keystore(*check, password_hash)) return wrong_password();
  TRY(auto stored, stored_keys(database_));
  std::vector<Result<types::KeyInfo>> decrypted(stored.size());
  // Two at a time: each derivation takes a second and 256 MiB.
  base::parallel_for(stored.size(), 2, [&](std::size_t i) { decrypted[i] = decrypt(stored[i], password_hash); });
  std::map<Address, Key> out;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (!decrypted[i]) {
      if (decrypted[i].error().code == ErrorCode::Unauthenticated) return wrong_password();
      return std::unexpected(std::move(decrypted[i]).error().context(stored[i].address.str()));
    }
    out.emplace(stored[i].address, Key{decrypted[i]->type, std::move(decrypted[i]->private_key)});
  }
  return out;
}

Result<void> KeyRing::open_with(Secret password_hash) {
  TRY(auto keys, decrypt_all(password_hash));
  const std::unique_lock lock(mutex_);
  keys_ = std::move(keys);
  password_hash_ = std::move(password_hash);
  state_ = State::Open;
  return {};
}

Result<void> KeyRing::set_password(std::string_view password) {
  const std::lock_guard one(password_mutex_);
  auto hash = crypto::hash_keystore_password(password);
  const auto before = state();
  if (before == State::Open) return fail(ErrorCode::Conflict, "the password is set already");
  if (before == State::Locked) return open_with(std::move(hash));
  if (password.size() < kMinPassword) {
    return fail(ErrorCode::InvalidArgument, "the password needs {} characters at least", kMinPassword);
  }
  // A random secret under the password: what later passwords are compared with while there are no keys.
  crypto::KeystoreKey probe{"", std::string(kPasswordCheck), Secret(crypto::random_bytes(32))};
  TRY(auto check, crypto::encrypt_keystore(probe, hash, cost_));
  TRY_VOID(database_.write([&](Transaction& tx) {
    return tx.exec("INSERT INTO wallet_settings (name, value) VALUES (?, ?)", kPasswordCheck, check);
  }));
  return open_with(std::move(hash));
}

Result<void> KeyRing::unlock(std::string_view password) {
  const std::lock_guard one(password_mutex_);
  const auto before = state();
  if (before == State::New) return fail(ErrorCode::Conflict, "password not set: choose one with set-password");
  if (before == State::Open) return verify_password(password);
  return open_with(crypto::hash_keystore_password(password));
}

Result<void> KeyRing::verify_password(std::string_view password) const {
  const auto hash = crypto::hash_keystore_password(password);
  {
    const std::shared_lock lock(mutex_);
    if (state_ == State::New) return fail(ErrorCode::Conflict, "password not set");
    if (state_ == State::Open) {
      if (crypto::equal_constant_time(hash.view(), password_hash_.view())) return {};
      return wrong_password();
    }
  }
  TRY(auto check, setting(database_, kPasswordCheck));
  if (!check) {
    TRY(auto stored, stored_keys(database_));
    if (stored.empty()) return fail(ErrorCode::Conflict, "password not set");
    check = std::move(stored.front().json);
  }
  if (!crypto::decrypt_keystore(*check, hash)) return wrong_password();
  return {};
}

Result<void> KeyRing::lock(std::string_view password) {
  const std::lock_guard one(password_mutex_);
  TRY_VOID(verify_password(password));
  const std::unique_lock lock(mutex_);
  keys_.clear();
  password_hash_ = Secret();
  state_ = State::Locked;
  return {};
}

Result<Secret> KeyRing::copy_password_hash() const {
  const std::shared_lock lock(mutex_);
  if (state_ == State::New) return fail(ErrorCode::PermissionDenied, "password not set: choose one with set-password");
  if (state_ != State::Open) return locked();
  return password_hash_.clone();
}

Result<Address> KeyRing::create(types::KeyType type) {
  if (type != types::KeyType::Bls) return import_key({type, crypto::secp256k1_generate()});
  const Secret seed(crypto::random_bytes(32));
  TRY(auto scalar, bridge::bls_generate(seed.view()));
  types::KeyInfo key{type, Secret(BytesView(scalar))};
  base::secure_wipe(scalar);
  return import_key(std::move(key));
}

Result<Address> KeyRing::import_key(types::KeyInfo key) {
  TRY(auto hash, copy_password_hash());
  TRY(auto address, address_of(key));
  TRY(auto known, has(address));
  if (known) return address;
  const auto type = std::string(types::to_string(key.type));
  const crypto::KeystoreKey plain{address.str(types::NetworkPrefix::Testnet), type, key.private_key.clone()};
  TRY(auto json, crypto::encrypt_keystore(plain, hash, cost_));
  auto stored = database_.write([&](Transaction& tx) {
    return tx.exec("INSERT INTO wallets (address, type, private_key, created_at) VALUES (?, ?, ?, ?)", address, type,
                   json, clock_.unix_millis());
  });
  if (!stored && stored.error().code != ErrorCode::AlreadyExists) return std::unexpected(std::move(stored).error());
  const std::unique_lock lock(mutex_);
  // Locked in the meantime: the key is stored, and comes back with the next unlock.
  if (state_ == State::Open) keys_.emplace(address, Key{key.type, std::move(key.private_key)});
  return address;
}

Result<types::KeyInfo> KeyRing::export_key(const Address& address) const {
  const std::shared_lock lock(mutex_);
  if (state_ != State::Open) return locked();
  const auto found = keys_.find(address);
  if (found == keys_.end()) return unknown(address);
  return types::KeyInfo{found->second.type, found->second.secret.clone()};
}

Result<void> KeyRing::remove(const Address& address) {
  if (state() != State::Open) return locked();
  TRY(auto changed, database_.write([&](Transaction& tx) {
    return tx.exec("DELETE FROM wallets WHERE address = ?", address);
  }));
  if (changed == 0) return unknown(address);
  const std::unique_lock lock(mutex_);
  keys_.erase(address);
  return {};
}

Result<types::Signature> KeyRing::sign(const Address& address, BytesView data) const {
  const std::shared_lock lock(mutex_);
  if (state_ != State::Open) return locked();
  const auto found = keys_.find(address);
  if (found == keys_.end()) return unknown(address);
  const auto& key = found->second;
  if (key.type != types::KeyType::Bls) {
    return types::sign_without_bls(types::signature_type(key.type), key.secret.view(), data);
  }
  TRY(auto signature, bridge::bls_sign(key.secret.view(), data));
  return types::Signature{types::SignatureType::Bls, Bytes(signature.begin(), signature.end())};
}

Result<bool> KeyRing::has(const Address& address) const {
  return database_.read([&](Transaction& tx) -> Result<bool> {
    TRY(auto count, tx.scalar<std::int64_t>("SELECT COUNT(*) FROM wallets WHERE address = ?", address));
    return count > 0;
  });
}

Result<std::vector<Address>> KeyRing::list() const {
  return database_.read([](Transaction& tx) -> Result<std::vector<Address>> {
    TRY(auto rows, tx.select<Address>("SELECT address FROM wallets ORDER BY created_at, address"));
    std::vector<Address> out;
    for (const auto& row : rows) out.push_back(std::get<0>(row));
    return out;
  });
}

}  // namespace venus::wallet
