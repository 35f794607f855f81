// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/devnet/setup.hpp"

#include "api/auth.hpp"
#include "api/wallet.hpp"
#include "base/clock.hpp"
#include "crypto/random.hpp"
#include "genesis/builder.hpp"
#include "ipld/car.hpp"
#include "platform/home.hpp"
#include "rpc/client.hpp"
#include "rpc/http_client.hpp"
#include "rpc/run_blocking.hpp"
#include "services/devnet/parameters.hpp"
#include "services/devnet/plan.hpp"

#include <unistd.h>

#include <thread>

namespace venus::devnet {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kStartTimeout = 60s;
constexpr std::int64_t kStartSeconds = 20;
/// What a node needs, in CPU seconds, to compile the actors before it can execute anything; the
/// first one's are in the above.
constexpr std::int64_t kWarmUpSeconds = 13;
constexpr std::uint64_t kDiskNeeded = 1ULL << 30;
/// drand is older than the chain by this many periods, so that every epoch has a round.
constexpr std::int64_t kDrandAhead = 4;
constexpr std::string_view kPrograms[] = {"venus",         "venus-auth",     "venus-wallet",
                                          "venus-gateway", "venus-messager", "venus-sealer",
                                          "venus-miner"};

fs::path bundle_file() { return cache_folder() / "actors" / "v18-devnet.car"; }

std::string end_of_log(const fs::path& log) {
  auto text = platform::read_file(log, 64U << 20).value_or("");
  if (text.size() > 1500) text.erase(0, text.size() - 1500);
  return text;
}

/// The sectors `venus-sealer preseal -o json` lists.
Result<std::vector<genesis::Sector>> presealed(const std::string& text) {
  TRY(const auto json, base::parse_json(text));
  TRY(auto list, base::from_json<std::vector<genesis::Sector>>(json));
  for (const auto& sector : list) {
    if (sector.sealed_cid == Cid{})
      return fail(ErrorCode::Malformed, "sector {} has no SealedCID", sector.number);
  }
  return list;
}

class Setup {
 public:
  Setup(fs::path self, fs::path folder, SetupOptions options, Supervisor& supervisor,
        asio::io_context& io, Say say)
      : self_(std::move(self)),
        folder_(std::move(folder)),
        options_(std::move(options)),
        supervisor_(supervisor),
        io_(io),
        say_(std::move(say)) {}

  Result<Deployment> run() {
    TRY_VOID(plan());
    TRY_VOID(make_accounts());
    TRY_VOID(make_keys());
    TRY_VOID(seal());
    TRY_VOID(make_chain());
    d_.complete = true;
    TRY_VOID(write_settings(d_, folder_));
    TRY_VOID(d_.save(folder_));
    return d_;
  }

 private:
  static unsigned cores() { return std::max(std::thread::hardware_concurrency(), 1U); }
  [[nodiscard]] fs::path program(std::string_view name) const { return self_.parent_path() / name; }
  [[nodiscard]] const Component& component(std::string_view name) const {
    return *std::ranges::find(d_.components, name, &Component::name);
  }

  Result<void> plan() {
    TRY(const auto sectors, parse_sectors(options_.sectors, options_.miners));
    TRY(const auto ids, choose_miner_ids(options_.miners));
    d_.parameters = (cache_folder() / "devnet-params").string();
    d_.block_delay = options_.block_delay;
    if (d_.block_delay == 0) {
      TRY(const auto cost, proof_cost(self_, d_.parameters));
      d_.block_delay = choose_block_delay(options_.miners, options_.nodes, cost, cores());
      say_(fmt::format("a WinningPoSt costs {:.1f} CPU s here: a block every {} s", cost,
                       d_.block_delay));
    }
    TRY(d_.components,
        plan_components(options_.miners, options_.nodes, options_.producers, options_.ports));
    TRY_VOID(make_identities(d_, folder_));
    const auto producers = d_.running("venus-miner");
    d_.first_open_epoch = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      MinerEntry miner;
      miner.address = Address::id(ids[i]);
      miner.user = fmt::format("miner-{}", i + 1);
      miner.sectors = sectors[i];
      miner.wallet = fmt::format("wallet-{}", i + 1);
      miner.sealer = fmt::format("sealer-{}", i + 1);
      miner.producer = producers[i % producers.size()].name;
      d_.miners.push_back(std::move(miner));
      d_.first_open_epoch =
          std::min(d_.first_open_epoch, genesis::first_deadline_with_sectors(ids[i]).value());
    }
    d_.network_file = (folder_ / "network.toml").string();
    d_.genesis_file = (folder_ / "genesis.car").string();
    TRY_VOID(write_settings(d_, folder_));
    return d_.save(folder_);
  }

