// SPDX-License-Identifier: MIT OR Apache-2.0
// The syncer's doors. Choosing and running targets is in syncer_core.cpp.
#include "sync/syncer.hpp"

#include "sync/syncer_core.hpp"

namespace venus::sync {
namespace {

SyncOptions of_network(SyncOptions options, const consensus::ChainRuntime& runtime) {
  options.block_delay_seconds = runtime.states.params().block_delay_seconds;
  return options;
}

}  // namespace

Syncer::Syncer(asio::any_io_executor executor, consensus::ChainRuntime& runtime, ChainSource& source,
               const base::Clock& clock, WorkerPool& pool, SyncOptions options)
    : own_rules_(std::make_unique<RuntimeRules>(runtime)),
      core_(std::make_shared<Core>(std::move(executor), runtime.states.chain(), *own_rules_, source, clock, pool,
                                   of_network(std::move(options), runtime))) {}

Syncer::Syncer(asio::any_io_executor executor, chainstore::ChainStore& chain, ChainRules& rules,
               ChainSource& source, const base::Clock& clock, WorkerPool& pool, SyncOptions options)
    : core_(std::make_shared<Core>(std::move(executor), chain, rules, source, clock, pool, std::move(options))) {}

Syncer::~Syncer() { core_->stop_later(); }

void Syncer::start() { core_->start(); }

Task<> Syncer::stop() {
  core_->stop_later();
  return Core::drained(core_);
}

void Syncer::peer_head(PeerId from, TipsetKey key, ChainEpoch height, BigInt) {
  core_->peer_head(std::move(from), std::move(key), height);
}

void Syncer::peer_gone(PeerId from) { core_->peer_gone(std::move(from)); }

Task<> Syncer::incoming_block(types::BlockMessage block, PeerId from) {
  return Core::incoming_block(core_, std::move(block), std::move(from));
}

Task<> Syncer::own_block(types::BlockMessage block) { return Core::own_block(core_, std::move(block)); }

Task<> Syncer::checkpoint(TipsetKey key) { return Core::checkpoint(core_, std::move(key)); }

SyncStatus Syncer::status() const { return core_->status(); }

}  // namespace venus::sync
