// SPDX-License-Identifier: MIT OR Apache-2.0
// Opening, genesis, checkpoint and subscribers. The head moves in fork_choice.cpp.
#include "chainstore/chain_store.hpp"

#include <algorithm>

namespace venus::chainstore {
namespace {

constexpr std::string_view kHeadKey = "head";
constexpr std::string_view kGenesisKey = "genesis";
constexpr std::string_view kCheckpointKey = "checkpoint";

}  // namespace

ChainStore::ChainStore(Blockstore& blocks, Metadata& metadata, ChainStoreOptions options)
    : blocks_(blocks),
      metadata_(metadata),
      options_(options),
      tipsets_(options.tipset_cache),
      messages_(options.message_cache),
      executed_(options.tipset_cache),
      validated_(options.tipset_cache),
      bad_blocks_(options.bad_block_cache) {}

Result<std::unique_ptr<ChainStore>> ChainStore::open(Blockstore& blocks, Metadata& metadata,
                                                     ChainStoreOptions options) {
  auto out = std::unique_ptr<ChainStore>(new ChainStore(blocks, metadata, options));
  TRY_VOID(with_context(out->load(), "open chain store"));
  return out;
}

Result<void> ChainStore::load() {
  const auto read = [&](std::string_view name) -> Result<TipsetPtr> {
    TRY(auto bytes, metadata_.get(Column::Meta, base::as_bytes(name)));
    if (!bytes) return TipsetPtr{};
    TRY(auto key, with_context(TipsetKey::from_bytes(*bytes), name));
    return with_context(tipset(key), name);
  };
  TRY(genesis_, read(kGenesisKey));
  TRY(head_, read(kHeadKey));
  TRY(checkpoint_, read(kCheckpointKey));
  return {};
}

void ChainStore::set_rules(WeightFunction weight, ResolveInState resolve) {
  weight_ = std::move(weight);
  resolve_ = std::move(resolve);
}

TipsetPtr ChainStore::genesis() const {
  std::shared_lock lock(head_mutex_);
  return genesis_;
}

TipsetPtr ChainStore::head() const {
  std::shared_lock lock(head_mutex_);
  return head_;
}

TipsetPtr ChainStore::checkpoint() const {
  std::shared_lock lock(head_mutex_);
  return checkpoint_;
}

Result<void> ChainStore::set_genesis(const Cid& block) {
  TRY(auto tipset, this->tipset(TipsetKey({block})));
  if (tipset->height() != ChainEpoch(0)) {
    return fail(ErrorCode::InvalidArgument, "block {} has height {}, a genesis has 0", block, tipset->height());
  }
  const auto present = genesis();
  if (present && present->key() != tipset->key()) {
    return fail(ErrorCode::Conflict, "this chain starts at genesis {}, not {}", present->key(), block);
  }
  if (!present) {
    MetadataBatch batch;
    batch.put(Column::Meta, base::as_bytes(kGenesisKey), tipset->key().bytes());
    TRY_VOID(metadata_.write(batch));
    std::unique_lock lock(head_mutex_);
    genesis_ = tipset;
  }
  if (!head()) return set_head(tipset);
  return {};
}

Result<void> ChainStore::set_checkpoint(const TipsetPtr& tipset) {
  const auto current = head();
  if (!current) return fail(ErrorCode::NotFound, "no head yet");
  TRY(const auto below, on_head_chain(*tipset));
  if (!below) {
    TRY(auto change, path(current, tipset));
    if (static_cast<std::int64_t>(change.reverted.size()) > kFinality) {
      return fail(ErrorCode::FailedValidation, "checkpoint {} forks off more than {} tipsets ago",
                  tipset->key(), kFinality);
    }
    TRY_VOID(set_head(tipset));
  }
  MetadataBatch batch;
  batch.put(Column::Meta, base::as_bytes(kCheckpointKey), tipset->key().bytes());
  TRY_VOID(metadata_.write(batch));
  std::unique_lock lock(head_mutex_);
  checkpoint_ = tipset;
  return {};
}

Result<void> ChainStore::remove_checkpoint() {
  MetadataBatch batch;
  batch.remove(Column::Meta, base::as_bytes(kCheckpointKey));
  TRY_VOID(metadata_.write(batch));
  std::unique_lock lock(head_mutex_);
  checkpoint_ = nullptr;
  return {};
}

std::shared_ptr<HeadSubscription> ChainStore::subscribe(std::size_t capacity) {
  auto out = std::make_shared<HeadSubscription>(capacity);
  std::lock_guard lock(subscribers_mutex_);
  std::erase_if(subscribers_, [](const auto& weak) { return weak.expired(); });
  subscribers_.push_back(out);
  return out;
}

void ChainStore::notify(const HeadChange& change) {
  std::vector<std::shared_ptr<HeadSubscription>> live;
  {
    std::lock_guard lock(subscribers_mutex_);
    for (const auto& weak : subscribers_) {
      if (auto strong = weak.lock()) live.push_back(std::move(strong));
    }
  }
  for (const auto& subscriber : live) subscriber->push(change);
}

}  // namespace venus::chainstore
