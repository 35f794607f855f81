// SPDX-License-Identifier: MIT OR Apache-2.0
// Fetching blocks by bitswap.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>

#include "net/bitswap_core.hpp"

namespace venus::net {

/// Takes a fetch out of the tables, also when its task is cancelled.
struct Bitswap::Core::Unregister {
  std::shared_ptr<Core> core;
  FetchPtr fetch;
  ~Unregister() { core->unregister(fetch); }
};

void Bitswap::Core::wake(const FetchPtr& fetch) {
  asio::post(fetch->executor, [fetch] { fetch->wake.cancel(); });
}

void Bitswap::Core::fail_candidate(const PeerId& peer) {
  for (const auto& fetch : fetches_) {
    for (auto& candidate : fetch->candidates) {
      if (candidate.peer != peer || candidate.failed) continue;
      candidate.failed = true;
      candidate.outstanding.clear();
      wake(fetch);
    }
  }
}

Bitswap::Core::FetchPtr Bitswap::Core::register_fetch(const std::vector<Cid>& cids, std::vector<PeerId> candidates,
                                                      const asio::any_io_executor& executor) {
  const auto fetch = std::make_shared<Fetch>(executor);
  for (std::size_t i = 0; i < cids.size(); ++i) fetch->missing.emplace(cids[i], i);
  fetch->blocks.resize(cids.size());
  for (auto& peer : candidates) fetch->candidates.push_back({std::move(peer), false, {}, {}});
  const std::scoped_lock lock(mutex_);
  for (const auto& cid : cids) wanted_[cid].push_back(fetch);
  fetches_.insert(fetch);
  return fetch;
}

void Bitswap::Core::unregister(const FetchPtr& fetch) {
  const std::scoped_lock lock(mutex_);
  fetches_.erase(fetch);
  for (const auto& [cid, index] : fetch->missing) {
    const auto at = wanted_.find(cid);
    if (at == wanted_.end()) continue;
    std::erase(at->second, fetch);
    if (at->second.empty()) wanted_.erase(at);
  }
  // What was asked and has not come is no longer wanted, unless another fetch waits for it.
  for (auto& candidate : fetch->candidates) {
    BitswapMessage cancels;
    for (const auto& cid : candidate.outstanding) {
      if (!wanted_.contains(cid)) cancels.wants.push_back({cid, 0, true, WantType::Block, false});
    }
    if (!cancels.wants.empty()) queue_message(candidate.peer, std::move(cancels));
  }
}

/// Sends a message to a peer that has state here.
void Bitswap::Core::queue_message(const PeerId& peer, BitswapMessage message) {
  const auto at = peers_.find(peer);
  if (at == peers_.end()) return;
  at->second->outbox.push_back(std::move(message));
  start_pump(peer, at->second);
}

/// Asks the first `asking` candidates for what they may still have. False when none of them can bring more.
bool Bitswap::Core::fill(Fetch& fetch, std::size_t asking) {
  bool hope = false;
  for (std::size_t i = 0; i < std::min(asking, fetch.candidates.size()); ++i) {
    auto& candidate = fetch.candidates[i];
    if (candidate.failed) continue;
    BitswapMessage message;
    if (candidate.outstanding.size() <= limits_.outstanding / 2) {
      for (const auto& [cid, index] : fetch.missing) {
        if (candidate.outstanding.size() >= limits_.outstanding) break;
        if (candidate.refused.contains(cid) || !candidate.outstanding.insert(cid).second) continue;
        message.wants.push_back({cid, 1, false, WantType::Block, true});
      }
    }
    hope = hope || !candidate.outstanding.empty();
    if (message.wants.empty()) continue;
    const auto state = peer_state(candidate.peer);
    state->outbox.push_back(std::move(message));
    start_pump(candidate.peer, state);
  }
  return hope;
}

Task<std::vector<Bytes>> Bitswap::Core::run_fetch(std::vector<Cid> cids, std::vector<PeerId> candidates,
                                                  milliseconds timeout) {
  const auto until = steady_clock::now() + timeout;
  const auto fetch = register_fetch(cids, std::move(candidates), co_await asio::this_coro::executor);
  const Unregister at_end{shared_from_this(), fetch};
  std::size_t asking = 1;
  std::uint64_t seen = 0;
  for (;;) {
    {
      const std::scoped_lock lock(mutex_);
      if (stopped_) co_return fail(ErrorCode::Cancelled, "bitswap stops");
      if (fetch->missing.empty()) co_return std::move(fetch->blocks);
      while (!fill(*fetch, asking)) {
        if (asking >= fetch->candidates.size()) {
          co_return fail(ErrorCode::NotFound, "{} of {} blocks are with no candidate", fetch->missing.size(), cids.size());
        }
        ++asking;
      }
      seen = fetch->progress;
    }
    const auto now = steady_clock::now();
    if (now >= until) co_return fail(ErrorCode::Timeout, "bitswap: not all blocks came in time");
    fetch->wake.expires_at(std::min(until, now + limits_.hedge));
    const auto [error] = co_await fetch->wake.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) continue;
    const std::scoped_lock lock(mutex_);
    if (fetch->progress == seen && asking < fetch->candidates.size()) ++asking;
  }
}

