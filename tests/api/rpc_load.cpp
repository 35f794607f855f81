// SPDX-License-Identifier: MIT OR Apache-2.0
// Requests a second that a running node answers over HTTP: 8 kept-alive connections, one request in flight on
// each, the client on one thread.
//
//   rpc_load PORT SECONDS BODY
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr std::size_t kConnections = 8;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  static_assert(sizeof generic == sizeof address);
  __builtin_memcpy(&generic, &address, sizeof address);
  if (fd < 0 || ::connect(fd, &generic, sizeof generic) != 0) die("connect");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void send_all(int fd, const std::string& text) {
  if (::send(fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) die("send");
}

// How long one whole answer is; all answers to a request are alike.
std::size_t answer_size(int fd, const std::string& request, std::string& answer) {
  send_all(fd, request);
  std::array<char, 65536> chunk{};
  for (;;) {
    const auto got = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (got <= 0) die("recv");
    answer.append(chunk.data(), static_cast<std::size_t>(got));
    const auto end = answer.find("\r\n\r\n");
    const auto length = answer.find("Content-Length: ");
    if (end == std::string::npos || length == std::string::npos) continue;
    const auto whole = end + 4 + std::strtoul(answer.c_str() + length + 16, nullptr, 10);
    if (answer.size() >= whole) return whole;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: rpc_load PORT SECONDS BODY\n");
    return 2;
  }
  const std::string body = argv[3];
  const auto request = "POST /rpc/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body;
  std::array<pollfd, kConnections> polled{};
  std::array<std::size_t, kConnections> received{};
  for (auto& one : polled) one = {connect_to(static_cast<std::uint16_t>(std::atoi(argv[1]))), POLLIN, 0};
  std::string answer;
  const auto size = answer_size(polled[0].fd, request, answer);
  if (answer.find("\"error\"") != std::string::npos) {
    std::fprintf(stderr, "%s\n", answer.c_str());
    return 1;
  }
  for (const auto& one : polled) send_all(one.fd, request);
  const auto start = std::chrono::steady_clock::now();
  const auto span = std::chrono::seconds(std::atoi(argv[2]));
  std::size_t done = 0;
  static std::array<char, 65536> chunk;
  while (std::chrono::steady_clock::now() - start < span) {
    ::poll(polled.data(), polled.size(), 1000);
    for (std::size_t i = 0; i < kConnections; ++i) {
      if ((polled[i].revents & POLLIN) == 0) continue;
      const auto got = ::recv(polled[i].fd, chunk.data(), chunk.size(), 0);
      if (got <= 0) die("recv");
      received[i] += static_cast<std::size_t>(got);
      if (received[i] < size) continue;
      received[i] = 0;
      ++done;
      send_all(polled[i].fd, request);
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%.0f requests/s, answers of %zu bytes\n", static_cast<double>(done) / took.count(), size);
  for (const auto& one : polled) ::close(one.fd);
  return 0;
}
