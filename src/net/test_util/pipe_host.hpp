// SPDX-License-Identifier: MIT OR Apache-2.0
// Hosts and streams in memory, for tests that need no sockets. All on one io context of one thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>
#include <set>

#include "bridge/p2p.hpp"
#include "net/behaviour.hpp"

namespace venus::net::test_util {

/// A peer's identity made of a number.
PeerId test_peer(std::uint8_t number);

/// Two ends of one stream; each direction holds at most `capacity` bytes that nobody read.
std::pair<bridge::P2pStreamPtr, bridge::P2pStreamPtr> make_pipe(asio::any_io_executor executor, PeerId first,
                                                                PeerId second, std::string protocol,
                                                                std::size_t capacity = 64U << 10);

/// A host that reaches the others of its network. Knows streams alone: no gossip, no DHT.
class PipeHost final : public bridge::P2pHost {
 public:
  using Network = std::map<PeerId, PipeHost*>;

  PipeHost(asio::any_io_executor executor, Network& network, std::uint8_t number);
  ~PipeHost() override { network_.erase(id_); }

  /// Protocols that inbound streams may have; empty: any.
  std::set<std::string> accepted;
  /// Peers that were disconnected.
  std::vector<PeerId> disconnected;
  /// Streams opened so far, and verdicts reported.
  std::size_t opened = 0;
  std::map<std::uint64_t, bridge::P2pVerdict> verdicts;

  const PeerId& id() const override { return id_; }
  Task<std::vector<bridge::P2pEvent>> next_events(std::size_t max) override;
  void on_stream(std::function<void(bridge::P2pStreamPtr)> handler) override { handler_ = std::move(handler); }
  Task<> connect(PeerId peer, std::vector<std::string> addresses, bridge::milliseconds timeout) override;
  void disconnect(const PeerId& peer) override { disconnected.push_back(peer); }
  Task<bridge::P2pStreamPtr> open_stream(PeerId peer, std::vector<std::string> protocols,
                                         bridge::milliseconds timeout) override;
  Task<std::vector<std::string>> find_peer(PeerId peer, bridge::milliseconds timeout) override;
  void add_addresses(const PeerId&, const std::vector<std::string>&) override {}
  void walk_dht() override {}
  Result<void> set_banned(std::vector<PeerId>, std::vector<std::string>) override { return {}; }
  void set_app_score(const PeerId&, double) override {}
  Task<> publish(std::string topic, Bytes data) override;
  void report(std::uint64_t token, bridge::P2pVerdict verdict) override { verdicts[token] = verdict; }
  Task<std::vector<bridge::P2pScore>> scores() override;
  Task<std::vector<PeerId>> topic_peers(std::string topic) override;
  bridge::P2pBandwidth bandwidth() const override { return {}; }
  void stop() override {}

 private:
  asio::any_io_executor executor_;
  Network& network_;
  PeerId id_;
  std::function<void(bridge::P2pStreamPtr)> handler_;
};

/// Remembers what it was told.
class RecordingJudge final : public PeerJudge {
 public:
  struct Entry {
    PeerId peer;
    Misbehaviour what{};
    std::string detail;
  };
  void misbehaved(const PeerId& peer, Misbehaviour what, std::string_view detail) override;
  void served(const PeerId& peer, std::chrono::microseconds latency, std::size_t bytes) override;

  [[nodiscard]] std::vector<Entry> entries() const;
  [[nodiscard]] std::size_t count(const PeerId& peer, Misbehaviour what) const;
  [[nodiscard]] std::size_t count(const PeerId& peer) const;
  [[nodiscard]] std::size_t served_by(const PeerId& peer) const;

 private:
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::map<PeerId, std::size_t> served_;
};

/// Runs the context until the task is done; its result. Other tasks of the context go on meanwhile.
template <class T>
Result<T> run(asio::io_context& io, Task<T> task) {
  std::optional<Result<T>> result;
  std::exception_ptr failure;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown, Result<T> value) {
    failure = std::move(thrown);
    result.emplace(std::move(value));
  });
  io.restart();
  while (!result && io.run_one() > 0) {
  }
  if (failure) std::rethrow_exception(failure);
  if (!result) return fail(ErrorCode::Internal, "the task never ended");
  return *std::move(result);
}

}  // namespace venus::net::test_util
