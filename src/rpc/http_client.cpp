// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/http_client.hpp"

#include "rpc/endpoint.hpp"
#include "rpc/gate.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <sys/socket.h>

#include <atomic>
#include <mutex>

namespace venus::rpc {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

Error io_error(const boost::system::error_code& error, std::string_view what) {
  if (error == beast::error::timeout)
    return {ErrorCode::Timeout, fmt::format("{}: no answer in time", what)};
  if (error == http::error::body_limit)
    return {ErrorCode::TooLarge, fmt::format("{}: the answer is too large", what)};
  if (error == asio::error::operation_aborted)
    return {ErrorCode::Cancelled, fmt::format("{}: cancelled", what)};
  return {ErrorCode::Unavailable, fmt::format("{}: {}", what, error.message())};
}

// A connection, used by one request at a time; all its work runs on its strand.
struct Connection {
  explicit Connection(asio::io_context& io) : stream(asio::make_strand(io)) {}

  bool alive() {
    char byte = 0;
    return ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           errno == EAGAIN;
  }

  beast::tcp_stream stream;
  std::unique_ptr<beast::ssl_stream<beast::tcp_stream&>> tls;
  beast::flat_buffer buffer;
  bool sent = false;
};

std::string make_head(const Endpoint& to, const HttpClient::Request& request) {
  std::string head;
  const auto out = std::back_inserter(head);
  fmt::format_to(out, "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: venus\r\n",
                 to_string(request.verb), to.target, to.authority());
  if (!request.body.empty() || request.verb == Verb::Post || request.verb == Verb::Put) {
    fmt::format_to(out, "Content-Type: application/json\r\nContent-Length: {}\r\n",
                   request.body.size());
  }
  if (!request.token.empty()) fmt::format_to(out, "Authorization: Bearer {}\r\n", request.token);
  for (const auto& [name, value] : request.headers)
    fmt::format_to(out, "{}: {}\r\n", name, value);
  head += "\r\n";
  return head;
}

Result<void> check_headers(const HttpClient::Request& request) {
  const auto breaks = [](std::string_view text) {
    return text.find_first_of("\r\n") != std::string_view::npos;
  };
  bool bad = breaks(request.token);
  for (const auto& [name, value] : request.headers)
    bad = bad || breaks(name) || breaks(value);
  if (bad) return fail(ErrorCode::InvalidArgument, "a header of the request contains a line break");
  return {};
}

struct Answer {
  HttpResponse response;
  bool keep = false;
};

template <class Stream>
Task<Answer> exchange(Stream& stream, std::shared_ptr<Connection> connection, std::string head,
                      std::string body, bool is_head, std::size_t limit, std::string what) {
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(body)};
  const auto [write_error, written] = co_await asio::async_write(stream, parts, kToken);
  if (write_error) co_return std::unexpected(io_error(write_error, what));
  connection->sent = true;
  http::response_parser<http::string_body> parser;
  parser.body_limit(limit);
  parser.skip(is_head);
  const auto [read_error, size] =
      co_await http::async_read(stream, connection->buffer, parser, kToken);
  if (read_error) co_return std::unexpected(io_error(read_error, what));
  auto message = parser.release();
  Answer out;
  out.keep = message.keep_alive();
  out.response.status = message.result_int();
  for (const auto& field : message)
    out.response.headers.emplace_back(field.name_string(), field.value());
  out.response.content_type = std::string(message[http::field::content_type]);
  out.response.body = std::move(message.body());
  co_return out;
}

}  // namespace

struct HttpClient::Pool : std::enable_shared_from_this<HttpClient::Pool> {
  Pool(asio::io_context& context, HttpClientOptions given) : io(context), options(given) {}

  struct Host {
    Host(std::size_t connections) : gate(connections, 1U << 20) {}
    Gate gate;
    std::mutex mutex;
    std::vector<std::shared_ptr<Connection>> idle;
  };

  std::shared_ptr<Host> host(const Endpoint& to) {
    std::lock_guard lock(mutex);
    auto& found = hosts[to.scheme + "://" + to.authority()];
    if (!found) found = std::make_shared<Host>(options.max_connections);
    return found;
  }

