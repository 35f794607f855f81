// SPDX-License-Identifier: MIT OR Apache-2.0
// Single blocks: from gossip and from our own miner; and the checkpoint.
#include <boost/asio/post.hpp>

#include "sync/syncer_core.hpp"

namespace venus::sync {
namespace {

constexpr std::size_t kThreads = 2;
// How often a caller looks whether the sync to its checkpoint has ended: that takes seconds.
constexpr auto kCheckpointPoll = std::chrono::milliseconds(20);

Result<void> store_header(chainstore::ChainStore& chain, const types::BlockMessage& block, const Cid& cid) {
  TRY(const auto meta, chainstore::store_message_meta(chain.blocks(), block.bls_messages, block.secpk_messages));
  if (meta != block.header.messages) {
    return fail(ErrorCode::FailedValidation, "block {} names other messages than it came with", cid);
  }
  TRY_VOID(chain.put_block(block.header));
  return {};
}

}  // namespace

// On a worker thread.
Result<void> Syncer::Core::accept_block(const types::BlockMessage& block) {
  const auto cid = block.header.cid();
  if (const auto reason = chain_.bad_reason(cid)) {
    return fail(ErrorCode::FailedValidation, "block {} is bad: {}", cid, *reason);
  }
  for (const auto& parent : block.header.parents) {
    const auto reason = chain_.bad_reason(parent);
    if (!reason) continue;
    chain_.mark_bad(cid, fmt::format("linked to bad block {}: {}", parent, *reason));
    return fail(ErrorCode::FailedValidation, "block {} has bad parent {}: {}", cid, parent, *reason);
  }
  if (!in_range(block.header.height)) {
    return fail(ErrorCode::Temporal, "block {} of epoch {} is far from now, epoch {}, or from our head", cid,
                block.header.height, epoch_now());
  }
  return store_header(chain_, block, cid);
}

Task<> Syncer::Core::incoming_block(std::shared_ptr<Core> self, types::BlockMessage block, PeerId from) {
  const auto message = std::make_shared<const types::BlockMessage>(std::move(block));
  CO_TRY(auto tipset, co_await on(self->pool_, [self, message]() -> Result<TipsetPtr> {
    TRY_VOID(self->accept_block(*message));
    return types::Tipset::make({message->header});
  }));
  asio::post(self->strand_, [self, message, from, tipset] {
    if (self->stopped_) return;
    if (self->options_.on_block) self->options_.on_block(message->header);
    auto target = self->target_of(tipset);
    if (!from.empty()) {
      target.sources = {from};
      Claim claim;
      claim.key = tipset->key();
      claim.height = tipset->height();
      claim.tipset = tipset;
      self->set_claim(from, std::move(claim));
    }
    self->offer(std::move(target));
  });
  co_return Result<void>{};
}

// On a worker thread.
Result<void> Syncer::Core::judge_own(const types::BlockMessage& block) {
  const auto cid = block.header.cid();
  if (chain_.is_validated(cid)) return {};
  if (const auto parents = chain_.tipset(TipsetKey(block.header.parents)); !parents) {
    const bool absent = parents.error().code == ErrorCode::NotFound;
    return std::unexpected(Error{absent ? ErrorCode::Unavailable : parents.error().code,
                                 fmt::format("parents of block {}: {}", cid, parents.error().message)});
  }
  for (const auto* list : {&block.bls_messages, &block.secpk_messages}) {
    for (const auto& message : *list) {
      TRY(const bool here, chain_.blocks().has(message));
      if (!here) return fail(ErrorCode::Unavailable, "message {} of block {} is not here", message, cid);
    }
  }
  for (const auto& parent : block.header.parents) {
    if (const auto reason = chain_.bad_reason(parent)) {
      return fail(ErrorCode::FailedValidation, "block {} has bad parent {}: {}", cid, parent, *reason);
    }
  }
  TRY_VOID(store_header(chain_, block, cid));
  TRY_VOID(judge(chain_, rules_, cid, kThreads));
  TRY_VOID(chain_.add_validated_block(block.header));
  return {};
}

Task<> Syncer::Core::own_block(std::shared_ptr<Core> self, types::BlockMessage block) {
  const auto message = std::make_shared<const types::BlockMessage>(std::move(block));
  CO_TRY_VOID(co_await on(self->pool_, [self, message] { return self->judge_own(*message); }));
  asio::post(self->strand_, [self, message] {
    if (self->options_.on_block) self->options_.on_block(message->header);
  });
  co_return Result<void>{};
}

Task<> Syncer::Core::checkpoint(std::shared_ptr<Core> self, TipsetKey key) {
  if (key.empty()) co_return fail(ErrorCode::InvalidArgument, "a checkpoint needs a tipset");
  auto found = co_await on(self->pool_, [self, key] { return self->chain_.tipset(key); });
  if (!found) {
    CO_TRY(auto fetched, co_await self->source_.headers(key, 1, PeerId{}));
    if (fetched.empty()) co_return fail(ErrorCode::NotFound, "nobody has tipset {}", key);
    found = fetched.front();
  }
  const auto tipset = *found;
  auto target = self->target_of(tipset);
  target.forced = true;
  const auto record = std::make_shared<SyncRecord>(0, tipset);
  const auto run = std::make_shared<SyncRun>(
      self->parts(), std::move(target), record,
      std::make_unique<HeaderStack>(self->chain_.metadata(), tipset,
                                    HeaderStack::Options{.in_memory = self->options_.held_headers}));
  // The run belongs on the strand and ends with the syncer, wherever the caller is.
  struct Outcome {
    std::atomic<bool> done = false;
    Result<void> result;
  };
  const auto outcome = std::make_shared<Outcome>();
  asio::post(self->strand_, [self, run, outcome] {
    self->scope_.spawn(run->run(), [run, outcome](Result<void> result) {
      outcome->result = std::move(result);
      outcome->done = true;
    });
  });
  while (!outcome->done) co_await pause(kCheckpointPoll);
  CO_TRY_VOID(outcome->result);
  co_return co_await on(self->pool_, [self, tipset] { return self->chain_.set_checkpoint(tipset); });
}

}  // namespace venus::sync
