// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/miner/program.hpp"

#include <boost/asio/steady_timer.hpp>

#include "api/node_client.hpp"
#include "services/miner/service.hpp"

namespace venus::miner {
namespace {

using platform::kv;

struct Parts {
  base::SystemClock clock;
  std::unique_ptr<db::sql::Database> database;
  std::unique_ptr<SlashFilter> filter;
  std::unique_ptr<api::auth::Auth> auth;
  Peers peers;
  std::unique_ptr<Service> service;
};

Result<std::vector<api::MinerForMining>> parse_miners(const std::vector<std::string>& texts) {
  std::vector<api::MinerForMining> out;
  for (const auto& text : texts) {
    const auto at = text.find('=');
    TRY(const auto address, with_context(Address::parse(text.substr(0, at)), "mining.miners"));
    out.push_back({address, at == std::string::npos ? "" : text.substr(at + 1), true});
  }
  return out;
}

// A network's delays are the node's to tell; a third of the block delay is the usual share for propagation.
Task<Settings> settings_of(std::shared_ptr<rpc::Client> node, Config config) {
  CO_TRY(const auto params, co_await node->call<api::StateApi::GetNetworkParams>());
  const auto* delay = base::find_member(params, "BlockDelaySecs");
  if (delay == nullptr) co_return fail(ErrorCode::Malformed, "the node does not tell its block delay");
  Settings out;
  CO_TRY(out.block_delay_seconds, base::from_json<std::uint64_t>(*delay));
  out.propagation_delay_seconds = config.propagation_delay_seconds != 0
                                      ? config.propagation_delay_seconds
                                      : std::max<std::uint64_t>(1, out.block_delay_seconds / 3);
  out.miner_timeout = config.miner_timeout;
  using SubmitTo = Settings::SubmitTo;
  out.submit_to = config.submit_to == "all" ? SubmitTo::All : config.submit_to == "one" ? SubmitTo::One : SubmitTo::Spread;
  co_return out;
}

Task<> produce(std::shared_ptr<Parts> parts, Config config) {
  const platform::Log log("miner");
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (true) {
    const auto settings = co_await settings_of(parts->peers.node, config);
    if (settings) {
      parts->service->set_settings(*settings);
      const auto ended = co_await parts->service->run();
      if (ended || ended.error().code == ErrorCode::Cancelled) co_return Result<void>{};
      log.warn("production broke off", kv("error", ended.error()));
    } else {
      log.warn("the node does not answer yet", kv("error", settings.error()));
    }
    timer.expires_after(std::chrono::seconds(1));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

Task<> start_production(std::shared_ptr<Parts> parts, platform::Daemon* daemon, Config config) {
  daemon->tasks().spawn("produce", produce(std::move(parts), std::move(config)));
  co_return Result<void>{};
}

Task<> stop_production(std::shared_ptr<Parts> parts) {
  parts->service->stop();
  co_return Result<void>{};
}

void add_metrics(platform::Metrics& metrics, const std::shared_ptr<Parts>& parts) {
  auto& rounds = metrics.gauge("venus_miner_rounds", "Rounds tried since the start");
  auto& wins = metrics.gauge("venus_miner_wins", "Wins since the start");
  auto& blocks = metrics.gauge("venus_miner_blocks", "Blocks a node accepted since the start");
  auto& failures = metrics.gauge("venus_miner_failures", "Things that went wrong since the start");
  metrics.on_scrape([&, parts] {
    const auto counts = parts->service->counts();
    rounds.set(static_cast<double>(counts.rounds));
    wins.set(static_cast<double>(counts.wins));
    blocks.set(static_cast<double>(counts.blocks));
    failures.set(static_cast<double>(counts.failures));
  });
}

}  // namespace

void Config::declare(platform::Properties& p) {
  p.add("network.prefix", &prefix, "Letter of addresses: f on mainnet, t elsewhere",
        std::optional(platform::one_of({"f", "t"})));
  p.add("node.urls", &node_urls, "Nodes, best first: the first that answers and is not behind is asked");
  p.add("node.max_behind", &node_max_behind, "Epochs a node may be behind the best of them and still be asked",
        std::optional(platform::in_range<std::int64_t>(0, 1'000'000)));
  p.add("node.token", &node_token, "Token for the nodes");
  p.add("gateway.url", &gateway_url, "Gateway to wallets and provers");
  p.add("gateway.token", &gateway_token, "Token for the gateway");
  p.add("db.dsn", &dsn, "Database of wins and the slash filter; empty: miner.db in the home folder");
  p.add("mining.miners", &miners, "Miners as ADDRESS=ACCOUNT; empty: those that venus-auth knows");
  p.add("mining.submit_to", &submit_to, "Who gets blocks: all nodes; the one that is asked (others when it fails); or a node for each miner in turn",
        std::optional(platform::one_of({"all", "one", "spread"})));
  p.add("mining.propagation_delay", &propagation_delay_seconds,
        "Seconds that blocks of an epoch are waited for; 0: a third of the block delay");
  p.add("mining.miner_timeout", &miner_timeout, "How long one miner may take; 0: until its block is too late");
}

Result<void> build(platform::Daemon& daemon, const Config& config, const platform::CommonConfig& common) {
  types::set_display_prefix(config.prefix == "t" ? types::NetworkPrefix::Testnet : types::NetworkPrefix::Mainnet);
  auto parts = std::make_shared<Parts>();
  daemon.keep(parts);
  const auto dsn = config.dsn.empty() ? daemon.home().file("miner.db").string() : config.dsn.reveal();
  TRY(parts->database, db::sql::Database::open(dsn));
  TRY(parts->filter, SlashFilter::open(*parts->database, parts->clock));
  api::NodeClientOptions options{.max_behind = config.node_max_behind};
  options.client.token = config.node_token.reveal();
  options.client.call_timeout = std::chrono::minutes(3);
  TRY(const auto nodes, api::make_node_clients(daemon.io(), config.node_urls, options));
  nodes.on_switch([urls = config.node_urls](std::size_t node) {
    platform::Log("miner").warn("another node is used", kv("node", urls.at(node)));
  });
  parts->peers.node = nodes.client;
  parts->peers.submit_nodes = nodes.each;
  parts->peers.node_in_use = nodes.in_use;
  parts->peers.node_alive = nodes.alive;
  rpc::ClientOptions gateway;
  gateway.token = config.gateway_token.reveal();
  gateway.call_timeout = std::chrono::minutes(3);
  TRY(parts->peers.gateway, rpc::make_client(daemon.io(), config.gateway_url, gateway));
  TRY(auto miners, parse_miners(config.miners));
  if (miners.empty()) {
    if (common.auth_url.empty()) {
      return fail(ErrorCode::InvalidArgument, "set auth.url (venus-auth knows the miners) or mining.miners");
    }
    TRY(parts->auth, api::auth::make_auth_client(daemon.io(), common.auth_url, common.auth_token.reveal()));
    parts->peers.auth = parts->auth.get();
  }
  parts->service = std::make_unique<Service>(*parts->filter, parts->clock, parts->peers, Settings{}, std::move(miners));
  const platform::Log log("miner");
  parts->service->on_report(
      [log](std::string_view what, const Error& error) { log.warn(what, kv("error", error)); });
  parts->service->on_block([log](const types::BlockHeader& block, std::int64_t millis) {
    log.info("block submitted", kv("miner", block.miner), kv("epoch", block.height), kv("cid", block.cid()),
             kv("own_ms", millis));
  });
  parts->service->bind(daemon.dispatcher());
  add_metrics(daemon.metrics(), parts);
  daemon.on_start("production", [parts, &daemon, config_copy = std::make_shared<Config>(config)] {
    return start_production(parts, &daemon, *config_copy);
  });
  daemon.on_stop("production", [parts] { return stop_production(parts); });
  return daemon.dispatcher().check_complete<api::MinerApi>();
}

void add_commands(platform::Cli& cli) {
  auto& address = cli.root().add("address", "Miners");
  address.add("list", "Miners produced for").action([](platform::Cli& c) -> Result<void> {
    TRY(const auto miners, c.call<api::MinerApi::ListAddress>());
    platform::Table table({"Miner", "Account", "Mining"});
    for (const auto& m : miners) table.row({m.address.str(), m.name, m.open_mining ? "yes" : "no"});
    return c.print_table(table);
  });
  address.add("state", "How the miners do").action([](platform::Cli& c) -> Result<void> {
    TRY(const auto states, c.call<api::MinerApi::StatesForMining>(std::vector<Address>{}));
    platform::Table table({"Miner", "Mining", "Last error"});
    for (const auto& s : states) {
      table.row({s.address.str(), s.is_mining ? "yes" : "no", s.errors.empty() ? "" : s.errors.front()});
    }
    return c.print_table(table);
  });
  auto limit = std::make_shared<std::int64_t>(20);
  cli.root().add("winner", "Wins").add("list", "Wins and what became of them, newest first")
      .option("--limit,-n", limit.get(), "How many at most")
      .action([limit](platform::Cli& c) -> Result<void> {
        api::BlocksQuery query;
        query.limit = *limit;
        TRY(const auto records, c.call<api::MinerApi::ListBlocks>(query));
        if (c.json()) return c.print_json(base::to_json(records));
        platform::Table table({"Epoch", "Miner", "Wins", "State", "Proof ms", "Total ms", "Block", "Error"});
        constexpr std::array<std::string_view, 5> kStates{"mining", "success", "timeout", "forked", "error"};
        for (const auto& r : records) {
          const auto state = static_cast<std::size_t>(r.state);
          table.row({std::to_string(r.epoch), r.miner.str(), std::to_string(r.win_count),
                     std::string(state < kStates.size() ? kStates[state] : "?"), std::to_string(r.proof_millis),
                     std::to_string(r.total_millis), r.cid, r.error});
        }
        return c.print_table(table);
      });
}

}  // namespace venus::miner
