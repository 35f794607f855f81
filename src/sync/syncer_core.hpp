// SPDX-License-Identifier: MIT OR Apache-2.0
// Private to the syncer: its state, which coroutines on one strand share.
#pragma once

#include <map>
#include <unordered_map>

#include "sync/sync_run.hpp"
#include "sync/syncer.hpp"

namespace venus::sync {

class Syncer::Core : public std::enable_shared_from_this<Syncer::Core> {
 public:
  Core(asio::any_io_executor executor, chainstore::ChainStore& chain, ChainRules& rules, ChainSource& source,
       const base::Clock& clock, WorkerPool& pool, SyncOptions options);

  // On any thread.
  void start();
  void stop_later();
  static Task<> drained(std::shared_ptr<Core> self);
  void peer_head(PeerId from, TipsetKey key, ChainEpoch height);
  void peer_gone(PeerId from);
  static Task<> incoming_block(std::shared_ptr<Core> self, types::BlockMessage block, PeerId from);
  static Task<> own_block(std::shared_ptr<Core> self, types::BlockMessage block);
  static Task<> checkpoint(std::shared_ptr<Core> self, TipsetKey key);
  [[nodiscard]] SyncStatus status() const;

 private:
  // What a peer said its head is.
  struct Claim {
    TipsetKey key;
    ChainEpoch height{0};
    TipsetPtr tipset;  // null until its header was fetched
    bool head = false; // from hello, not from gossip
    bool resolving = false;
    bool settled = false;  // synchronised: nothing is left to do for it
    std::uint64_t order = 0;
  };
  // A target that failed, and when it may be tried again.
  struct Failure {
    unsigned attempts = 0;
    std::chrono::steady_clock::time_point until;
  };
  struct Active {
    std::shared_ptr<SyncRun> run;
    std::shared_ptr<SyncRecord> record;
    std::chrono::steady_clock::time_point start;
    bool spills = false;
  };
  struct Sample {
    std::chrono::steady_clock::time_point at;
    std::uint64_t tipsets = 0;
    std::int64_t height = 0;
  };

  static Task<> tick_forever(std::shared_ptr<Core> self);
  void tick();
  void set_claim(const PeerId& from, Claim claim);
  void resolve(const PeerId& from);
  static Task<> fetch_claim(std::shared_ptr<Core> self, PeerId from, TipsetKey key);
  void offer(Target target);
  void begin();
  void launch(Target target, std::unique_ptr<HeaderStack> resumed = nullptr);
  void ended(std::uint64_t worker, Result<void> outcome);
  void resume_laid_down();
  static Task<> take_up(std::shared_ptr<Core> self);
  void put_away(const Result<void>& outcome);
  void look_at_claims();
  bool backing_off(const TipsetKey& key) const;
  [[nodiscard]] Target target_of(TipsetPtr tipset) const;
  bool drop(const Target& target) const;
  void note_failure(const Target& target, const Error& error);
  [[nodiscard]] bool in_range(ChainEpoch height) const;
  [[nodiscard]] ChainEpoch epoch_now() const;
  [[nodiscard]] RunParts parts();
  void note(const std::string& text) const;
  Result<void> accept_block(const types::BlockMessage& block);
  Result<void> judge_own(const types::BlockMessage& block);

  asio::any_io_executor strand_;
  chainstore::ChainStore& chain_;
  ChainRules& rules_;
  ChainSource& source_;
  const base::Clock& clock_;
  WorkerPool& pool_;
  const SyncOptions options_;
  const std::shared_ptr<std::atomic<std::uint64_t>> validated_ = std::make_shared<std::atomic<std::uint64_t>>(0);
  std::shared_ptr<void> alive_ = std::make_shared<int>(0);

  std::atomic<bool> stop_requested_ = false;

  // On the strand.
  Scope scope_;
  bool running_ = false;
  bool stopped_ = false;
  bool begun_ = false;   // the first target was chosen
  std::chrono::steady_clock::time_point started_at_;
  std::unordered_map<PeerId, Claim> claims_;
  std::uint64_t next_order_ = 0;
  std::unordered_map<TipsetKey, Failure> failures_;
  TargetQueue queue_;
  std::map<std::uint64_t, Active> active_;
  bool spilling_ = false;     // some run may lay headers down
  bool laid_down_ = false;    // headers of an ended run wait on disk
  unsigned resume_failures_ = 0;
  std::chrono::steady_clock::time_point resume_after_;

  // For status().
  mutable std::mutex status_mutex_;
  std::vector<std::shared_ptr<SyncRecord>> records_;  // active and the last few ended
  std::deque<Sample> samples_;
  bool waiting_ = false;
  std::size_t peers_ = 0;
};

}  // namespace venus::sync
