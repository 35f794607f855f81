// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/server.hpp"

#include "rpc/server_core.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>

namespace venus::rpc {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

std::string describe(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

asio::awaitable<void> pause(std::chrono::milliseconds span) {
  asio::steady_timer timer(co_await asio::this_coro::executor, span);
  static_cast<void>(co_await timer.async_wait(kToken));
}

asio::awaitable<void> accept_loop(std::shared_ptr<Server::Core> core,
                                  std::shared_ptr<Server::Core::Listener> listener) {
  while (!core->stopping()) {
    Socket socket(asio::make_strand(core->io.get_executor()));
    const auto [error] = co_await listener->acceptor.async_accept(socket, kToken);
    if (error == asio::error::operation_aborted || !listener->acceptor.is_open()) co_return;
    if (error) {
      // Out of file descriptors, most likely: let some connections end first.
      co_await pause(std::chrono::milliseconds(100));
      continue;
    }
    if (core->connections.load() >= core->options.limits.max_connections) {
      core->refused.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto remote = socket.remote_endpoint(ignored);
    if (ignored) continue;
    start_http(core, std::move(socket), describe(remote));
  }
}

// Timeouts of all connections are kept by one timer: setting a deadline is a plain store.
asio::awaitable<void> sweep_loop(std::weak_ptr<Server::Core> weak,
                                 std::shared_ptr<asio::steady_timer> timer) {
  for (;;) {
    {
      const auto core = weak.lock();
      if (!core || core->closed) co_return;
      const auto now = steady_millis();
      for (const auto& session : core->sessions())
        session->sweep(now);
      const auto& limits = core->options.limits;
      std::chrono::milliseconds every{500};
      for (const auto timeout :
           {limits.idle_timeout, limits.request_timeout, limits.write_timeout}) {
        every = std::min(every, std::max(timeout / 4, std::chrono::milliseconds(5)));
      }
      timer->expires_after(every);
    }
    static_cast<void>(co_await timer->async_wait(kToken));
  }
}

}  // namespace

std::int64_t steady_millis() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

Server::Core::Core(asio::io_context& context, ServerOptions given)
    : io(context),
      options(std::move(given)),
      gate(options.limits.max_running, options.limits.max_queued),
      sweeper(std::make_shared<asio::steady_timer>(asio::make_strand(context.get_executor()))) {
  auto nobody = std::make_shared<Caller>();
  nobody->perms = options.anonymous;
  anonymous = std::move(nobody);
}

Task<std::shared_ptr<const Caller>> Server::Core::verify(std::string token) {
  if (!options.auth) co_return fail(ErrorCode::Unauthenticated, "this service takes no tokens");
  co_return co_await options.auth->verify(std::move(token));
}

void Server::Core::add(const std::shared_ptr<Session>& session) {
  std::lock_guard lock(mutex);
  live.emplace(session.get(), session);
  connections = live.size();
}

void Server::Core::remove(const Session* session) {
  std::shared_ptr<Session> last;
  std::lock_guard lock(mutex);
  const auto found = live.find(session);
  if (found == live.end()) return;
  last = std::move(found->second);
  live.erase(found);
  connections = live.size();
}

std::vector<std::shared_ptr<Session>> Server::Core::sessions() {
  std::vector<std::shared_ptr<Session>> out;
  std::lock_guard lock(mutex);
  out.reserve(live.size());
  for (const auto& [key, session] : live)
    out.push_back(session);
  return out;
}

void Server::Core::record(const MethodInfo* method, std::string_view name,
                          const CallContext& context, std::chrono::steady_clock::time_point started,
                          const Error* error) const {
  if (!options.on_call) return;
  options.on_call({.method = method,
                   .name = method != nullptr ? method->name : name,
                   .context = &context,
                   .took = std::chrono::steady_clock::now() - started,
                   .error = error});
}

Task<std::shared_ptr<const Caller>> ConnectionAuth::caller(std::shared_ptr<Server::Core> core,
                                                           std::string token) {
  const auto now = steady_millis();
  if (known_ && token_ == token && now < check_at_) co_return known_;
  auto verdict = co_await core->verify(token);
  const bool unknown_for_now = !verdict && verdict.error().code != ErrorCode::Unauthenticated;
  // While the judge can't be reached, the verdict it gave on this connection stands.
  if (unknown_for_now && known_ && token_ == token) co_return known_;
  if (!verdict) {
    known_.reset();
    co_return std::unexpected(std::move(verdict).error());
  }
  known_ = *std::move(verdict);
  token_ = std::move(token);
  check_at_ = now + core->options.auth_recheck.count();
  co_return known_;
}

Result<std::string> token_of(std::string_view authorization, std::string_view query) {
  constexpr std::string_view kBearer = "Bearer ";
  if (!authorization.empty()) {
    if (!authorization.starts_with(kBearer) && !authorization.starts_with("bearer ")) {
      return fail(ErrorCode::Unauthenticated, "the Authorization header must be 'Bearer TOKEN'");
    }
    return std::string(authorization.substr(kBearer.size()));
  }
  if (query.find("token=") == std::string_view::npos) return std::string();
  auto values = parse_query(query);
  return std::move(values["token"]);
}

Server::Server(asio::io_context& io, ServerOptions options)
    : core_(std::make_shared<Core>(io, std::move(options))) {
  asio::co_spawn(core_->sweeper->get_executor(), sweep_loop(core_, core_->sweeper), asio::detached);
}

Server::~Server() {
  core_->stopping_flag = true;
  core_->closed = true;
  asio::post(core_->sweeper->get_executor(), [timer = core_->sweeper] { timer->cancel(); });
  std::vector<std::shared_ptr<Core::Listener>> listeners;
  {
    std::lock_guard lock(core_->mutex);
    listeners.swap(core_->listeners);
  }
  for (const auto& listener : listeners) {
    asio::post(listener->strand, [listener] {
      boost::system::error_code ignored;
      listener->acceptor.close(ignored);
    });
  }
  for (const auto& session : core_->sessions())
    session->close();
}

void Server::mount(std::string path, const Dispatcher& dispatcher, ApiVersion version) {
  core_->router.mount(std::move(path), {&dispatcher, version});
}

void Server::route(Verb verb, std::string pattern, std::optional<Perm> perm, RouteHandler handler) {
  core_->router.add(verb, pattern, perm, std::move(handler));
}

Result<Endpoint> Server::listen(const std::string& host, std::uint16_t port) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) return fail(ErrorCode::InvalidArgument, "'{}' is no IP address to listen on", host);
  auto listener = std::make_shared<Core::Listener>(asio::make_strand(core_->io.get_executor()));
  auto& acceptor = listener->acceptor;
  const tcp::endpoint wanted(address, port);
  acceptor.open(wanted.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && address.is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(wanted, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return fail(ErrorCode::Io, "cannot listen on {}: {}", describe(wanted), error.message());
  Endpoint out;
  out.host = address.to_string();
  out.port = acceptor.local_endpoint().port();
  {
    std::lock_guard lock(core_->mutex);
    core_->listeners.push_back(listener);
  }
  asio::co_spawn(listener->strand, accept_loop(core_, listener), asio::detached);
  return out;
}

Task<> Server::stop(std::chrono::milliseconds grace) {
  const auto core = core_;
  core->stopping_flag = true;
  std::vector<std::shared_ptr<Core::Listener>> listeners;
  {
    std::lock_guard lock(core->mutex);
    listeners.swap(core->listeners);
  }
  for (const auto& listener : listeners) {
    asio::post(listener->strand, [listener] {
      boost::system::error_code ignored;
      listener->acceptor.close(ignored);
    });
  }
  for (const auto& session : core->sessions())
    session->drain();
  const auto until = steady_millis() + grace.count();
  while (core->connections > 0 && steady_millis() < until)
    co_await pause(std::chrono::milliseconds(10));
  // Handlers notice the cancellation at their next wait; what they hold is released by then.
  for (int i = 0; i < 500 && core->connections > 0; ++i) {
    for (const auto& session : core->sessions())
      session->close();
    co_await pause(std::chrono::milliseconds(10));
  }
  co_return Result<void>{};
}

Server::Stats Server::stats() const {
  return {.connections = core_->connections,
          .running = core_->gate.running(),
          .queued = core_->gate.queued(),
          .requests = core_->requests,
          .refused = core_->refused};
}

}  // namespace venus::rpc
