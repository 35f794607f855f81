// SPDX-License-Identifier: MIT OR Apache-2.0
// Headers from a target back to our chain (Lotus chain/sync.go, collectHeaders and syncFork).
#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <set>

#include "sync/sync_run.hpp"
#include "types/policy.hpp"

namespace venus::sync {
namespace {

using chainstore::ChainStore;
using SteadyClock = std::chrono::steady_clock;

// A peer that answers so few headers so slowly makes no progress worth a worker; after that many such answers
// in a row the target is put off.
constexpr std::size_t kFewHeaders = 20;
constexpr auto kSlowAnswer = std::chrono::seconds(5);
constexpr unsigned kSlowAnswers = 10;
// First request for headers below our head, doubled with each further one: most forks are short.
constexpr std::size_t kFirstForkWindow = 8;
constexpr unsigned kFetchAttempts = 2;
// Local headers walked between two looks at whether the sync was interrupted.
constexpr std::size_t kLocalWalk = 2000;

bool has_miner_twice(const types::Tipset& tipset) {
  std::set<Address> miners;
  return !std::all_of(tipset.blocks().begin(), tipset.blocks().end(),
                      [&](const auto& block) { return miners.insert(block.miner).second; });
}

bool same_beacon_entries(const types::Tipset& tipset) {
  const auto& first = tipset.blocks().front().beacon_entries;
  const bool rising = std::is_sorted(first.begin(), first.end(),
                                     [](const auto& a, const auto& b) { return a.round < b.round; });
  return rising && std::all_of(tipset.blocks().begin(), tipset.blocks().end(),
                               [&](const auto& block) { return block.beacon_entries == first; });
}

}  // namespace

PeerId SyncRun::next_source() {
  if (target_.sources.empty()) return {};
  return target_.sources[next_source_++ % target_.sources.size()];
}

// Everything above a broken tipset is broken, too; what is not in memory is found so when it is met.
void SyncRun::mark_waiting_bad(const std::string& reason) {
  const auto mark = [&](const types::Tipset& tipset) {
    for (const auto& cid : tipset.cids()) {
      if (!parts_.chain.bad_reason(cid)) parts_.chain.mark_bad(cid, reason);
    }
  };
  for (const auto& tipset : headers_->held()) mark(*tipset);
  mark(*target_.tipset);
}

// Whether the target brings nothing that is not here already.
Result<bool> SyncRun::nothing_to_do() {
  auto& chain = parts_.chain;
  const auto head = chain.head();
  const auto& target = *target_.tipset;
  if (!head) return fail(ErrorCode::NotFound, "the chain has no genesis yet");
  if (!target_.forced && target_.lighter_than(*head, parts_.rules.expected_weight(*head))) return true;
  TRY(const bool adopted, chain.on_head_chain(target));
  if (adopted) return true;
  if (head->height() != target.height()) return false;
  return std::all_of(target.cids().begin(), target.cids().end(), [&](const Cid& cid) {
    return std::find(head->cids().begin(), head->cids().end(), cid) != head->cids().end();
  });
}

Result<void> SyncRun::check_target() {
  const auto& target = *target_.tipset;
  const auto now = parts_.clock.unix_seconds();
  const auto allowed = static_cast<std::uint64_t>(std::max<std::int64_t>(0, now)) +
                       types::policy::kAllowableClockDriftSeconds;
  for (const auto& block : target.blocks()) {
    if (block.timestamp <= allowed) continue;
    return std::unexpected(Error{ErrorCode::Temporal,
                                 fmt::format("block {} is of time {}, now it is {}", block.cid(), block.timestamp, now),
                                 static_cast<std::int64_t>(block.timestamp)});
  }
  if (target.height() <= ChainEpoch(0)) return fail(ErrorCode::FailedValidation, "a chain with another genesis");
  if (!same_beacon_entries(target)) {
    return fail(ErrorCode::FailedValidation, "blocks of tipset {} differ in their beacon entries", target.key());
  }
  return {};
}

// Linkage, heights, known bad blocks, and how far the chain leaves ours.
Result<void> SyncRun::check_header(const TipsetPtr& tipset) {
  if (!headers_->empty()) {
    if (tipset->key() != headers_->wanted()) {
      return fail(ErrorCode::Malformed, "headers from {} are not linked to epoch {}", tipset->key(),
                  headers_->lowest());
    }
    if (tipset->height() >= headers_->lowest()) {
      mark_waiting_bad(fmt::format("epoch {} has parents of epoch {}", headers_->lowest(), tipset->height()));
      return fail(ErrorCode::FailedValidation, "parents of epoch {} are of epoch {}", headers_->lowest(),
                  tipset->height());
    }
  }
  for (const auto& cid : tipset->cids()) {
    const auto reason = parts_.chain.bad_reason(cid);
    if (!reason) continue;
    // The target's other blocks do not descend from it.
    if (tipset->key() != target_.tipset->key()) {
      mark_waiting_bad(fmt::format("linked to bad block {}: {}", cid, *reason));
    }
    return fail(ErrorCode::FailedValidation, "the chain contains bad block {}: {}", cid, *reason);
  }
  if (has_miner_twice(*tipset)) {
    // Each block may be good by itself; as parents together they are not.
    if (tipset->key() != target_.tipset->key()) mark_waiting_bad("a parent tipset has two blocks of one miner");
    return fail(ErrorCode::FailedValidation, "tipset {} has two blocks of one miner", tipset->key());
  }
  return check_fork(tipset);
}

// Sets base_ when the tipset is on our chain.
Result<void> SyncRun::check_fork(const TipsetPtr& tipset) {
  auto& chain = parts_.chain;
  while (ours_->height() > tipset->height()) {
    TRY(ours_, chain.parent(*ours_));
    if (++reverted_ < ChainStore::kFinality) continue;
    mark_waiting_bad("fork past finality");
    return fail(ErrorCode::FailedValidation, "the chain of {} forks off more than {} tipsets ago",
                target_.tipset->key(), ChainStore::kFinality);
  }
  bool ours = false;
  if (tipset->height() <= chain.head()->height()) {
    TRY(ours, chain.on_head_chain(*tipset));
  }
  const auto checkpoint = target_.forced ? TipsetPtr{} : chain.checkpoint();
  if (checkpoint && (ours ? tipset->height() < checkpoint->height() : tipset->height() <= checkpoint->height())) {
    mark_waiting_bad("diverges from checkpoint");
    return fail(ErrorCode::FailedValidation, "the chain of {} leaves ours below the checkpoint at epoch {}",
                target_.tipset->key(), checkpoint->height());
  }
  if (ours) {
    base_ = tipset;
  } else if (tipset->height() == ChainEpoch(0)) {
    mark_waiting_bad("another genesis");
    return fail(ErrorCode::FailedValidation, "the chain of {} has genesis {}", target_.tipset->key(), tipset->key());
  }
  return {};
}

Result<void> SyncRun::accept(std::span<const TipsetPtr> newest_first) {
  for (const auto& tipset : newest_first) {
    TRY_VOID(check_header(tipset));
    if (base_) break;
    TRY_VOID(headers_->push(std::span(&tipset, 1)));
  }
  record_->height(headers_->lowest());
  return {};
}

// Goes down as far as headers are in the store; true when there may be more of them.
Result<bool> SyncRun::walk_local() {
  for (std::size_t i = 0; i < kLocalWalk && !base_; ++i) {
    const auto tipset = parts_.chain.tipset(headers_->wanted());
    if (!tipset && tipset.error().code == ErrorCode::NotFound) return false;
    if (!tipset) return std::unexpected(tipset.error());
    TRY_VOID(accept(std::span(&*tipset, 1)));
  }
  return !base_;
}

// How many tipsets to ask for.
std::size_t SyncRun::window_below(ChainEpoch lowest) {
  const auto head = parts_.chain.head();
  const auto gap = lowest - head->height();
  if (gap > 1) {
    return std::min(parts_.options.header_window, static_cast<std::size_t>(gap));
  }
  fork_window_ = std::min(std::max(fork_window_ * 2, kFirstForkWindow), parts_.options.header_window);
  return fork_window_;
}

Task<std::vector<TipsetPtr>> SyncRun::fetch_headers(TipsetKey from, std::size_t count) {
  Error last;
  for (unsigned attempt = 0; attempt < kFetchAttempts; ++attempt) {
    const auto start = SteadyClock::now();
    auto got = co_await parts_.source.headers(from, count, next_source());
    if (!got) {
      last = std::move(got).error();
      continue;
    }
    const bool slow = got->size() < std::min(count, kFewHeaders) && SteadyClock::now() - start > kSlowAnswer;
    slow_answers_ = slow ? slow_answers_ + 1 : 0;
    if (slow_answers_ >= kSlowAnswers) co_return fail(ErrorCode::Timeout, "headers come too slowly");
    if (got->empty()) co_return fail(ErrorCode::Malformed, "an answer without headers");
    co_return got;
  }
  co_return std::unexpected(std::move(last).context("headers of a chain"));
}

Task<> SyncRun::collect() {
  using namespace asio::experimental::awaitable_operators;
  const auto self = shared_from_this();
  record_->stage(Stage::Headers);
  ours_ = parts_.chain.head();
  if (headers_->empty()) {
    CO_TRY_VOID(co_await on(parts_.pool, [self]() -> Result<void> {
      TRY_VOID(self->check_target());
      return self->accept(std::span(&self->target_.tipset, 1));
    }));
  }
  while (!base_) {
    CO_TRY(const bool more_local, co_await on(parts_.pool, [self] { return self->walk_local(); }));
    if (more_local || base_) continue;
    CO_TRY(auto window, co_await fetch_headers(headers_->wanted(), window_below(headers_->lowest())));
    // While a window is checked the next one is on its way, as long as our chain must be further below.
    while (!base_) {
      const auto& lowest = *window.back();
      if (lowest.height() <= parts_.chain.head()->height() + 1) {
        CO_TRY_VOID(co_await on(parts_.pool, [self, window] { return self->accept(window); }));
        break;
      }
      auto [more, accepted] = co_await (fetch_headers(lowest.parents(), window_below(lowest.height())) &&
                                        on(parts_.pool, [self, window] { return self->accept(window); }));
      CO_TRY_VOID(std::move(accepted));
      if (base_) break;
      CO_TRY(window, std::move(more));
    }
  }
  record_->change([&](ActiveSync& sync) { sync.base = base_; });
  co_return Result<void>{};
}

}  // namespace venus::sync
