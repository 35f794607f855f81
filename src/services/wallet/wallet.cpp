// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/wallet/wallet.hpp"

namespace venus::wallet {

Result<types::Signature> Wallet::sign(const Address& signer, const Bytes& to_sign, const api::MsgMeta& meta) {
  auto given = [&]() -> Result<types::Signature> {
    // A locked wallet says so whatever it is asked.
    if (keys_.state() != KeyRing::State::Open) return keys_.sign(signer, {});
    TRY(auto request, read_sign_request(signer, to_sign, meta, rules_));
    TRY(auto signature, keys_.sign(signer, request.data));
    return records_.keep(request, signer, std::move(signature));
  }();
  if (!given) records_.refuse(meta.type, signer, to_sign, given.error());
  return given;
}

Result<Address> Wallet::create(types::KeyType type) {
  TRY(auto address, keys_.create(type));
  for (auto* watcher : watchers_) watcher->key_added(address);
  return address;
}

Result<Address> Wallet::import_key(types::KeyInfo key) {
  TRY(auto address, keys_.import_key(std::move(key)));
  for (auto* watcher : watchers_) watcher->key_added(address);
  return address;
}

Result<void> Wallet::remove(const Address& address) {
  TRY_VOID(keys_.remove(address));
  for (auto* watcher : watchers_) watcher->key_removed(address);
  return {};
}

Result<void> Wallet::set_password(std::string_view password) {
  TRY_VOID(keys_.set_password(password));
  for (auto* watcher : watchers_) watcher->opened(true);
  return {};
}

Result<void> Wallet::unlock(std::string_view password) {
  TRY_VOID(keys_.unlock(password));
  for (auto* watcher : watchers_) watcher->opened(true);
  return {};
}

Result<void> Wallet::lock(std::string_view password) {
  TRY_VOID(keys_.lock(password));
  for (auto* watcher : watchers_) watcher->opened(false);
  return {};
}

}  // namespace venus::wallet
