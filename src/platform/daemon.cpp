// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/daemon.hpp"

#include "platform/rpc_metrics.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <future>
#include <optional>
#include <thread>

namespace venus::platform {
namespace {

// "/ip4/127.0.0.1/tcp/3453/http", "http://127.0.0.1:3453" or "127.0.0.1:3453".
Result<rpc::Endpoint> listen_address(const std::string& text) {
  return with_context(rpc::Endpoint::parse(text), "api.listen");
}

// The verifier of the server, which a program may replace between open() and run().
class ReplaceableVerifier final : public rpc::AuthVerifier {
 public:
  Task<std::shared_ptr<const rpc::Caller>> verify(std::string token) override {
    return inner->verify(std::move(token));
  }
  std::shared_ptr<rpc::AuthVerifier> inner;
};

class RunningDaemon final : public Daemon {
 public:
  RunningDaemon(DaemonOptions options, CommonConfig config, Home home, LocalTokens tokens,
                rpc::Endpoint listen)
      : options_(std::move(options)),
        config_(std::move(config)),
        home_(std::move(home)),
        tokens_(std::move(tokens)),
        listen_(std::move(listen)),
        work_(asio::make_work_guard(io_)),
        signals_(io_),
        tasks_(io_.get_executor()) {}

  ~RunningDaemon() override;

  Result<void> prepare();

  asio::io_context& io() override { return io_; }
  [[nodiscard]] const Home& home() const override { return home_; }
  [[nodiscard]] const DaemonOptions& options() const override { return options_; }
  Metrics& metrics() override { return *metrics_; }
  Health& health() override { return *health_; }
  const LocalTokens& tokens() override { return tokens_; }
  TaskGroup& tasks() override { return tasks_; }
  rpc::Dispatcher& dispatcher() override { return dispatcher_; }
  rpc::Server& server() override { return *server_; }
  std::shared_ptr<rpc::AuthVerifier> verifier() override { return verifier_; }
  void replace_tokens(std::shared_ptr<rpc::AuthVerifier> verifier,
                      SecretText admin_token) override {
    verifier_->inner = std::move(verifier);
    admin_token_ = std::move(admin_token);
  }
  void on_start(std::string name, std::function<Task<>()> start) override {
    starts_.push_back({std::move(name), std::move(start)});
  }
  void on_stop(std::string name, std::function<Task<>()> stop) override {
    stops_.push_back({std::move(name), std::move(stop)});
  }
  void keep(std::shared_ptr<void> object) override { kept_.push_back(std::move(object)); }
  [[nodiscard]] rpc::Endpoint endpoint() const override { return bound_; }
  void on_listening(std::function<void(const rpc::Endpoint&)> hook) override {
    listening_ = std::move(hook);
  }
  void request_stop() override {
    asio::post(io_, [this] { stop_once("asked to"); });
  }
  Result<void> run() override;

 private:
  struct Part {
    std::string name;
    std::function<Task<>()> action;
  };

  void add_routes();
  void wait_for_signals();
  void stop_once(std::string_view why);
  void end_threads();
  Result<void> start_all();
  void stop_all(std::size_t started);
  Result<void> listen();
  // Runs a task on the io threads and waits for it here.
  Result<void> wait(Task<> task);

