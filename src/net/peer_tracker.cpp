// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/peer_tracker.hpp"

#include <algorithm>
#include <tuple>

namespace venus::net {
namespace {

// Weights of the newest value in averages, and how much better than average a new peer is taken to be, so
// that it gets a chance: as in Lotus's chain/exchange/peer_tracker.go.
constexpr double kPeerWeight = 1.0 / 10;
constexpr double kGlobalWeight = 1.0 / 25;
constexpr double kNewPeer = 0.9;

void average(double& value, double next, double weight) {
  value = value == 0 ? next : value + (next - value) * weight;
}

}  // namespace

PeerTracker::State* PeerTracker::find(const PeerId& peer) {
  const auto at = peers_.find(peer);
  return at == peers_.end() ? nullptr : &at->second;
}

void PeerTracker::add(const PeerId& peer) {
  const std::scoped_lock lock(mutex_);
  peers_.try_emplace(peer);
}

void PeerTracker::remove(const PeerId& peer) {
  const std::scoped_lock lock(mutex_);
  peers_.erase(peer);
}

bool PeerTracker::contains(const PeerId& peer) const {
  const std::scoped_lock lock(mutex_);
  return peers_.contains(peer);
}

std::size_t PeerTracker::size() const {
  const std::scoped_lock lock(mutex_);
  return peers_.size();
}

void PeerTracker::set_head(const PeerId& peer, PeerHead head) {
  const std::scoped_lock lock(mutex_);
  auto* state = find(peer);
  if (state == nullptr) return;
  // A block seen in gossip says nothing of weight: what hello said of it stays the lower bound.
  if (head.weight == BigInt(0) && state->head) head.weight = state->head->weight;
  state->head = std::move(head);
}

void PeerTracker::set_latency(const PeerId& peer, Duration latency) {
  const std::scoped_lock lock(mutex_);
  if (auto* state = find(peer)) state->latency = latency;
}

void PeerTracker::started(const PeerId& peer) {
  const std::scoped_lock lock(mutex_);
  if (auto* state = find(peer)) ++state->in_flight;
}

void PeerTracker::succeeded(const PeerId& peer, Duration took, std::size_t items) {
  const std::scoped_lock lock(mutex_);
  average(average_micros_, static_cast<double>(took.count()), kGlobalWeight);
  auto* state = find(peer);
  if (state == nullptr) return;
  state->in_flight -= std::min<std::size_t>(state->in_flight, 1);
  ++state->successes;
  state->failures_in_row = 0;
  state->rests_until = {};
  average(state->cost_micros, static_cast<double>(took.count()) / static_cast<double>(std::max<std::size_t>(items, 1)),
          kPeerWeight);
}

void PeerTracker::failed(const PeerId& peer, Duration took, Clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  auto* state = find(peer);
  if (state == nullptr) return;
  state->in_flight -= std::min<std::size_t>(state->in_flight, 1);
  average(state->cost_micros, static_cast<double>(took.count()), kPeerWeight);
  note_failure(*state, now);
}

void PeerTracker::note_failure(State& state, Clock::time_point now) {
  ++state.failures;
  const auto rest = std::chrono::seconds(std::int64_t{1} << std::min<std::uint32_t>(state.failures_in_row++, 6));
  state.rests_until = now + std::min(rest, kMaxRest);
}

void PeerTracker::blame(const PeerId& peer, Clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  if (auto* state = find(peer)) note_failure(*state, now);
}

void PeerTracker::aborted(const PeerId& peer) {
  const std::scoped_lock lock(mutex_);
  if (auto* state = find(peer)) state->in_flight -= std::min<std::size_t>(state->in_flight, 1);
}

double PeerTracker::cost(const State& state) const {
  const auto asked = state.successes + state.failures;
  const double alone =
      asked == 0 ? average_micros_ * kNewPeer + static_cast<double>(state.latency.count())
                 : state.cost_micros + static_cast<double>(state.failures) / static_cast<double>(asked) * average_micros_;
  // What it is doing already comes first.
  return alone * static_cast<double>(1 + state.in_flight);
}

std::vector<PeerId> PeerTracker::choose(const PeerId& preferred, const TipsetKey& wanted, std::size_t count,
                                        Clock::time_point now) {
  struct Candidate {
    bool rests = false;
    bool has_it = false;
    double cost = 0;
    PeerId peer;
  };
  const std::scoped_lock lock(mutex_);
  std::vector<Candidate> candidates;
  candidates.reserve(peers_.size());
  for (const auto& [peer, state] : peers_) {
    if (peer == preferred) continue;
    const bool has_it = state.head && !wanted.empty() && state.head->key == wanted;
    candidates.push_back({state.rests_until > now, has_it, cost(state), peer});
  }
  std::ranges::sort(candidates, {}, [](const Candidate& c) { return std::tuple(c.rests, c.cost, c.peer); });
  const auto awake = std::ranges::find(candidates, true, &Candidate::rests);
  const auto best = std::min<std::ptrdiff_t>(awake - candidates.begin(), kShuffled);
  std::shuffle(candidates.begin(), candidates.begin() + best, random_);
  std::ranges::stable_sort(candidates.begin(), awake, std::ranges::greater(), &Candidate::has_it);

  std::vector<PeerId> out;
  if (peers_.contains(preferred)) out.push_back(preferred);
  for (auto& candidate : candidates) out.push_back(std::move(candidate.peer));
  if (out.size() > count) out.resize(count);
  return out;
}

std::vector<PeerTracker::Info> PeerTracker::peers() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Info> out;
  out.reserve(peers_.size());
  for (const auto& [peer, state] : peers_) {
    out.push_back({peer, state.head, state.latency, state.successes, state.failures, state.in_flight});
  }
  return out;
}

std::optional<std::pair<PeerId, PeerHead>> PeerTracker::heaviest() const {
  const std::scoped_lock lock(mutex_);
  std::optional<std::pair<PeerId, PeerHead>> out;
  for (const auto& [peer, state] : peers_) {
    if (state.head && (!out || state.head->weight > out->second.weight)) out.emplace(peer, *state.head);
  }
  return out;
}

}  // namespace venus::net