  Result<std::string> new_user(api::auth::Auth& auth, const std::string& name,
                               const std::string& perm) {
    TRY_VOID(rpc::run_blocking(io_, auth.create_user({name, "made by venus-devnet", 1})));
    return rpc::run_blocking(io_, auth.generate_token({name, perm, ""}));
  }

  Result<void> make_accounts() {
    say_("starting venus-auth: users and tokens");
    TRY_VOID(start(component("auth")));
    TRY(const auto admin, platform::read_file(folder_ / "auth" / "token", 65536));
    TRY(const auto auth, api::auth::make_auth_client(io_, d_.url_of("auth"), admin));
    TRY(d_.pool_token, new_user(*auth, "pool", "admin"));
    for (auto& miner : d_.miners) {
      TRY(miner.token, new_user(*auth, miner.user, "sign"));
      TRY_VOID(rpc::run_blocking(io_, auth->add_miner({miner.user, miner.address, true})));
    }
    return write_settings(d_, folder_);
  }

  Result<Address> new_key(rpc::Client& wallet, std::string type) {
    return rpc::run_blocking(io_, wallet.call<api::WalletApi::New>(std::move(type)));
  }

  Result<void> make_keys() {
    say_("starting the wallets: keys");
    for (auto& miner : d_.miners) {
      const auto home = folder_ / miner.wallet;
      TRY_VOID(platform::write_private_file(home / "password",
                                            base::to_hex(crypto::random_bytes(24)) + "\n"));
      TRY_VOID(start(component(miner.wallet)));
      TRY(const auto token, platform::read_file(home / "token", 65536));
      TRY(const auto wallet,
          rpc::make_client(io_, d_.url_of(miner.wallet), {.token = token}, "/rpc/v0"));
      TRY(miner.owner, new_key(*wallet, "bls"));
      TRY(miner.worker, new_key(*wallet, "bls"));
      if (!d_.client.defined()) {
        TRY(d_.client, new_key(*wallet, "secp256k1"));
      }
    }
    return {};
  }

  Result<void> seal() {
    for (const auto& miner : d_.miners) {
      say_(fmt::format("sealing {} sectors of {}", miner.sectors, miner.address));
      const auto home = (folder_ / miner.sealer).string();
      TRY(const auto text,
          run_to_end({program("venus-sealer").string(), "preseal", "--miner", miner.address.str(),
                      "--sectors", std::to_string(miner.sectors), "--dir", home, "-o", "json"},
                     {{"VENUS_HOME", home}, {"FIL_PROOFS_PARAMETER_CACHE", d_.parameters}}));
      TRY(auto sectors, with_context(presealed(text), "venus-sealer preseal"));
      sectors_.push_back(std::move(sectors));
      supervisor_.tick();
    }
    return {};
  }

