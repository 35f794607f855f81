// SPDX-License-Identifier: MIT OR Apache-2.0
// Gossiped messages on their way into the pool, many at a time: their BLS signatures cost less together.
#pragma once

#include <boost/asio/strand.hpp>

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <span>

#include "net/gossip_messages.hpp"
#include "sync/async.hpp"

namespace venus::net {

/// Thread-safe. What waits is bounded by the host: it hands out no more messages than it may have unjudged.
class MessageIntake {
 public:
  /// Verifies signatures ahead, so that the pool then finds them verified; called on a worker.
  using VerifyAhead = std::function<void(std::span<const types::SignedMessage>)>;
  /// A batch is as long as what arrived while the one before was judged, but at most this.
  static constexpr std::size_t kBatch = 128;

  /// All references must outlive it; it must outlive the executor's work. `ahead` may be empty.
  MessageIntake(asio::any_io_executor executor, bridge::P2pHost& host, GossipMessages& judge, WorkerPool& workers,
                VerifyAhead ahead)
      : host_(host), judge_(judge), workers_(workers), ahead_(std::move(ahead)),
        strand_(asio::make_strand(std::move(executor))), wake_(strand_) {}

  /// Takes a message of the messages topic; its verdict is reported to the host sooner or later.
  void push(bridge::P2pGossip gossip);
  /// Judges what was pushed until stop(); spawn it once.
  Task<> run();
  /// Ends run() after the batch in work.
  void stop();

  /// By verdict: accepted, ignored, rejected; since the start.
  [[nodiscard]] std::array<std::uint64_t, 3> counts() const;

 private:
  struct Judged {
    std::uint64_t token = 0;
    bridge::P2pVerdict verdict = bridge::P2pVerdict::Ignore;
  };
  Task<> loop();
  std::vector<bridge::P2pGossip> take();
  std::vector<Judged> judge(const std::vector<bridge::P2pGossip>& batch);

  bridge::P2pHost& host_;
  GossipMessages& judge_;
  WorkerPool& workers_;
  const VerifyAhead ahead_;

  // On the strand alone.
  asio::strand<asio::any_io_executor> strand_;
  sync::Event wake_;
  std::deque<bridge::P2pGossip> waiting_;
  bool stopped_ = false;

  std::array<std::atomic<std::uint64_t>, 3> counts_{};
};

}  // namespace venus::net
