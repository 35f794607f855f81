// SPDX-License-Identifier: MIT OR Apache-2.0
// Takes the streams peers open to us and gives each to the server of its protocol.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bridge/p2p.hpp"
#include "net/behaviour.hpp"
#include "net/peer_limits.hpp"

namespace venus::net {

/// What one protocol may cost.
struct StreamLimits {
  std::size_t total = 256;
  /// A syncing Lotus has 16 requests under way with one peer. The host bounds all protocols together at 32.
  std::size_t per_peer = 24;
};
/// Streams over a limit are reset; a peer that goes on so, faster than this, is told to the judge.
struct RefusalLimits {
  double per_second = 1;
  double burst = 50;
};

/// Thread-safe after start(). Order: construct, add() every protocol, start(); at the end stop(), then
/// P2pHost::stop(), then destroy. Streams are served on strands of `executor`, the host's.
class ProtocolServer {
 public:
  using Serve = std::function<Task<>(bridge::P2pStreamPtr)>;

  /// All references must outlive the server.
  ProtocolServer(bridge::P2pHost& host, asio::any_io_executor executor, PeerJudge& judge, RefusalLimits refusals = {});
  ProtocolServer(const ProtocolServer&) = delete;
  ProtocolServer& operator=(const ProtocolServer&) = delete;
  /// Resets what is still open; stop() waits for it.
  ~ProtocolServer();

  /// One service under several names. `serve` gives the task of one stream; it must bound its own time.
  void add(std::vector<std::string> protocols, StreamLimits limits, Serve serve);
  /// Takes streams from now on.
  void start();
  /// Takes no more, resets those that are open and waits until their tasks have ended; Timeout when they have
  /// not after `grace`.
  Task<> stop(std::chrono::milliseconds grace = std::chrono::seconds(10));

  [[nodiscard]] std::size_t running() const;
  /// Streams taken and streams refused since the start.
  struct Counts {
    std::uint64_t taken = 0, refused = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
  bridge::P2pHost& host_;
};

}  // namespace venus::net
