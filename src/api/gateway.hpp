// SPDX-License-Identifier: MIT OR Apache-2.0
// The gateway as the pool's components call it (venus-components.md 6.1): everything for a miner or a key
// is asked here and answered by who connected out to the gateway.
#pragma once

#include "api/gateway_events.hpp"

namespace venus::api {

/// One connection of a wallet or sealer.
struct GatewayConnection {
  std::vector<Address> addresses;
  std::string channel_id;
  std::string ip;
  std::uint64_t request_count = 0;  ///< asked of it and not answered yet
  std::string create_time;          ///< RFC 3339, UTC
  static constexpr auto fields() {
    using base::field;
    using T = GatewayConnection;
    return base::fields_of(field("Addrs", &T::addresses, base::JsonRule::NullIfEmpty),
                           field("ChannelId", &T::channel_id), field("Ip", &T::ip),
                           field("RequestCount", &T::request_count), field("CreateTime", &T::create_time));
  }
};

struct MinerConnections {
  std::vector<GatewayConnection> connections;
  std::uint64_t count = 0;
  static constexpr auto fields() {
    return base::fields_of(base::field("Connections", &MinerConnections::connections),
                           base::field("ConnectionCount", &MinerConnections::count));
  }
};

struct WalletConnections {
  std::string account;
  std::vector<std::string> support_accounts;
  std::vector<GatewayConnection> connections;
  static constexpr auto fields() {
    using base::field;
    using T = WalletConnections;
    return base::fields_of(field("Account", &T::account), field("SupportAccounts", &T::support_accounts),
                           field("ConnectStates", &T::connections));
  }
};

struct GatewayVersion {
  std::string version;
  std::uint32_t api_version = 0;
  static constexpr auto fields() {
    return base::fields_of(base::field("Version", &GatewayVersion::version),
                           base::field("APIVersion", &GatewayVersion::api_version));
  }
};

struct GatewayApi {
  template <rpc::FixedString N, rpc::Perm P, class S, rpc::FixedString D, rpc::FixedString... Names>
  using Method = rpc::Method<N, P, S, D, Names...>;
  using Perm = rpc::Perm;

  using ListConnectedMiners = Method<"Gateway.ListConnectedMiners", Perm::Admin, std::vector<Address>(),
                                     "Miners whose prover is connected">;
  using ListMinerConnection = Method<"Gateway.ListMinerConnection", Perm::Admin, MinerConnections(Address),
                                     "The connections of a miner's prover", "miner">;
  using ComputeProof = Method<"Gateway.ComputeProof", Perm::Admin,
                              gateway::ComputeProofResponse(Address, std::vector<types::ExtendedSectorInfo>, Bytes,
                                                            ChainEpoch, NetworkVersion),
                              "A WinningPoSt made by the miner's own prover", "miner", "sectors", "randomness",
                              "height", "network_version">;
  using ListWalletInfo = Method<"Gateway.ListWalletInfo", Perm::Admin, std::vector<WalletConnections>(),
                                "All connected wallets">;
  using ListWalletInfoByWallet = Method<"Gateway.ListWalletInfoByWallet", Perm::Admin,
                                        WalletConnections(std::string), "The wallets of an account", "account">;
  using WalletHas = Method<"Gateway.WalletHas", Perm::Admin, bool(Address, std::vector<std::string>),
                           "Whether a connected wallet of one of the accounts has a key", "address", "accounts">;
  using WalletSign = Method<"Gateway.WalletSign", Perm::Admin,
                            types::Signature(Address, std::vector<std::string>, Bytes, MsgMeta),
                            "A signature by the wallet that has the key", "address", "accounts", "to_sign", "meta">;
  using Version = Method<"Gateway.Version", Perm::Read, GatewayVersion(), "Version of program and API">;

  using methods = rpc::JoinMethods<rpc::MethodList<ListConnectedMiners, ListMinerConnection, ComputeProof,
                                                   ListWalletInfo, ListWalletInfoByWallet, WalletHas, WalletSign,
                                                   Version>,
                                   gateway::WalletProviderApi::methods, gateway::ProofProviderApi::methods>;
};

}  // namespace venus::api
