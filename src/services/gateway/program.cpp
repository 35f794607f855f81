// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/gateway/program.hpp"

#include "services/gateway/service.hpp"

namespace venus::services::gateway {
namespace {

struct Parts {
  std::unique_ptr<api::auth::Auth> auth;
  std::unique_ptr<Service> service;
};

void add_metrics(platform::Metrics& metrics, Service& service) {
  auto& wallets = metrics.gauge("venus_gateway_wallets", "Connected wallets");
  auto& provers = metrics.gauge("venus_gateway_provers", "Connected provers");
  auto& requests = metrics.gauge("venus_gateway_requests", "Requests passed on since the start");
  auto& failures = metrics.gauge("venus_gateway_failed_requests", "Requests nobody answered well");
  metrics.on_scrape([&] {
    const auto counts = service.counts();
    wallets.set(static_cast<double>(counts.wallets));
    provers.set(static_cast<double>(counts.provers));
    requests.set(static_cast<double>(counts.requests));
    failures.set(static_cast<double>(counts.failures));
  });
}

Result<void> show_connections(platform::Cli& cli, const std::vector<api::GatewayConnection>& connections) {
  platform::Table table({"Addresses", "Channel", "IP", "Waiting", "Since"});
  for (const auto& c : connections) {
    std::string addresses;
    for (const auto& address : c.addresses) addresses += (addresses.empty() ? "" : " ") + address.str();
    table.row({addresses, c.channel_id, c.ip, std::to_string(c.request_count), c.create_time});
  }
  return cli.print_table(table);
}

}  // namespace

void Config::declare(platform::Properties& p) {
  p.add("network.prefix", &prefix, "Letter of addresses: f on mainnet, t elsewhere",
        std::optional(platform::one_of({"f", "t"})));
  p.add("requests.sign_timeout", &sign_timeout, "How long a wallet may take to sign");
  p.add("requests.proof_timeout", &proof_timeout, "How long a prover may take for a WinningPoSt");
  p.add("limits.connections_per_account", &max_connections_per_account,
        "Wallets and provers that one account may have connected at a time");
}

Result<void> build(platform::Daemon& daemon, const Config& config, const platform::CommonConfig& common) {
  types::set_display_prefix(config.prefix == "t" ? types::NetworkPrefix::Testnet : types::NetworkPrefix::Mainnet);
  auto parts = std::make_shared<Parts>();
  daemon.keep(parts);
  if (!common.auth_url.empty()) {
    TRY(parts->auth, api::auth::make_auth_client(daemon.io(), common.auth_url, common.auth_token.reveal()));
  }
  const Settings settings{.sign_timeout = config.sign_timeout,
                          .proof_timeout = config.proof_timeout,
                          .max_connections_per_account = config.max_connections_per_account};
  parts->service = std::make_unique<Service>(daemon.io().get_executor(), parts->auth.get(), settings);
  parts->service->bind(daemon.dispatcher());
  daemon.server().mount("/rpc/v2", daemon.dispatcher());
  add_metrics(daemon.metrics(), *parts->service);
  return daemon.dispatcher().check_complete<api::GatewayApi>();
}

void add_commands(platform::Cli& cli) {
  auto& miner = cli.root().add("miner", "Provers that are connected");
  miner.add("list", "Miners whose prover is connected").action([](platform::Cli& c) -> Result<void> {
    TRY(const auto miners, c.call<api::GatewayApi::ListConnectedMiners>());
    platform::Table table({"Miner"});
    for (const auto& address : miners) table.row({address.str()});
    return c.print_table(table);
  });
  auto address = std::make_shared<std::string>();
  miner.add("state", "Connections of a miner's prover").arg("miner", address.get(), "Address of the miner")
      .action([address](platform::Cli& c) -> Result<void> {
        TRY(const auto parsed, Address::parse(*address));
        TRY(const auto state, c.call<api::GatewayApi::ListMinerConnection>(parsed));
        return show_connections(c, state.connections);
      });
  cli.root().add("wallet", "Wallets that are connected").add("list", "Connections of all wallets")
      .action([](platform::Cli& c) -> Result<void> {
        TRY(const auto wallets, c.call<api::GatewayApi::ListWalletInfo>());
        std::vector<api::GatewayConnection> all;
        for (const auto& wallet : wallets) all.insert(all.end(), wallet.connections.begin(), wallet.connections.end());
        return show_connections(c, all);
      });
}

}  // namespace venus::services::gateway
