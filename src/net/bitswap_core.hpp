// SPDX-License-Identifier: MIT OR Apache-2.0
// Private to bitswap: what its tasks share.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "net/bitswap.hpp"
#include "net/bitswap_wire.hpp"
#include "net/peer_limits.hpp"

namespace venus::net {

class Bitswap::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(bridge::P2pHost& host, asio::any_io_executor executor, chainstore::ChainStore& chain, mpool::Pool* pool,
       WorkerPool& workers, PeerJudge& judge, BitswapLimits limits)
      : host_(host), executor_(std::move(executor)), chain_(chain), pool_(pool), workers_(workers), judge_(judge),
        limits_(limits), wants_(limits.wants_per_second, limits.want_burst),
        bytes_(limits.bytes_per_second, limits.byte_burst), unasked_(limits.unasked_per_second, limits.unasked_burst) {}

  Task<std::vector<Bytes>> fetch(std::vector<Cid> cids, std::vector<PeerId> candidates, milliseconds timeout);
  Task<> serve(bridge::P2pStreamPtr stream);
  void announce(std::span<const Cid> cids);
  void disconnected(const PeerId& peer);
  void begin_stop();
  [[nodiscard]] std::size_t running() const;
  [[nodiscard]] Counts counts() const;

 private:
  /// All members under mutex_ but those of the pump.
  struct Peer {
    std::deque<BitswapMessage> outbox;  ///< our wants and cancels
    std::deque<BitswapWant> queue;      ///< its wants, to be answered
    std::unordered_map<Cid, BitswapWant> kept;  ///< its wants that we lack
    bool pumping = false;
    bool gone = false;
    bridge::P2pStreamPtr stream;  ///< to it; opened and written by the pump alone
    std::atomic<std::size_t> buffered{0};  ///< of its messages that are coming in
  };
  using PeerPtr = std::shared_ptr<Peer>;

  struct Candidate {
    PeerId peer;
    bool failed = false;
    std::unordered_set<Cid> outstanding;
    std::unordered_set<Cid> refused;
  };
  /// One fetch(); members under mutex_ but `wake`, which its strand alone touches.
  struct Fetch {
    explicit Fetch(const asio::any_io_executor& strand) : executor(strand), wake(strand) {}
    asio::any_io_executor executor;
    asio::steady_timer wake;
    std::unordered_map<Cid, std::size_t> missing;  ///< and their places in `blocks`
    std::vector<Bytes> blocks;
    std::vector<Candidate> candidates;
    std::uint64_t progress = 0;  ///< blocks and refusals that came
  };
  using FetchPtr = std::shared_ptr<Fetch>;
  struct Unregister;

  struct Answer {
    BitswapMessage message;
    std::vector<BitswapWant> missing;
    std::vector<BitswapWant> later;  ///< did not fit into the message
    std::size_t bytes = 0;
  };

  // Under mutex_.
  PeerPtr peer_state(const PeerId& peer);
  void start_pump(const PeerId& peer, const PeerPtr& state);
  bool fill(Fetch& fetch, std::size_t asking);
  void queue_message(const PeerId& peer, BitswapMessage message);
  void wake(const FetchPtr& fetch);
  void fail_candidate(const PeerId& peer);

  static Task<> pump(std::shared_ptr<Core> self, PeerId peer, PeerPtr state);
  Task<> pump_loop(PeerId peer, PeerPtr state);
  Task<> send(PeerId peer, PeerPtr state, Bytes frame);
  void give_up(const PeerId& peer, const PeerPtr& state);

  Task<std::vector<Bytes>> run_fetch(std::vector<Cid> cids, std::vector<PeerId> candidates, milliseconds timeout);
  FetchPtr register_fetch(const std::vector<Cid>& cids, std::vector<PeerId> candidates,
                          const asio::any_io_executor& executor);
  void unregister(const FetchPtr& fetch);

  Task<> read_messages(bridge::P2pStreamPtr stream, PeerPtr state);
  bool reserve(Peer& state, std::size_t& held, std::size_t size);
  void handle(const PeerId& peer, BitswapMessage message);
  void take_wants(const PeerId& peer, bool full, std::vector<BitswapWant> wants);
  void take_blocks(const PeerId& peer, std::vector<BitswapBlock> blocks);
  void take_presences(const PeerId& peer, const std::vector<BitswapPresence>& presences);
  Answer answer(const std::vector<BitswapWant>& wants);
  Result<std::optional<Bytes>> find(const Cid& cid);

  bridge::P2pHost& host_;
  const asio::any_io_executor executor_;
  chainstore::ChainStore& chain_;
  mpool::Pool* const pool_;
  WorkerPool& workers_;
  PeerJudge& judge_;
  const BitswapLimits limits_;
  PeerBuckets wants_, bytes_, unasked_;
  std::atomic<std::size_t> buffered_{0};

  mutable std::mutex mutex_;
  std::unordered_map<PeerId, PeerPtr> peers_;
  std::unordered_map<Cid, std::vector<FetchPtr>> wanted_;
  std::unordered_set<FetchPtr> fetches_;
  std::size_t running_ = 0;
  bool stopped_ = false;
  Counts counts_;
};

}  // namespace venus::net
