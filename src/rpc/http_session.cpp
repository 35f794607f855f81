// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/http_session.hpp"

#include "rpc/error.hpp"
#include "rpc/rpc_text.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <sys/socket.h>

namespace venus::rpc {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
// A client that hung up is looked for only after a call has run this long.
constexpr std::int64_t kSlowCallMillis = 1000;

Verb verb_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Verb::Get;
    case http::verb::post:
      return Verb::Post;
    case http::verb::put:
      return Verb::Put;
    case http::verb::delete_:
      return Verb::Delete;
    case http::verb::head:
      return Verb::Head;
    case http::verb::patch:
      return Verb::Patch;
    case http::verb::options:
      return Verb::Options;
    default:
      return Verb::Other;
  }
}

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

bool has_line_break(std::string_view text) {
  return text.find_first_of("\r\n") != std::string_view::npos;
}

}  // namespace

HttpSession::HttpSession(std::shared_ptr<Server::Core> core, Socket socket, std::string remote)
    : core_(std::move(core)),
      socket_(std::move(socket)),
      connection_(std::make_shared<CallContext::Connection>()) {
  connection_->id = core_->next_connection.fetch_add(1);
  connection_->remote = std::move(remote);
}

void HttpSession::close() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->cancel_.emit(asio::cancellation_type::terminal);
    boost::system::error_code ignored;
    if (!self->upgraded_) self->socket_.close(ignored);
  });
}

void HttpSession::drain() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->draining_ = true;
    boost::system::error_code ignored;
    if (self->phase_ == Phase::Idle && !self->upgraded_) self->socket_.close(ignored);
  });
}

