// SPDX-License-Identifier: MIT OR Apache-2.0
// Plain HTTP(S) requests to other services: drand, venus-auth, market endpoints.
#pragma once

#include "base/json.hpp"
#include "rpc/http_types.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace venus::rpc {

struct HttpClientOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds request_timeout{30'000};
  std::size_t max_connections = 16;  ///< per host; more requests wait
  std::size_t max_response_bytes = 64U << 20;
  bool verify_tls = true;
};

/// Keeps connections alive per host. Thread-safe. `io` must outlive it.
class HttpClient {
 public:
  explicit HttpClient(asio::io_context& io, HttpClientOptions options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  struct Request {
    Verb verb = Verb::Get;
    std::string url{};
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};
    std::string token{};  ///< sent as a bearer token unless empty
    std::optional<std::chrono::milliseconds> timeout{};
    /// Whether it may be sent again when a kept-alive connection proves dead after it was sent.
    bool retry_safe = true;
  };

  /// Any answer of the server, whatever its status. Unavailable, Timeout, TooLarge, Cancelled,
  /// InvalidArgument (bad URL).
  Task<HttpResponse> send(Request request);
  /// The body of a 200 answer; other statuses are errors (401 Unauthenticated, 404 NotFound, 5xx
  /// Unavailable).
  Task<std::string> get(std::string url);
  Task<boost::json::value> get_json(std::string url);
  Task<boost::json::value> post_json(std::string url, boost::json::value body,
                                     std::string token = {});
  /// Ends everything in flight with Cancelled.
  void stop();

  struct Pool;

 private:
  std::shared_ptr<Pool> pool_;
};

/// The error that a status other than 2xx stands for, with the beginning of its body.
Error http_error(const HttpResponse& response);

}  // namespace venus::rpc