  // A kept connection that still stands, or nothing.
  static std::shared_ptr<Connection> take_idle(Host& host) {
    std::lock_guard lock(host.mutex);
    while (!host.idle.empty()) {
      auto last = std::move(host.idle.back());
      host.idle.pop_back();
      if (last->alive()) return last;
    }
    return nullptr;
  }

  std::shared_ptr<Connection> fresh() {
    auto made = std::make_shared<Connection>(io);
    std::lock_guard lock(mutex);
    std::erase_if(all, [](const auto& weak) { return weak.expired(); });
    all.push_back(made);
    return made;
  }

  asio::ssl::context& tls_context() {
    std::lock_guard lock(mutex);
    if (!tls) {
      tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
      tls->set_default_verify_paths();
      tls->set_verify_mode(options.verify_tls ? asio::ssl::verify_peer : asio::ssl::verify_none);
    }
    return *tls;
  }

  static Task<> connect(std::shared_ptr<Pool> pool, std::shared_ptr<Connection> connection,
                        Endpoint to);
  static Task<Answer> run(std::shared_ptr<Pool> pool, std::shared_ptr<Connection> connection,
                          Endpoint to, Request request, bool reused);
  static Task<HttpResponse> send(std::shared_ptr<Pool> pool, Request request);

  asio::io_context& io;
  const HttpClientOptions options;
  std::atomic<bool> stopped{false};
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Host>> hosts;
  std::vector<std::weak_ptr<Connection>> all;
  std::unique_ptr<asio::ssl::context> tls;
};

Task<> HttpClient::Pool::connect(std::shared_ptr<Pool> pool, std::shared_ptr<Connection> connection,
                                 Endpoint to) {
  auto& stream = connection->stream;
  const auto what = to.authority();
  tcp::resolver resolver(stream.get_executor());
  const auto [resolve_error, addresses] =
      co_await resolver.async_resolve(to.host, fmt::to_string(to.port), kToken);
  if (resolve_error) co_return std::unexpected(io_error(resolve_error, what));
  stream.expires_after(pool->options.connect_timeout);
  const auto [connect_error, reached] = co_await stream.async_connect(addresses, kToken);
  if (connect_error) co_return std::unexpected(io_error(connect_error, what));
  boost::system::error_code ignored;
  stream.socket().set_option(tcp::no_delay(true), ignored);
  if (!to.tls()) co_return Result<void>{};
  connection->tls =
      std::make_unique<beast::ssl_stream<beast::tcp_stream&>>(stream, pool->tls_context());
  if (SSL_set_tlsext_host_name(connection->tls->native_handle(), to.host.c_str()) != 1) {
    co_return fail(ErrorCode::Internal, "{}: the host name cannot be used for TLS", what);
  }
  if (pool->options.verify_tls)
    connection->tls->set_verify_callback(asio::ssl::host_name_verification(to.host));
  const auto [tls_error] =
      co_await connection->tls->async_handshake(asio::ssl::stream_base::client, kToken);
  if (tls_error) co_return std::unexpected(io_error(tls_error, what));
  co_return Result<void>{};
}

Task<Answer> HttpClient::Pool::run(std::shared_ptr<Pool> pool,
                                   std::shared_ptr<Connection> connection, Endpoint to,
                                   Request request, bool reused) {
  connection->sent = false;
  if (!reused) CO_TRY_VOID(co_await connect(pool, connection, to));
  connection->stream.expires_after(request.timeout.value_or(pool->options.request_timeout));
  auto head = make_head(to, request);
  const bool is_head = request.verb == Verb::Head;
  const auto limit = pool->options.max_response_bytes;
  Result<Answer> answer;
  if (connection->tls) {
    answer = co_await exchange(*connection->tls, connection, std::move(head),
                               std::move(request.body), is_head, limit, to.authority());
  } else {
    answer = co_await exchange(connection->stream, connection, std::move(head),
                               std::move(request.body), is_head, limit, to.authority());
  }
  connection->stream.expires_never();
  if (!answer || !answer->keep) connection->stream.close();
  co_return answer;
}

