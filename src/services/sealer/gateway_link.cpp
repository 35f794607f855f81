// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/sealer/gateway_link.hpp"

#include "platform/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

#include <mutex>

namespace venus::sealer {

using api::gateway::ComputeProofRequest;
using api::gateway::ConnectedCompleted;
using api::gateway::ProofProviderApi;
using api::gateway::ProofRegisterPolicy;
using api::gateway::RequestEvent;
using api::gateway::ResponseEvent;
using platform::kv;

namespace {

constexpr std::size_t kMaxInFlight = 16;
constexpr std::size_t kMaxPayload = 8U << 20;
constexpr std::chrono::milliseconds kMaxRetry{10'000};
constexpr std::chrono::milliseconds kStopPoll{250};

platform::Log log() { return platform::Log("gateway"); }

template <class T>
Result<T> payload_of(const RequestEvent& event) {
  if (event.payload.size() > kMaxPayload)
    return fail(ErrorCode::TooLarge, "the request is too large");
  TRY(const auto json, base::parse_json(base::as_chars(event.payload)));
  return base::from_json<T>(json);
}

Task<> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  std::ignore = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return Result<void>{};
}

}  // namespace

/// What all links have in common.
struct GatewayLinks::Shared {
  Shared(GatewayOptions o, Compute c) : options(std::move(o)), compute(std::move(c)) {}
  GatewayOptions options;
  Compute compute;
  std::atomic<bool> stopped = false;
};

/// One gateway.
class GatewayLinks::Link : public std::enable_shared_from_this<Link> {
 public:
  Link(asio::io_context& io, std::shared_ptr<Shared> shared, std::shared_ptr<rpc::Client> client,
       std::string url)
      : io_(io), shared_(std::move(shared)), client_(std::move(client)), url_(std::move(url)) {}

  void start() { spawn(run(shared_from_this())); }
  void stop() { client_->stop(); }

  [[nodiscard]] api::GatewayState state() const {
    const std::lock_guard lock(mutex_);
    return {url_, !channel_.empty(), channel_, answered_.load()};
  }

 private:
  void spawn(Task<> task) {
    asio::co_spawn(io_, std::move(task), [](std::exception_ptr, const Result<void>&) {});
  }

  static Task<> run(std::shared_ptr<Link> self) {
    auto& shared = *self->shared_;
    bool warned = false;
    auto wait = shared.options.retry;
    while (!shared.stopped) {
      auto stream = co_await self->client_->call<ProofProviderApi::Listen>(
          ProofRegisterPolicy{shared.options.miner});
      if (stream) {
        warned = false;
        wait = shared.options.retry;
        const auto ended = co_await serve(self, *std::move(stream));
        if (!shared.stopped)
          log().warn("gateway disconnected", kv("gateway", self->url_), kv("reason", ended));
      } else if (!std::exchange(warned, true) && !shared.stopped) {
        log().warn("gateway unreachable", kv("gateway", self->url_), kv("error", stream.error()));
      }
      if (shared.stopped) break;
      CO_TRY_VOID(co_await pause(wait));
      wait = std::min(2 * wait, kMaxRetry);
    }
    co_return Result<void>{};
  }

  /// Until the connection ends or all stops; says why.
  static asio::awaitable<std::string> serve(std::shared_ptr<Link> self,
                                            rpc::Stream<RequestEvent> stream) {
    std::string reason = "closed by the gateway";
    while (true) {
      if (self->shared_->stopped) {
        reason = "stopped";
        break;
      }
      auto event = co_await stream.next_until(std::chrono::steady_clock::now() + kStopPoll);
      if (!event && event.error().code == ErrorCode::Timeout) continue;
      if (!event) reason = event.error().message;
      if (!event || !*event) break;
      self->take(std::move(**event));
    }
    stream.close();
    const std::lock_guard lock(self->mutex_);
    self->channel_.clear();
    co_return reason;
  }

  void take(RequestEvent event) {
    if (event.method == api::gateway::event::kInitConnect) {
      auto completed = payload_of<ConnectedCompleted>(event);
      if (!completed) return;
      log().info("gateway connected", kv("gateway", url_), kv("channel", completed->channel_id));
      const std::lock_guard lock(mutex_);
      channel_ = std::move(completed->channel_id);
      return;
    }
    if (in_flight_.load() >= kMaxInFlight) {
      spawn(respond(shared_from_this(), ResponseEvent{event.id, {}, "the sealer is busy"}));
      return;
    }
    ++in_flight_;
    spawn(handle(shared_from_this(), std::move(event)));
  }

  static Task<> handle(std::shared_ptr<Link> self, RequestEvent event) {
    auto answer = co_await compute(self, event);
    --self->in_flight_;
    ResponseEvent response{event.id, {}, {}};
    if (answer)
      response.payload = *std::move(answer);
    else
      response.error = answer.error().message;
    co_return co_await respond(self, std::move(response));
  }

  static Task<Bytes> compute(std::shared_ptr<Link> self, RequestEvent event) {
    if (event.method != api::gateway::event::kComputeProof) {
      co_return fail(ErrorCode::Unsupported, "a sealer does not answer '{}'",
                     event.method.substr(0, 64));
    }
    if (self->shared_->stopped) co_return fail(ErrorCode::Cancelled, "the sealer is shutting down");
    CO_TRY(auto request, payload_of<ComputeProofRequest>(event));
    CO_TRY(const auto proofs, co_await self->shared_->compute(std::move(request)));
    co_return base::to_bytes(base::as_bytes(base::write_json(base::to_json(proofs))));
  }

  static Task<> respond(std::shared_ptr<Link> self, ResponseEvent response) {
    auto done = co_await self->client_->call<ProofProviderApi::Respond>(std::move(response));
    if (done)
      ++self->answered_;
    else
      log().warn("an answer did not reach the gateway", kv("gateway", self->url_),
                 kv("error", done.error()));
    co_return done;
  }

  asio::io_context& io_;
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<rpc::Client> client_;
  std::string url_;
  mutable std::mutex mutex_;
  std::string channel_;
  std::atomic<std::size_t> in_flight_ = 0;
  std::atomic<std::uint64_t> answered_ = 0;
};

Result<std::unique_ptr<GatewayLinks>> GatewayLinks::start(asio::io_context& io,
                                                          GatewayOptions options, Compute compute) {
  std::unique_ptr<GatewayLinks> out(new GatewayLinks());
  out->shared_ = std::make_shared<Shared>(std::move(options), std::move(compute));
  for (const auto& url : out->shared_->options.urls) {
    TRY(auto endpoint, rpc::Endpoint::parse(url, "/rpc/v1"));
    if (!endpoint.websocket()) endpoint.scheme = endpoint.tls() ? "wss" : "ws";
    auto client_options = out->shared_->options.client;
    client_options.token =
        out->shared_->options.token.empty() ? endpoint.token : out->shared_->options.token;
    TRY(auto client, rpc::make_client(io, endpoint.url(), client_options));
    out->links_.push_back(
        std::make_shared<Link>(io, out->shared_, std::move(client), endpoint.url()));
  }
  for (const auto& link : out->links_)
    link->start();
  return out;
}

void GatewayLinks::stop() {
  if (!shared_ || shared_->stopped.exchange(true)) return;
  for (const auto& link : links_)
    link->stop();
}

std::vector<api::GatewayState> GatewayLinks::states() const {
  std::vector<api::GatewayState> out;
  for (const auto& link : links_)
    out.push_back(link->state());
  return out;
}

}  // namespace venus::sealer
