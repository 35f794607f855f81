// SPDX-License-Identifier: MIT OR Apache-2.0
// JSON-RPC 2.0 over HTTP and WebSocket and plain HTTP routes on one port, as go-jsonrpc of Lotus
// speaks it: batches, channels (xrpc.ch.val, xrpc.ch.close, xrpc.cancel), bearer tokens.
#pragma once

#include "rpc/dispatcher.hpp"
#include "rpc/endpoint.hpp"
#include "rpc/http_types.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace venus::rpc {

/// Everything a stranger could use up has a bound.
struct Limits {
  std::size_t max_request_bytes = 64U << 20;
  std::size_t max_header_bytes = 16U << 10;
  std::size_t max_json_depth = 64;
  std::size_t max_batch = 1000;
  std::size_t max_connections = 4096;
  std::size_t max_running = 1024;  ///< requests in handlers at once, all connections together
  std::size_t max_queued = 4096;   ///< waiting for a place; beyond: busy (HTTP 503, code -32005)
  std::size_t max_running_per_ws =
      256;  ///< calls and open streams of one WebSocket; beyond: code -32005
  std::chrono::milliseconds idle_timeout{120'000};    ///< keep-alive connection without a request
  std::chrono::milliseconds request_timeout{30'000};  ///< from a request's first byte to its last
  std::chrono::milliseconds write_timeout{60'000};    ///< a response or WebSocket message to leave
  std::chrono::milliseconds ws_ping_interval{
      5'000};                               ///< ping a WebSocket that is silent; gone after 2
  std::size_t ws_queue_bytes = 256U << 20;  ///< unsent WebSocket data; a slower reader is dropped
};

/// A caller that sends this header with JSON-RPC wants an answer of a service that is ready or
/// none: a proxy, which can ask another one then. Refused with HTTP 503 before anything is done;
/// its WebSockets end when the service is no longer ready.
inline constexpr std::string_view kOnlyReadyHeader = "X-Venus-Only-Ready";

/// One finished call, for metrics and the log.
struct CallRecord {
  const MethodInfo* method = nullptr;  ///< null when the name is unknown
  std::string_view name;
  const CallContext* context = nullptr;
  std::chrono::nanoseconds took{};
  const Error* error = nullptr;
};

struct ServerOptions {
  Limits limits{};
  std::shared_ptr<AuthVerifier> auth{};            ///< none: tokens are not accepted
  PermSet anonymous = PermSet::up_to(Perm::Read);  ///< rights without a token, as Lotus has it
  std::chrono::milliseconds auth_recheck{
      3'000};  ///< a token's verdict is asked for again after this
  /// Whether the service is ready, at once, from what is known. None: always.
  std::function<bool()> ready{};
  std::string allow_origin{};                        ///< CORS: "*" or one origin; empty: none
  std::function<void(const CallRecord&)> on_call{};  ///< called on io threads: must be quick
};

class Server {
 public:
  using RouteHandler = std::function<Task<HttpResponse>(HttpRequest)>;

  /// Handlers run on the threads that run `io`, which must outlive the server.
  Server(asio::io_context& io, ServerOptions options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Closes everything at once; call stop() before for a graceful end.
  ~Server();

  /// Answers JSON-RPC (POST and WebSocket) at a path. The dispatcher outlives the server. Before
  /// listen().
  void mount(std::string path, const Dispatcher& dispatcher, ApiVersion version = ApiVersion::V1);
  /// Answers a REST path, literal or with {name} parts ("/user/{id}"), a last "{name...}" taking
  /// the rest. Callers need `perm`; none: open to everybody (health, metrics, login). Before
  /// listen().
  void route(Verb verb, std::string pattern, std::optional<Perm> perm, RouteHandler handler);

  /// Starts to accept. Port 0 takes a free one. Returns the bound address; Io when it can't be
  /// bound. May be called for several addresses.
  Result<Endpoint> listen(const std::string& host, std::uint16_t port);

  /// Stops to accept, ends streams, lets running requests finish for at most `grace`, then closes.
  Task<> stop(std::chrono::milliseconds grace = std::chrono::seconds(10));

  struct Stats {
    std::size_t connections = 0;
    std::size_t running = 0;
    std::size_t queued = 0;
    std::uint64_t requests = 0;
    std::uint64_t refused = 0;  ///< busy, over a limit, or not authenticated
  };
  [[nodiscard]] Stats stats() const;

  /// Private to the implementation.
  struct Core;

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace venus::rpc