  DaemonOptions options_;
  CommonConfig config_;
  Home home_;
  LocalTokens tokens_;
  rpc::Endpoint listen_;
  rpc::Endpoint bound_;
  Log log_{"daemon"};
  std::optional<Metrics> metrics_{std::in_place};
  std::optional<Health> health_{std::in_place};
  std::vector<std::shared_ptr<void>> kept_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::signal_set signals_;
  rpc::Dispatcher dispatcher_;
  std::shared_ptr<ReplaceableVerifier> verifier_ = std::make_shared<ReplaceableVerifier>();
  SecretText admin_token_;
  std::unique_ptr<rpc::Server> server_;
  TaskGroup tasks_;
  std::vector<Part> starts_;
  std::vector<Part> stops_;
  std::function<void(const rpc::Endpoint&)> listening_;
  std::promise<void> stop_;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

// Objects kept for the daemon may post their last work to the io context when they end, and the
// server's handlers refer to them: server first, then the objects, the io context last. Callbacks
// may hold the same objects: they go in between, but after the last handler has run, as that may be
// a coroutine of such an object.
RunningDaemon::~RunningDaemon() {
  end_threads();
  server_.reset();
  io_.restart();
  io_.poll();
  while (!kept_.empty())
    kept_.pop_back();
  io_.restart();
  io_.poll();
  starts_.clear();
  stops_.clear();
  listening_ = nullptr;
  health_.reset();
  metrics_.reset();
}

Result<void> RunningDaemon::prepare() {
  TRY(auto perms, [&]() -> Result<rpc::PermSet> {
    if (config_.anonymous == "none") return rpc::PermSet();
    TRY(const auto perm, rpc::parse_perm(config_.anonymous));
    return rpc::PermSet::up_to(perm);
  }());
  verifier_->inner = std::make_shared<TokenVerifier>(
      io_, tokens_,
      TokenVerifier::Options{.auth_url = config_.auth_url, .auth_token = config_.auth_token});
  rpc::ServerOptions options;
  options.limits.max_request_bytes = config_.max_request.bytes;
  options.limits.max_connections = config_.max_connections;
  options.limits.max_running = config_.max_running;
  options.auth = verifier_;
  options.anonymous = perms;
  options.allow_origin = config_.allow_origin;
  options.ready = [this] { return health_->report(Health::Kind::Ready).ok; };
  options.on_call = RpcMetrics(*metrics_);
  server_ = std::make_unique<rpc::Server>(io_, std::move(options));
  server_->mount("/rpc/v0", dispatcher_, rpc::ApiVersion::V0);
  server_->mount("/rpc/v1", dispatcher_, rpc::ApiVersion::V1);
  add_process_metrics(*metrics_);
  (*metrics_)
      .gauge("venus_build_info", "Version of this program",
             {{"component", options_.component}, {"version", options_.version}})
      .set(1);
  add_server_metrics(*metrics_, *server_);
  add_routes();
  return {};
}

void RunningDaemon::add_routes() {
  using rpc::HttpRequest;
  using rpc::HttpResponse;
  const auto health = [this](Health::Kind kind) -> rpc::Server::RouteHandler {
    return [this, kind](const HttpRequest& request) {
      const auto report = health_->report(kind);
      const bool verbose = request.query.contains("verbose") || !report.ok;
      return rpc::reply_now(
          HttpResponse::text(verbose ? report.text : "ok\n", report.ok ? 200 : 503));
    };
  };
  server_->route(rpc::Verb::Get, "/healthz", std::nullopt, health(Health::Kind::Alive));
  server_->route(rpc::Verb::Get, "/livez", std::nullopt, health(Health::Kind::Alive));
  server_->route(rpc::Verb::Get, "/readyz", std::nullopt, health(Health::Kind::Ready));
  server_->route(rpc::Verb::Get, "/metrics", std::nullopt, [this](const HttpRequest&) {
    auto response = HttpResponse::text(metrics_->exposition());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return rpc::reply_now(std::move(response));
  });
}

Result<void> RunningDaemon::wait(Task<> task) {
  std::promise<Result<void>> done;
  asio::co_spawn(io_, std::move(task), [&](std::exception_ptr thrown, Result<void> result) {
    if (!thrown) return done.set_value(std::move(result));
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      done.set_value(fail(ErrorCode::Internal, "{}", error.what()));
    }
  });
  return done.get_future().get();
}

void RunningDaemon::wait_for_signals() {
  signals_.async_wait([this](boost::system::error_code error, int number) {
    if (error) return;
    if (stopping_) std::_Exit(128 + number);
    stop_once(number == SIGINT ? "SIGINT" : "SIGTERM");
    wait_for_signals();
  });
}

void RunningDaemon::stop_once(std::string_view why) {
  if (std::exchange(stopping_, true)) return;
  log_.info("stopping", kv("reason", why));
  stop_.set_value();
}

Result<void> RunningDaemon::start_all() {
  for (const auto& part : starts_) {
    log_.debug("starting a part", kv("part", part.name));
    TRY_VOID(with_context(wait(part.action()), part.name));
  }
  return {};
}

Result<void> RunningDaemon::listen() {
  TRY(bound_, server_->listen(listen_.host, listen_.port));
  TRY_VOID(write_private_file(home_.file("api"), bound_.multiaddr()));
  TRY_VOID(write_private_file(home_.file("token"), admin_token_.empty()
                                                       ? tokens_.create(rpc::PermSet::all())
                                                       : admin_token_.reveal()));
  log_.info("listening", kv("address", bound_.multiaddr()), kv("home", home_.path().string()),
            kv("version", options_.version), kv("pid", ::getpid()));
  if (listening_) listening_(bound_);
  return {};
}

void RunningDaemon::stop_all(std::size_t) {
  static_cast<void>(wait(server_->stop(config_.stop_grace)));
  if (auto ended = wait(tasks_.stop(config_.stop_grace)); !ended)
    log_.error("stop", kv("error", ended.error()));
  for (auto part = stops_.rbegin(); part != stops_.rend(); ++part) {
    log_.debug("stopping a part", kv("part", part->name));
    if (auto stopped = wait(part->action()); !stopped) {
      log_.error("a part did not stop well", kv("part", part->name), kv("error", stopped.error()));
    }
  }
}

Result<void> RunningDaemon::run() {
  boost::system::error_code error;
  signals_.add(SIGINT, error);
  if (!error) signals_.add(SIGTERM, error);
  if (error) return fail(ErrorCode::Internal, "cannot catch signals: {}", error.message());
  wait_for_signals();
  for (std::size_t i = 0; i < std::max<std::size_t>(config_.io_threads, 1); ++i) {
    threads_.emplace_back([this] { io_.run(); });
  }
  auto started = start_all();
  if (started) started = listen();
  if (started)
    stop_.get_future().wait();
  else
    log_.error("the start failed", kv("error", started.error()));
  stop_all(starts_.size());
  std::error_code ignored;
  std::filesystem::remove(home_.file("api"), ignored);
  end_threads();
  log_.info("stopped");
  flush_log();
  return started;
}

void RunningDaemon::end_threads() {
  signals_.cancel();
  work_.reset();
  io_.stop();
  threads_.clear();
}

}  // namespace

void CommonConfig::declare(Properties& p) {
  using namespace std::chrono_literals;
  p.add("api.listen", &listen, "Address of the API: JSON-RPC, /metrics, /healthz, /readyz",
        std::optional(not_empty()));
  p.add("api.max_request", &max_request, "Largest request that is read",
        std::optional(in_range(ByteSize{1024}, ByteSize{1ULL << 32})));
  p.add("api.max_connections", &max_connections, "Connections at once",
        std::optional(in_range<std::size_t>(1, 1'000'000)));
  p.add("api.max_running", &max_running,
        "Requests worked on at once; more wait, then are refused as busy",
        std::optional(in_range<std::size_t>(1, 1'000'000)));
  p.add("api.io_threads", &io_threads, "Threads that serve the network",
        std::optional(in_range<std::size_t>(1, 256)));
  p.add("api.anonymous", &anonymous, "What callers without a token may do",
        std::optional(one_of({"none", "read", "write", "sign", "admin"})));
  p.add("api.allow_origin", &allow_origin,
        "Web pages that may call the API: an origin, * or nothing");
  p.add("api.stop_grace", &stop_grace, "How long running requests may take when the daemon stops",
        std::optional(in_range(std::chrono::milliseconds(0), std::chrono::milliseconds(10min))));
  p.add("auth.url", &auth_url,
        "venus-auth that knows tokens this daemon did not make, http://host:port");
  p.add("auth.token", &auth_token, "Token this daemon shows to venus-auth");
  p.add("log.level", &log_level, "What is logged",
        std::optional(one_of({"debug", "info", "warn", "error", "off"})));
  p.add("log.modules", &log_modules, "Other levels for single modules, as \"rpc=debug\"");
  p.add("log.format", &log_format, "auto is text on a terminal and json elsewhere",
        std::optional(one_of({"auto", "text", "json"})));
  p.add("log.file", &log_file, "Log file, rotated at 64 MiB; nothing: standard error");
}

Result<LogOptions> CommonConfig::log_options() const {
  LogOptions out;
  TRY(out.level, parse_level(log_level));
  for (const auto& entry : log_modules) {
    const auto equals = entry.find('=');
    if (equals == std::string::npos) {
      return fail(ErrorCode::InvalidArgument, "log.modules: '{}' is not MODULE=LEVEL", entry);
    }
    TRY(out.modules[entry.substr(0, equals)], parse_level(entry.substr(equals + 1)));
  }
  out.file = log_file;
  out.json = log_format == "json" ||
             (log_format == "auto" && (!log_file.empty() || ::isatty(STDERR_FILENO) == 0));
  return out;
}

Result<std::unique_ptr<Daemon>> Daemon::open(DaemonOptions options, CommonConfig config) {
  if (options.no_core_dumps) forbid_core_dumps();
  raise_file_limit();
  TRY(auto log_options, config.log_options());
  TRY_VOID(open_log(log_options));
  TRY(auto listen, listen_address(config.listen));
  TRY(auto home, Home::open(Home::locate(options.component, options.home)));
  TRY(auto tokens, LocalTokens::open(home.file("jwt.secret")));
  auto daemon = std::make_unique<RunningDaemon>(
      std::move(options), std::move(config), std::move(home), std::move(tokens), std::move(listen));
  TRY_VOID(daemon->prepare());
  return daemon;
}

void forbid_core_dumps() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace venus::platform
