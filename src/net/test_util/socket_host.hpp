// SPDX-License-Identifier: MIT OR Apache-2.0
// Hosts on loopback, run by the test's own thread.
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <set>

#include "bridge/p2p.hpp"
#include "net/test_util/pipe_host.hpp"

namespace venus::net::test_util {

/// What has not happened by then never will; nothing in these tests is about speed.
inline constexpr std::chrono::seconds kPatience{60};

/// Runs the context until the condition holds; false when patience ends.
bool until(asio::io_context& io, const std::function<bool()>& condition);

/// A host that listens by TCP and QUIC, and who is connected.
class SocketHost {
 public:
  /// Identity: `seed` repeated.
  SocketHost(asio::io_context& io, std::uint8_t seed, std::vector<std::string> protocols);
  ~SocketHost();
  SocketHost(const SocketHost&) = delete;
  SocketHost& operator=(const SocketHost&) = delete;

  bridge::P2pHost& operator*() { return *host_; }
  bridge::P2pHost* operator->() { return host_.get(); }
  [[nodiscard]] const PeerId& id() const { return host_->id(); }
  /// Connects by "tcp" or "quic-v1".
  Result<void> connect(SocketHost& other, const std::string& transport = "tcp");
  [[nodiscard]] bool connected(const PeerId& peer) const { return connected_.contains(peer); }
  void stop();

  /// Called with each event.
  std::function<void(const bridge::P2pEvent&)> on_event;

 private:
  static Task<> pump(SocketHost* self);
  void take(const bridge::P2pEvent& event);

  asio::io_context& io_;
  std::unique_ptr<bridge::P2pHost> host_;
  std::set<std::string> addresses_;
  std::set<PeerId> connected_;
  bool ended_ = false;
};

}  // namespace venus::net::test_util
