// SPDX-License-Identifier: MIT OR Apache-2.0
// JSON-RPC over a pool of HTTP connections, and over none (a dispatcher of this process).
#include "rpc/client.hpp"
#include "rpc/client_text.hpp"
#include "rpc/dispatcher.hpp"
#include "rpc/http_client.hpp"
#include "rpc/ws_client.hpp"

#include <boost/asio/detached.hpp>

#include <atomic>

namespace venus::rpc {
namespace {

class RpcHttpClient final : public Client {
 public:
  RpcHttpClient(asio::io_context& io, Endpoint endpoint, ClientOptions options)
      : endpoint_(std::move(endpoint)),
        options_(std::move(options)),
        state_(std::make_shared<State>()),
        http_(io, {.connect_timeout = options_.connect_timeout,
                   .request_timeout = options_.call_timeout,
                   .max_connections = options_.max_connections,
                   .max_response_bytes = options_.max_response_bytes}) {}

  Task<boost::json::value> call_raw(std::string method, boost::json::array params,
                                    CallMeta meta) override {
    HttpClient::Request request;
    request.verb = Verb::Post;
    request.url = endpoint_.url();
    request.token = options_.token;
    request.timeout = meta.timeout;
    request.retry_safe = meta.retry_safe;
    request.body = request_text(state_->next_id.fetch_add(1), method, params, std::nullopt);
    request.headers.emplace_back("X-Venus-Errors", "1");
    if (!options_.ns_header.empty())
      request.headers.emplace_back("X-VENUS-API-NAMESPACE", options_.ns_header);
    if (meta.trace) request.headers.emplace_back("traceparent", meta.trace->child().to_string());
    return finish(state_, http_.send(std::move(request)), std::move(method));
  }

  Task<> open_channel(std::string method, boost::json::array, std::shared_ptr<JsonSink> sink,
                      CallMeta) override {
    return refuse(std::move(method), std::move(sink));
  }
  void keep_channel(std::string method, boost::json::array,
                    std::shared_ptr<JsonSink> sink) override {
    sink->finish(no_streams(method));
  }
  void on_connect(std::function<void()>) override {}
  [[nodiscard]] bool connected() const override { return state_->connected; }
  void stop() override { http_.stop(); }

 protected:
  [[nodiscard]] std::size_t stream_capacity() const override { return options_.stream_capacity; }

 private:
  struct State {
    std::atomic<std::uint64_t> next_id{1};
    std::atomic<bool> connected{false};
  };

  static Error no_streams(std::string_view method) {
    return {ErrorCode::Unsupported,
            fmt::format("'{}' is a stream and needs a WebSocket (ws://) address", method)};
  }
  static Task<> refuse(std::string method, std::shared_ptr<JsonSink> sink) {
    sink->finish(no_streams(method));
    co_return std::unexpected(no_streams(method));
  }
  static Task<boost::json::value> finish(std::shared_ptr<State> state, Task<HttpResponse> sending,
                                         std::string method) {
    auto response = co_await std::move(sending);
    state->connected = response.has_value();
    if (!response) co_return std::unexpected(std::move(response).error().context(method));
    // Errors of the protocol come as 400 or 500 with a JSON-RPC body, busy as 503.
    const bool json_rpc = response->status == 200 || response->status == 400 ||
                          response->status == 500 || response->status == 503;
    if (!json_rpc) co_return std::unexpected(http_error(*response).context(method));
    auto document = base::parse_json(response->body, kAnswerDepth);
    if (!document) {
      if (response->status != 200) co_return std::unexpected(http_error(*response).context(method));
      co_return std::unexpected(std::move(document).error().context(method));
    }
    if (base::find_member(*document, "jsonrpc") == nullptr && response->status != 200) {
      co_return std::unexpected(http_error(*response).context(method));
    }
    co_return take_answer(*std::move(document));
  }

  const Endpoint endpoint_;
  const ClientOptions options_;
  std::shared_ptr<State> state_;
  HttpClient http_;
};

class LocalClient final : public Client {
 public:
  LocalClient(asio::io_context& io, const Dispatcher& dispatcher, CallContext context)
      : io_(io), dispatcher_(dispatcher), context_(std::move(context)) {}

  Task<boost::json::value> call_raw(std::string method, boost::json::array params,
                                    CallMeta) override {
    return finish(dispatcher_.call(context_, std::move(method), std::move(params)));
  }
  Task<> open_channel(std::string method, boost::json::array params, std::shared_ptr<JsonSink> sink,
                      CallMeta) override {
    return open(io_, dispatcher_.call(context_, std::move(method), std::move(params)),
                std::move(sink));
  }
  void keep_channel(std::string method, boost::json::array params,
                    std::shared_ptr<JsonSink> sink) override {
    asio::co_spawn(io_, open_channel(std::move(method), std::move(params), sink, {}),
                   [sink](std::exception_ptr, const Result<void>& opened) {
                     if (!opened) sink->finish(opened.error());
                   });
  }
  void on_connect(std::function<void()> hook) override { hook(); }
  [[nodiscard]] bool connected() const override { return true; }
  void stop() override {}

 protected:
  [[nodiscard]] std::size_t stream_capacity() const override {
    return ClientOptions{}.stream_capacity;
  }

 private:
  static Task<boost::json::value> finish(Task<Outcome> calling) {
    CO_TRY(auto outcome, co_await std::move(calling));
    if (outcome.stream) co_return fail(ErrorCode::Unsupported, "the method is a stream");
    co_return base::parse_json(outcome.text, kAnswerDepth);
  }
  static Task<> open(asio::io_context& io, Task<Outcome> calling, std::shared_ptr<JsonSink> sink) {
    CO_TRY(auto outcome, co_await std::move(calling));
    if (!outcome.stream) co_return fail(ErrorCode::Unsupported, "the method is no stream");
    sink->on_end([stream = outcome.stream] { stream->close(); });
    asio::co_spawn(io, pump(std::move(outcome.stream), std::move(sink)), asio::detached);
    co_return Result<void>{};
  }
  static asio::awaitable<void> pump(std::shared_ptr<detail::TextStream> stream,
                                    std::shared_ptr<JsonSink> sink) {
    for (;;) {
      auto item = co_await stream->next();
      if (!item) co_return sink->finish(std::move(item).error());
      if (!*item) co_return sink->finish(std::nullopt);
      auto value = base::parse_json(**item, kAnswerDepth);
      if (!value || !sink->push(*value)) co_return;
    }
  }

  asio::io_context& io_;
  const Dispatcher& dispatcher_;
  CallContext context_;
};

}  // namespace

std::shared_ptr<Client> make_local_client(asio::io_context& io, const Dispatcher& dispatcher,
                                          CallContext context) {
  return std::make_shared<LocalClient>(io, dispatcher, std::move(context));
}

Result<std::shared_ptr<Client>> make_client(asio::io_context& io, std::string_view address,
                                            ClientOptions options,
                                            std::string_view default_target) {
  TRY(auto endpoint, Endpoint::parse(address, default_target));
  if (options.token.empty()) options.token = endpoint.token;
  if (options.token.find_first_of("\r\n") != std::string::npos) {
    return fail(ErrorCode::InvalidArgument, "the token contains a line break");
  }
  if (endpoint.websocket()) return make_ws_client(io, std::move(endpoint), std::move(options));
  return std::make_shared<RpcHttpClient>(io, std::move(endpoint), std::move(options));
}

}  // namespace venus::rpc