Task<std::vector<Bytes>> Bitswap::Core::fetch(std::vector<Cid> cids, std::vector<PeerId> candidates,
                                              milliseconds timeout) {
  const std::unordered_set<Cid> distinct(cids.begin(), cids.end());
  if (distinct.size() != cids.size() || !std::ranges::all_of(cids, is_chain_cid)) {
    co_return fail(ErrorCode::InvalidArgument, "blocks to fetch must be distinct and of the chain");
  }
  if (cids.empty()) co_return std::vector<Bytes>();
  if (candidates.empty()) co_return fail(ErrorCode::Unavailable, "nobody to ask");
  const asio::any_io_executor strand = asio::make_strand(executor_);
  const auto self = shared_from_this();
  co_return co_await asio::co_spawn(strand, self->run_fetch(std::move(cids), std::move(candidates), timeout),
                                    asio::use_awaitable);
}

void Bitswap::Core::take_blocks(const PeerId& peer, std::vector<BitswapBlock> blocks) {
  std::size_t unasked = 0;
  std::size_t asked_bytes = 0;
  std::unordered_map<PeerId, BitswapMessage> cancels;  // to those who were asked as well
  {
    const std::scoped_lock lock(mutex_);
    for (auto& block : blocks) {
      counts_.bytes_received += block.data.size();
      const auto at = wanted_.find(block.cid);
      if (at == wanted_.end()) {
        ++unasked;
        continue;
      }
      ++counts_.blocks_received;
      asked_bytes += block.data.size();
      for (const auto& fetch : at->second) {
        const auto place = fetch->missing.find(block.cid);
        if (place == fetch->missing.end()) continue;
        fetch->blocks[place->second] = block.data;
        fetch->missing.erase(place);
        ++fetch->progress;
        for (auto& candidate : fetch->candidates) {
          if (candidate.outstanding.erase(block.cid) == 0 || candidate.peer == peer) continue;
          cancels[candidate.peer].wants.push_back({block.cid, 0, true, WantType::Block, false});
        }
        wake(fetch);
      }
      wanted_.erase(at);
    }
    for (auto& [other, message] : cancels) queue_message(other, std::move(message));
    counts_.blocks_unasked += unasked;
  }
  if (asked_bytes > 0) judge_.served(peer, std::chrono::microseconds(0), asked_bytes);
  if (unasked > 0 && !unasked_.take(peer, static_cast<double>(unasked))) {
    judge_.misbehaved(peer, Misbehaviour::Flooded, "bitswap: sends blocks nobody asked for");
  }
}

void Bitswap::Core::take_presences(const PeerId& peer, const std::vector<BitswapPresence>& presences) {
  const std::scoped_lock lock(mutex_);
  for (const auto& presence : presences) {
    if (presence.have) continue;
    const auto at = wanted_.find(presence.cid);
    if (at == wanted_.end()) continue;
    for (const auto& fetch : at->second) {
      for (auto& candidate : fetch->candidates) {
        if (candidate.peer != peer || candidate.outstanding.erase(presence.cid) == 0) continue;
        candidate.refused.insert(presence.cid);
        ++fetch->progress;
        wake(fetch);
      }
    }
  }
}

}  // namespace venus::net
