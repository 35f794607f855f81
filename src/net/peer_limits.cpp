// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/peer_limits.hpp"

#include <algorithm>

namespace venus::net {

PeerSlots::Guard PeerSlots::enter(const PeerId& peer) {
  Guard out;
  const std::scoped_lock lock(state_->mutex);
  if (state_->running >= state_->total) return out;
  auto& of_peer = state_->by_peer[peer];
  if (of_peer >= state_->per_peer) return out;
  ++of_peer;
  ++state_->running;
  out.state_ = state_;
  out.peer_ = peer;
  return out;
}

PeerSlots::Guard& PeerSlots::Guard::operator=(Guard&& other) noexcept {
  if (this == &other) return *this;
  release();
  state_ = std::move(other.state_);
  peer_ = std::move(other.peer_);
  return *this;
}

void PeerSlots::Guard::release() {
  if (!state_) return;
  {
    const std::scoped_lock lock(state_->mutex);
    --state_->running;
    const auto at = state_->by_peer.find(peer_);
    if (at != state_->by_peer.end() && --at->second == 0) state_->by_peer.erase(at);
  }
  state_.reset();
}

std::size_t PeerSlots::running() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->running;
}

std::size_t PeerSlots::running(const PeerId& peer) const {
  const std::scoped_lock lock(state_->mutex);
  const auto at = state_->by_peer.find(peer);
  return at == state_->by_peer.end() ? 0 : at->second;
}

bool PeerBuckets::take(const PeerId& peer, double amount, Clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  auto at = buckets_.find(peer);
  if (at == buckets_.end()) {
    if (buckets_.size() >= peers_ && !order_.empty()) {
      buckets_.erase(order_.back());
      order_.pop_back();
    }
    order_.push_front(peer);
    at = buckets_.emplace(peer, Bucket{burst_, now, order_.begin()}).first;
  } else {
    order_.splice(order_.begin(), order_, at->second.order);
  }
  auto& bucket = at->second;
  const std::chrono::duration<double> passed = now - bucket.at;
  bucket.tokens = std::min(burst_, bucket.tokens + std::max(0.0, passed.count()) * rate_);
  bucket.at = now;
  amount = std::min(amount, burst_);
  if (bucket.tokens < amount) return false;
  bucket.tokens -= amount;
  return true;
}

}  // namespace venus::net