  Result<void> make_chain() {
    say_("making the genesis");
    PlannedNetwork plan;
    plan.name = options_.name;
    plan.block_delay = d_.block_delay;
    plan.seed = base::to_hex(crypto::random_bytes(16));
    // The lead counts from when all runs; what is left to do takes about that long.
    const auto more = kWarmUpSeconds * static_cast<std::int64_t>(options_.nodes - 1) / cores();
    const auto now = base::SystemClock().unix_seconds() + kStartSeconds + more;
    d_.genesis_timestamp =
        genesis_time(now, d_.first_open_epoch, options_.lead_epochs, d_.block_delay);
    d_.start_epoch = (now - static_cast<std::int64_t>(d_.genesis_timestamp)) /
                     static_cast<std::int64_t>(d_.block_delay);
    plan.timestamp = d_.genesis_timestamp;
    for (std::size_t i = 0; i < d_.miners.size(); ++i) {
      const auto& miner = d_.miners[i];
      TRY(const auto id, miner.address.actor_id());
      plan.miners.push_back({id, miner.owner, miner.worker, sectors_[i]});
    }
    plan.clients = {d_.client};
    const auto file = folder_ / "genesis.json";
    TRY_VOID(
        platform::write_private_file(file, base::write_json(base::to_json(make_template(plan)))));
    TRY_VOID(run_to_end({program("venus").string(), "genesis", "build", "--template", file.string(),
                         "--actors", bundle_file().string(), "--out", d_.genesis_file}));
    TRY(const auto car, ipld::CarReader::open_file(d_.genesis_file));
    if (car.roots().size() != 1)
      return fail(ErrorCode::Malformed, "{} has no single root", d_.genesis_file);
    d_.genesis_cid = car.roots().front().str();
    const auto before = static_cast<std::int64_t>(d_.block_delay) * kDrandAhead;
    TRY(const auto signer,
        DrandSigner::create(d_.block_delay,
                            static_cast<std::int64_t>(d_.genesis_timestamp) - before));
    TRY_VOID(signer.save(folder_ / "drand"));
    TRY(const auto network,
        make_network(plan, car.roots().front(), signer.info(), d_.url_of("drand")));
    return platform::write_private_file(d_.network_file, types::write_network(network));
  }

  Result<void> start(const Component& which) {
    return start_component(d_, which, self_, folder_, supervisor_, io_);
  }

  fs::path self_;
  fs::path folder_;
  SetupOptions options_;
  Supervisor& supervisor_;
  asio::io_context& io_;
  Say say_;
  Deployment d_;
  std::vector<std::vector<genesis::Sector>> sectors_;
};

}  // namespace

Result<void> check_machine(const fs::path& self, const fs::path& folder, const Say& say) {
  for (const auto name : kPrograms) {
    const auto path = self.parent_path() / name;
    if (::access(path.c_str(), X_OK) != 0) {
      return fail(ErrorCode::NotFound, "{} is missing beside venus-devnet: run 'make build'",
                  path.string());
    }
  }
  if (::access(bundle_file().c_str(), R_OK) != 0) {
    return fail(ErrorCode::NotFound, "the built-in actors are missing ({}): run 'make setup'",
                bundle_file().string());
  }
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(ErrorCode::Io, "{}: {}", folder.string(), error.message());
  const auto space = fs::space(folder, error);
  if (!error && space.available < kDiskNeeded) {
    return fail(ErrorCode::Exhausted,
                "{} has {} MiB left, a devnet needs {}: free some or choose --dir", folder.string(),
                space.available >> 20, kDiskNeeded >> 20);
  }
  return ensure_parameters(self, cache_folder() / "devnet-params", say);
}

Result<void> start_component(const Deployment& deployment, const Component& component,
                             const fs::path& self, const fs::path& folder, Supervisor& supervisor,
                             asio::io_context& io) {
  const auto spec = child_of(deployment, component, folder, self.parent_path());
  TRY_VOID(supervisor.start(spec));
  rpc::HttpClient http(io, {.connect_timeout = 1s, .request_timeout = 2s});
  const auto until = std::chrono::steady_clock::now() + kStartTimeout;
  while (std::chrono::steady_clock::now() < until) {
    supervisor.tick();
    const auto status = supervisor.status_of(component.name);
    if (status && status->restarts > 2) break;
    // The token is written after the API begins to answer.
    const bool has_token =
        component.name == "drand" || fs::exists(folder / component.name / "token");
    if (has_token && rpc::run_blocking(io, http.get(component.url + "/healthz"))) return {};
    std::this_thread::sleep_for(50ms);
  }
  return fail(ErrorCode::Unavailable, "{} does not start; the end of {}:\n{}", component.name,
              spec.log.string(), end_of_log(spec.log));
}

Result<Deployment> set_up(const fs::path& self, const fs::path& folder, const SetupOptions& options,
                          Supervisor& supervisor, asio::io_context& io, const Say& say) {
  return Setup(self, folder, options, supervisor, io, say).run();
}

}  // namespace venus::devnet
