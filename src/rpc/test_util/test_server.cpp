// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/test_util/test_server.hpp"

#include "rpc/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

namespace venus::rpc::test {
namespace {

Task<std::string> sleep_for(TestServer* server, std::int64_t millis) {
  ++server->sleeping;
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(millis));
  const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  --server->sleeping;
  if (error) co_return fail(ErrorCode::Cancelled, "woken");
  co_return "slept";
}

asio::awaitable<void> count_up(TestServer* server, StreamWriter<std::int64_t> writer,
                               std::int64_t n, std::int64_t millis) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (std::int64_t i = 0; n < 0 || i < n; ++i) {
    if (!writer.send(i)) break;
    if (millis == 0) continue;
    timer.expires_after(std::chrono::milliseconds(millis));
    co_await timer.async_wait(asio::use_awaitable);
  }
  writer.close();
  --server->open_streams;
}

}  // namespace

TestServer::TestServer(ServerOptions options, int threads) : work_(asio::make_work_guard(io)) {
  bind_all();
  start(std::move(options));
  for (int i = 0; i < threads; ++i)
    threads_.emplace_back([this] { io.run(); });
}

void TestServer::start(ServerOptions options) {
  server = std::make_unique<Server>(io, std::move(options));
  server->mount("/rpc/v0", dispatcher, ApiVersion::V0);
  server->mount("/rpc/v1", dispatcher, ApiVersion::V1);
  server->route(Verb::Get, "/healthz", std::nullopt,
                [](HttpRequest) -> Task<HttpResponse> { co_return HttpResponse::text("ok\n"); });
  server->route(
      Verb::Get, "/user/{name}", Perm::Read, [](HttpRequest request) -> Task<HttpResponse> {
        co_return HttpResponse::json(base::write_json({{"name", request.args["name"]},
                                                       {"q", std::string(request.param("q"))},
                                                       {"caller", request.context.user()}}));
      });
  server->route(Verb::Post, "/user/{name}", Perm::Sign,
                [](HttpRequest request) -> Task<HttpResponse> {
                  if (request.body.empty()) co_return fail(ErrorCode::InvalidArgument, "no body");
                  co_return HttpResponse::json(request.body, 201);
                });
  const auto bound = server->listen("127.0.0.1", port);
  if (!bound) throw std::runtime_error(bound.error().message);
  port = bound->port;
}

TestServer::~TestServer() {
  stop();
  work_.reset();
  io.stop();
  threads_.clear();
}

void TestServer::stop() {
  if (!server) return;
  auto stopped = asio::co_spawn(io, server->stop(std::chrono::milliseconds(200)), asio::use_future);
  stopped.wait();
  server.reset();
}

void TestServer::restart(ServerOptions options) {
  stop();
  start(std::move(options));
}

std::string TestServer::url(std::string_view scheme) const {
  return fmt::format("{}://127.0.0.1:{}/rpc/v1", scheme, port);
}

bool TestServer::eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

void TestServer::bind_all() {
  using A = TestApi;
  dispatcher.bind<A::Add>(
      [](std::int64_t a, std::int64_t b) -> Result<std::int64_t> { return a + b; });
  dispatcher.bind<A::Echo>([](Item item, std::optional<std::string> text) -> Task<Item> {
    if (text) item.text = *text;
    co_return item;
  });
  dispatcher.bind<A::Sign>([]() -> Result<bool> { return true; });
  dispatcher.bind<A::Fail>(
      [](std::string message) -> Result<void> { return fail(ErrorCode::Internal, "{}", message); });
  dispatcher.bind<A::Missing>([]() -> Result<void> {
    return std::unexpected(rpc_error(3, ErrorCode::NotFound, "actor not found"));
  });
  dispatcher.bind<A::Throw>([]() -> Task<> {
    throw std::runtime_error("broken");
    co_return Result<void>{};
  });
  dispatcher.bind<A::Nothing>([]() -> Result<void> { return {}; });
  dispatcher.bind<A::Sleep>([this](std::int64_t millis) { return sleep_for(this, millis); });
  dispatcher.bind<A::Blob>([](std::int64_t size) -> Result<std::string> {
    return std::string(static_cast<std::size_t>(size), 'x');
  });
  dispatcher.bind<A::Who>(
      [](CallContext context) -> Result<std::string> { return context.user(); });
  dispatcher.bind<A::Trace>(
      [](CallContext context) -> Result<std::string> { return context.trace().id(); });
  dispatcher.bind<A::Old>([]() -> Result<std::string> { return "old"; });
  dispatcher.bind<A::New>([]() -> Result<std::int64_t> { return 1; });
  dispatcher.bind<A::Count>(
      [this](std::int64_t n, std::int64_t millis) -> Result<Stream<std::int64_t>> {
        if (millis < 0) return fail(ErrorCode::InvalidArgument, "no time machine");
        auto [writer, stream] = make_stream<std::int64_t>(1 << 20);
        ++open_streams;
        asio::co_spawn(io, count_up(this, std::move(writer), n, millis), asio::detached);
        return std::move(stream);
      });
  bind_discover<A>(dispatcher, "test", "1.2.3");
}

Task<std::shared_ptr<const Caller>> TestVerifier::verify(std::string token) {
  ++asked;
  if (down) co_return fail(ErrorCode::Unavailable, "auth is away");
  auto caller = std::make_shared<Caller>();
  caller->token = token;
  caller->name = "user of " + token;
  if (token == "good" && !revoked)
    caller->perms = PermSet::up_to(Perm::Sign);
  else if (token == "reader")
    caller->perms = PermSet::up_to(Perm::Read);
  else
    co_return fail(ErrorCode::Unauthenticated, "unknown token");
  co_return std::shared_ptr<const Caller>(std::move(caller));
}

RawConnection::RawConnection(std::uint16_t port) : socket_(io_) {
  socket_.connect({asio::ip::make_address("127.0.0.1"), port});
}

void RawConnection::send(std::string_view bytes) {
  boost::system::error_code ignored;
  asio::write(socket_, asio::buffer(bytes), ignored);
}

bool RawConnection::read_some() {
  std::array<char, 65536> chunk;
  boost::system::error_code error;
  const auto size = socket_.read_some(asio::buffer(chunk), error);
  buffer_.append(chunk.data(), size);
  return !error && size > 0;
}

RawAnswer RawConnection::read_answer(bool head_only) {
  RawAnswer out;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_some()) return out;
  }
  out.head = buffer_.substr(0, end);
  buffer_.erase(0, end + 4);
  out.status = static_cast<unsigned>(std::stoul(out.head.substr(9, 3)));
  std::size_t length = 0;
  if (const auto at = out.head.find("Content-Length: "); at != std::string::npos && !head_only) {
    length = std::stoul(out.head.substr(at + 16));
  }
  while (buffer_.size() < length && read_some()) {
  }
  out.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return out;
}

RawAnswer RawConnection::post(std::string_view path, std::string_view body,
                              std::string_view headers) {
  send(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{}\r\n{}", path,
                   body.size(), headers, body));
  return read_answer();
}

RawAnswer RawConnection::get(std::string_view path, std::string_view headers) {
  send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n", path, headers));
  return read_answer();
}

bool RawConnection::closed_by_peer() {
  timeval limit{.tv_sec = 5, .tv_usec = 0};
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  char byte = 0;
  for (;;) {
    const auto got = ::recv(socket_.native_handle(), &byte, 1, 0);
    if (got > 0) continue;
    return got == 0 || errno == ECONNRESET;
  }
}

}  // namespace venus::rpc::test
