// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/messager/program.hpp"

#include <boost/asio/steady_timer.hpp>

#include "api/node/state.hpp"
#include "api/node_client.hpp"
#include "services/messager/service.hpp"

namespace venus::messager {
namespace {

using platform::kv;

struct Parts {
  base::SystemClock clock;
  std::unique_ptr<db::sql::Database> database;
  std::unique_ptr<Store> store;
  Peers peers;
  std::unique_ptr<Service> service;
};

// The chain id goes into delegated signatures; the node knows it.
Task<std::uint64_t> chain_id_of(std::shared_ptr<rpc::Client> node) {
  CO_TRY(const auto params, co_await node->call<api::StateApi::GetNetworkParams>());
  const auto* id = base::find_member(params, "Eip155ChainID");
  if (id == nullptr) co_return fail(ErrorCode::Malformed, "the node does not tell its chain id");
  co_return base::from_json<std::uint64_t>(*id);
}

// Waits for the node to answer, then follows the chain; a lost subscription is begun anew.
Task<> follow(std::shared_ptr<Parts> parts) {
  const platform::Log log("messager");
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (true) {
    const auto chain_id = co_await chain_id_of(parts->peers.node);
    if (chain_id) {
      parts->service->set_chain_id(*chain_id);
      const auto ended = co_await parts->service->run();
      if (ended || ended.error().code == ErrorCode::Cancelled) co_return Result<void>{};
      log.warn("following the chain broke off", kv("error", ended.error()));
    } else {
      log.warn("the node does not answer yet", kv("error", chain_id.error()));
    }
    timer.expires_after(std::chrono::seconds(1));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

Task<> start_following(std::shared_ptr<Parts> parts, platform::Daemon* daemon) {
  daemon->tasks().spawn("follow", follow(std::move(parts)));
  co_return Result<void>{};
}

Task<> stop_following(std::shared_ptr<Parts> parts) {
  parts->service->stop();
  co_return Result<void>{};
}

}  // namespace

void Config::declare(platform::Properties& p) {
  p.add("network.prefix", &prefix, "Letter of addresses: f on mainnet, t elsewhere",
        std::optional(platform::one_of({"f", "t"})));
  p.add("node.urls", &node_urls, "Nodes, best first: the first that answers and is not behind is followed");
  p.add("node.max_behind", &node_max_behind, "Epochs a node may be behind the best of them and still be followed",
        std::optional(platform::in_range<std::int64_t>(0, 1'000'000)));
  p.add("node.token", &node_token, "Token for the nodes");
  p.add("gateway.url", &gateway_url, "Gateway through which wallets sign");
  p.add("gateway.token", &gateway_token, "Token for the gateway");
  p.add("db.dsn", &dsn, "Database: a SQLite file or a MySQL DSN; empty: messager.db in the home folder");
  p.add("message.push_to", &push_to, "Who gets signed messages: all nodes, or the one that is followed",
        std::optional(platform::one_of({"all", "one"})));
  p.add("message.stable_head", &stable_head, "Messages are filled when no new head came for this long");
}

Result<void> build(platform::Daemon& daemon, const Config& config) {
  types::set_display_prefix(config.prefix == "t" ? types::NetworkPrefix::Testnet : types::NetworkPrefix::Mainnet);
  auto parts = std::make_shared<Parts>();
  daemon.keep(parts);
  const auto dsn = config.dsn.empty() ? daemon.home().file("messager.db").string() : config.dsn.reveal();
  TRY(parts->database, db::sql::Database::open(dsn));
  TRY(parts->store, Store::open(*parts->database, parts->clock));
  api::NodeClientOptions options{.websocket = true, .max_behind = config.node_max_behind};
  options.client.token = config.node_token.reveal();
  TRY(const auto nodes, api::make_node_clients(daemon.io(), config.node_urls, options));
  nodes.on_switch([urls = config.node_urls](std::size_t node) {
    platform::Log("messager").warn("another node is followed", kv("node", urls.at(node)));
  });
  parts->peers.node = nodes.client;
  parts->peers.push_nodes = nodes.each;
  parts->peers.push_node_alive = nodes.alive;
  rpc::ClientOptions gateway;
  gateway.token = config.gateway_token.reveal();
  TRY(parts->peers.gateway, rpc::make_client(daemon.io(), config.gateway_url, gateway));
  Settings settings;
  settings.stable_head = config.stable_head;
  settings.push_to_all = config.push_to == "all";
  settings.holder = daemon.home().path().string();
  parts->service = std::make_unique<Service>(*parts->store, parts->peers, settings);
  parts->service->on_report([log = platform::Log("messager")](std::string_view what, const Error& error) {
    log.warn(what, kv("error", error));
  });
  parts->service->bind(daemon.dispatcher());
  auto& head = daemon.metrics().gauge("venus_messager_head_epoch", "Head that was worked on last");
  daemon.metrics().on_scrape([parts, &head] { head.set(static_cast<double>(parts->service->head_height())); });
  daemon.health().add("chain", platform::Health::Kind::Ready, [parts]() -> Result<void> {
    if (parts->service->head_height() >= 0) return {};
    return fail(ErrorCode::Unavailable, "no head was worked on yet");
  });
  daemon.on_start("follow", [parts, &daemon] { return start_following(parts, &daemon); });
  daemon.on_stop("follow", [parts] { return stop_following(parts); });
  return daemon.dispatcher().check_complete<api::MessagerApi>();
}

}  // namespace venus::messager
