// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "services/wallet/key_ring.hpp"
#include "services/wallet/sign_records.hpp"

namespace venus::wallet {

/// What happened to the keys, for the links to gateways.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void key_added(const Address& address) = 0;
  virtual void key_removed(const Address& address) = 0;
  /// Unlocked (true) or locked.
  virtual void opened(bool open) = 0;
};

/// Keys, rules and memory together: the only way to a signature. Thread-safe, blocking.
class Wallet {
 public:
  Wallet(KeyRing& keys, SignRecords& records, SignRules rules)
      : keys_(keys), records_(records), rules_(std::move(rules)) {}

  /// Reads what is to be signed, signs, writes it down, and only then gives the signature out. Errors of
  /// read_sign_request, KeyRing::sign and SignRecords::keep; refusals are recorded as well.
  Result<types::Signature> sign(const Address& signer, const Bytes& to_sign, const api::MsgMeta& meta);

  Result<Address> create(types::KeyType type);
  Result<Address> import_key(types::KeyInfo key);
  Result<void> remove(const Address& address);
  Result<void> set_password(std::string_view password);
  Result<void> unlock(std::string_view password);
  Result<void> lock(std::string_view password);

  [[nodiscard]] KeyRing& keys() const { return keys_; }
  [[nodiscard]] SignRecords& records() const { return records_; }
  [[nodiscard]] const SignRules& rules() const { return rules_; }
  /// Told of changes from then on; must outlive the wallet. Before any call.
  void watch(Watcher& watcher) { watchers_.push_back(&watcher); }

 private:
  KeyRing& keys_;
  SignRecords& records_;
  SignRules rules_;
  std::vector<Watcher*> watchers_;
};

}  // namespace venus::wallet
