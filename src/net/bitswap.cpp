// SPDX-License-Identifier: MIT OR Apache-2.0
// The outer side of bitswap, and sending to peers.
#include "net/bitswap.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include "net/bitswap_core.hpp"

namespace venus::net {
namespace {

constexpr std::size_t kAnswerAtOnce = 256;  // wants looked up in one go

}  // namespace

Bitswap::Bitswap(bridge::P2pHost& host, asio::any_io_executor executor, chainstore::ChainStore& chain,
                 mpool::Pool* pool, WorkerPool& workers, PeerJudge& judge, BitswapLimits limits)
    : core_(std::make_shared<Core>(host, std::move(executor), chain, pool, workers, judge, limits)) {}

Bitswap::~Bitswap() { core_->begin_stop(); }

Task<std::vector<Bytes>> Bitswap::fetch(std::vector<Cid> cids, std::vector<PeerId> candidates, milliseconds timeout) {
  return core_->fetch(std::move(cids), std::move(candidates), timeout);
}
Task<> Bitswap::serve(bridge::P2pStreamPtr stream) { return core_->serve(std::move(stream)); }
void Bitswap::announce(std::span<const Cid> cids) { core_->announce(cids); }
void Bitswap::disconnected(const PeerId& peer) { core_->disconnected(peer); }
Bitswap::Counts Bitswap::counts() const { return core_->counts(); }

Task<> Bitswap::stop(milliseconds grace) {
  const auto core = core_;
  const auto until = steady_clock::now() + grace;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    core->begin_stop();
    if (core->running() == 0) co_return Result<void>();
    if (steady_clock::now() >= until) co_return fail(ErrorCode::Timeout, "{} bitswap tasks did not end", core->running());
    timer.expires_after(milliseconds(5));
    static_cast<void>(co_await timer.async_wait(asio::as_tuple(asio::use_awaitable)));
  }
}

// ---- peers ------------------------------------------------------------------------------------------

std::size_t Bitswap::Core::running() const {
  const std::scoped_lock lock(mutex_);
  return running_ + fetches_.size();
}

Bitswap::Counts Bitswap::Core::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

Bitswap::Core::PeerPtr Bitswap::Core::peer_state(const PeerId& peer) {
  if (const auto at = peers_.find(peer); at != peers_.end()) return at->second;
  if (peers_.size() >= limits_.peers) {
    // Somebody makes room: one that is idle, if there is one.
    auto victim = std::ranges::find_if(peers_, [](const auto& entry) {
      return !entry.second->pumping && entry.second->kept.empty();
    });
    if (victim == peers_.end()) victim = peers_.begin();
    victim->second->gone = true;
    if (victim->second->stream) victim->second->stream->reset();
    peers_.erase(victim);
  }
  return peers_.emplace(peer, std::make_shared<Peer>()).first->second;
}

void Bitswap::Core::start_pump(const PeerId& peer, const PeerPtr& state) {
  if (state->pumping || stopped_ || (state->outbox.empty() && state->queue.empty())) return;
  state->pumping = true;
  ++running_;
  asio::co_spawn(asio::make_strand(executor_), pump(shared_from_this(), peer, state),
                 [self = shared_from_this(), peer, state](const std::exception_ptr& thrown, const Result<void>&) {
                   if (thrown) self->give_up(peer, state);
                   const std::scoped_lock lock(self->mutex_);
                   --self->running_;
                 });
}

Task<> Bitswap::Core::pump(std::shared_ptr<Core> self, PeerId peer, PeerPtr state) {
  // Whoever starts a pump holds the lock, and a coroutine may begin within co_spawn.
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  auto done = co_await self->pump_loop(peer, state);
  if (!done) self->give_up(peer, state);
  co_return done;
}

void Bitswap::Core::give_up(const PeerId& peer, const PeerPtr& state) {
  const std::scoped_lock lock(mutex_);
  state->outbox.clear();
  state->queue.clear();
  state->kept.clear();
  state->stream.reset();
  state->pumping = false;
  fail_candidate(peer);
}

