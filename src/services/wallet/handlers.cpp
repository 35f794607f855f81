// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/wallet/handlers.hpp"

#include "platform/log.hpp"
#include "rpc/openrpc.hpp"

namespace venus::wallet {
namespace {

/// Loopback, or a call from inside the process.
Result<void> must_be_local(const rpc::CallContext& context) {
  const auto& remote = context.connection().remote;
  if (remote.empty() || remote.starts_with("127.") || remote.starts_with("[::1]") || remote.starts_with("::1") ||
      remote.starts_with("[::ffff:127.")) {
    return {};
  }
  return fail(ErrorCode::PermissionDenied, "passwords are taken from this machine only");
}

/// A password as JSON brought it, wiped when done with.
class Wiped {
 public:
  explicit Wiped(std::string text) : text_(std::move(text)) {}
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  Wiped(Wiped&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
  Wiped& operator=(Wiped&&) = delete;
  ~Wiped() { wipe(); }
  [[nodiscard]] std::string_view view() const { return text_; }

 private:
  void wipe() {
    base::secure_wipe({reinterpret_cast<std::uint8_t*>(text_.data()), text_.size()});
    text_.clear();
  }
  std::string text_;
};

}  // namespace

Task<Address> Handlers::create(std::string type) {
  CO_TRY(auto kind, types::parse_key_type(type));
  co_return co_await on(threads_, [this, kind] { return wallet_.create(kind); });
}

Task<bool> Handlers::has(Address address) {
  co_return co_await on(threads_, [this, address] { return wallet_.keys().has(address); });
}

Task<std::vector<Address>> Handlers::list() {
  co_return co_await on(threads_, [this] { return wallet_.keys().list(); });
}

Task<types::Signature> Handlers::sign(Address signer, Bytes to_sign, api::MsgMeta meta) {
  co_return co_await on(threads_, [&] { return wallet_.sign(signer, to_sign, meta); });
}

Task<types::KeyInfo> Handlers::export_key(Address address) {
  co_return co_await on(threads_, [this, address] { return wallet_.keys().export_key(address); });
}

Task<Address> Handlers::import_key(types::KeyInfo key) {
  co_return co_await on(threads_, [&] { return wallet_.import_key(std::move(key)); });
}

Task<> Handlers::remove(Address address) {
  co_return co_await on(threads_, [this, address] { return wallet_.remove(address); });
}

Task<> Handlers::set_password(rpc::CallContext context, std::string password) {
  const Wiped secret(std::move(password));
  CO_TRY_VOID(must_be_local(context));
  co_return co_await on(threads_, [&] { return wallet_.set_password(secret.view()); });
}

Task<> Handlers::unlock(rpc::CallContext context, std::string password) {
  const Wiped secret(std::move(password));
  CO_TRY_VOID(must_be_local(context));
  co_return co_await on(threads_, [&] { return wallet_.unlock(secret.view()); });
}

Task<> Handlers::lock(rpc::CallContext context, std::string password) {
  const Wiped secret(std::move(password));
  CO_TRY_VOID(must_be_local(context));
  co_return co_await on(threads_, [&] { return wallet_.lock(secret.view()); });
}

Task<> Handlers::verify_password(rpc::CallContext context, std::string password) {
  const Wiped secret(std::move(password));
  CO_TRY_VOID(must_be_local(context));
  co_return co_await on(threads_, [&] { return wallet_.keys().verify_password(secret.view()); });
}

Result<bool> Handlers::lock_state() const { return wallet_.keys().state() != KeyRing::State::Open; }

Result<void> Handlers::add_support_account(std::string account) {
  if (links_ == nullptr) return fail(ErrorCode::Unsupported, "this wallet has no gateways (gateway.urls)");
  links_->add_support_account(account);
  return {};
}

Result<void> Handlers::add_new_address(std::vector<Address> addresses) {
  if (links_ == nullptr) return fail(ErrorCode::Unsupported, "this wallet has no gateways (gateway.urls)");
  links_->announce(std::move(addresses));
  return {};
}

Result<std::vector<api::GatewayState>> Handlers::gateways() const {
  if (links_ == nullptr) return std::vector<api::GatewayState>{};
  return links_->states();
}

Result<std::vector<std::string>> Handlers::auth_verify(std::string token) const {
  TRY(auto perms, tokens_.verify(token));
  return perms.names();
}

Result<Bytes> Handlers::auth_new(std::vector<std::string> permissions) const {
  TRY(auto perms, rpc::PermSet::from_names(permissions));
  return base::to_bytes(base::as_bytes(tokens_.create(perms)));
}

Task<std::vector<api::SignRecord>> Handlers::records(api::SignRecordQuery query) {
  co_return co_await on(threads_, [this, query] { return wallet_.records().list(query); });
}

Result<void> Handlers::bind(rpc::Dispatcher& dispatcher) {
  using Api = api::WalletApi;
  dispatcher.bind<Api::New>(*this, &Handlers::create);
  dispatcher.bind<Api::Has>(*this, &Handlers::has);
  dispatcher.bind<Api::List>(*this, &Handlers::list);
  dispatcher.bind<Api::Sign>(*this, &Handlers::sign);
  dispatcher.bind<Api::Export>(*this, &Handlers::export_key);
  dispatcher.bind<Api::Import>(*this, &Handlers::import_key);
  dispatcher.bind<Api::Delete>(*this, &Handlers::remove);
  dispatcher.bind<Api::SetPassword>(*this, &Handlers::set_password);
  dispatcher.bind<Api::Unlock>(*this, &Handlers::unlock);
  dispatcher.bind<Api::Lock>(*this, &Handlers::lock);
  dispatcher.bind<Api::VerifyPassword>(*this, &Handlers::verify_password);
  dispatcher.bind<Api::LockState>(*this, &Handlers::lock_state);
  dispatcher.bind<Api::AddSupportAccount>(*this, &Handlers::add_support_account);
  dispatcher.bind<Api::AddNewAddress>(*this, &Handlers::add_new_address);
  dispatcher.bind<Api::Gateways>(*this, &Handlers::gateways);
  dispatcher.bind<Api::AuthVerify>(*this, &Handlers::auth_verify);
  dispatcher.bind<Api::AuthNew>(*this, &Handlers::auth_new);
  dispatcher.bind<Api::ListSignedRecord>(*this, &Handlers::records);
  dispatcher.bind<Api::Version>([version = version_]() -> Result<api::WalletVersion> {
    return api::WalletVersion{version, 0x010000};
  });
  dispatcher.bind<Api::LogList>([]() -> Result<std::vector<std::string>> {
    std::vector<std::string> out;
    for (const auto& [module, level] : platform::log_levels()) out.push_back(module);
    return out;
  });
  dispatcher.bind<Api::LogSetLevel>([](std::string module, std::string level) -> Result<void> {
    TRY(auto parsed, platform::parse_level(level));
    platform::set_log_level(module, parsed);
    return {};
  });
  rpc::bind_discover<Api>(dispatcher, "venus-wallet", version_);
  return dispatcher.check_complete<Api>();
}

}  // namespace venus::wallet
