// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/wallet/program.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

#include "crypto/random.hpp"
#include "services/wallet/handlers.hpp"
#include "services/wallet/password.hpp"
#include "services/wallet/schema.hpp"

namespace venus::wallet {
namespace {

using platform::kv;

/// What the running wallet consists of, in the order it is made.
struct Parts {
  base::SystemClock clock;
  std::unique_ptr<db::sql::Database> database;
  std::unique_ptr<KeyRing> keys;
  std::unique_ptr<SignRecords> records;
  std::unique_ptr<Wallet> wallet;
  std::unique_ptr<GatewayLinks> links;
  std::unique_ptr<Handlers> handlers;
  WorkerPool threads{1};
};

Result<void> unlock_at_start(Wallet& wallet, const Config& config, const platform::Log& log) {
  const bool is_new = wallet.keys().state() == KeyRing::State::New;
  TRY(auto password, configured_password(config.password_file));
  if (!password && can_ask()) {
    TRY(auto typed, ask_password(is_new ? "Choose a password for this wallet (empty: later): "
                                        : "Password of this wallet (empty: start locked): ", is_new));
    if (!typed.empty()) password = std::move(typed);
  }
  if (!password) {
    log.warn("the wallet is locked: it signs nothing until 'venus-wallet unlock' or 'set-password'");
    return {};
  }
  TRY_VOID(is_new ? wallet.set_password(text_of(*password)) : wallet.unlock(text_of(*password)));
  log.info("the wallet is open");
  return {};
}

Result<std::string> gateway_token(const Config& config) {
  if (!config.gateway_token.empty() || config.gateway_token_file.empty()) return config.gateway_token.reveal();
  TRY(auto text, platform::read_file(config.gateway_token_file, 65536));
  while (text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
  return text;
}

/// Forgets old records once an hour.
Task<> purge_regularly(std::shared_ptr<Parts> parts, std::chrono::milliseconds keep) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    std::ignore = co_await on(parts->threads, [parts, keep] { return parts->records->purge(keep.count()); });
    timer.expires_after(std::chrono::hours(1));
    const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return Result<void>{};
  }
}

Task<> done_task() { co_return Result<void>{}; }

Result<void> check_open(const KeyRing& keys) {
  if (keys.state() == KeyRing::State::Open) return {};
  return fail(ErrorCode::Unavailable, "the wallet is locked");
}

}  // namespace

void Config::declare(platform::Properties& p) {
  using platform::in_range;
  p.add("db.dsn", &dsn, "Database: a SQLite file or a MySQL DSN; empty: wallet.db in the home folder");
  p.add("keys.password_file", &password_file,
        "File whose first line is the password to start with; see also VENUS_PASSWORD_FD and systemd's "
        "credential wallet-password");
  p.add("keys.scrypt_n", &scrypt_n, "Cost of the password derivation of new keys, a power of two",
        std::optional(in_range<std::uint64_t>(2, 1U << 22)));
  p.add("keys.scrypt_p", &scrypt_p, "Its parallelisation", std::optional(in_range<std::uint64_t>(1, 16)));
  p.add("sign.allow_unknown", &allow_unknown, "Sign bytes nobody can read (types unknown and f3): dangerous");
  p.add("sign.refuse_same_parents", &refuse_same_parents,
        "Also refuse a block on parents on which a block of another epoch was signed");
  p.add("sign.keep_records", &keep_records, "How long the list of signatures is kept (signed blocks are for ever)");
  p.add("network.chain_id", &chain_id, "EIP-155 number of the network, for delegated addresses");
  p.add("network.prefix", &prefix, "Letter of addresses: f on mainnet, t elsewhere",
        std::optional(platform::one_of({"f", "t"})));
  p.add("gateway.urls", &gateways, "Gateways to register with, ws://host:45132 or /ip4/host/tcp/45132/ws");
  p.add("gateway.token", &gateway_token, "Token of the miner's user at venus-auth");
  p.add("gateway.token_file", &gateway_token_file, "File with that token");
  p.add("gateway.support_accounts", &support_accounts, "Accounts beside the token's own to sign for");
}

Result<void> build(platform::Daemon& daemon, const Config& config) {
  const platform::Log log("wallet");
  types::set_display_prefix(config.prefix == "t" ? types::NetworkPrefix::Testnet : types::NetworkPrefix::Mainnet);
  auto parts = std::make_shared<Parts>();
  daemon.keep(parts);
  const auto dsn = config.dsn.empty() ? daemon.home().file("wallet.db").string() : config.dsn.reveal();
  TRY(parts->database, db::sql::Database::open(dsn));
  TRY_VOID(migrate(*parts->database));
  TRY(parts->keys, KeyRing::open(*parts->database, parts->clock, {.n = config.scrypt_n, .r = 8, .p = config.scrypt_p}));
  parts->records = std::make_unique<SignRecords>(*parts->database, parts->clock,
                                                 SignRecords::Options{config.refuse_same_parents});
  parts->wallet = std::make_unique<Wallet>(
      *parts->keys, *parts->records, SignRules{config.allow_unknown, config.chain_id, crypto::random_bytes(32)});
  TRY_VOID(unlock_at_start(*parts->wallet, config, log));

  if (!config.gateways.empty()) {
    TRY(auto token, gateway_token(config));
    GatewayOptions options;
    options.urls = config.gateways;
    options.token = std::move(token);
    options.support_accounts = config.support_accounts;
    TRY(parts->links, GatewayLinks::start(daemon.io(), *parts->wallet, std::move(options)));
    parts->wallet->watch(*parts->links);
    daemon.on_stop("gateways", [parts] {
      parts->links->stop();
      return done_task();
    });
  }
  parts->handlers = std::make_unique<Handlers>(*parts->wallet, parts->links.get(), daemon.tokens(), daemon.options().version);
  TRY_VOID(parts->handlers->bind(daemon.dispatcher()));
  daemon.health().add("unlocked", platform::Health::Kind::Ready, [parts] { return check_open(*parts->keys); });
  daemon.tasks().spawn("purge of old records", purge_regularly(parts, config.keep_records));
  return {};
}

}  // namespace venus::wallet
