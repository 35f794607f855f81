// SPDX-License-Identifier: MIT OR Apache-2.0
// Gives our chain to peers (Lotus chain/exchange/server.go).
#pragma once

#include "chainstore/chain_store.hpp"
#include "net/behaviour.hpp"
#include "net/exchange_wire.hpp"
#include "net/peer_limits.hpp"
#include "net/stream_reader.hpp"

namespace venus::net {

struct ExchangeServerLimits {
  milliseconds read{10'000};   ///< for the whole request
  milliseconds write{60'000};  ///< for the whole answer
  std::size_t concurrent = 24;
  std::size_t concurrent_of_peer = 16;
  /// How long a request waits for its turn. Lotus asks one peer 16 times at once and repeats five times without
  /// a pause what is refused, then gives its sync up; it waits 5 s for the first byte of an answer.
  milliseconds patience{3'000};
  /// A node that catches up on a near machine asks for some 16 tipsets at a time. Beyond this a peer is told
  /// to go away,
  double requests_per_second = 100;
  double request_burst = 400;
  /// and one that does not listen is told to the judge.
  double refusals_per_second = 1;
  double refusal_burst = 50;
  /// An answer ends (Partial) with the tipset that takes it over this: answers lie in memory while slow
  /// peers read them.
  std::size_t answer_bytes = 8U << 20;
};

/// Thread-safe. Answers NotFound when we lack the first tipset (or its messages) and Partial when we lack a
/// later one; GoAway to a peer that asks too much.
class ExchangeServer {
 public:
  /// All references must outlive the server and its tasks. Disk and encoding run on `pool`.
  ExchangeServer(chainstore::ChainStore& chain, WorkerPool& pool, PeerJudge& judge, ExchangeServerLimits limits = {})
      : chain_(chain), pool_(pool), judge_(judge), limits_(limits),
        slots_(limits.concurrent, limits.concurrent_of_peer),
        requests_(limits.requests_per_second, limits.request_burst),
        refusals_(limits.refusals_per_second, limits.refusal_burst) {}

  /// Serves one inbound stream from its start. Errors are told for logs; the judge has heard of them.
  Task<> serve(bridge::P2pStreamPtr stream);

  struct Answer {
    ExchangeStatus status = ExchangeStatus::Ok;
    std::string error;
    std::size_t tipsets = 0;
    Bytes body;  ///< CBOR of the tipsets, one after another
  };
  /// The answer to a request; reads the store, so call it on a worker.
  Answer answer(const ExchangeRequest& request);

 private:
  Task<> refuse(bridge::P2pStreamPtr stream, ExchangeStatus status, std::string_view why);
  /// A place among those that run, or an empty guard when there was none for as long as we wait.
  Task<PeerSlots::Guard> enter(PeerId peer);

  chainstore::ChainStore& chain_;
  WorkerPool& pool_;
  PeerJudge& judge_;
  const ExchangeServerLimits limits_;
  PeerSlots slots_;
  PeerBuckets requests_;
  PeerBuckets refusals_;
};

/// What a peer did when reading from it or writing to it failed; nothing when it is not its fault.
std::optional<Misbehaviour> misbehaviour_of(const Error& error);

}  // namespace venus::net
