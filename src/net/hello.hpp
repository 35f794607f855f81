// SPDX-License-Identifier: MIT OR Apache-2.0
// Two nodes tell each other their chain's head when they meet (protocol.md section 7; Lotus node/hello).
#pragma once

#include <functional>

#include "base/clock.hpp"
#include "chainstore/chain_store.hpp"
#include "net/behaviour.hpp"
#include "net/peer_tracker.hpp"
#include "net/stream_reader.hpp"

namespace venus::net {

inline constexpr std::string_view kHelloProtocol = "/fil/hello/1.0.0";

struct HelloMessage {
  std::vector<Cid> heaviest_tipset;
  ChainEpoch height;
  BigInt weight;
  Cid genesis;
  bool operator==(const HelloMessage&) const = default;
  static constexpr auto fields() {
    using base::field;
    using H = HelloMessage;
    return base::fields_of(field("HeaviestTipSet", &H::heaviest_tipset), field("HeaviestTipSetHeight", &H::height),
                           field("HeaviestTipSetWeight", &H::weight), field("GenesisHash", &H::genesis));
  }
};

/// Unix times in nanoseconds by the answering side's clock.
struct HelloReply {
  std::int64_t arrival = 0;
  std::int64_t sent = 0;
  bool operator==(const HelloReply&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("TArrival", &HelloReply::arrival), base::field("TSent", &HelloReply::sent));
  }
};

struct HelloLimits {
  milliseconds open{10'000};
  milliseconds read{10'000};
  milliseconds write{10'000};
  /// A head of 256 blocks takes 11 KiB.
  std::size_t message_bytes = 16U << 10;
};

/// What saying hello told of a peer.
struct HelloResult {
  std::chrono::microseconds latency{};
  /// How far the peer's clock is ahead of ours.
  std::chrono::microseconds clock_offset{};
};

/// Thread-safe. A peer that says hello with our genesis is added to the tracker with its head.
class HelloService {
 public:
  /// Called with the head a peer claims: its key, height and weight are its word alone.
  using OnPeerHead = std::function<void(PeerId, PeerHead)>;

  /// All references must outlive the service and its tasks. `on_peer_head` runs on the tasks' executor and
  /// must not block.
  HelloService(bridge::P2pHost& host, chainstore::ChainStore& chain, WorkerPool& pool, PeerTracker& tracker,
               PeerJudge& judge, const base::Clock& clock, OnPeerHead on_peer_head, HelloLimits limits = {})
      : host_(host), chain_(chain), pool_(pool), tracker_(tracker), judge_(judge), clock_(clock),
        on_peer_head_(std::move(on_peer_head)), limits_(limits) {}

  /// Tells a connected peer our head and measures how long its answer takes. Unavailable (also before we have
  /// a chain), Unsupported, Timeout, Malformed.
  Task<HelloResult> say(PeerId peer);
  /// Serves one inbound stream. A peer of another genesis is told to the judge and disconnected.
  Task<> serve(bridge::P2pStreamPtr stream);

 private:
  Result<HelloMessage> our_hello() const;
  Result<PeerHead> check(const HelloMessage& message) const;

  bridge::P2pHost& host_;
  chainstore::ChainStore& chain_;
  WorkerPool& pool_;
  PeerTracker& tracker_;
  PeerJudge& judge_;
  const base::Clock& clock_;
  const OnPeerHead on_peer_head_;
  const HelloLimits limits_;
};

}  // namespace venus::net
