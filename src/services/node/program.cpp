// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/program.hpp"

#include <fmt/ranges.h>

#include <set>

#include "api/key_info_json.hpp"
#include "api/node/common.hpp"
#include "bridge/proofs.hpp"
#include "platform/home.hpp"
#include "rpc/openrpc.hpp"
#include "services/node/handlers/handlers.hpp"
#include "services/node/metrics.hpp"
#include "services/node/network.hpp"

namespace venus::node {
namespace {

Result<types::NetworkParams> load_network(const std::string& name) {
  if (name.find('/') == std::string::npos && !name.ends_with(".toml")) return types::builtin_network(name);
  TRY(const auto text, platform::read_file(name));
  return with_context(types::parse_network(text), name);
}

// Where `make actors` puts the official bundles.
std::filesystem::path cache_folder() {
  if (const char* set = std::getenv("VENUS_CACHE"); set != nullptr) return set;
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home == nullptr ? "." : home) / ".cache/venus";
}

std::vector<std::filesystem::path> find_bundles(const Config& config, const types::NetworkParams& network) {
  std::vector<std::filesystem::path> out(config.bundles.begin(), config.bundles.end());
  if (!out.empty()) return out;
  for (unsigned version = actors::kOldestVersion; version <= actors::kNewestVersion; ++version) {
    auto file = cache_folder() / "actors" / fmt::format("v{}-{}.car", version, network.actors_bundle);
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) out.push_back(std::move(file));
  }
  return out;
}

Task<> as_task(Result<void> result) { co_return result; }

// Destroyed from the last member on: the network goes before the node it works on.
struct Parts {
  std::unique_ptr<Node> node;
  std::unique_ptr<Network> network;  // null when networking is off
};

Result<void> bind_all(rpc::Dispatcher& d, Node& node, Network* network, platform::Daemon& daemon) {
  bind_chain(d, node);
  bind_sync(d, node, network == nullptr ? SyncParts{} : network->sync_parts());
  bind_mpool(d, node);
  bind_gas(d, node);
  bind_mining(d, node);
  bind_wallet(d, node);
  bind_state(d, node);
  bind_state_miner(d, node);
  bind_space(d, node);
  bind_net(d, node, network == nullptr ? NetParts{} : network->net_parts());
  bind_common(d, node, network, daemon);
  rpc::bind_discover<api::NodeApi>(d, "venus", daemon.options().version);
  return d.check_complete<api::NodeApi>();
}

void add_health(platform::Health& health, Node& node, std::int64_t max_behind) {
  using Kind = platform::Health::Kind;
  // A devnet makes its PoRep keys last: until then it has nobody who could seal.
  const auto& network = node.settings.network;
  health.add("proofs", Kind::Ready,
             [checked = check_verifying_keys(network, !network.actor_debugging)] { return checked; });
  health.add("actors", Kind::Ready, [&node]() -> Result<void> {
    if (node.warm()) return {};
    return fail(ErrorCode::Unavailable, "the actors are being compiled");
  });
  health.add("sync", Kind::Ready, [&node, max_behind]() -> Result<void> {
    const auto behind = node.epochs_behind();
    if (behind <= max_behind) return {};
    return fail(ErrorCode::Unavailable, "the head is {} epochs behind", behind);
  });
}

}  // namespace

