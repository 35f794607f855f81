// SPDX-License-Identifier: MIT OR Apache-2.0
// Bitswap as Lotus's chain uses it (boxo v0.41 under the prefix /chain): fetches the messages of a gossiped
// block, and serves what others lack.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <array>
#include <memory>
#include <span>

#include "chainstore/chain_store.hpp"
#include "mpool/pool.hpp"
#include "net/behaviour.hpp"
#include "net/stream_reader.hpp"

namespace venus::net {

/// Best first.
inline constexpr std::array<std::string_view, 4> kBitswapProtocols{
    "/chain/ipfs/bitswap/1.2.0", "/chain/ipfs/bitswap/1.1.0", "/chain/ipfs/bitswap/1.0.0", "/chain/ipfs/bitswap"};

struct BitswapLimits {
  milliseconds open{10'000};
  milliseconds write{10'000};       ///< of one message
  milliseconds idle{5 * 60'000};    ///< an inbound stream that says nothing is closed without blame
  Pace read{milliseconds(5'000), 50U << 10, milliseconds(2 * 60'000)};  ///< of one message
  /// Wants of a peer that wait to be answered (boxo: 1024), and those kept until we have the block.
  std::size_t queued_wants = 1024;
  std::size_t kept_wants = 1024;
  /// A block's messages, up to 10,000, may be asked for at once.
  double wants_per_second = 2'000;
  double want_burst = 20'000;
  double bytes_per_second = 8 << 20;
  double byte_burst = 64 << 20;
  /// Blocks nobody asked for: some are late answers to what was cancelled.
  double unasked_per_second = 100;
  double unasked_burst = 12'000;
  std::size_t block_bytes = 1U << 20;     ///< the largest block served
  std::size_t message_bytes = 256U << 10; ///< a message to send is closed at this size
  std::size_t outstanding = 512;          ///< wants a peer has of ours at once
  milliseconds hedge{400};                ///< when the next candidate is asked too
  std::size_t peers = 1024;               ///< whose state is kept
};

/// Thread-safe. One outbound stream a peer, kept open; inbound streams may carry any number of messages.
/// Serves chain CIDs (dag-cbor, blake2b-256) from the chain store and the message pool alone.
class Bitswap {
 public:
  /// All references must outlive it; `pool` (may be null) is asked for messages the store lacks. Tasks run on
  /// strands of `executor`, the host's; disk and hashing on `workers`.
  Bitswap(bridge::P2pHost& host, asio::any_io_executor executor, chainstore::ChainStore& chain, mpool::Pool* pool,
          WorkerPool& workers, PeerJudge& judge, BitswapLimits limits = {});
  Bitswap(const Bitswap&) = delete;
  Bitswap& operator=(const Bitswap&) = delete;
  ~Bitswap();

  /// Blocks in the order of `cids` (chain CIDs, without doubles), each checked by its hash. Candidates are asked
  /// in turn, the next one early for what is still missing. NotFound when none has them all; Timeout;
  /// Unavailable without candidates; InvalidArgument for other CIDs.
  Task<std::vector<Bytes>> fetch(std::vector<Cid> cids, std::vector<PeerId> candidates, milliseconds timeout);

  /// Serves one inbound stream.
  Task<> serve(bridge::P2pStreamPtr stream);
  /// These blocks are in the store (or the message pool) now: peers that asked for them get them.
  void announce(std::span<const Cid> cids);
  /// Forgets a peer that has no connection any more.
  void disconnected(const PeerId& peer);
  /// Resets all streams, ends fetches and waits for the tasks; Timeout.
  Task<> stop(milliseconds grace = milliseconds(10'000));

  struct Counts {
    std::uint64_t blocks_sent = 0, bytes_sent = 0, blocks_received = 0, bytes_received = 0, blocks_unasked = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace venus::net