Task<> Bitswap::Core::pump_loop(PeerId peer, PeerPtr state) {
  for (;;) {
    Bytes frame;
    std::vector<BitswapWant> batch;
    {
      const std::scoped_lock lock(mutex_);
      if (stopped_ || state->gone) co_return fail(ErrorCode::Cancelled, "stopped");
      if (!state->outbox.empty()) {
        frame = frame_bitswap(state->outbox.front());
        state->outbox.pop_front();
      } else {
        const auto count = std::min(kAnswerAtOnce, state->queue.size());
        const auto end = state->queue.begin() + static_cast<std::ptrdiff_t>(count);
        batch.assign(state->queue.begin(), end);
        state->queue.erase(state->queue.begin(), end);
        if (batch.empty()) {
          // Under the lock: whoever adds work from now on starts another pump.
          state->pumping = false;
          co_return Result<void>();
        }
      }
    }
    if (!batch.empty()) {
      auto answer = co_await on(workers_, [this, batch = std::move(batch)] { return this->answer(batch); });
      const bool paid = bytes_.take(peer, static_cast<double>(answer.bytes));
      {
        const std::scoped_lock lock(mutex_);
        for (auto& want : answer.missing) {
          if (state->kept.size() >= limits_.kept_wants) break;
          state->kept.insert_or_assign(want.cid, want);
        }
        state->queue.insert(state->queue.begin(), answer.later.begin(), answer.later.end());
        if (!paid) state->queue.clear();
      }
      if (!paid) judge_.misbehaved(peer, Misbehaviour::Flooded, "bitswap: asks for more than its share");
      if (!paid || answer.message.empty()) continue;
      frame = frame_bitswap(answer.message);
      const std::scoped_lock lock(mutex_);
      counts_.blocks_sent += answer.message.blocks.size();
      counts_.bytes_sent += answer.bytes;
    }
    CO_TRY_VOID(co_await send(peer, state, std::move(frame)));
  }
}

Task<> Bitswap::Core::send(PeerId peer, PeerPtr state, Bytes frame) {
  for (bool again = true;; again = false) {
    bridge::P2pStreamPtr stream;
    bool fresh = false;
    {
      const std::scoped_lock lock(mutex_);
      stream = state->stream;
    }
    if (!stream) {
      const std::vector<std::string> protocols(kBitswapProtocols.begin(), kBitswapProtocols.end());
      CO_TRY(stream, co_await host_.open_stream(peer, protocols, limits_.open));
      fresh = true;
      const std::scoped_lock lock(mutex_);
      if (stopped_ || state->gone) co_return fail(ErrorCode::Cancelled, "stopped");
      state->stream = stream;
    }
    auto written = co_await stream->write(frame, limits_.write);
    if (written) co_return written;
    stream->reset();
    {
      const std::scoped_lock lock(mutex_);
      state->stream.reset();
    }
    const bool slow = written.error().code == ErrorCode::Timeout;
    if (slow) judge_.misbehaved(peer, Misbehaviour::Slow, "takes no bitswap message");
    // The peer may have closed a stream that was idle for long: that is no failure.
    if (fresh || slow || !again) co_return written;
  }
}

void Bitswap::Core::announce(std::span<const Cid> cids) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [peer, state] : peers_) {
    if (state->kept.empty()) continue;
    for (const auto& cid : cids) {
      const auto at = state->kept.find(cid);
      if (at == state->kept.end()) continue;
      if (state->queue.size() < limits_.queued_wants) state->queue.push_back(at->second);
      state->kept.erase(at);
    }
    start_pump(peer, state);
  }
}

void Bitswap::Core::disconnected(const PeerId& peer) {
  const std::scoped_lock lock(mutex_);
  fail_candidate(peer);
  const auto at = peers_.find(peer);
  if (at == peers_.end()) return;
  at->second->gone = true;
  if (at->second->stream) at->second->stream->reset();
  peers_.erase(at);
}

void Bitswap::Core::begin_stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  for (const auto& [peer, state] : peers_) {
    if (state->stream) state->stream->reset();
  }
  for (const auto& fetch : fetches_) wake(fetch);
}

}  // namespace venus::net