void HttpSession::sweep(std::int64_t now) {
  const auto deadline = deadline_.load(std::memory_order_relaxed);
  if (deadline != 0 && now > deadline) return close();
  const auto since = handling_since_.load(std::memory_order_relaxed);
  if (since == 0 || now - since < kSlowCallMillis) return;
  asio::post(socket_.get_executor(), [self = shared_from_this(), since] {
    if (self->handling_since_ != since || !self->socket_.is_open() || self->upgraded_) return;
    char byte = 0;
    if (::recv(self->socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
      self->cancel_.emit(asio::cancellation_type::terminal);
    }
  });
}

void HttpSession::enter(Phase phase, std::chrono::milliseconds limit) {
  phase_.store(phase, std::memory_order_relaxed);
  const auto now = steady_millis();
  deadline_.store(limit.count() == 0 ? 0 : now + limit.count(), std::memory_order_relaxed);
  handling_since_.store(phase == Phase::Handling ? now : 0, std::memory_order_relaxed);
}

asio::awaitable<void> HttpSession::run(std::shared_ptr<HttpSession> self) {
  try {
    co_await self->serve();
  } catch (const std::exception&) {
    // A cancelled or broken connection ends like a closed one.
  }
  self->enter(Phase::Idle, {});
  boost::system::error_code ignored;
  if (!self->upgraded_) {
    self->socket_.shutdown(tcp::socket::shutdown_both, ignored);
    self->socket_.close(ignored);
  }
  self->core_->remove(self.get());
}

asio::awaitable<void> HttpSession::serve() {
  while (!draining_ && !core_->stopping()) {
    std::optional<Parser> parser;
    if (!co_await read_request(parser)) co_return;
    core_->requests.fetch_add(1, std::memory_order_relaxed);
    if (!co_await answer(parser->release())) co_return;
  }
}

asio::awaitable<bool> HttpSession::read_more() {
  const auto [error, size] = co_await socket_.async_read_some(buffer_.prepare(64U << 10), kToken);
  if (error) co_return false;
  buffer_.commit(size);
  co_return true;
}

asio::awaitable<bool> HttpSession::read_request(std::optional<Parser>& parser) {
  parser.emplace();
  parser->eager(true);
  parser->header_limit(static_cast<std::uint32_t>(core_->options.limits.max_header_bytes));
  parser->body_limit(core_->options.limits.max_request_bytes);
  if (buffer_.size() == 0) {
    enter(Phase::Idle, core_->options.limits.idle_timeout);
    if (!co_await read_more()) co_return false;
  }
  enter(Phase::Reading, core_->options.limits.request_timeout);
  bool continued = false;
  for (;;) {
    boost::beast::error_code error;
    const auto used = parser->put(buffer_.data(), error);
    buffer_.consume(used);
    if (error && error != http::error::need_more) {
      co_await refuse_input(error);
      co_return false;
    }
    if (parser->is_done()) co_return true;
    if (!continued && parser->is_header_done() &&
        parser->get().find(http::field::expect) != parser->get().end()) {
      continued = true;
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto [failed, size] =
          co_await asio::async_write(socket_, asio::buffer(kContinue), kToken);
      if (failed) co_return false;
    }
    if (!error && buffer_.size() > 0) continue;
    if (!co_await read_more()) co_return false;
  }
}

asio::awaitable<void> HttpSession::refuse_input(boost::beast::error_code error) {
  core_->refused.fetch_add(1, std::memory_order_relaxed);
  unsigned status = 400;
  if (error == http::error::body_limit) status = 413;
  if (error == http::error::header_limit) status = 431;
  Parser::value_type request;
  request.keep_alive(false);
  co_await send(request, HttpResponse::error(status, error.message()));
  // Closing with unread input would reset the connection before the peer reads why.
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  enter(Phase::Reading, std::chrono::seconds(2));
  buffer_.clear();
  for (std::size_t drained = 0; drained < (8U << 20);) {
    const auto [failed, size] =
        co_await socket_.async_read_some(buffer_.prepare(64U << 10), kToken);
    if (failed) co_return;
    drained += size;
  }
}

CallContext HttpSession::context_for(const Parser::value_type& request,
                                     std::shared_ptr<const Caller> caller) const {
  const auto sent = request.find("traceparent");
  const auto trace = sent == request.end() ? std::nullopt : Trace::parse(view(sent->value()));
  return {std::move(caller), connection_, trace ? *trace : Trace::fresh()};
}

asio::awaitable<bool> HttpSession::answer(Parser::value_type request) {
  const auto target = view(request.target());
  const auto mark = target.find('?');
  const auto path = target.substr(0, mark);
  const auto query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  if (request.method() == http::verb::options && !core_->options.allow_origin.empty()) {
    co_return co_await send(
        request, HttpResponse{.status = 204, .content_type = {}, .body = {}, .headers = {}});
  }
  const auto* mount = core_->router.find_mount(path);
  if (mount == nullptr) co_return co_await answer_route(std::move(request), path, query);
  if (request.find(kOnlyReadyHeader) != request.end() && !core_->ready()) {
    core_->refused.fetch_add(1, std::memory_order_relaxed);
    co_return co_await send(request, HttpResponse::error(503, "not ready, see /readyz?verbose"));
  }
  if (boost::beast::websocket::is_upgrade(request)) {
    co_await upgrade(std::move(request), *mount, query);
    co_return false;
  }
  if (request.method() != http::verb::post) {
    co_return co_await send(request,
                            HttpResponse::error(405, "JSON-RPC requests are sent with POST"));
  }
  co_return co_await answer_rpc(std::move(request), *mount, query);
}

asio::awaitable<bool> HttpSession::answer_rpc(Parser::value_type request, Router::Mount mount,
                                              std::string_view query) {
  enter(Phase::Handling, {});
  auto token = token_of(view(request[http::field::authorization]), query);
  Result<std::shared_ptr<const Caller>> caller = core_->anonymous;
  if (!token)
    caller = std::unexpected(std::move(token).error());
  else if (!token->empty())
    caller = co_await auth_.caller(core_, *std::move(token));
  if (!caller) {
    core_->refused.fetch_add(1, std::memory_order_relaxed);
    co_return co_await send(request, HttpResponse::error(caller.error()));
  }
  const bool with_kind = request.find("X-Venus-Errors") != request.end();
  auto reply = co_await answer_post(core_, mount, context_for(request, *std::move(caller)),
                                    request.body(), with_kind);
  co_return co_await send(
      request, HttpResponse{.status = reply.status, .body = std::move(reply.body), .headers = {}});
}

asio::awaitable<bool> HttpSession::answer_route(Parser::value_type request, std::string_view path,
                                                std::string_view query) {
  enter(Phase::Handling, {});
  auto match = core_->router.find_route(verb_of(request.method()), path);
  if (match.route == nullptr) {
    co_return co_await send(request, match.other_verb
                                         ? HttpResponse::error(405, "not with this method")
                                         : HttpResponse::error(404, "no such path"));
  }
  auto token = token_of(view(request[http::field::authorization]), query);
  Result<std::shared_ptr<const Caller>> caller = core_->anonymous;
  if (!token)
    caller = std::unexpected(std::move(token).error());
  else if (!token->empty())
    caller = co_await auth_.caller(core_, *std::move(token));
  const auto need = match.route->perm;
  if (!caller && need) {
    core_->refused.fetch_add(1, std::memory_order_relaxed);
    co_return co_await send(request, HttpResponse::error(caller.error()));
  }
  if (!caller) caller = core_->anonymous;
  if (need && !(*caller)->perms.has(*need)) {
    const unsigned status = (*caller)->token.empty() ? 401 : 403;
    co_return co_await send(
        request, HttpResponse::error(
                     status, fmt::format("missing permission (need '{}')", to_string(*need))));
  }
  auto pass = need ? co_await core_->gate.enter() : Result<Gate::Pass>(Gate::Pass());
  if (!pass) {
    core_->refused.fetch_add(1, std::memory_order_relaxed);
    co_return co_await send(request, HttpResponse::error(pass.error()));
  }
  HttpRequest given;
  given.verb = verb_of(request.method());
  given.path = url_decode(path);
  given.query = parse_query(query);
  given.args = std::move(match.args);
  given.context = context_for(request, *std::move(caller));
  for (const auto& field : request)
    given.headers.emplace_back(field.name_string(), field.value());
  given.body = std::move(request.body());
  Result<HttpResponse> response;
  try {
    response = co_await match.route->handler(std::move(given));
  } catch (const std::exception& thrown) {
    response = fail(ErrorCode::Internal, "the request failed: {}", thrown.what());
  }
  pass->release();
  co_return co_await send(request,
                          response ? *std::move(response) : HttpResponse::error(response.error()));
}

asio::awaitable<bool> HttpSession::send(const Parser::value_type& request, HttpResponse response) {
  const bool keep = request.keep_alive() && !draining_ && !core_->stopping();
  const bool body_allowed =
      response.status >= 200 && response.status != 204 && response.status != 304;
  head_.clear();
  const auto out = std::back_inserter(head_);
  const auto reason = http::obsolete_reason(http::int_to_status(response.status));
  fmt::format_to(out, "HTTP/1.1 {} {}\r\n", response.status, view(reason));
  if (body_allowed) {
    fmt::format_to(out, "Content-Type: {}\r\nContent-Length: {}\r\n", response.content_type,
                   response.body.size());
  }
  if (!keep)
    head_ += "Connection: close\r\n";
  else if (request.version() < 11)
    head_ += "Connection: keep-alive\r\n";
  if (!core_->options.allow_origin.empty()) {
    fmt::format_to(
        out,
        "Access-Control-Allow-Origin: {}\r\nAccess-Control-Allow-Headers: *, Authorization\r\n"
        "Access-Control-Allow-Methods: GET, POST, PUT, DELETE, OPTIONS\r\n",
        core_->options.allow_origin);
  }
  for (const auto& [name, value] : response.headers) {
    if (!has_line_break(name) && !has_line_break(value))
      fmt::format_to(out, "{}: {}\r\n", name, value);
  }
  head_ += "\r\n";
  enter(Phase::Writing, core_->options.limits.write_timeout);
  const bool with_body = body_allowed && request.method() != http::verb::head;
  const std::array<asio::const_buffer, 2> parts{
      asio::buffer(head_), with_body ? asio::buffer(response.body) : asio::const_buffer()};
  const auto [error, size] = co_await asio::async_write(socket_, parts, kToken);
  co_return !error && keep;
}

asio::awaitable<void> HttpSession::upgrade(Parser::value_type request, Router::Mount mount,
                                           std::string_view query) {
  enter(Phase::Handling, {});
  Upgrade out;
  out.mount = mount;
  auto token = token_of(view(request[http::field::authorization]), query);
  Result<std::shared_ptr<const Caller>> caller = core_->anonymous;
  if (!token)
    caller = std::unexpected(token.error());
  else if (!token->empty())
    caller = co_await out.auth.caller(core_, *token);
  if (!caller) {
    core_->refused.fetch_add(1, std::memory_order_relaxed);
    co_await send(request, HttpResponse::error(caller.error()));
    co_return;
  }
  connection_->websocket = true;
  out.connection = connection_;
  out.token = *std::move(token);
  out.trace = context_for(request, core_->anonymous).trace();
  out.with_kind = request.find("X-Venus-Errors") != request.end();
  out.only_ready = request.find(kOnlyReadyHeader) != request.end();
  upgraded_ = true;
  start_websocket(core_, std::move(socket_), std::move(out), std::move(request),
                  std::move(buffer_));
}

void start_http(std::shared_ptr<Server::Core> core, Socket socket, std::string remote) {
  auto strand = socket.get_executor();
  auto session = std::make_shared<HttpSession>(core, std::move(socket), std::move(remote));
  core->add(session);
  auto slot = session->cancel_.slot();
  asio::co_spawn(strand, HttpSession::run(std::move(session)),
                 asio::bind_cancellation_slot(slot, [](std::exception_ptr) {}));
}

}  // namespace venus::rpc
