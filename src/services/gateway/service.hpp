// SPDX-License-Identifier: MIT OR Apache-2.0
// The door of the pool: wallets and provers connect out to it, the pool's components ask it.
#pragma once

#include "api/auth.hpp"
#include "rpc/dispatcher.hpp"
#include "services/gateway/connection.hpp"

namespace venus::services::gateway {

struct Settings {
  /// How long a wallet may take to sign.
  std::chrono::milliseconds sign_timeout{20'000};
  /// How long a prover may take: a proof is worthless after its epoch.
  std::chrono::milliseconds proof_timeout{60'000};
  std::size_t max_connections_per_account = 64;
  std::size_t max_addresses_per_wallet = 1000;
};

class Service {
 public:
  /// `auth` may be null: then accounts and miners are not checked (a gateway on loopback alone).
  Service(asio::any_io_executor executor, api::auth::Auth* auth, Settings settings)
      : executor_(std::move(executor)), auth_(auth), settings_(settings) {}

  /// Binds all methods of api::GatewayApi; the service must outlive the dispatcher.
  void bind(rpc::Dispatcher& dispatcher);

  struct Counts {
    std::size_t wallets = 0;
    std::size_t provers = 0;
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  using Stream = rpc::Stream<api::gateway::RequestEvent>;

  Task<Stream> listen_wallet(rpc::CallContext context, api::gateway::WalletRegisterPolicy policy);
  Task<Stream> listen_prover(rpc::CallContext context, api::gateway::ProofRegisterPolicy policy);
  /// Asks a new wallet for its keys and lets it prove each; runs beside the stream.
  Task<> register_wallet(ConnectionPtr wallet);
  Task<> check_key(ConnectionPtr wallet, Address key);
  Task<> add_checked(ConnectionPtr wallet, std::vector<Address> keys);

  Task<> add_addresses(rpc::CallContext context, std::string channel, std::vector<Address> addresses);
  Result<void> remove_addresses(rpc::CallContext context, std::string channel, std::vector<Address> addresses);
  Task<> support_account(rpc::CallContext context, std::string channel, std::string account);
  Result<void> respond(rpc::CallContext context, api::gateway::ResponseEvent response);

  Task<types::Signature> sign(Address address, std::vector<std::string> accounts, Bytes to_sign, api::MsgMeta meta);
  Result<bool> has(Address address, std::vector<std::string> accounts);
  Task<api::gateway::ComputeProofResponse> compute_proof(Address miner,
                                                         std::vector<types::ExtendedSectorInfo> sectors,
                                                         Bytes randomness, ChainEpoch height, NetworkVersion version);
  Result<std::vector<Address>> connected_miners();
  Result<api::MinerConnections> miner_connections(Address miner);
  Result<std::vector<api::WalletConnections>> wallet_infos();
  Result<api::WalletConnections> wallet_info(std::string account);

  /// Asks one after the other until one answers.
  Task<Bytes> ask(std::vector<ConnectionPtr> who, std::string method, Bytes payload,
                  std::chrono::milliseconds timeout);
  std::vector<ConnectionPtr> wallets_with(const Address& address, const std::vector<std::string>& accounts) const;
  Result<ConnectionPtr> own_wallet(const rpc::CallContext& context, const std::string& channel) const;
  Result<void> room_for(const std::string& account) const;
  void forget(const std::string& channel);

  asio::any_io_executor executor_;
  api::auth::Auth* auth_;
  Settings settings_;

  mutable std::mutex mutex_;
  std::map<std::string, ConnectionPtr> wallets_;
  /// By channel; the miner is the connection's only address.
  std::map<std::string, ConnectionPtr> provers_;
  std::uint64_t requests_ = 0;
  std::uint64_t failures_ = 0;
};

}  // namespace venus::services::gateway
