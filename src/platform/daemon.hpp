// SPDX-License-Identifier: MIT OR Apache-2.0
// The life of a daemon: home folder, log, tokens, API server with /metrics and health, start and
// stop order, signals. A program's main only wires its parts:
//
//   TRY(auto daemon, Daemon::open({.component = "wallet", .version = kVersion, .home = home},
//   common)); auto wallet = std::make_shared<Wallet>(...);
//   daemon->dispatcher().bind<WalletApi::Has>(*wallet, &Wallet::has);
//   daemon->on_start("keystore", [wallet] { return wallet->open(); });
//   daemon->on_stop("keystore", [wallet] { return wallet->close(); });
//   return daemon->run();
#pragma once

#include "platform/config.hpp"
#include "platform/health.hpp"
#include "platform/home.hpp"
#include "platform/log.hpp"
#include "platform/metrics.hpp"
#include "platform/task_group.hpp"
#include "platform/tokens.hpp"
#include "rpc/server.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace venus::platform {

/// Settings every daemon has; declare() puts them into [api], [auth] and [log].
struct CommonConfig {
  std::string listen = "/ip4/127.0.0.1/tcp/0/http";
  ByteSize max_request{64U << 20};
  std::size_t max_connections = 4096;
  std::size_t max_running = 1024;
  std::size_t io_threads = 2;
  std::string anonymous = "read";
  std::string allow_origin;
  std::chrono::milliseconds stop_grace{10'000};
  std::string auth_url;
  SecretText auth_token;
  std::string log_level = "info";
  std::vector<std::string> log_modules;
  std::string log_format = "auto";
  std::string log_file;

  void declare(Properties& properties);
  /// The log as set here; "auto" is text on a terminal and JSON elsewhere.
  [[nodiscard]] Result<LogOptions> log_options() const;
};

struct DaemonOptions {
  std::string component;  ///< "node": names the home folder and metrics
  std::string version;
  std::filesystem::path home{};  ///< --home; empty: VENUS_HOME or ~/.venus/<component>
  bool no_core_dumps =
      false;  ///< for daemons that hold keys: memory never goes to disk or to a debugger
};

class Daemon {
 public:
  /// Opens and locks the home folder, the log, tokens and server (which listens from run() on).
  /// Conflict when another process has the home folder.
  static Result<std::unique_ptr<Daemon>> open(DaemonOptions options, CommonConfig config);
  virtual ~Daemon() = default;
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  virtual asio::io_context& io() = 0;
  [[nodiscard]] virtual const Home& home() const = 0;
  [[nodiscard]] virtual const DaemonOptions& options() const = 0;
  virtual Metrics& metrics() = 0;
  virtual Health& health() = 0;
  virtual const LocalTokens& tokens() = 0;
  /// Background tasks; cancelled after the server has stopped and before the parts are.
  virtual TaskGroup& tasks() = 0;
  /// What /rpc/v0 and /rpc/v1 answer. Bind before run().
  virtual rpc::Dispatcher& dispatcher() = 0;
  /// For routes and more mounts, before run().
  virtual rpc::Server& server() = 0;
  /// The verifier of bearer tokens: local, then venus-auth.
  virtual std::shared_ptr<rpc::AuthVerifier> verifier() = 0;
  /// For venus-auth itself: who judges bearer tokens instead, and which token the `token` file of
  /// the home folder holds. Before run().
  virtual void replace_tokens(std::shared_ptr<rpc::AuthVerifier> verifier,
                              SecretText admin_token) = 0;

  /// Runs in the order given before the API listens; a failure ends run().
  virtual void on_start(std::string name, std::function<Task<>()> start) = 0;
  /// Runs in the reverse order after the API has stopped; failures are logged.
  virtual void on_stop(std::string name, std::function<Task<>()> stop) = 0;
  /// Keeps an object alive until the daemon is destroyed, after all threads have ended.
  virtual void keep(std::shared_ptr<void> object) = 0;
  template <class T>
  T& own(std::unique_ptr<T> object) {
    T& out = *object;
    keep(std::shared_ptr<T>(std::move(object)));
    return out;
  }

  /// Ends run() in order; from any thread.
  virtual void request_stop() = 0;
  /// Starts the parts, listens, writes `api` and `token` into the home folder, and blocks until
  /// SIGINT, SIGTERM or request_stop(); then stops everything. A second signal ends the process at
  /// once.
  virtual Result<void> run() = 0;
  /// The bound API address; meaningful once run() has listened (see on_listening).
  [[nodiscard]] virtual rpc::Endpoint endpoint() const = 0;
  /// Called once the API listens.
  virtual void on_listening(std::function<void(const rpc::Endpoint&)> hook) = 0;

 protected:
  Daemon() = default;
};

/// Keeps the process's memory from core files and other users' debuggers.
void forbid_core_dumps();
/// Raises the limit of open files as far as the system allows.
void raise_file_limit();

}  // namespace venus::platform
