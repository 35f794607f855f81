// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/wallet/gateway_link.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>

#include "platform/log.hpp"

namespace venus::wallet {
namespace {

using platform::kv;

platform::Log log() { return platform::Log("gateway"); }

using api::gateway::ConnectedCompleted;
using api::gateway::RequestEvent;
using api::gateway::ResponseEvent;
using api::gateway::WalletProviderApi;
using api::gateway::WalletRegisterPolicy;
using api::gateway::WalletSignRequest;

constexpr std::size_t kMaxInFlight = 256;
constexpr std::size_t kMaxPayload = 8U << 20;

Result<boost::json::value> payload_of(const RequestEvent& event) {
  if (event.payload.size() > kMaxPayload) return fail(ErrorCode::TooLarge, "the request is too large");
  return base::parse_json(base::as_chars(event.payload));
}

Bytes text_bytes(const std::string& text) { return base::to_bytes(base::as_bytes(text)); }

Task<> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return Result<void>{};
}

}  // namespace

/// What all links of a wallet have in common.
struct GatewayLinks::Shared {
  Wallet& wallet;
  GatewayOptions options;
  std::optional<WorkerPool> threads{std::in_place, 4};  ///< gone once the wallet may go
  std::atomic<bool> open = false;
  std::atomic<bool> stopped = false;
  std::mutex mutex;
  std::vector<std::string> accounts;

  Shared(Wallet& w, GatewayOptions o) : wallet(w), options(std::move(o)), accounts(options.support_accounts) {}

  WalletRegisterPolicy policy() {
    const std::lock_guard lock(mutex);
    return {accounts, wallet.rules().verify_bytes};
  }

  /// The payload of the answer to a request; blocks.
  Result<Bytes> answer(const RequestEvent& event) {
    if (stopped) return fail(ErrorCode::Cancelled, "the wallet is shutting down");
    if (event.method == api::gateway::event::kWalletList) {
      TRY(auto addresses, wallet.keys().list());
      return text_bytes(base::write_json(base::to_json(addresses)));
    }
    if (event.method == api::gateway::event::kWalletSign) {
      TRY(auto json, payload_of(event));
      TRY(auto request, base::from_json<WalletSignRequest>(json));
      TRY(auto signature, wallet.sign(request.signer, request.to_sign, request.meta));
      return text_bytes(base::write_json(base::to_json(signature)));
    }
    return fail(ErrorCode::Unsupported, "a wallet does not answer '{}'", event.method.substr(0, 64));
  }
};

/// One gateway.
class GatewayLinks::Link : public std::enable_shared_from_this<Link> {
 public:
  Link(asio::io_context& io, std::shared_ptr<Shared> shared, std::shared_ptr<rpc::Client> client, std::string url)
      : io_(io), shared_(std::move(shared)), client_(std::move(client)), url_(std::move(url)) {}

  void start() { spawn(run(shared_from_this())); }

  void stop() { client_->stop(); }

  [[nodiscard]] api::GatewayState state() const {
    const std::lock_guard lock(mutex_);
    return {url_, !channel_.empty(), channel_, answered_.load()};
  }

  /// Calls M with this connection's channel id first; nothing happens without a connection, since a new
  /// one begins by listing all addresses.
  template <class M, class Argument>
  void tell(Argument argument) {
    std::string channel;
    {
      const std::lock_guard lock(mutex_);
      channel = channel_;
    }
    if (!channel.empty()) spawn(tell_now<M>(shared_from_this(), std::move(channel), std::move(argument)));
  }

 private:
  void spawn(Task<> task) {
    asio::co_spawn(io_, std::move(task), [](std::exception_ptr, const Result<void>&) {});
  }

  template <class M, class Argument>
  static Task<> tell_now(std::shared_ptr<Link> self, std::string channel, Argument argument) {
    auto done = co_await self->client_->template call<M>(std::move(channel), std::move(argument));
    if (!done) log().warn("notice to the gateway failed", kv("gateway", self->url_), kv("method", M::name), kv("error", done.error()));
    co_return done;
  }

  static Task<> run(std::shared_ptr<Link> self) {
    auto& shared = *self->shared_;
    bool warned = false;
    while (!shared.stopped) {
      if (!shared.open) {
        CO_TRY_VOID(co_await pause(std::chrono::milliseconds(100)));
        continue;
      }
      auto stream = co_await self->client_->template call<WalletProviderApi::Listen>(shared.policy());
      if (stream) {
        warned = false;
        const auto ended = co_await serve(self, *std::move(stream));
        if (!shared.stopped) log().info("gateway disconnected", kv("gateway", self->url_), kv("reason", ended));
      } else if (!std::exchange(warned, true) && !shared.stopped) {
        log().warn("gateway unreachable", kv("gateway", self->url_), kv("error", stream.error()));
      }
      if (!shared.stopped) CO_TRY_VOID(co_await pause(shared.options.retry));
    }
    co_return Result<void>{};
  }