Task<HttpResponse> HttpClient::Pool::send(std::shared_ptr<Pool> pool, Request request) {
  CO_TRY(auto to, Endpoint::parse(request.url, "/"));
  CO_TRY_VOID(check_headers(request));
  if (const auto fragment = to.target.find('#'); fragment != std::string::npos)
    to.target.resize(fragment);
  const auto host = pool->host(to);
  CO_TRY(const auto pass, co_await host->gate.enter());
  for (bool again = false;; again = true) {
    if (pool->stopped)
      co_return fail(ErrorCode::Cancelled, "{}: the client was stopped", to.authority());
    auto connection = again ? nullptr : take_idle(*host);
    const bool reused = connection != nullptr;
    if (!reused) connection = pool->fresh();
    auto answer =
        co_await asio::co_spawn(connection->stream.get_executor(),
                                run(pool, connection, to, request, reused), asio::use_awaitable);
    if (answer) {
      if (answer->keep && !pool->stopped) {
        std::lock_guard lock(host->mutex);
        host->idle.push_back(std::move(connection));
      }
      co_return std::move(answer->response);
    }
    const bool may_repeat = reused && answer.error().code == ErrorCode::Unavailable &&
                            (request.retry_safe || !connection->sent);
    if (!may_repeat) {
      if (pool->stopped) answer.error().code = ErrorCode::Cancelled;
      co_return std::unexpected(std::move(answer).error());
    }
  }
}

HttpClient::HttpClient(asio::io_context& io, HttpClientOptions options)
    : pool_(std::make_shared<Pool>(io, options)) {}

HttpClient::~HttpClient() { stop(); }

void HttpClient::stop() {
  pool_->stopped = true;
  std::lock_guard lock(pool_->mutex);
  for (const auto& weak : pool_->all) {
    if (auto connection = weak.lock()) {
      asio::post(connection->stream.get_executor(), [connection] { connection->stream.close(); });
    }
  }
  for (const auto& [name, host] : pool_->hosts) {
    std::lock_guard host_lock(host->mutex);
    host->idle.clear();
  }
}

Task<HttpResponse> HttpClient::send(Request request) {
  return Pool::send(pool_, std::move(request));
}

namespace {

Task<boost::json::value> json_of(Task<HttpResponse> sending, std::string url) {
  CO_TRY(auto response, co_await std::move(sending));
  if (response.status < 200 || response.status > 299) {
    co_return std::unexpected(http_error(response).context(url));
  }
  co_return with_context(base::parse_json(response.body), url);
}

Task<std::string> body_of(Task<HttpResponse> sending, std::string url) {
  CO_TRY(auto response, co_await std::move(sending));
  if (response.status < 200 || response.status > 299) {
    co_return std::unexpected(http_error(response).context(url));
  }
  co_return std::move(response.body);
}

}  // namespace

Task<std::string> HttpClient::get(std::string url) {
  Request request;
  request.url = url;
  return body_of(send(std::move(request)), std::move(url));
}

Task<boost::json::value> HttpClient::get_json(std::string url) {
  Request request;
  request.url = url;
  return json_of(send(std::move(request)), std::move(url));
}

Task<boost::json::value> HttpClient::post_json(std::string url, boost::json::value body,
                                               std::string token) {
  Request request;
  request.verb = Verb::Post;
  request.url = url;
  request.body = base::write_json(body);
  request.token = std::move(token);
  request.retry_safe = false;
  return json_of(send(std::move(request)), std::move(url));
}

Error http_error(const HttpResponse& response) {
  ErrorCode code = ErrorCode::Unavailable;
  switch (response.status) {
    case 400:
      code = ErrorCode::InvalidArgument;
      break;
    case 401:
      code = ErrorCode::Unauthenticated;
      break;
    case 403:
      code = ErrorCode::PermissionDenied;
      break;
    case 404:
      code = ErrorCode::NotFound;
      break;
    case 409:
      code = ErrorCode::Conflict;
      break;
    case 413:
      code = ErrorCode::TooLarge;
      break;
    case 429:
    case 503:
      code = ErrorCode::Exhausted;
      break;
    default:
      break;
  }
  std::string reason = response.body.substr(0, 200);
  if (auto parsed = base::parse_json(response.body)) {
    const auto* named = base::find_member(*parsed, "error");
    if (named != nullptr && named->is_string()) reason = std::string(named->get_string());
  }
  return {code, reason.empty() ? fmt::format("HTTP {}", response.status)
                               : fmt::format("HTTP {}: {}", response.status, reason)};
}

}  // namespace venus::rpc
