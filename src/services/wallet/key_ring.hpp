// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <shared_mutex>

#include "crypto/kdf.hpp"
#include "db/sql/pool.hpp"
#include "types/key_info.hpp"

namespace venus::wallet {

/// Private keys: encrypted in the database (keystore v3, venus-components.md 2.2), decrypted in memory
/// between unlock and lock only. Thread-safe. Calls block: on the database, and about a second for each
/// key derivation at the default cost.
class KeyRing {
 public:
  enum class State : std::uint8_t {
    New,     ///< no password was ever chosen, there are no keys
    Locked,  ///< keys cannot be used
    Open,
  };

  /// `database` holds the wallet's tables and outlives the ring, as does the clock. `cost` is for keys
  /// that are encrypted from here on; each stored key says its own.
  static Result<std::unique_ptr<KeyRing>> open(db::sql::Database& database, const base::Clock& clock,
                                               const crypto::ScryptParams& cost);

  [[nodiscard]] State state() const;

  /// Chooses the password of a new wallet (8 bytes at least, else InvalidArgument), or opens a locked
  /// one. Conflict when it is open already.
  Result<void> set_password(std::string_view password);
  /// Decrypts every key. Unauthenticated for a wrong password, Conflict when there is none yet.
  Result<void> unlock(std::string_view password);
  /// Wipes the decrypted keys. Unauthenticated for a wrong password.
  Result<void> lock(std::string_view password);
  /// Whether this is the password: success, or Unauthenticated.
  Result<void> verify_password(std::string_view password) const;

  /// All of these need an open ring: PermissionDenied otherwise.
  Result<Address> create(types::KeyType type);
  /// The address; a key that is here already is no error.
  Result<Address> import_key(types::KeyInfo key);
  Result<types::KeyInfo> export_key(const Address& address) const;
  Result<void> remove(const Address& address);
  /// Signs `data` as Filecoin does for the key's type. NotFound for an unknown address.
  Result<types::Signature> sign(const Address& address, BytesView data) const;

  /// Known also while locked.
  Result<bool> has(const Address& address) const;
  Result<std::vector<Address>> list() const;

 private:
  struct Key {
    types::KeyType type;
    Secret secret;
  };
  KeyRing(db::sql::Database& database, const base::Clock& clock, const crypto::ScryptParams& cost)
      : database_(database), clock_(clock), cost_(cost) {}
  Result<void> open_with(Secret password_hash);
  Result<std::map<Address, Key>> decrypt_all(const Secret& password_hash) const;
  Result<Secret> copy_password_hash() const;

  db::sql::Database& database_;
  const base::Clock& clock_;
  crypto::ScryptParams cost_;

  std::mutex password_mutex_;  ///< one costly password check at a time
  mutable std::shared_mutex mutex_;
  State state_ = State::New;
  Secret password_hash_;
  std::map<Address, Key> keys_;
};

/// The address of a private key of any type; InvalidArgument for an invalid key.
Result<Address> address_of(const types::KeyInfo& key);

}  // namespace venus::wallet
