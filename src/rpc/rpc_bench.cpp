// SPDX-License-Identifier: MIT OR Apache-2.0
// Requests per second over loopback: 8 kept-alive connections, one request in flight on each, the
// client on one thread. `items_per_second` is the figure; Lotus does about 11,000 on the same
// machine.
#include "rpc/client.hpp"
#include "rpc/test_util/test_server.hpp"

#include <benchmark/benchmark.h>
#include <boost/asio/use_future.hpp>
#include <poll.h>
#include <sys/socket.h>

namespace venus::rpc {
namespace {

using test::TestServer;

constexpr std::size_t kConnections = 8;

// A client that costs as little as possible: it looks only for the end of each answer.
class Hammer {
 public:
  Hammer(asio::io_context& io, std::uint16_t port, std::string_view body)
      : request_(fmt::format(
            "POST /rpc/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            "Content-Length: {}\r\n\r\n{}",
            body.size(), body)) {
    for (std::size_t i = 0; i < kConnections; ++i) {
      sockets_.emplace_back(io);
      sockets_.back().connect({asio::ip::make_address("127.0.0.1"), port});
      sockets_.back().set_option(asio::ip::tcp::no_delay(true));
      polled_[i] = {.fd = sockets_.back().native_handle(), .events = POLLIN, .revents = 0};
    }
    measure_answer();
  }

  // Has `count` requests answered.
  void run(std::size_t count) {
    std::size_t to_send = count;
    std::size_t to_come = count;
    for (std::size_t i = 0; i < kConnections && to_send > 0; ++i, --to_send)
      send(i);
    while (to_come > 0) {
      ::poll(polled_.data(), polled_.size(), -1);
      for (std::size_t i = 0; i < kConnections; ++i) {
        if ((polled_[i].revents & POLLIN) == 0) continue;
        const auto got = ::recv(polled_[i].fd, chunk_.data(), chunk_.size(), 0);
        if (got <= 0) throw std::runtime_error("the server closed a connection");
        received_[i] += static_cast<std::size_t>(got);
        if (received_[i] < answer_size_) continue;
        received_[i] = 0;
        --to_come;
        if (to_send > 0) {
          --to_send;
          send(i);
        }
      }
    }
  }

 private:
  void send(std::size_t i) { ::send(polled_[i].fd, request_.data(), request_.size(), 0); }

  // All answers to the one request have the same size.
  void measure_answer() {
    send(0);
    std::string answer;
    std::size_t end = 0;
    for (;;) {
      const auto got = ::recv(polled_[0].fd, chunk_.data(), chunk_.size(), 0);
      if (got <= 0) throw std::runtime_error("no answer");
      answer.append(chunk_.data(), static_cast<std::size_t>(got));
      end = answer.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      const auto length = std::stoul(answer.substr(answer.find("Content-Length: ") + 16));
      if (answer.size() == end + 4 + length) break;
    }
    answer_size_ = answer.size();
  }

  std::string request_;
  std::vector<asio::ip::tcp::socket> sockets_;
  std::array<pollfd, kConnections> polled_{};
  std::array<std::size_t, kConnections> received_{};
  std::array<char, 65536> chunk_{};
  std::size_t answer_size_ = 0;
};

void http_requests(benchmark::State& state, std::string_view body) {
  TestServer server({}, static_cast<int>(state.range(0)));
  asio::io_context io;
  Hammer hammer(io, server.port, body);
  constexpr std::size_t kBatch = 2000;
  for (auto _ : state)
    hammer.run(kBatch);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}

void simple_request(benchmark::State& state) {
  http_requests(state, R"({"jsonrpc":"2.0","id":1,"method":"Test.Add","params":[1,2]})");
}
void coroutine_request(benchmark::State& state) {
  http_requests(
      state,
      R"({"jsonrpc":"2.0","id":1,"method":"Test.Echo","params":[{"Text":"x","Number":1,"Tags":["a"]}]})");
}
BENCHMARK(simple_request)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(coroutine_request)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void client_calls(benchmark::State& state, std::string_view scheme) {
  TestServer server;
  const auto client = *make_client(server.io, server.url(scheme));
  for (auto _ : state) {
    std::vector<std::future<Result<std::int64_t>>> calls;
    for (int i = 0; i < 64; ++i) {
      calls.push_back(
          asio::co_spawn(server.io, client->call<test::TestApi::Add>(1, i), asio::use_future));
    }
    for (auto& call : calls)
      benchmark::DoNotOptimize(call.get());
  }
  state.SetItemsProcessed(state.iterations() * 64);
}
void typed_http_calls(benchmark::State& state) { client_calls(state, "http"); }
void typed_ws_calls(benchmark::State& state) { client_calls(state, "ws"); }
BENCHMARK(typed_http_calls)->UseRealTime();
BENCHMARK(typed_ws_calls)->UseRealTime();

}  // namespace
}  // namespace venus::rpc
