// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sync/target_queue.hpp"

#include <algorithm>

namespace venus::sync {
namespace {

// Bounds on what peers can make us remember; the heaviest are kept.
constexpr std::size_t kMaxBuckets = 64;
constexpr std::size_t kMaxInBucket = 32;
// Lotus RecentSyncBufferSize.
constexpr std::size_t kRecent = 10;

bool heavier(const Target& a, const Target& b) { return a.weight > b.weight; }

bool same_chain(const types::Tipset& a, const types::Tipset& b) {
  return a.key() == b.key() || a.key() == b.parents() || a.parents() == b.key();
}

template <class Bucket>
auto heaviest_in(Bucket& bucket) {
  return std::max_element(bucket.begin(), bucket.end(),
                          [](const Target& a, const Target& b) { return heavier(b, a); });
}

}  // namespace

void Target::add_sources(const Target& other) {
  const auto merge = [](std::vector<PeerId>& into, const std::vector<PeerId>& from) {
    for (const auto& peer : from) {
      if (into.size() >= kMaxSources) return;
      if (std::find(into.begin(), into.end(), peer) == into.end()) into.push_back(peer);
    }
  };
  merge(sources, other.sources);
  merge(claimants, other.claimants);
}

bool Target::lighter_than(const types::Tipset& other, const BigInt& others_weight) const {
  return other.parent_weight() > tipset->parent_weight() && others_weight > weight;
}

bool TargetQueue::Buckets::related(const types::Tipset& tipset) const {
  return std::any_of(buckets_.begin(), buckets_.end(), [&](const Bucket& bucket) {
    return std::any_of(bucket.begin(), bucket.end(),
                       [&](const Target& target) { return same_chain(*target.tipset, tipset); });
  });
}

void TargetQueue::Buckets::insert(Target target) {
  for (auto& bucket : buckets_) {
    bool related = false;
    for (auto& other : bucket) {
      if (other.tipset->key() == target.tipset->key()) return other.add_sources(target);
      related = related || same_chain(*other.tipset, *target.tipset);
    }
    if (!related) continue;
    bucket.push_back(std::move(target));
    if (bucket.size() <= kMaxInBucket) return;
    bucket.erase(std::min_element(bucket.begin(), bucket.end(),
                                  [](const Target& a, const Target& b) { return heavier(b, a); }));
    return;
  }
  buckets_.push_back({std::move(target)});
  if (buckets_.size() <= kMaxBuckets) return;
  buckets_.erase(std::min_element(buckets_.begin(), buckets_.end(), [](const Bucket& a, const Bucket& b) {
    return heavier(*heaviest_in(b), *heaviest_in(a));
  }));
}

const Target* TargetQueue::Buckets::heaviest() const {
  const Target* best = nullptr;
  for (const auto& bucket : buckets_) {
    const auto& candidate = *heaviest_in(bucket);
    if (best == nullptr || heavier(candidate, *best)) best = &candidate;
  }
  return best;
}

std::optional<TargetQueue::Bucket> TargetQueue::Buckets::pop_related(const types::Tipset& tipset) {
  std::optional<Bucket> out;
  for (auto at = buckets_.begin(); at != buckets_.end();) {
    const bool related = std::any_of(at->begin(), at->end(),
                                     [&](const Target& target) { return same_chain(*target.tipset, tipset); });
    if (!related) {
      ++at;
      continue;
    }
    if (!out) out.emplace();
    std::move(at->begin(), at->end(), std::back_inserter(*out));
    at = buckets_.erase(at);
  }
  return out;
}

std::optional<Target> TargetQueue::Buckets::pop_heaviest() {
  auto best = buckets_.end();
  for (auto at = buckets_.begin(); at != buckets_.end(); ++at) {
    if (best == buckets_.end() || heavier(*heaviest_in(*at), *heaviest_in(*best))) best = at;
  }
  if (best == buckets_.end()) return std::nullopt;
  auto out = std::move(*heaviest_in(*best));
  buckets_.erase(best);
  return out;
}

bool TargetQueue::synced(const Target& target) const {
  return std::any_of(recent_.begin(), recent_.end(), [&](const Target& done) {
    return done.tipset->key() == target.tipset->key() || target.lighter_than(done);
  });
}

bool TargetQueue::is_active(const TipsetKey& key) const {
  return std::any_of(active_.begin(), active_.end(), [&](const auto& at) { return at.second.tipset->key() == key; });
}

std::optional<Target> TargetQueue::add(Target target) {
  const auto& tipset = *target.tipset;
  if (synced(target)) return std::nullopt;
  if (active_.empty()) return target;
  for (auto& [worker, running] : active_) {
    if (running.tipset->key() == tipset.key()) return running.add_sources(target), std::nullopt;
    if (tipset.parents() == running.tipset->key()) return pending_.insert(std::move(target)), std::nullopt;
  }
  if (pending_.related(tipset)) return pending_.insert(std::move(target)), std::nullopt;
  for (const auto& [worker, running] : active_) {
    if (target.lighter_than(running)) return std::nullopt;
  }
  const auto* waiting = pending_.heaviest();
  if (waiting != nullptr && target.lighter_than(*waiting)) return std::nullopt;
  if (!can_start()) return deferred_.insert(std::move(target)), std::nullopt;
  return target;
}

std::uint64_t TargetQueue::started(const Target& target) {
  active_.emplace(next_, target);
  return next_++;
}

std::optional<Target> TargetQueue::finished(std::uint64_t worker, bool success) {
  const auto at = active_.find(worker);
  if (at == active_.end()) return std::nullopt;
  const auto done = std::move(at->second);
  active_.erase(at);
  if (success) {
    recent_.push_back(done);
    if (recent_.size() > kRecent) recent_.pop_front();
  }
  auto related = pending_.pop_related(*done.tipset);
  if (!related) return next_deferred();
  auto next = std::move(*heaviest_in(*related));
  const bool lighter = next.lighter_than(done) || synced(next) ||
                       std::any_of(active_.begin(), active_.end(), [&](const auto& running) {
                         return running.second.tipset->key() == next.tipset->key() ||
                                next.lighter_than(running.second);
                       });
  if (lighter) return next_deferred();
  return next;
}

std::optional<Target> TargetQueue::next_deferred() {
  if (!can_start()) return std::nullopt;
  while (auto next = deferred_.pop_heaviest()) {
    const auto& tipset = *next->tipset;
    if (synced(*next)) continue;
    if (pending_.related(tipset)) {
      pending_.insert(std::move(*next));
      continue;
    }
    bool wanted = true;
    for (const auto& [worker, running] : active_) {
      if (running.tipset->key() == tipset.key() || next->lighter_than(running)) {
        wanted = false;
        break;
      }
      if (tipset.parents() == running.tipset->key()) {
        pending_.insert(*next);
        wanted = false;
        break;
      }
    }
    if (wanted) return next;
  }
  return std::nullopt;
}

}  // namespace venus::sync
