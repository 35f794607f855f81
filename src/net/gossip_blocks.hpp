// SPDX-License-Identifier: MIT OR Apache-2.0
// Blocks heard by gossip: what to say of them at once, then how to complete them (protocol.md section 5; Lotus
// chain/sub/incoming.go, chain/consensus/iface.go, chain/consensus/filcns/filecoin.go).
#pragma once

#include "base/clock.hpp"
#include "consensus/block_validator.hpp"
#include "mpool/pool.hpp"
#include "net/behaviour.hpp"
#include "net/bitswap.hpp"
#include "net/exchange_client.hpp"
#include "net/peer_limits.hpp"
#include "types/network_params.hpp"

namespace venus::net {

/// What to report to the host, and why; `reason` is a stable word for logs and metrics ("accepted", "invalid",
/// "too_many_messages", ...).
struct GossipVerdict {
  bridge::P2pVerdict verdict = bridge::P2pVerdict::Ignore;
  std::string_view reason;
  std::string detail = {};
  bool operator==(const GossipVerdict&) const = default;
};

/// Whether bytes that do not decode are one well-formed item all the same, beginning with `shape`. Go's decoder
/// takes numbers with leading zeros; a Lotus peer that relays such an item means no harm, and to reject it would
/// let anybody turn us against our peers: it is ignored.
bool looks_like(BytesView data, BytesView shape);

struct BlockVerdict : GossipVerdict {
  std::optional<types::BlockMessage> block;  ///< when accepted
};

/// What BlockValidator::validate_header's report means to whoever relayed the block. `near_synced`: our head is
/// young, so that we should know the miner.
GossipVerdict header_verdict(const consensus::ValidationReport& report, bool near_synced);

struct GossipBlockLimits {
  /// Blocks of one relaying peer that are looked at; more are ignored. A height has some five.
  double blocks_per_second = 20;
  double block_burst = 200;
  std::size_t completing = 64;  ///< blocks whose messages are being fetched
  std::size_t completing_of_peer = 16;
  std::size_t seen = 8192;  ///< accepted blocks that are remembered
  /// Fetching a block's messages by bitswap alone; then chain exchange is tried as well.
  milliseconds bitswap{6'000};
};

/// Thread-safe.
class GossipBlocks {
 public:
  /// All references must outlive it and its tasks. Checks run on `workers`.
  GossipBlocks(chainstore::ChainStore& chain, consensus::BlockValidator& validator, mpool::Pool& pool,
               const types::NetworkParams& params, const base::Clock& clock, WorkerPool& workers, PeerTracker& tracker,
               PeerJudge& judge, Bitswap& bitswap, ExchangeClient& exchange, GossipBlockLimits limits = {});

  /// The verdict on a gossip message of the blocks topic, relayed by `from`. Tell the host at once; then
  /// complete() what was accepted.
  Task<BlockVerdict> judge(PeerId from, Bytes data);
  /// The same on the caller's thread, a worker, without a peer's share; blocks that were accepted before are
  /// ignored.
  BlockVerdict judge_now(BytesView data);

  /// Finds the messages of an accepted block (store, message pool, bitswap, chain exchange), `from` asked first,
  /// and stores them with their MsgMeta; the header is not stored. FailedValidation when the lists can belong to no
  /// block (foreign CIDs, doubles, other kinds of message); Unavailable, Timeout, NotFound; Exhausted when too
  /// many blocks are being completed.
  Task<> complete(types::BlockMessage block, PeerId from);

 private:
  struct Missing {
    std::vector<Cid> cids;
    std::vector<bool> bls;  ///< which list each is of
  };
  Result<Missing> store_known(const types::BlockMessage& block);
  Result<void> store_fetched(const Missing& missing, std::span<const Bytes> blocks);
  Result<void> store_tipset(const sync::TipsetMessages& messages);
  GossipVerdict check_header(const types::BlockHeader& header);
  Task<> fetch(types::BlockMessage block, PeerId from);
  milliseconds patience() const;

  chainstore::ChainStore& chain_;
  consensus::BlockValidator& validator_;
  mpool::Pool& pool_;
  const types::NetworkParams& params_;
  const base::Clock& clock_;
  WorkerPool& workers_;
  PeerTracker& tracker_;
  PeerJudge& judge_;
  Bitswap& bitswap_;
  ExchangeClient& exchange_;
  const GossipBlockLimits limits_;
  PeerBuckets buckets_;
  PeerSlots slots_;
  chainstore::LruCache<Cid, bool> seen_;
};

}  // namespace venus::net
