// SPDX-License-Identifier: MIT OR Apache-2.0
// Choosing targets and running them. Everything here happens on the strand.
#include "sync/syncer_core.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

namespace venus::sync {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Peers whose heads are remembered; connections are limited to fewer.
constexpr std::size_t kMaxClaims = 1024;
constexpr std::size_t kMaxFailures = 4096;
// Syncs that ended and are still shown (Lotus SyncWorkerHistory).
constexpr std::size_t kHistory = 3;
// Lotus MaxHeightDrift: heads further above the clock are not looked at yet.
constexpr std::int64_t kMaxHeightDrift = 5;
// Times the headers laid down are taken up without success before they are thrown away.
constexpr unsigned kResumeAttempts = 5;
constexpr auto kRateSpan = std::chrono::seconds(20);

}  // namespace

Syncer::Core::Core(asio::any_io_executor executor, chainstore::ChainStore& chain, ChainRules& rules,
                   ChainSource& source, const base::Clock& clock, WorkerPool& pool, SyncOptions options)
    : strand_(asio::make_strand(std::move(executor))),
      chain_(chain),
      rules_(rules),
      source_(source),
      clock_(clock),
      pool_(pool),
      options_(std::move(options)),
      scope_(strand_),
      queue_(options_.max_workers) {}

void Syncer::Core::note(const std::string& text) const {
  if (options_.note) options_.note(text);
}

RunParts Syncer::Core::parts() {
  return {chain_, rules_, source_, clock_, pool_, options_, strand_, validated_, alive_};
}

ChainEpoch Syncer::Core::epoch_now() const {
  const auto genesis = chain_.genesis();
  if (!genesis) return ChainEpoch(0);
  const auto seconds = clock_.unix_seconds() - static_cast<std::int64_t>(genesis->min_timestamp());
  const auto delay = static_cast<std::int64_t>(std::max<std::uint64_t>(1, options_.block_delay_seconds));
  return ChainEpoch(std::max<std::int64_t>(0, seconds) / delay);
}

bool Syncer::Core::in_range(ChainEpoch height) const {
  return height + chainstore::ChainStore::kFinality >= chain_.head()->height() &&
         height <= epoch_now() + kMaxHeightDrift;
}

Target Syncer::Core::target_of(TipsetPtr tipset) const {
  Target out;
  out.weight = rules_.expected_weight(*tipset);
  out.tipset = std::move(tipset);
  return out;
}

// Whether nothing is to be gained from a target.
bool Syncer::Core::drop(const Target& target) const {
  const auto head = chain_.head();
  const auto& tipset = *target.tipset;
  if (head->key() == tipset.key() || target.lighter_than(*head, rules_.expected_weight(*head))) return true;
  return std::any_of(tipset.cids().begin(), tipset.cids().end(),
                     [&](const Cid& cid) { return chain_.bad_reason(cid).has_value(); });
}

bool Syncer::Core::backing_off(const TipsetKey& key) const {
  const auto at = failures_.find(key);
  return at != failures_.end() && SteadyClock::now() < at->second.until;
}

// ---- life ------------------------------------------------------------------------------------------------

void Syncer::Core::start() {
  asio::post(strand_, [self = shared_from_this()] {
    if (self->running_ || self->stopped_) return;
    self->running_ = true;
    self->started_at_ = SteadyClock::now();
    self->laid_down_ = true;  // perhaps; found out when it is looked at
    self->scope_.spawn(tick_forever(self));
  });
}

void Syncer::Core::stop_later() {
  if (stop_requested_.exchange(true)) return;
  asio::post(strand_, [self = shared_from_this()] {
    self->stopped_ = true;
    for (auto& [worker, active] : self->active_) active.run->cancel();
    self->scope_.cancel();
  });
}

Task<> Syncer::Core::drained(std::shared_ptr<Core> self) {
  for (;;) {
    co_await asio::post(asio::bind_executor(self->strand_, asio::use_awaitable));
    // The one that is left is our own.
    if (self->scope_.running() == 0 && self->alive_.use_count() == 1) break;
    co_await pause(std::chrono::milliseconds(5));
  }
  co_return Result<void>{};
}

Task<> Syncer::Core::tick_forever(std::shared_ptr<Core> self) {
  while (!self->stopped_) {
    self->tick();
    co_await pause(self->options_.tick);
  }
  co_return Result<void>{};
}

