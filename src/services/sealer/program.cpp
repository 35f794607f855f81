// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/sealer/program.hpp"

#include "api/node_client.hpp"
#include "services/sealer/sector_files.hpp"
#include "services/sealer/service.hpp"

#include <cstdlib>

namespace venus::sealer {

namespace fs = std::filesystem;
using platform::kv;

namespace {

/// What the running sealer consists of, in the order it is made.
struct Parts {
  base::SystemClock clock;
  std::unique_ptr<db::sql::Database> database;
  std::unique_ptr<Store> store;
  std::unique_ptr<ChildProver> prover;
  std::shared_ptr<rpc::Client> node;
  std::shared_ptr<rpc::Client> messager;
  std::shared_ptr<Scheduler> scheduler;
  std::unique_ptr<Service> service;
  std::unique_ptr<GatewayLinks> links;
};

std::string default_parameters() {
  const auto text = [](const char* name) {
    return std::string(std::getenv(name) != nullptr ? std::getenv(name) : "");
  };
  if (const auto given = text("FIL_PROOFS_PARAMETER_CACHE"); !given.empty()) return given;
  if (const auto cache = text("VENUS_CACHE"); !cache.empty())
    return (fs::path(cache) / "devnet-params").string();
  return (fs::path(text("HOME")) / ".cache" / "venus" / "devnet-params").string();
}

Task<> done_task() { co_return Result<void>{}; }

Result<void> make_scheduler(Parts& parts, platform::Daemon& daemon, const Config& config,
                            ActorId miner) {
  api::NodeClientOptions node{.max_behind = config.node_max_behind};
  node.client.token = config.node_token.reveal();
  TRY(const auto nodes, api::make_node_clients(daemon.io(), config.node_urls, node));
  nodes.on_switch([urls = config.node_urls](std::size_t which) {
    platform::Log("sealer").warn("another node is followed", kv("node", urls.at(which)));
  });
  parts.node = nodes.client;
  rpc::ClientOptions messager;
  messager.token = config.messager_token.reveal();
  TRY(parts.messager,
      with_context(rpc::make_client(daemon.io(), config.messager_url, messager), "messager.url"));
  SchedulerSettings settings;
  settings.miner = miner;
  settings.challenge_confidence = config.challenge_confidence;
  settings.submit_confidence = config.submit_confidence;
  settings.max_partitions = config.max_partitions;
  if (!config.sender.empty()) {
    TRY(settings.sender, with_context(Address::parse(config.sender), "post.sender"));
  }
  parts.scheduler = std::make_shared<Scheduler>(
      *parts.store, *parts.prover, Scheduler::Peers{parts.node, parts.messager}, settings,
      [&daemon](std::string name, Task<> task) {
        daemon.tasks().spawn(std::move(name), std::move(task));
      });
  return {};
}

Result<void> connect(Parts& parts, platform::Daemon& daemon, const Config& config, ActorId miner) {
  if (config.gateways.empty()) return {};
  GatewayOptions options;
  options.urls = config.gateways;
  options.token = config.gateway_token.reveal();
  options.miner = Address::id(miner);
  auto* service = parts.service.get();
  TRY(parts.links, GatewayLinks::start(daemon.io(), std::move(options), [service](auto request) {
        return service->winning_post(std::move(request));
      }));
  service->set_links(parts.links.get());
  return {};
}

void watch(const std::shared_ptr<Parts>& parts, platform::Daemon& daemon, const Config& config) {
  using Kind = platform::Health::Kind;
  auto& health = daemon.health();
  health.add("parameters", Kind::Ready, [folder = fs::path(config.parameters)]() -> Result<void> {
    const auto missing = missing_parameters(folder, 2048);
    if (missing.empty()) return {};
    return fail(ErrorCode::NotFound, "{}", missing);
  });
  if (parts->links) {
    health.add("gateway", Kind::Ready, [parts]() -> Result<void> {
      for (const auto& state : parts->links->states()) {
        if (state.connected) return {};
      }
      return fail(ErrorCode::Unavailable, "no gateway is connected");
    });
  }
  if (parts->scheduler) {
    health.add("chain", Kind::Ready, [parts]() -> Result<void> {
      if (parts->scheduler->head() >= 0) return {};
      return fail(ErrorCode::Unavailable, "no head was worked on yet");
    });
  }
  const auto posts = [&](const std::string& result) {
    return &daemon.metrics().gauge("venus_sealer_window_posts",
                                   "WindowPoSt messages since the start", {{"result", result}});
  };
  auto* landed = posts("landed");
  auto* failed = posts("failed");
  auto* missed = posts("missed");
  auto& head = daemon.metrics().gauge("venus_sealer_head_epoch", "Head that was worked on last");
  auto& links = daemon.metrics().gauge("venus_sealer_gateways", "Gateways connected");
  auto& proving = daemon.metrics().gauge("venus_sealer_window_post_running",
                                         "Whether a WindowPoSt is being made");
  daemon.metrics().on_scrape([parts, landed, failed, missed, &head, &links, &proving] {
    if (parts->scheduler) {
      head.set(static_cast<double>(parts->scheduler->head()));
      proving.set(parts->scheduler->busy() ? 1 : 0);
      landed->set(static_cast<double>(parts->scheduler->landed()));
      failed->set(static_cast<double>(parts->scheduler->failed()));
      missed->set(static_cast<double>(parts->scheduler->missed()));
    }
    double connected = 0;
    if (parts->links) {
      for (const auto& state : parts->links->states())
        connected += state.connected ? 1 : 0;
    }
    links.set(connected);
  });
}

Result<ActorId> choose_miner(const Config& config, const fs::path& dir) {
  if (!config.miner.empty()) return miner_id(config.miner);
  TRY(const auto miner, miner_of_folder(dir));
  types::set_display_prefix(types::NetworkPrefix::Testnet);
  return miner;
}

}  // namespace

Config::Config() : parameters(default_parameters()) {}

Result<ActorId> miner_id(const std::string& text) {
  TRY(const auto address, with_context(Address::parse(text), "miner"));
  if (!address.is_id()) {
    return fail(ErrorCode::InvalidArgument,
                "'{}' must be the miner's ID address, as t01000: its number is in every replica",
                text);
  }
  types::set_display_prefix(text.starts_with('t') ? types::NetworkPrefix::Testnet
                                                  : types::NetworkPrefix::Mainnet);
  return address.actor_id();
}

fs::path sectors_folder(const Config& config, const fs::path& home) {
  return config.sectors_dir.empty() ? home : fs::path(config.sectors_dir);
}

std::string database_of(const Config& config, const fs::path& home) {
  return config.dsn.empty() ? (home / "sealer.db").string() : config.dsn.reveal();
}

void Config::declare(platform::Properties& p) {
  using platform::in_range;
  p.add("miner.address", &miner,
        "ID address of the miner, as t01000; empty: whose sectors are in sectors.dir");
  p.add("sectors.dir", &sectors_dir,
        "Folder whose sector folders are taken over at start; empty: the home folder");
  p.add("db.dsn", &dsn,
        "Database: a SQLite file or a MySQL DSN; empty: sealer.db in the home folder");
  p.add("node.urls", &node_urls,
        "Nodes, best first: the first that answers and is not behind is followed");
  p.add("node.max_behind", &node_max_behind,
        "Epochs a node may be behind the best of them and still be followed",
        std::optional(in_range<std::int64_t>(0, 1'000'000)));
  p.add("node.token", &node_token, "Token for the node");
  p.add("node.poll", &poll, "How often the node is asked for its head",
        std::optional(in_range(std::chrono::milliseconds(50), std::chrono::milliseconds(60'000))));
  p.add("messager.url", &messager_url, "Messager that gets messages on chain");
  p.add("messager.token", &messager_token, "Token for the messager");
  p.add("gateway.urls", &gateways,
        "Gateways to register with, ws://host:45132 or /ip4/host/tcp/45132/ws");
  p.add("gateway.token", &gateway_token, "Token of the miner's user at venus-auth");
  p.add("proofs.parameter_cache", &parameters, "Folder with the Groth16 parameters");
  p.add("proofs.winning_limit", &winning_limit,
        "How long a WinningPoSt may take before it is ended");
  p.add("proofs.window_limit", &window_limit, "How long a WindowPoSt may take before it is ended");
  p.add("post.enabled", &post_enabled,
        "Prove deadlines; off for a second sealer that only answers WinningPoSt");
  p.add("post.challenge_confidence", &challenge_confidence,
        "Epochs above the challenge before a proof is begun",
        std::optional(in_range<std::int64_t>(0, 60)));
  p.add("post.submit_confidence", &submit_confidence,
        "Epochs a window is open before its proof is sent",
        std::optional(in_range<std::int64_t>(0, 50)));
  p.add("post.max_partitions", &max_partitions, "Partitions in one message",
        std::optional(in_range<std::uint64_t>(1, 3)));
  p.add("post.sender", &sender,
        "Who sends messages (a control address); empty: the miner's worker");
}

Result<void> build(platform::Daemon& daemon, const Config& config) {
  const platform::Log log("sealer");
  const auto dir = sectors_folder(config, daemon.home().path());
  TRY(const auto miner, choose_miner(config, dir));
  auto parts = std::make_shared<Parts>();
  daemon.keep(parts);
  TRY(parts->database, db::sql::Database::open(database_of(config, daemon.home().path())));
  TRY(parts->store, Store::open(*parts->database, parts->clock));
  TRY(const auto added, import_sectors(*parts->store, miner, dir));
  TRY(const auto sectors, parts->store->sectors(miner));
  log.info("sectors", kv("miner", Address::id(miner)), kv("kept", sectors.size()),
           kv("new", added));
  if (const auto missing = missing_parameters(config.parameters, 2048); !missing.empty())
    log.error(missing);

  ChildProver::Options prover;
  prover.program = "/proc/self/exe";
  prover.parameters = config.parameters;
  prover.winning_limit = config.winning_limit;
  prover.window_limit = config.window_limit;
  parts->prover = std::make_unique<ChildProver>(prover);
  if (config.post_enabled) TRY_VOID(make_scheduler(*parts, daemon, config, miner));
  parts->service =
      std::make_unique<Service>(*parts->store, *parts->prover,
                                Service::Parts{miner, daemon.options().version, config.parameters,
                                               parts->scheduler.get(), nullptr});
  parts->service->set_metrics(daemon.metrics());
  TRY_VOID(parts->service->bind(daemon.dispatcher()));
  TRY_VOID(connect(*parts, daemon, config, miner));
  watch(parts, daemon, config);
  if (parts->scheduler) daemon.tasks().spawn("window post", parts->scheduler->run(config.poll));
  daemon.on_stop("proofs", [parts] {
    if (parts->scheduler) parts->scheduler->stop();
    if (parts->links) parts->links->stop();
    parts->prover->stop();
    return done_task();
  });
  return {};
}

}  // namespace venus::sealer
