// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/test_util/socket_host.hpp"

#include <boost/asio/detached.hpp>

#include <algorithm>
#include <stdexcept>

namespace venus::net::test_util {

using std::chrono::milliseconds;

bool until(asio::io_context& io, const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    io.restart();
    io.run_one_for(milliseconds(20));
  }
  return true;
}

SocketHost::SocketHost(asio::io_context& io, std::uint8_t seed, std::vector<std::string> protocols) : io_(io) {
  bridge::P2pSettings settings;
  settings.identity.fill(seed);
  settings.agent = "venus-test";
  settings.listen = {"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"};
  settings.protocols = std::move(protocols);
  auto started = bridge::start_p2p(io.get_executor(), std::move(settings));
  if (!started) throw std::runtime_error(started.error().message);
  host_ = *std::move(started);
  asio::co_spawn(io, pump(this), asio::detached);
}

SocketHost::~SocketHost() { stop(); }

void SocketHost::stop() {
  if (ended_) return;
  host_->stop();
  until(io_, [this] { return ended_; });
}

void SocketHost::take(const bridge::P2pEvent& event) {
  if (const auto* one = std::get_if<bridge::P2pListening>(&event); one != nullptr && one->open) {
    addresses_.insert(one->address);
  }
  if (const auto* one = std::get_if<bridge::P2pConnected>(&event)) connected_.insert(one->peer);
  const auto* gone = std::get_if<bridge::P2pDisconnected>(&event);
  if (gone != nullptr && gone->peers_connections == 0) connected_.erase(gone->peer);
  if (on_event) on_event(event);
}

Task<> SocketHost::pump(SocketHost* self) {
  for (;;) {
    const auto events = co_await self->host_->next_events();
    if (!events) break;
    for (const auto& event : *events) self->take(event);
  }
  self->ended_ = true;
  co_return Result<void>();
}

Result<void> SocketHost::connect(SocketHost& other, const std::string& transport) {
  const auto is_wanted = [&](const std::string& address) { return address.find("/" + transport) != std::string::npos; };
  if (!until(io_, [&] { return std::ranges::any_of(other.addresses_, is_wanted); })) {
    return fail(ErrorCode::Timeout, "it does not listen");
  }
  std::vector<std::string> addresses;
  std::ranges::copy_if(other.addresses_, std::back_inserter(addresses), is_wanted);
  TRY_VOID(run(io_, host_->connect(other.id(), std::move(addresses), milliseconds(30'000))));
  if (!until(io_, [&] { return connected(other.id()) && other.connected(id()); })) {
    return fail(ErrorCode::Timeout, "no connection is told");
  }
  return {};
}

}  // namespace venus::net::test_util
