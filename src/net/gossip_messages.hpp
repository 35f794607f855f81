// SPDX-License-Identifier: MIT OR Apache-2.0
// Messages heard by gossip (protocol.md section 6; Lotus chain/sub/incoming.go).
#pragma once

#include "mpool/pool.hpp"
#include "net/gossip_blocks.hpp"

namespace venus::net {

struct GossipMessageLimits {
  /// Messages of one relaying peer that are looked at; more are ignored. In batches, checking one takes well
  /// under a millisecond; a peer may be the one through which all of a busy network's messages come first.
  double messages_per_second = 2'000;
  double message_burst = 8'000;
};

/// Thread-safe.
class GossipMessages {
 public:
  /// All references must outlive it and its tasks. Checks run on `workers`.
  GossipMessages(mpool::Pool& pool, WorkerPool& workers, PeerJudge& judge, GossipMessageLimits limits = {})
      : pool_(pool), workers_(workers), judge_(judge),
        buckets_(limits.messages_per_second, limits.message_burst) {}

  /// The verdict on a gossip message of the messages topic, relayed by `from`; what is accepted is in the pool.
  Task<GossipVerdict> judge(PeerId from, Bytes data);
  /// The same on the caller's thread, a worker.
  GossipVerdict judge_on_worker(const PeerId& from, BytesView data);
  /// The same without a peer's share or blame.
  GossipVerdict judge_now(BytesView data);

 private:
  mpool::Pool& pool_;
  WorkerPool& workers_;
  PeerJudge& judge_;
  PeerBuckets buckets_;
};

/// What the pool's refusal of a message means to whoever relayed it.
GossipVerdict verdict_of(const Error& error);

}  // namespace venus::net