void Syncer::Core::tick() {
  const auto now = SteadyClock::now();
  {
    std::lock_guard lock(status_mutex_);
    samples_.push_back({now, validated_->load(), chain_.head()->height().value()});
    while (samples_.size() > 2 && now - samples_.front().at > kRateSpan) samples_.pop_front();
    waiting_ = !begun_;
    peers_ = claims_.size();
  }
  std::vector<PeerId> unresolved;
  for (const auto& [peer, claim] : claims_) {
    if (!claim.tipset && !claim.resolving && !backing_off(claim.key)) unresolved.push_back(peer);
  }
  for (const auto& peer : unresolved) resolve(peer);
  if (!begun_) return begin();
  resume_laid_down();
  look_at_claims();
  if (auto next = queue_.next_deferred(); next && !drop(*next)) launch(std::move(*next));
}

// ---- what peers say --------------------------------------------------------------------------------------

void Syncer::Core::peer_head(PeerId from, TipsetKey key, ChainEpoch height) {
  if (key.empty()) return;
  asio::post(strand_, [self = shared_from_this(), from = std::move(from), key = std::move(key), height] {
    if (self->stopped_) return;
    Claim claim;
    claim.key = key;
    claim.height = height;
    claim.head = true;
    self->set_claim(from, std::move(claim));
    if (self->running_) self->resolve(from);
  });
}

void Syncer::Core::peer_gone(PeerId from) {
  asio::post(strand_, [self = shared_from_this(), from = std::move(from)] { self->claims_.erase(from); });
}

void Syncer::Core::set_claim(const PeerId& from, Claim claim) {
  claim.order = next_order_++;
  claims_[from] = std::move(claim);
  if (claims_.size() <= kMaxClaims) return;
  claims_.erase(std::min_element(claims_.begin(), claims_.end(), [](const auto& a, const auto& b) {
    return a.second.order < b.second.order;
  }));
}

// Finds the header a peer's head has.
void Syncer::Core::resolve(const PeerId& from) {
  const auto at = claims_.find(from);
  if (at == claims_.end() || at->second.tipset || at->second.resolving) return;
  at->second.resolving = true;
  scope_.spawn(fetch_claim(shared_from_this(), from, at->second.key));
}

Task<> Syncer::Core::fetch_claim(std::shared_ptr<Core> self, PeerId from, TipsetKey key) {
  auto found = co_await on(self->pool_, [self, key] { return self->chain_.tipset(key); });
  if (!found) {
    auto fetched = co_await self->source_.headers(key, 1, from);
    if (fetched && !fetched->empty() && fetched->front()->key() == key) found = fetched->front();
    else if (!fetched) found = std::unexpected(std::move(fetched).error());
  }
  const auto at = self->claims_.find(from);
  if (at == self->claims_.end() || at->second.key != key) co_return Result<void>{};
  at->second.resolving = false;
  if (!found) {
    auto& failure = self->failures_[key];
    const auto wait = std::min(self->options_.retry_max, self->options_.retry_first * (1 << std::min(failure.attempts, 10U)));
    failure.until = SteadyClock::now() + wait;
    if (++failure.attempts >= self->options_.attempts) self->claims_.erase(at);
    co_return Result<void>{};
  }
  self->failures_.erase(key);
  at->second.tipset = *found;
  auto target = self->target_of(*std::move(found));
  target.sources = {from};
  if (at->second.head) target.claimants = {from};
  self->offer(std::move(target));
  co_return Result<void>{};
}

void Syncer::Core::offer(Target target) {
  if (stopped_ || !running_) return;
  if (!begun_) return begin();
  const auto& tipset = *target.tipset;
  if (!in_range(tipset.height()) || drop(target) || backing_off(tipset.key())) return;
  for (auto& [worker, active] : active_) {
    if (active.run->target().tipset->key() == tipset.key()) active.run->add_sources(target);
  }
  if (auto next = queue_.add(std::move(target))) launch(std::move(*next));
}

// The first target: once enough peers told their heads, the heaviest of them.
void Syncer::Core::begin() {
  const bool late = SteadyClock::now() - started_at_ >= options_.bootstrap_timeout;
  const auto known = std::count_if(claims_.begin(), claims_.end(), [](const auto& at) { return at.second.tipset; });
  if (known == 0 || (static_cast<std::size_t>(known) < options_.bootstrap_peers && !late)) return;
  begun_ = true;
  note(fmt::format("{} peers told their heads: synchronising begins", known));
  resume_laid_down();
  look_at_claims();
}

