// SPDX-License-Identifier: MIT OR Apache-2.0
// Private to the server: one HTTP connection.
#pragma once

#include "rpc/server_core.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace venus::rpc {

namespace http = boost::beast::http;

class HttpSession final : public Session, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(std::shared_ptr<Server::Core> core, Socket socket, std::string remote);

  void close() override;
  void drain() override;
  void sweep(std::int64_t now) override;

  static asio::awaitable<void> run(std::shared_ptr<HttpSession> self);

 private:
  using Parser = http::request_parser<http::string_body>;
  enum class Phase : std::uint8_t { Idle, Reading, Handling, Writing };

  asio::awaitable<void> serve();
  /// False: the connection is over (end, timeout, or an answer to a bad request was sent).
  asio::awaitable<bool> read_request(std::optional<Parser>& parser);
  asio::awaitable<bool> read_more();
  asio::awaitable<void> refuse_input(boost::beast::error_code error);
  asio::awaitable<bool> answer(Parser::value_type request);
  asio::awaitable<bool> answer_rpc(Parser::value_type request, Router::Mount mount,
                                   std::string_view query);
  asio::awaitable<bool> answer_route(Parser::value_type request, std::string_view path,
                                     std::string_view query);
  asio::awaitable<bool> send(const Parser::value_type& request, HttpResponse response);
  asio::awaitable<void> upgrade(Parser::value_type request, Router::Mount mount,
                                std::string_view query);
  CallContext context_for(const Parser::value_type& request,
                          std::shared_ptr<const Caller> caller) const;
  void enter(Phase phase, std::chrono::milliseconds limit);

  std::shared_ptr<Server::Core> core_;
  Socket socket_;
  std::shared_ptr<CallContext::Connection> connection_;
  ConnectionAuth auth_;
  boost::beast::flat_buffer buffer_;
  std::string head_;
  std::atomic<Phase> phase_{Phase::Idle};
  std::atomic<std::int64_t> deadline_{0};
  std::atomic<std::int64_t> handling_since_{0};
  asio::cancellation_signal cancel_;
  bool draining_ = false;
  bool upgraded_ = false;

  friend void start_http(std::shared_ptr<Server::Core>, Socket, std::string);
};

/// Takes the connection over as a WebSocket. `request` asked for it, `buffered` was read after it.
void start_websocket(std::shared_ptr<Server::Core> core, Socket socket, Upgrade upgrade,
                     http::request<http::string_body> request, boost::beast::flat_buffer buffered);

}  // namespace venus::rpc
