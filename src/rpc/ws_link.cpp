// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/ws_link.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace venus::rpc {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using tcp = asio::ip::tcp;
using Plain = beast::tcp_stream;
using Tls = beast::ssl_stream<beast::tcp_stream>;
constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

std::unexpected<Error> link_error(const boost::system::error_code& error, std::string_view what) {
  const bool late = error == beast::error::timeout;
  return fail(late ? ErrorCode::Timeout : ErrorCode::Unavailable, "{}: {}", what, error.message());
}

template <class Next>
class Link final : public WsLink {
 public:
  explicit Link(LinkStrand strand)
    requires std::is_same_v<Next, Plain>
      : ws_(strand) {}
  Link(LinkStrand strand, std::unique_ptr<asio::ssl::context> context)
    requires std::is_same_v<Next, Tls>
      : context_(std::move(context)), ws_(strand, *context_) {}

  Task<> open(Endpoint to, ClientOptions options) override {
    auto& lowest = beast::get_lowest_layer(ws_);
    const auto what = to.authority();
    tcp::resolver resolver(lowest.get_executor());
    const auto [resolve_error, found] =
        co_await resolver.async_resolve(to.host, fmt::to_string(to.port), kToken);
    if (resolve_error) co_return link_error(resolve_error, what);
    lowest.expires_after(options.connect_timeout);
    const auto [connect_error, reached] = co_await lowest.async_connect(found, kToken);
    if (connect_error) co_return link_error(connect_error, what);
    boost::system::error_code ignored;
    lowest.socket().set_option(tcp::no_delay(true), ignored);
    if constexpr (std::is_same_v<Next, Tls>) {
      auto& tls = ws_.next_layer();
      if (SSL_set_tlsext_host_name(tls.native_handle(), to.host.c_str()) != 1) {
        co_return fail(ErrorCode::Internal, "{}: the host name cannot be used for TLS", what);
      }
      tls.set_verify_callback(asio::ssl::host_name_verification(to.host));
      const auto [tls_error] = co_await tls.async_handshake(asio::ssl::stream_base::client, kToken);
      if (tls_error) co_return link_error(tls_error, what);
    }
    lowest.expires_never();
    co_return co_await handshake(std::move(to), std::move(options));
  }

  Task<std::string> read() override {
    beast::flat_buffer buffer;
    const auto [error, size] = co_await ws_.async_read(buffer, kToken);
    if (error) co_return link_error(error, "the connection broke");
    const auto data = buffer.cdata();
    co_return std::string(static_cast<const char*>(data.data()), data.size());
  }

  Task<> write(std::string text) override {
    const auto [error, size] = co_await ws_.async_write(asio::buffer(text), kToken);
    if (error) co_return link_error(error, "the connection broke");
    co_return Result<void>{};
  }

  void close() override { beast::get_lowest_layer(ws_).close(); }

 private:
  Task<> handshake(Endpoint to, ClientOptions options) {
    websocket::stream_base::timeout timeouts{};
    timeouts.handshake_timeout = options.connect_timeout;
    timeouts.idle_timeout =
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(2 * options.ping_interval);
    timeouts.keep_alive_pings = true;
    ws_.set_option(timeouts);
    ws_.read_message_max(options.max_response_bytes);
    ws_.auto_fragment(false);
    ws_.text(true);
    ws_.set_option(websocket::stream_base::decorator([&options](websocket::request_type& request) {
      request.set(http::field::user_agent, "venus");
      request.set("X-Venus-Errors", "1");
      if (!options.token.empty())
        request.set(http::field::authorization, "Bearer " + options.token);
      if (!options.ns_header.empty()) request.set("X-VENUS-API-NAMESPACE", options.ns_header);
    }));
    websocket::response_type response;
    const auto [error] = co_await ws_.async_handshake(response, to.authority(), to.target, kToken);
    ws_.set_option(websocket::stream_base::decorator([](websocket::request_type&) {}));
    if (error && response.result() == http::status::unauthorized) {
      co_return fail(ErrorCode::Unauthenticated, "{}: the token was refused", to.authority());
    }
    if (error) co_return link_error(error, to.authority());
    co_return Result<void>{};
  }

  std::unique_ptr<asio::ssl::context> context_;
  websocket::stream<Next> ws_;
};

}  // namespace

std::shared_ptr<WsLink> make_link(LinkStrand strand, bool tls) {
  if (!tls) return std::make_shared<Link<Plain>>(std::move(strand));
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
  context->set_default_verify_paths();
  context->set_verify_mode(asio::ssl::verify_peer);
  return std::make_shared<Link<Tls>>(std::move(strand), std::move(context));
}

}  // namespace venus::rpc