void Config::declare(platform::Properties& p) {
  using platform::in_range;
  p.add("network.name", &network, "Network: mainnet, calibration, butterfly, devnet, or the path of a network file",
        std::optional(platform::not_empty()));
  p.add("network.genesis", &genesis, "CAR with the genesis; needed at the first start");
  p.add("actors.bundles", &bundles, "CARs of the built-in actors; empty: those of the cache (VENUS_CACHE)");
  p.add("store.memory", &database_memory, "Memory for the database's caches");
  p.add("store.gc_keep_epochs", &gc_keep_epochs, "For how many of the newest epochs garbage collection keeps states and messages",
        std::optional(in_range<std::int64_t>(snapshot::kMinKeepEpochs, 1'000'000'000)));
  p.add("store.max_disk", &max_disk, "Collect garbage as the store nears this size; 0: by command alone");
  p.add("store.min_free", &min_free, "Stop before less than this is free on the disk");
  p.add("vm.cache", &vm_cache, "Memory for state blocks the VM read lately");
  p2p.declare(p);
  p.add("node.workers", &workers, "Threads that answer calls", std::optional(in_range<std::size_t>(1, 256)));
  p.add("health.max_epochs_behind", &max_epochs_behind, "How far behind the clock the head may be to be ready",
        std::optional(in_range<std::int64_t>(0, 1'000'000'000)));
}

Result<Settings> make_settings(const Config& config, const std::filesystem::path& home) {
  Settings out;
  out.home = home;
  TRY(out.network, load_network(config.network));
  types::set_display_prefix(out.network.address_prefix);
  out.genesis_car = config.genesis;
  out.actor_bundles = find_bundles(config, out.network);
  out.database_memory_mib = config.database_memory.bytes >> 20;
  out.vm_cache_mib = config.vm_cache.bytes >> 20;
  out.gc_keep_epochs = config.gc_keep_epochs;
  out.max_disk = config.max_disk.bytes;
  out.min_free = config.min_free.bytes;
  out.worker_threads = config.workers;
  return out;
}

Result<void> check_verifying_keys(const types::NetworkParams& network, bool with_porep) {
  using bridge::ParameterKind;
  const auto folder = bridge::parameter_folder();
  std::set<std::uint64_t> missing;
  bool any = false;
  for (const auto proof : network.seal_proofs) {
    TRY(const auto size, types::sector_size(proof));
    bool here = true;
    for (const auto kind : {ParameterKind::WinningPost, ParameterKind::WindowPost, ParameterKind::Porep}) {
      if (kind == ParameterKind::Porep && !with_porep) continue;
      TRY(const bool present, bridge::verifying_key_present(kind, size.value(), folder));
      here = here && present;
    }
    any = any || here;
    if (!here) missing.insert(size.value());
  }
  if (missing.empty() || (any && network.actor_debugging)) return {};
  return fail(ErrorCode::NotFound, "verifying keys of sectors of {} bytes are missing in {} "
              "(FIL_PROOFS_PARAMETER_CACHE): messages with proofs would be executed wrongly",
              fmt::join(missing, ", "), folder.string());
}

Result<void> build(platform::Daemon& daemon, const Config& config) {
  TRY(auto settings, make_settings(config, daemon.home().path()));
  settings.agent = "venus-" + daemon.options().version;
  auto& parts = daemon.own(std::make_unique<Parts>());
  settings.on_disk_full = [&daemon](const std::string&) { daemon.request_stop(); };
  TRY(parts.node, Node::open(daemon.io(), std::move(settings)));
  auto& node = *parts.node;
  const auto& params = node.settings.network;
  const auto keys = check_verifying_keys(params, !params.actor_debugging);
  if (!keys) {
    platform::Log("node").error("nothing is executed: proofs can't be verified", platform::kv("error", keys.error()));
    node.runtime->states.refuse_execution(keys.error().message);
  }
  // Without keys the node could neither judge what peers say nor serve them anything new.
  if (config.p2p.enabled && keys) {
    TRY(parts.network, Network::open(node, config.p2p));
    parts.network->add_metrics(daemon.metrics());
  }
  auto* network = parts.network.get();
  TRY_VOID(bind_all(daemon.dispatcher(), node, network, daemon));
  add_health(daemon.health(), node, config.max_epochs_behind);
  add_node_metrics(daemon.metrics(), node);
  daemon.on_start("node", [&node] { return as_task(node.start()); });
  daemon.on_stop("node", [&node] {
    node.stop();
    return as_task({});
  });
  if (network != nullptr) {
    daemon.on_start("network", [network] { return network->start(); });
    daemon.on_stop("network", [network] { return network->stop(); });
  }
  return {};
}

void add_commands(platform::Cli& cli) {
  auto& root = cli.root();
  add_chain_commands(root);
  add_sync_commands(root);
  add_file_commands(root);
  add_state_commands(root);
  add_wallet_commands(root);
  add_mpool_commands(root);
  add_net_commands(root);
}

}  // namespace venus::node