// Starts what is heaviest among the heads that peers told, and leaves the rest to the queue.
void Syncer::Core::look_at_claims() {
  std::map<TipsetKey, Target> wanted;
  const auto heads_weight = rules_.expected_weight(*chain_.head());
  for (const auto& [peer, claim] : claims_) {
    if (!claim.tipset || !in_range(claim.tipset->height())) continue;
    auto offered = target_of(claim.tipset);
    if (drop(offered)) continue;
    // A head that was moved back by hand goes forward again.
    if (claim.settled && offered.weight <= heads_weight) continue;
    if (backing_off(claim.key) || queue_.is_active(claim.key)) continue;
    offered.sources = {peer};
    if (claim.head) offered.claimants = {peer};
    const auto [at, added] = wanted.try_emplace(claim.key, offered);
    if (!added) at->second.add_sources(offered);
  }
  std::vector<Target> sorted;
  for (auto& [key, target] : wanted) sorted.push_back(std::move(target));
  std::sort(sorted.begin(), sorted.end(), [](const Target& a, const Target& b) { return a.weight > b.weight; });
  if (queue_.active() == 0) queue_.forget_recent();
  for (auto& target : sorted) {
    if (auto next = queue_.add(std::move(target))) launch(std::move(*next));
  }
}

// ---- runs ------------------------------------------------------------------------------------------------

void Syncer::Core::launch(Target target, std::unique_ptr<HeaderStack> resumed) {
  const auto worker = queue_.started(target);
  auto record = std::make_shared<SyncRecord>(worker, target.tipset);
  record->change([&](ActiveSync& sync) {
    sync.stage = Stage::Headers;
    sync.start_ms = clock_.unix_millis();
    sync.height = target.tipset->height();
  });
  Active active;
  active.record = record;
  active.start = SteadyClock::now();
  active.spills = resumed || (!spilling_ && !laid_down_);
  auto headers = std::move(resumed);
  if (!headers) {
    headers = std::make_unique<HeaderStack>(
        chain_.metadata(), target.tipset,
        HeaderStack::Options{.in_memory = options_.held_headers, .may_spill = active.spills});
  }
  spilling_ = spilling_ || active.spills;
  active.run = std::make_shared<SyncRun>(parts(), std::move(target), record, std::move(headers));
  const auto run = active.run;
  active_.emplace(worker, std::move(active));
  {
    std::lock_guard lock(status_mutex_);
    records_.push_back(std::move(record));
  }
  scope_.spawn(run->run(), [self = shared_from_this(), worker](Result<void> outcome) {
    self->ended(worker, std::move(outcome));
  });
}

void Syncer::Core::ended(std::uint64_t worker, Result<void> outcome) {
  const auto at = active_.find(worker);
  if (at == active_.end()) return;
  auto active = std::move(at->second);
  active_.erase(at);
  active.record->change([&](ActiveSync& sync) {
    sync.stage = outcome ? Stage::Complete : Stage::Errored;
    sync.end_ms = clock_.unix_millis();
    if (!outcome) sync.message = outcome.error().message;
  });
  {
    std::lock_guard lock(status_mutex_);
    while (records_.size() > active_.size() + kHistory) {
      const auto oldest = std::find_if(records_.begin(), records_.end(),
                                       [](const auto& record) { return record->get().end_ms != 0; });
      if (oldest == records_.end()) break;
      records_.erase(oldest);
    }
  }
  if (stopped_) return;
  const auto& target = active.run->target();
  if (outcome) {
    if (SteadyClock::now() - active.start < options_.caught_up_below) queue_.set_caught_up();
    failures_.erase(target.tipset->key());
    if (target.weight > rules_.expected_weight(*chain_.head())) {
      // Good, and yet not adopted: looked at again, but not at once.
      failures_[target.tipset->key()].until = SteadyClock::now() + options_.retry_max;
    }
    for (auto& [peer, claim] : claims_) {
      if (claim.key == target.tipset->key()) claim.settled = true;
    }
  } else {
    note_failure(target, outcome.error());
  }
  if (active.spills) put_away(outcome);
  auto next = queue_.finished(worker, outcome.has_value());
  while (next && (drop(*next) || backing_off(next->tipset->key()))) next = queue_.next_deferred();
  if (next) launch(std::move(*next));
}

