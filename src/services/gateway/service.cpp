// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/gateway/service.hpp"

#include <boost/asio/detached.hpp>

#include "bridge/bls.hpp"
#include "crypto/hash.hpp"
#include "crypto/random.hpp"
#include "types/signing.hpp"

namespace venus::services::gateway {
namespace {

namespace event = api::gateway::event;

template <class T>
Bytes to_payload(const T& value) {
  const auto text = base::write_json(base::to_json(value));
  return base::to_bytes(base::as_bytes(text));
}

template <class T>
Result<T> from_payload(BytesView payload) {
  TRY(const auto json, base::parse_json(base::as_chars(payload)));
  return base::from_json<T>(json);
}

Result<void> verify(const types::Signature& signature, const Address& key, BytesView data) {
  if (signature.type != types::SignatureType::Bls) return types::verify_without_bls(signature, key, data);
  if (key.protocol() == types::Protocol::Bls && bridge::bls_verify(signature.data, data, key.payload())) return {};
  return fail(ErrorCode::FailedValidation, "not a signature of {}", key);
}

}  // namespace

void Service::bind(rpc::Dispatcher& dispatcher) {
  using Api = api::GatewayApi;
  using Wallet = api::gateway::WalletProviderApi;
  using Proof = api::gateway::ProofProviderApi;
  dispatcher.bind<Wallet::Listen>(*this, &Service::listen_wallet);
  dispatcher.bind<Wallet::Respond>(*this, &Service::respond);
  dispatcher.bind<Wallet::SupportAccount>(*this, &Service::support_account);
  dispatcher.bind<Wallet::AddAddresses>(*this, &Service::add_addresses);
  dispatcher.bind<Wallet::RemoveAddresses>(*this, &Service::remove_addresses);
  dispatcher.bind<Proof::Listen>(*this, &Service::listen_prover);
  dispatcher.bind<Proof::Respond>(*this, &Service::respond);
  dispatcher.bind<Api::WalletSign>(*this, &Service::sign);
  dispatcher.bind<Api::WalletHas>(*this, &Service::has);
  dispatcher.bind<Api::ComputeProof>(*this, &Service::compute_proof);
  dispatcher.bind<Api::ListConnectedMiners>(*this, &Service::connected_miners);
  dispatcher.bind<Api::ListMinerConnection>(*this, &Service::miner_connections);
  dispatcher.bind<Api::ListWalletInfo>(*this, &Service::wallet_infos);
  dispatcher.bind<Api::ListWalletInfoByWallet>(*this, &Service::wallet_info);
  dispatcher.bind<Api::Version>([]() -> Result<api::GatewayVersion> {
    return api::GatewayVersion{"venus-gateway", 0x20000};
  });
}

Result<void> Service::room_for(const std::string& account) const {
  const std::scoped_lock lock(mutex_);
  std::size_t held = 0;
  for (const auto* group : {&wallets_, &provers_}) {
    for (const auto& [channel, connection] : *group) held += connection->account() == account ? 1 : 0;
  }
  if (held < settings_.max_connections_per_account) return {};
  return fail(ErrorCode::Exhausted, "account {} has {} connections already", account, held);
}

void Service::forget(const std::string& channel) {
  ConnectionPtr gone;
  {
    const std::scoped_lock lock(mutex_);
    for (auto* group : {&wallets_, &provers_}) {
      const auto found = group->find(channel);
      if (found == group->end()) continue;
      gone = found->second;
      group->erase(found);
    }
  }
  if (gone) gone->end();
}

Task<Service::Stream> Service::listen_wallet(rpc::CallContext context, api::gateway::WalletRegisterPolicy policy) {
  CO_TRY_VOID(room_for(context.user()));
  if (policy.sign_bytes.size() > 1024 || policy.support_accounts.size() > 1000) {
    co_return fail(ErrorCode::TooLarge, "the policy has too many accounts or bytes");
  }
  if (auth_ != nullptr && !policy.support_accounts.empty()) {
    CO_TRY_VOID(co_await auth_->verify_users(policy.support_accounts));
  }
  auto [writer, stream] = rpc::make_stream<api::gateway::RequestEvent>(256);
  auto wallet = std::make_shared<Connection>(context.user(), context.connection().remote, writer,
                                             std::move(policy.sign_bytes));
  for (auto& account : policy.support_accounts) wallet->add_support_account(std::move(account));
  {
    const std::scoped_lock lock(mutex_);
    wallets_.emplace(wallet->id(), wallet);
  }
  writer.on_end([this, channel = wallet->id()] { forget(channel); });
  wallet->greet();
  asio::co_spawn(executor_, register_wallet(wallet), asio::detached);
  co_return std::move(stream);
}

Task<Service::Stream> Service::listen_prover(rpc::CallContext context, api::gateway::ProofRegisterPolicy policy) {
  CO_TRY_VOID(room_for(context.user()));
  if (auth_ != nullptr && !context.user().empty()) {
    CO_TRY(const auto owns, co_await auth_->miner_in_user(context.user(), policy.miner_address));
    if (!owns) {
      co_return fail(ErrorCode::PermissionDenied, "miner {} does not belong to user {}", policy.miner_address,
                     context.user());
    }
  }
  auto [writer, stream] = rpc::make_stream<api::gateway::RequestEvent>(64);
  auto prover = std::make_shared<Connection>(context.user(), context.connection().remote, writer);
  prover->add_addresses({policy.miner_address});
  {
    const std::scoped_lock lock(mutex_);
    provers_.emplace(prover->id(), prover);
  }
  writer.on_end([this, channel = prover->id()] { forget(channel); });
  prover->greet();
  co_return std::move(stream);
}

Task<> Service::register_wallet(ConnectionPtr wallet) {
  CO_TRY(const auto payload,
         co_await wallet->request(std::string(event::kWalletList), {}, settings_.sign_timeout));
  CO_TRY(auto keys, from_payload<std::vector<Address>>(payload));
  co_return co_await add_checked(std::move(wallet), std::move(keys));
}

Task<> Service::add_checked(ConnectionPtr wallet, std::vector<Address> keys) {
  if (keys.size() > settings_.max_addresses_per_wallet) {
    co_return fail(ErrorCode::TooLarge, "a wallet may register {} keys, not {}", settings_.max_addresses_per_wallet,
                   keys.size());
  }
  std::vector<Address> proven;
  for (const auto& key : keys) {
    if (co_await check_key(wallet, key)) proven.push_back(key);
  }
  wallet->add_addresses(proven);
  if (auth_ == nullptr || proven.empty()) co_return Result<void>{};
  auto accounts = wallet->support_accounts();
  accounts.push_back(wallet->account());
  for (auto& account : accounts) {
    if (account.empty()) continue;
    CO_TRY_VOID(co_await auth_->register_signers({std::move(account), proven}));
  }
  co_return Result<void>{};
}

// The signature covers bytes that both sides chose, so neither can make the other sign something real.
Task<> Service::check_key(ConnectionPtr wallet, Address key) {
  const auto ours = crypto::random_bytes(32);
  auto both = ours;
  base::append(both, wallet->proof_bytes());
  const auto digest = crypto::sha256(both);
  api::gateway::WalletSignRequest request{
      key, Bytes(digest.begin(), digest.end()), {std::string(api::sign_type::kVerifyAddress), ours}};
  CO_TRY(const auto payload,
         co_await wallet->request(std::string(event::kWalletSign), to_payload(request), settings_.sign_timeout));
  CO_TRY(const auto signature, from_payload<types::Signature>(payload));
  co_return verify(signature, key, digest);
}

Result<ConnectionPtr> Service::own_wallet(const rpc::CallContext& context, const std::string& channel) const {
  const std::scoped_lock lock(mutex_);
  const auto found = wallets_.find(channel);
  if (found == wallets_.end() || found->second->account() != context.user()) {
    return fail(ErrorCode::NotFound, "account {} has no channel {}", context.user(), channel);
  }
  return found->second;
}

Task<> Service::add_addresses(rpc::CallContext context, std::string channel, std::vector<Address> addresses) {
  CO_TRY(auto wallet, own_wallet(context, channel));
  co_return co_await add_checked(std::move(wallet), std::move(addresses));
}

Result<void> Service::remove_addresses(rpc::CallContext context, std::string channel,
                                       std::vector<Address> addresses) {
  TRY(const auto wallet, own_wallet(context, channel));
  wallet->remove_addresses(addresses);
  return {};
}

Task<> Service::support_account(rpc::CallContext context, std::string channel, std::string account) {
  CO_TRY(auto wallet, own_wallet(context, channel));
  if (auth_ != nullptr) CO_TRY_VOID(co_await auth_->verify_users({account}));
  wallet->add_support_account(std::move(account));
  co_return Result<void>{};
}

Result<void> Service::respond(rpc::CallContext context, api::gateway::ResponseEvent response) {
  std::vector<ConnectionPtr> candidates;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto* group : {&wallets_, &provers_}) {
      for (const auto& [channel, connection] : *group) {
        if (connection->account() == context.user()) candidates.push_back(connection);
      }
    }
  }
  // Request ids are random: at most one connection waits for this one.
  for (const auto& connection : candidates) {
    auto copy = response;
    if (connection->respond(std::move(copy))) return {};
  }
  return fail(ErrorCode::NotFound, "nobody waits for the answer to request {}", response.id);
}

}  // namespace venus::services::gateway
