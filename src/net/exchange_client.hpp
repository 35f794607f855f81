// SPDX-License-Identifier: MIT OR Apache-2.0
// Asks one peer for a piece of the chain and believes nothing it says (Lotus chain/exchange/client.go).
#pragma once

#include <atomic>

#include "net/behaviour.hpp"
#include "net/exchange_wire.hpp"
#include "net/peer_tracker.hpp"
#include "net/stream_reader.hpp"

namespace venus::net {

struct ExchangeClientLimits {
  milliseconds open{10'000};
  milliseconds write{5'000};
  Pace read{milliseconds(5'000), 50U << 10, milliseconds(5 * 60'000)};
  /// Bytes of answers that wait to be decoded, of all requests together.
  std::size_t buffered = std::size_t{192} << 20;
};

/// Lets someone else end a request that is no longer wanted; the peer is not blamed then. One thread at a
/// time: requests and whoever aborts them share a strand.
class ExchangeAbort {
 public:
  void abort() {
    aborted_ = true;
    if (stream_) stream_->reset();
  }
  [[nodiscard]] bool aborted() const noexcept { return aborted_; }
  /// Bytes of the answer that have come.
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

 private:
  friend class ExchangeClient;
  bool aborted_ = false;
  std::uint64_t received_ = 0;
  bridge::P2pStreamPtr stream_;
};
using ExchangeAbortPtr = std::shared_ptr<ExchangeAbort>;

/// Collects an answer tipset by tipset and refuses the first that does not fit (exchange_check.hpp).
class ExchangeCollector;

/// Thread-safe. Tells the tracker and the judge how each request went.
class ExchangeClient {
 public:
  /// All references must outlive the client and its tasks. Decoding and hashing run on `pool`.
  ExchangeClient(bridge::P2pHost& host, WorkerPool& pool, PeerTracker& tracker, PeerJudge& judge,
                 ExchangeClientLimits limits = {})
      : host_(host), pool_(pool), tracker_(tracker), judge_(judge), limits_(limits) {}

  /// Between one and `count` (1 to 900) tipsets, newest first, that of `head` at the front, each the parent
  /// of the one before: checked by hash. What came before a peer broke off counts. NotFound when the peer
  /// does not have it; FailedValidation, Malformed, TooLarge for bad answers; Timeout; Unavailable;
  /// Exhausted when too much is being fetched already; Cancelled when aborted.
  Task<std::vector<TipsetPtr>> headers(PeerId peer, TipsetKey head, std::size_t count, ExchangeAbortPtr abort = nullptr);
  /// Messages of consecutive tipsets, newest first: of the first one to all, in the same order, checked
  /// against the roots in the headers. Errors as headers().
  Task<std::vector<sync::TipsetMessages>> messages(PeerId peer, std::vector<TipsetPtr> tipsets,
                                                   ExchangeAbortPtr abort = nullptr);

 private:
  Task<> ask(PeerId peer, ExchangeRequest request, std::size_t max_tipset_bytes,
             std::shared_ptr<ExchangeCollector> collector, ExchangeAbortPtr abort);
  Task<std::uint64_t> transfer(PeerId peer, ExchangeRequest request, std::size_t max_tipset_bytes,
                               std::shared_ptr<ExchangeCollector> collector, ExchangeAbortPtr abort);
  Task<std::uint64_t> receive(bridge::P2pStreamPtr stream, std::uint64_t length, std::size_t max_tipset_bytes,
                              std::shared_ptr<ExchangeCollector> collector, ExchangeAbortPtr abort);

  bridge::P2pHost& host_;
  WorkerPool& pool_;
  PeerTracker& tracker_;
  PeerJudge& judge_;
  const ExchangeClientLimits limits_;
  std::atomic<std::size_t> buffered_{0};
};

}  // namespace venus::net
