// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "api/wallet.hpp"
#include "platform/tokens.hpp"
#include "rpc/dispatcher.hpp"
#include "services/wallet/gateway_link.hpp"

namespace venus::wallet {

/// Answers the methods of api::WalletApi. Passwords are taken from callers on this machine only.
class Handlers {
 public:
  /// All references outlive the object; `links` may be null (no gateways).
  Handlers(Wallet& wallet, GatewayLinks* links, platform::LocalTokens tokens, std::string version)
      : wallet_(wallet), links_(links), tokens_(std::move(tokens)), version_(std::move(version)), threads_(4) {}

  /// Binds every method, and rpc.discover; this must outlive the dispatcher.
  Result<void> bind(rpc::Dispatcher& dispatcher);

  Task<Address> create(std::string type);
  Task<bool> has(Address address);
  Task<std::vector<Address>> list();
  Task<types::Signature> sign(Address signer, Bytes to_sign, api::MsgMeta meta);
  Task<types::KeyInfo> export_key(Address address);
  Task<Address> import_key(types::KeyInfo key);
  Task<> remove(Address address);
  Task<> set_password(rpc::CallContext context, std::string password);
  Task<> unlock(rpc::CallContext context, std::string password);
  Task<> lock(rpc::CallContext context, std::string password);
  Task<> verify_password(rpc::CallContext context, std::string password);
  Result<bool> lock_state() const;
  Result<void> add_support_account(std::string account);
  Result<void> add_new_address(std::vector<Address> addresses);
  Result<std::vector<api::GatewayState>> gateways() const;
  Result<std::vector<std::string>> auth_verify(std::string token) const;
  Result<Bytes> auth_new(std::vector<std::string> permissions) const;
  Task<std::vector<api::SignRecord>> records(api::SignRecordQuery query);

 private:
  Wallet& wallet_;
  GatewayLinks* links_;
  platform::LocalTokens tokens_;
  std::string version_;
  WorkerPool threads_;
};

}  // namespace venus::wallet
