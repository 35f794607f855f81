// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/program.hpp"

#include "rpc/http_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/stat.h>

namespace venus::platform {
namespace {

// What the commands share; lives as long as run_program.
struct Shared {
  Program program;
  Properties properties;
  std::map<std::string, std::string> flags;
  std::string config_file;
  bool show_origin = false;
  std::string perm = "read";
  std::string wait_for = "30s";
  bool wait_ready = false;

  explicit Shared(Program given) : program(std::move(given)), properties(program.info.component) {
    program.common->declare(properties);
    if (program.declare) program.declare(properties);
  }

  Result<void> load(const Cli& cli) {
    Properties::Sources sources;
    sources.file =
        config_file.empty() ? cli.home() / "config.toml" : std::filesystem::path(config_file);
    sources.file_required = !config_file.empty();
    sources.flags = flags;
    return properties.load(sources);
  }
};

Result<void> run_daemon(Shared& shared, Cli& cli) {
  TRY_VOID(shared.load(cli));
  DaemonOptions options;
  options.component = shared.program.info.component;
  options.version = shared.program.info.version;
  options.home = cli.home();
  options.no_core_dumps = shared.program.no_core_dumps;
  // Files of a daemon are its owner's business.
  ::umask(S_IRWXG | S_IRWXO);
  TRY(const auto daemon, Daemon::open(std::move(options), *shared.program.common));
  TRY_VOID(shared.program.build(*daemon));
  return daemon->run();
}

void add_config(Shared& shared, Command& root) {
  auto& config = root.add("config", "Settings");
  config.add("default", "Print a config.toml with every setting and its default")
      .action([&shared](Cli& cli) { return cli.print(shared.properties.default_toml()); });
  auto& show = config.add("show", "Print the settings in use");
  show.option("--config", &shared.config_file, "Settings file instead of the home folder's");
  show.flag("--origin", &shared.show_origin, "Say where each value comes from");
  show.action([&shared](Cli& cli) -> Result<void> {
    TRY_VOID(shared.load(cli));
    return cli.print(shared.properties.show(shared.show_origin));
  });
  auto& check = config.add("check", "Check the settings without starting");
  check.option("--config", &shared.config_file, "Settings file instead of the home folder's");
  check.action([&shared](Cli& cli) -> Result<void> {
    TRY_VOID(shared.load(cli));
    TRY_VOID(shared.program.common->log_options());
    return cli.print("the settings are fine");
  });
}

void add_auth(Shared& shared, Command& root) {
  auto& auth = root.add("auth", "Tokens of this daemon");
  auto& create = auth.add("create-token", "Make a token with the rights up to the given one");
  create.option("--perm", &shared.perm, "read, write, sign or admin")
      .choices("--perm", {"read", "write", "sign", "admin"});
  create.action([&shared](Cli& cli) -> Result<void> {
    TRY(const auto perm, rpc::parse_perm(shared.perm));
    TRY(const auto tokens, LocalTokens::open(cli.home() / "jwt.secret"));
    return cli.print(tokens.create(rpc::PermSet::up_to(perm)));
  });
  auto& info = auth.add("api-info", "Print TOKEN:ADDRESS for other programs");
  info.option("--perm", &shared.perm, "read, write, sign or admin")
      .choices("--perm", {"read", "write", "sign", "admin"});
  info.action([&shared](Cli& cli) -> Result<void> {
    TRY(const auto perm, rpc::parse_perm(shared.perm));
    TRY(const auto tokens, LocalTokens::open(cli.home() / "jwt.secret"));
    TRY(const auto api, read_file(cli.home() / "api", 65536));
    return cli.print(tokens.create(rpc::PermSet::up_to(perm)) + ":" + api);
  });
}

Task<> wait_until_up(asio::io_context& io, std::filesystem::path api_file, std::string path,
                     std::chrono::milliseconds span) {
  const auto until = std::chrono::steady_clock::now() + span;
  rpc::HttpClient http(io, {.connect_timeout = std::chrono::milliseconds(1'000),
                            .request_timeout = std::chrono::milliseconds(2'000)});
  asio::steady_timer timer(io);
  std::string last = "no daemon runs";
  while (std::chrono::steady_clock::now() < until) {
    if (const auto api = read_file(api_file, 65536)) {
      CO_TRY(const auto endpoint, rpc::Endpoint::parse(*api, path));
      const auto got = co_await http.get(endpoint.url());
      if (got) co_return Result<void>{};
      last = got.error().message;
    }
    timer.expires_after(std::chrono::milliseconds(100));
    static_cast<void>(co_await timer.async_wait(asio::as_tuple(asio::use_awaitable)));
  }
  co_return fail(ErrorCode::Timeout, "not up after {}: {}", format_duration(span), last);
}

void add_wait(Shared& shared, Command& root) {
  auto& wait = root.add("wait-api", "Wait until the daemon answers");
  wait.option("--timeout", &shared.wait_for, "How long, as 30s or 5m");
  wait.flag("--ready", &shared.wait_ready, "Wait until it is ready to work, not only alive");
  wait.action([&shared](Cli& cli) -> Result<void> {
    TRY(const auto span, parse_duration(shared.wait_for));
    return cli.wait(wait_until_up(cli.io(), cli.home() / "api",
                                  shared.wait_ready ? "/readyz" : "/healthz", span));
  });
}

}  // namespace

int run_program(int argc, const char* const* argv, Program program) {
  Shared shared(std::move(program));
  Cli cli(shared.program.info);
  auto& run = cli.root().add(shared.program.run_name, "Run the daemon in the foreground");
  run.option("--config", &shared.config_file,
             "Settings file (default: config.toml in the home folder)");
  run.settings(shared.properties, &shared.flags);
  if (shared.program.run_flags) shared.program.run_flags(run);
  run.action([&shared](Cli& c) { return run_daemon(shared, c); });
  add_config(shared, cli.root());
  add_auth(shared, cli.root());
  add_wait(shared, cli.root());
  if (shared.program.commands) shared.program.commands(cli);
  return cli.run(argc, argv);
}

}  // namespace venus::platform