void Syncer::Core::note_failure(const Target& target, const Error& error) {
  const auto& key = target.tipset->key();
  note(fmt::format("no sync to epoch {}, {}: {}", target.tipset->height(), key, error.message));
  if (failures_.size() >= kMaxFailures) failures_.clear();
  auto& failure = failures_[key];
  const auto now = SteadyClock::now();
  ++failure.attempts;
  bool give_up = failure.attempts >= options_.attempts;
  switch (error.code) {
    case ErrorCode::FailedValidation:
      // Gossip carries blocks that nobody has validated yet; a head is another matter.
      for (const auto& peer : target.claimants) source_.punish(peer, error.message, true);
      failure.until = now + options_.retry_max;
      give_up = true;
      break;
    case ErrorCode::Temporal: {
      const auto due = std::chrono::milliseconds(error.detail * 1000 - clock_.unix_millis());
      failure.until = now + std::min(std::max(due, options_.tick), options_.retry_max);
      give_up = false;
      break;
    }
    default: {
      const auto wait = options_.retry_first * (1 << std::min(failure.attempts - 1, 10U));
      failure.until = now + std::min<std::chrono::milliseconds>(options_.retry_max, wait);
    }
  }
  if (!give_up) return;
  std::erase_if(claims_, [&](const auto& at) { return at.second.key == key; });
}

// ---- headers on disk -------------------------------------------------------------------------------------

// After a run that could lay headers down: a good or a bad chain needs them no more.
void Syncer::Core::put_away(const Result<void>& outcome) {
  const bool keep = !outcome && outcome.error().code != ErrorCode::FailedValidation &&
                    resume_failures_ < kResumeAttempts;
  if (keep) {
    spilling_ = false;
    laid_down_ = true;
    const auto wait = options_.retry_first * (1 << std::min(resume_failures_++, 10U));
    resume_after_ = SteadyClock::now() + std::min<std::chrono::milliseconds>(options_.retry_max, wait);
    return;
  }
  resume_failures_ = 0;
  const auto self = shared_from_this();
  scope_.spawn(on(pool_, [self] { return HeaderStack::clear(self->chain_.metadata()); }), [self](Result<void>) {
    self->spilling_ = false;
    self->laid_down_ = false;
  });
}

void Syncer::Core::resume_laid_down() {
  if (!laid_down_ || spilling_ || !active_.empty() || SteadyClock::now() < resume_after_) return;
  spilling_ = true;
  scope_.spawn(take_up(shared_from_this()));
}

Task<> Syncer::Core::take_up(std::shared_ptr<Core> self) {
  auto stack = co_await on(self->pool_, [self]() -> Result<std::unique_ptr<HeaderStack>> {
    auto& metadata = self->chain_.metadata();
    auto found = HeaderStack::resume(metadata, {.in_memory = self->options_.held_headers, .may_spill = true});
    if (found) return found;
    // What can't be read is fetched anew.
    TRY_VOID(HeaderStack::clear(metadata));
    return std::unique_ptr<HeaderStack>{};
  });
  self->laid_down_ = false;
  self->spilling_ = false;
  if (!stack || !*stack || self->stopped_) co_return Result<void>{};
  auto target = self->target_of((*stack)->target());
  self->note(fmt::format("going on with the headers below epoch {}", target.tipset->height()));
  self->launch(std::move(target), *std::move(stack));
  co_return Result<void>{};
}

// ---- status ----------------------------------------------------------------------------------------------

SyncStatus Syncer::Core::status() const {
  SyncStatus out;
  out.head = chain_.head();
  out.epochs_behind = std::max<std::int64_t>(0, epoch_now() - out.head->height());
  out.tipsets_validated = validated_->load();
  std::lock_guard lock(status_mutex_);
  out.waiting_for_peers = waiting_;
  out.peers = peers_;
  const ActiveSync* heaviest = nullptr;
  for (const auto& record : records_) out.syncs.push_back(record->get());
  for (const auto& sync : out.syncs) {
    if (sync.end_ms != 0) continue;
    if (heaviest == nullptr || sync.target->parent_weight() > heaviest->target->parent_weight()) heaviest = &sync;
  }
  if (heaviest == nullptr) return out;
  out.target = heaviest->target;
  if (samples_.empty()) return out;
  const auto& oldest = samples_.front();
  const auto seconds = std::chrono::duration<double>(SteadyClock::now() - oldest.at).count();
  if (seconds <= 0) return out;
  out.tipsets_per_second = static_cast<double>(out.tipsets_validated - oldest.tipsets) / seconds;
  const auto epochs = static_cast<double>(out.head->height().value() - oldest.height) / seconds;
  const auto left = static_cast<double>(out.target->height().value() - out.head->height().value());
  if (epochs > 0 && left >= 0) out.time_left = std::chrono::seconds(static_cast<std::int64_t>(left / epochs));
  return out;
}

}  // namespace venus::sync
