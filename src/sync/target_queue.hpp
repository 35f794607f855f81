// SPDX-License-Identifier: MIT OR Apache-2.0
// Which tipset is synchronised next (Lotus chain/sync_manager.go): pure decisions, no I/O.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "types/peer_id.hpp"
#include "types/tipset.hpp"

namespace venus::sync {

/// A tipset to synchronise to.
struct Target {
  TipsetPtr tipset;
  /// With its own blocks, by headers alone (ChainRules::expected_weight).
  BigInt weight;
  /// Who offered it; empty for our own. At most kMaxSources.
  std::vector<PeerId> sources;
  /// Those of them that said it is their head: honest ones have validated it.
  std::vector<PeerId> claimants;
  /// Synchronised even when it is lighter than our head or leaves the checkpoint.
  bool forced = false;

  static constexpr std::size_t kMaxSources = 16;
  void add_sources(const Target& other);
  /// Lighter than a tipset of that weight, and its parents lighter than that one's: nothing is to be gained from
  /// it. Parents alone do not tell (they do in Lotus): of two heads, that with the lighter parents is the heavier
  /// one when its last blocks won more often.
  [[nodiscard]] bool lighter_than(const types::Tipset& other, const BigInt& others_weight) const;
  [[nodiscard]] bool lighter_than(const Target& other) const { return lighter_than(*other.tipset, other.weight); }
};

/// Not thread-safe.
class TargetQueue {
 public:
  explicit TargetQueue(std::size_t max_workers) : max_workers_(max_workers) {}

  /// A new target: what to start now, if anything. Extensions of what is synchronised wait for it; unrelated
  /// ones are started at once when they are no lighter than all that is active or waiting and a worker is
  /// free, else kept for later; lighter ones and those synchronised already are dropped.
  std::optional<Target> add(Target target);
  /// Starts the sync of a target that was returned; its number.
  std::uint64_t started(const Target& target);
  /// A sync ended: what to start next, if anything.
  std::optional<Target> finished(std::uint64_t worker, bool success);
  /// Something that was kept for later and can be started now.
  std::optional<Target> next_deferred();
  /// From now on unrelated targets are synchronised side by side.
  void set_caught_up() { caught_up_ = true; }
  [[nodiscard]] bool caught_up() const { return caught_up_; }

  [[nodiscard]] std::size_t active() const { return active_.size(); }
  [[nodiscard]] bool is_active(const TipsetKey& key) const;
  [[nodiscard]] bool can_start() const { return active_.empty() || (caught_up_ && active_.size() < max_workers_); }
  /// Forgets that tipsets were synchronised: the head was moved by hand.
  void forget_recent() { recent_.clear(); }

 private:
  // Tipsets that are parents or children of each other.
  using Bucket = std::vector<Target>;

  class Buckets {
   public:
    [[nodiscard]] bool related(const types::Tipset& tipset) const;
    void insert(Target target);
    [[nodiscard]] const Target* heaviest() const;
    std::optional<Bucket> pop_related(const types::Tipset& tipset);
    std::optional<Target> pop_heaviest();
    [[nodiscard]] bool empty() const { return buckets_.empty(); }

   private:
    std::vector<Bucket> buckets_;
  };

  [[nodiscard]] bool synced(const Target& target) const;

  const std::size_t max_workers_;
  bool caught_up_ = false;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, Target> active_;
  Buckets pending_;   // of chains that are being synchronised
  Buckets deferred_;  // of others
  std::deque<Target> recent_;
};

}  // namespace venus::sync
