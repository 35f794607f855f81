// SPDX-License-Identifier: MIT OR Apache-2.0
// Typed calls over HTTP or WebSocket:
//
//   TRY(auto client, make_client(io, "/ip4/127.0.0.1/tcp/3453/http", {.token = token}));
//   CO_TRY(auto head, co_await client->call<NodeApi::ChainHead>());
//   CO_TRY(auto changes, co_await client->call<NodeApi::ChainNotify>());     // WebSocket only
#pragma once

#include "rpc/codec.hpp"
#include "rpc/context.hpp"
#include "rpc/endpoint.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace venus::rpc {

using Millis = std::chrono::milliseconds;

struct ClientOptions {
  std::string token{};      ///< replaces the endpoint's
  std::string ns_header{};  ///< X-VENUS-API-NAMESPACE, when the peer wants one
  Millis connect_timeout{5'000};
  Millis call_timeout{60'000};  ///< from sending to the answer; raise it for methods that wait
  Millis ping_interval{5'000};  ///< WebSocket: a peer silent for three of these is gone
  Millis reconnect_min{100};    ///< WebSocket: first pause, doubled with jitter
  Millis reconnect_max{5'000};
  std::size_t max_connections = 16;  ///< HTTP: more calls wait for a free one
  std::size_t max_response_bytes = 1U << 30;
  std::size_t stream_capacity = 4096;  ///< unread items of a stream before it breaks
};

/// What a single call may want of its own.
struct CallMeta {
  std::optional<Millis> timeout = std::nullopt;  ///< instead of ClientOptions::call_timeout
  std::optional<Trace> trace = std::nullopt;     ///< the caller's trace; a child span is sent
  bool retry_safe = false;                       ///< set by call<M>() from the method's declaration
};

/// Takes the items of a channel as they arrive. Thread-safe.
class JsonSink {
 public:
  virtual ~JsonSink() = default;
  /// False: nobody wants more. An item that does not decode ends the stream with Malformed.
  virtual bool push(const boost::json::value& item) = 0;
  virtual void finish(std::optional<Error> error) = 0;
  /// `hook` runs once when the stream has ended for any reason.
  virtual void on_end(std::function<void()> hook) = 0;
  [[nodiscard]] virtual bool open() const = 0;
};

namespace detail {
template <class T>
class TypedSink final : public JsonSink {
 public:
  explicit TypedSink(StreamWriter<T> writer) : writer_(std::move(writer)) {}
  bool push(const boost::json::value& item) override {
    auto decoded = base::from_json<T>(item);
    if (decoded) return writer_.send(*std::move(decoded));
    writer_.close(std::move(decoded).error());
    return false;
  }
  void finish(std::optional<Error> error) override {
    if (error)
      writer_.close(*std::move(error));
    else
      writer_.close();
  }
  void on_end(std::function<void()> hook) override { writer_.on_end(std::move(hook)); }
  [[nodiscard]] bool open() const override { return writer_.open(); }

 private:
  StreamWriter<T> writer_;
};
}  // namespace detail

class Dispatcher;

/// A peer. Thread-safe. Calls in flight fail with Cancelled when it is destroyed or stopped.
class Client {
 public:
  virtual ~Client() = default;

  /// Calls M; for a Stream method the result is the open stream. Errors: Unavailable (no
  /// connection, or lost before the answer), Timeout, Unauthenticated (401), Exhausted (peer busy),
  /// Malformed (an answer that does not decode), or the peer's own (error.hpp). A retry-safe method
  /// is sent a second time when a kept-alive connection proves to be dead.
  template <class M, class... Args>
  Task<typename M::Out> call(Args... args) {
    return call_with<M>(CallMeta{}, std::move(args)...);
  }
  /// The same with a timeout of its own or within a trace: `call_with<M>({.trace =
  /// context.trace()}, ...)`.
  template <class M, class... Args>
  Task<typename M::Out> call_with(CallMeta meta, Args... args) {
    using Out = typename M::Out;
    meta.retry_safe = M::retry_safe;
    auto params = encode_params(static_cast<typename M::In*>(nullptr), std::move(args)...);
    if constexpr (detail::kIsStream<Out>) {
      auto [sink, stream] = make_sink<typename Out::Item>();
      return opened(open_channel(std::string(M::name), std::move(params), sink, meta),
                    std::move(stream));
    } else {
      return typed_result<Out>(call_raw(std::string(M::name), std::move(params), meta));
    }
  }

  /// A subscription that survives reconnects: the method is called again after each. The stream
  /// ends only with its reader, the client, or a peer that refuses the method. It breaks at once
  /// over HTTP.
  template <class M, class... Args>
  typename M::Out subscribe(Args... args) {
    auto params = encode_params(static_cast<typename M::In*>(nullptr), std::move(args)...);
    auto [sink, stream] = make_sink<typename M::Out::Item>();
    keep_channel(std::string(M::name), std::move(params), std::move(sink));
    return std::move(stream);
  }

  /// The same without types. A channel ends with Unavailable when the connection breaks,
  /// Unsupported over HTTP.
  virtual Task<boost::json::value> call_raw(std::string method, boost::json::array params,
                                            CallMeta meta = {}) = 0;
  virtual Task<> open_channel(std::string method, boost::json::array params,
                              std::shared_ptr<JsonSink> sink, CallMeta meta = {}) = 0;
  virtual void keep_channel(std::string method, boost::json::array params,
                            std::shared_ptr<JsonSink> sink) = 0;

  /// `hook` runs after each (re)connect of a WebSocket (at once if connected), to register again.
  /// Over HTTP it never runs.
  virtual void on_connect(std::function<void()> hook) = 0;
  /// Whether the last attempt to reach the peer succeeded.
  [[nodiscard]] virtual bool connected() const = 0;
  /// Ends everything in flight; later calls fail with Cancelled.
  virtual void stop() = 0;

 protected:
  [[nodiscard]] virtual std::size_t stream_capacity() const = 0;

 private:
  template <class... Params, class... Args>
  static boost::json::array encode_params(std::tuple<Params...>*, Args... args) {
    static_assert(sizeof...(Args) <= sizeof...(Params), "too many arguments");
    boost::json::array out;
    out.reserve(sizeof...(Args));
    encode_next<0, std::tuple<Params...>>(out, args...);
    return out;
  }
  template <std::size_t I, class In>
  static void encode_next(boost::json::array&) {}
  template <std::size_t I, class In, class First, class... Rest>
  static void encode_next(boost::json::array& out, First& first, Rest&... rest) {
    using Param = std::tuple_element_t<I, In>;
    out.push_back(base::to_json<Param>(Param(std::move(first))));
    encode_next<I + 1, In>(out, rest...);
  }
  template <class Out>
  static Task<Out> typed_result(Task<boost::json::value> raw) {
    CO_TRY([[maybe_unused]] auto value, co_await std::move(raw));
    if constexpr (std::is_void_v<Out>)
      co_return Result<void>{};
    else
      co_return base::from_json<Out>(value);
  }
  template <class T>
  std::pair<std::shared_ptr<JsonSink>, Stream<T>> make_sink() const {
    auto [writer, stream] = make_stream<T>(stream_capacity());
    return {std::make_shared<detail::TypedSink<T>>(std::move(writer)), std::move(stream)};
  }
  template <class T>
  static Task<Stream<T>> opened(Task<> opening, Stream<T> stream) {
    CO_TRY_VOID(co_await std::move(opening));
    co_return std::move(stream);
  }
};

/// A client for an address in any form of Endpoint::parse; ws:// and wss:// (or /ws) keep one
/// WebSocket, the others a pool of HTTP connections. `io` must outlive the client. InvalidArgument
/// for a bad address.
Result<std::shared_ptr<Client>> make_client(asio::io_context& io, std::string_view address,
                                            ClientOptions options = {},
                                            std::string_view default_target = "/rpc/v1");

/// A client that calls a dispatcher of this process, through JSON but without sockets.
std::shared_ptr<Client> make_local_client(asio::io_context& io, const Dispatcher& dispatcher,
                                          CallContext context = CallContext::internal());

}  // namespace venus::rpc