  /// Until the connection ends, the wallet is locked or stopped; says why.
  static asio::awaitable<std::string> serve(std::shared_ptr<Link> self, rpc::Stream<RequestEvent> stream) {
    std::string reason = "closed by the gateway";
    while (true) {
      if (self->shared_->stopped || !self->shared_->open) {
        reason = self->shared_->stopped ? "stopped" : "the wallet was locked";
        break;
      }
      auto event = co_await stream.next_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(250));
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
      auto json = payload_of(event);
      auto completed = json ? base::from_json<ConnectedCompleted>(*json) : Result<ConnectedCompleted>(std::unexpected(json.error()));
      if (!completed) return;
      log().info("gateway connected", kv("gateway", url_), kv("channel", completed->channel_id));
      const std::lock_guard lock(mutex_);
      channel_ = std::move(completed->channel_id);
      return;
    }
    if (in_flight_.load() >= kMaxInFlight) {
      spawn(respond(shared_from_this(), ResponseEvent{event.id, {}, "the wallet is busy"}));
      return;
    }
    ++in_flight_;
    spawn(handle(shared_from_this(), std::move(event)));
  }

  static Task<> handle(std::shared_ptr<Link> self, RequestEvent event) {
    auto* shared = self->shared_.get();
    if (shared->stopped) co_return Result<void>{};
    auto answer = co_await on(*shared->threads, [shared, &event] { return shared->answer(event); });
    --self->in_flight_;
    ResponseEvent response{event.id, {}, {}};
    if (answer) response.payload = *std::move(answer);
    else response.error = answer.error().message;
    co_return co_await respond(self, std::move(response));
  }

  static Task<> respond(std::shared_ptr<Link> self, ResponseEvent response) {
    auto done = co_await self->client_->template call<WalletProviderApi::Respond>(std::move(response));
    if (done) ++self->answered_;
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

Result<std::unique_ptr<GatewayLinks>> GatewayLinks::start(asio::io_context& io, Wallet& wallet, GatewayOptions options) {
  std::unique_ptr<GatewayLinks> out(new GatewayLinks());
  out->shared_ = std::make_shared<Shared>(wallet, std::move(options));
  out->shared_->open = wallet.keys().state() == KeyRing::State::Open;
  for (const auto& url : out->shared_->options.urls) {
    TRY(auto endpoint, rpc::Endpoint::parse(url, "/rpc/v1"));
    if (!endpoint.websocket()) endpoint.scheme = endpoint.tls() ? "wss" : "ws";
    auto client_options = out->shared_->options.client;
    client_options.token = out->shared_->options.token.empty() ? endpoint.token : out->shared_->options.token;
    TRY(auto client, rpc::make_client(io, endpoint.url(), client_options));
    out->links_.push_back(std::make_shared<Link>(io, out->shared_, std::move(client), endpoint.url()));
  }
  for (const auto& link : out->links_) link->start();
  return out;
}

GatewayLinks::~GatewayLinks() {
  stop();
  if (shared_) shared_->threads.reset();
}

void GatewayLinks::stop() {
  if (!shared_ || shared_->stopped.exchange(true)) return;
  for (const auto& link : links_) link->stop();
}

void GatewayLinks::add_support_account(const std::string& account) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (std::ranges::find(shared_->accounts, account) == shared_->accounts.end()) shared_->accounts.push_back(account);
  }
  for (const auto& link : links_) link->tell<WalletProviderApi::SupportAccount>(account);
}

void GatewayLinks::announce(std::vector<Address> addresses) {
  for (const auto& link : links_) link->tell<WalletProviderApi::AddAddresses>(addresses);
}

void GatewayLinks::key_removed(const Address& address) {
  for (const auto& link : links_) link->tell<WalletProviderApi::RemoveAddresses>(std::vector{address});
}

void GatewayLinks::opened(bool open) { shared_->open = open; }

std::vector<api::GatewayState> GatewayLinks::states() const {
  std::vector<api::GatewayState> out;
  for (const auto& link : links_) out.push_back(link->state());
  return out;
}

}  // namespace venus::wallet
