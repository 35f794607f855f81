// SPDX-License-Identifier: MIT OR Apache-2.0
// A host without a network, for tests of whoever commands it: it does what it is told at once, and the test
// says who answers.
#pragma once

#include <deque>

#include "bridge/p2p.hpp"
#include "net/ip_network.hpp"

namespace venus::net::test_util {

/// Not thread-safe: all on one io context of one thread.
class FakeHost final : public bridge::P2pHost {
 public:
  explicit FakeHost(PeerId id) : id_(std::move(id)) {}

  /// Peers that answer when dialled at one of these addresses.
  std::map<PeerId, std::string> alive;
  /// Connections of peers that came to us or that we dialled.
  std::map<PeerId, std::uint32_t> connected;
  /// Events to give to whom is tested.
  std::deque<bridge::P2pEvent> events;
  std::vector<PeerId> dials;
  std::vector<PeerId> closed;
  std::map<PeerId, double> app_scores;
  std::map<PeerId, std::vector<std::string>> routes;
  std::vector<PeerId> banned;
  std::vector<std::string> banned_networks;
  std::size_t walks = 0;
  std::vector<std::pair<std::uint64_t, bridge::P2pVerdict>> reported;
  bridge::P2pBandwidth traffic;

  /// A peer comes to us.
  void come(const PeerId& peer, const std::string& address) { open(peer, address, true); }
  /// A peer is gone.
  void leave(const PeerId& peer) { close(peer, "gone"); }
  void identify(const PeerId& peer, std::vector<std::string> protocols, std::vector<std::string> addresses = {}) {
    events.emplace_back(bridge::P2pIdentified{peer, "test/1", std::move(protocols), std::move(addresses), {}});
  }

  const PeerId& id() const override { return id_; }
  Task<std::vector<bridge::P2pEvent>> next_events(std::size_t) override {
    co_return fail(ErrorCode::Unsupported, "take them from `events`");
  }
  void on_stream(std::function<void(bridge::P2pStreamPtr)>) override {}
  Task<> connect(PeerId peer, std::vector<std::string> addresses, bridge::milliseconds) override {
    dials.push_back(peer);
    const auto found = alive.find(peer);
    if (found == alive.end() || std::ranges::find(addresses, found->second) == addresses.end()) {
      co_return fail(ErrorCode::Unavailable, "nobody answers");
    }
    if (std::ranges::find(banned, peer) != banned.end()) co_return fail(ErrorCode::Unavailable, "banned");
    open(peer, found->second, false);
    co_return Result<void>{};
  }
  void disconnect(const PeerId& peer) override { close(peer, "told to"); }
  Task<bridge::P2pStreamPtr> open_stream(PeerId, std::vector<std::string>, bridge::milliseconds) override {
    co_return fail(ErrorCode::Unsupported, "no streams");
  }
  Task<std::vector<std::string>> find_peer(PeerId peer, bridge::milliseconds) override {
    const auto found = alive.find(peer);
    if (found == alive.end()) co_return fail(ErrorCode::NotFound, "no such peer");
    co_return std::vector<std::string>{found->second};
  }
  void add_addresses(const PeerId& peer, const std::vector<std::string>& addresses) override { routes[peer] = addresses; }
  void walk_dht() override { ++walks; }
  Result<void> set_banned(std::vector<PeerId> peers, std::vector<std::string> networks) override {
    banned = std::move(peers);
    banned_networks = std::move(networks);
    for (const auto& peer : banned) close(peer, "banned");
    return {};
  }
  void set_app_score(const PeerId& peer, double score) override { app_scores[peer] = score; }
  Task<> publish(std::string, Bytes) override { co_return Result<void>{}; }
  void report(std::uint64_t token, bridge::P2pVerdict verdict) override { reported.emplace_back(token, verdict); }
  Task<std::vector<bridge::P2pScore>> scores() override { co_return std::vector<bridge::P2pScore>(); }
  Task<std::vector<PeerId>> topic_peers(std::string) override { co_return std::vector<PeerId>(); }
  bridge::P2pBandwidth bandwidth() const override { return traffic; }
  void stop() override {}

 private:
  void open(const PeerId& peer, const std::string& address, bool inbound) {
    const auto count = ++connected[peer];
    events.emplace_back(bridge::P2pConnected{peer, address, inbound, count});
  }
  void close(const PeerId& peer, std::string reason) {
    if (connected.erase(peer) == 0) return;
    closed.push_back(peer);
    events.emplace_back(bridge::P2pDisconnected{peer, 0, std::move(reason)});
  }

  PeerId id_;
};

}  // namespace venus::net::test_util
