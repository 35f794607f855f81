// SPDX-License-Identifier: MIT OR Apache-2.0
#include "snapshot/collector.hpp"

#include <thread>

#include "ipld/codec.hpp"
#include "snapshot/background.hpp"
#include "snapshot/copier.hpp"

namespace venus::snapshot {
namespace {

using chainstore::ChainStore;
using chainstore::Column;
using chainstore::MetadataBatch;
using Phase = CollectProgress::Phase;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kPinnedKey = "gc/pinned";
constexpr auto kPause = std::chrono::milliseconds(100);
// Records that are deleted at a time.
constexpr std::size_t kBatch = 10'000;
// Headers that are pinned at a time.
constexpr std::size_t kPinBytes = 1U << 20;

class Collection {
 public:
  Collection(ChainStore& chain, chainstore::ChainDatabase& database, const CollectOptions& options)
      : chain_(chain), database_(database), options_(options), copier_(database, options.reading) {
    copier_.go_on = [this] { return go_on(); };
  }

  Result<Collected> run();

 private:
  Result<void> begin();
  Result<void> pin_headers();
  Result<void> copy_fixed();
  Result<void> copy_head_chain(const TipsetPtr& head);
  Result<void> copy_block(const Cid& cid, const types::BlockHeader& header);
  Result<void> copy_executed();
  Result<void> copy_validated();
  Result<void> settle();
  Result<void> prune();
  Result<void> prune_column(Column column, const std::function<Result<bool>(BytesView key, BytesView value)>& old);
  /// Height of a block; -1 when it is not here.
  Result<std::int64_t> height_of(const Cid& block) const;
  bool go_on() const;
  Result<void> at(Phase phase, std::int64_t height);

  ChainStore& chain_;
  chainstore::ChainDatabase& database_;
  const CollectOptions& options_;
  Copier copier_;
  Collected out_;
  Phase phase_ = Phase::Headers;
  std::int64_t height_ = 0;
  Clock::time_point began_;
  TipsetPtr copied_to_;  // the head's chain is copied up to here
};

bool Collection::go_on() const {
  return !options_.progress || options_.progress({phase_, height_, copier_.blocks(), copier_.bytes()});
}

Result<void> Collection::at(Phase phase, std::int64_t height) {
  phase_ = phase;
  height_ = height;
  if (!go_on()) return fail(ErrorCode::Cancelled, "collection of garbage stopped");
  return {};
}

Result<void> Collection::begin() {
  if (options_.keep_epochs < kMinKeepEpochs) {
    return fail(ErrorCode::InvalidArgument, "{} epochs are fewer than the {} that must be kept", options_.keep_epochs,
                kMinKeepEpochs);
  }
  const auto head = chain_.head();
  if (!head) return fail(ErrorCode::NotFound, "there is no chain yet");
  out_.floor = std::max<std::int64_t>(-1, head->height().value() - options_.keep_epochs);
  out_.disk_before = database_.store().disk_bytes();
  if (!database_.collecting()) TRY_VOID(database_.begin_generation());
  began_ = Clock::now();
  return {};
}

// Headers of the head's chain up to the floor, which no fork will replace any more, with the blocks that map
// CIDs of tipsets to their keys.
Result<void> Collection::pin_headers() {
  TRY(const auto record, database_.get(Column::Meta, base::as_bytes(kPinnedKey)));
  std::int64_t pinned = -1;
  if (record && record->size() == 8) {
    pinned = 0;
    for (const auto byte : *record) pinned = pinned << 8 | byte;
  }
  if (out_.floor <= pinned) return {};
  TRY(auto tipset, chain_.tipset_at(ChainEpoch(std::max<std::int64_t>(0, out_.floor)), nullptr,
                                    chainstore::NullRound::Before));
  auto batch = database_.store().batch();
  while (tipset->height().value() > pinned) {
    for (std::size_t i = 0; i < tipset->blocks().size(); ++i) {
      database_.blocks().pin(batch, tipset->cids()[i], ipld::encode(tipset->blocks()[i]));
      ++out_.headers;
    }
    ipld::cbor::Writer key;
    key.write_bytes(tipset->key().bytes());
    database_.blocks().pin(batch, tipset->key().cid(), key.bytes());
    if (batch.bytes() >= kPinBytes) {
      auto full = std::exchange(batch, database_.store().batch());
      TRY_VOID(database_.store().write(std::move(full)));
      TRY_VOID(at(Phase::Headers, tipset->height().value()));
    }
    if (tipset->height().value() == 0) break;
    TRY(tipset, chain_.parent(*tipset));
  }
  TRY_VOID(database_.store().write(std::move(batch)));
  return note_pinned(database_, out_.floor);
}

// What belongs to no epoch.
Result<void> Collection::copy_fixed() {
  const auto genesis = chain_.genesis();
  if (!genesis) return fail(ErrorCode::NotFound, "there is no genesis yet");
  const auto& block = genesis->blocks().front();
  TRY_VOID(copy_block(genesis->cids().front(), block));
  for (const auto& parent : block.parents) TRY_VOID(copier_.copy_one(parent));
  // The machine puts the empty list once for all.
  const auto empty_list = ipld::cid_of_cbor(ByteArray<1>{0x80});
  TRY(const bool here, database_.blocks().has(empty_list));
  if (here) TRY_VOID(copier_.copy_tree(empty_list));
  for (const auto& root : options_.extra_roots) TRY_VOID(copier_.copy_tree(root));
  return {};
}

Result<void> Collection::copy_block(const Cid& cid, const types::BlockHeader& header) {
  TRY_VOID(copier_.copy_one(cid));
  TRY_VOID(copier_.copy_tree(header.parent_state_root));
  TRY_VOID(copier_.copy_tree(header.messages));
  return copier_.copy_tree(header.parent_message_receipts);
}

// From the head down to the floor, or to what was copied before.
Result<void> Collection::copy_head_chain(const TipsetPtr& head) {
  auto tipset = head;
  while (tipset->height().value() > out_.floor) {
    if (copied_to_ && tipset->key() == copied_to_->key()) break;
    TRY_VOID(at(Phase::Copying, tipset->height().value()));
    for (std::size_t i = 0; i < tipset->blocks().size(); ++i) {
      TRY_VOID(copy_block(tipset->cids()[i], tipset->blocks()[i]));
    }
    TRY_VOID(copier_.copy_one(tipset->key().cid()));
    if (tipset->height().value() == 0) break;
    TRY(tipset, chain_.parent(*tipset));
  }
  copied_to_ = head;
  return {};
}

Result<std::int64_t> Collection::height_of(const Cid& block) const {
  TRY(const auto data, database_.blocks().find(block, db::Caching::Pass));
  if (!data) return -1;
  const auto header = ipld::decode<types::BlockHeader>(*data);
  return header ? header->height.value() : -1;
}

Result<void> Collection::copy_executed() {
  return database_.for_each(Column::Executed, [&](BytesView key, BytesView value) -> Result<bool> {
    TRY(const auto tipset, TipsetKey::from_bytes(key));
    TRY(const auto height, height_of(tipset.cids().front()));
    if (height <= out_.floor) return true;
    TRY(const auto state, ipld::decode<chainstore::ExecutedState>(value));
    TRY_VOID(at(phase_, height));
    TRY_VOID(copier_.copy_tree(state.state_root));
    TRY_VOID(copier_.copy_tree(state.receipts_root));
    TRY_VOID(copier_.copy_one(tipset.cid()));
    return true;
  });
}

Result<void> Collection::copy_validated() {
  return database_.for_each(Column::Validated, [&](BytesView key, BytesView) -> Result<bool> {
    TRY(const auto cid, Cid::from_bytes(key));
    TRY(const auto data, database_.blocks().find(cid, db::Caching::Pass));
    if (!data) return true;
    TRY(const auto header, ipld::decode<types::BlockHeader>(*data));
    if (header.height.value() <= out_.floor) return true;
    TRY_VOID(copier_.copy_one(cid));
    TRY_VOID(copier_.copy_tree(header.messages));
    return true;
  });
}

// Lets what was in somebody's hands become part of the chain, and copies what came to it meanwhile.
Result<void> Collection::settle() {
  for (;;) {
    TRY_VOID(at(Phase::Settling, height_));
    const bool late = Clock::now() - began_ >= options_.settle;
    if (late && (!options_.may_drop || options_.may_drop())) return {};
    std::this_thread::sleep_for(kPause);
  }
}

Result<void> Collection::prune_column(Column column,
                                      const std::function<Result<bool>(BytesView, BytesView)>& old) {
  MetadataBatch batch;
  const auto flush = [&]() -> Result<void> {
    TRY_VOID(database_.write(batch));
    batch.changes.clear();
    return at(Phase::Pruning, out_.floor);
  };
  TRY_VOID(database_.for_each(column, [&](BytesView key, BytesView value) -> Result<bool> {
    TRY(const bool drop, old(key, value));
    if (drop) batch.remove(column, key);
    if (batch.changes.size() >= kBatch) TRY_VOID(flush());
    return true;
  }));
  return flush();
}

// What the indices say of epochs whose blocks go.
Result<void> Collection::prune() {
  TRY_VOID(prune_column(Column::Messages, [&](BytesView, BytesView value) -> Result<bool> {
    std::int64_t epoch = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(8, value.size()); ++i) epoch = epoch << 8 | value[i];
    return epoch <= out_.floor;
  }));
  TRY_VOID(prune_column(Column::Executed, [&](BytesView key, BytesView) -> Result<bool> {
    TRY(const auto tipset, TipsetKey::from_bytes(key));
    TRY(const auto height, height_of(tipset.cids().front()));
    return height <= out_.floor;
  }));
  return prune_column(Column::Validated, [&](BytesView key, BytesView) -> Result<bool> {
    TRY(const auto cid, Cid::from_bytes(key));
    TRY(const auto height, height_of(cid));
    return height <= out_.floor;
  });
}

Result<Collected> Collection::run() {
  if (options_.reading.background) yield_to_others();
  TRY_VOID(begin());
  TRY_VOID(pin_headers());
  phase_ = Phase::Copying;
  TRY_VOID(copy_fixed());
  TRY_VOID(copy_head_chain(chain_.head()));
  TRY_VOID(copy_executed());
  TRY_VOID(copy_validated());
  TRY_VOID(copier_.flush());
  TRY_VOID(settle());
  // Before records go: a state that is executed anew from now on finds its parents' here.
  TRY_VOID(prune());
  phase_ = Phase::Settling;
  TRY_VOID(copy_head_chain(chain_.head()));
  TRY_VOID(copy_executed());
  TRY_VOID(copy_validated());
  TRY_VOID(copier_.flush());
  TRY_VOID(database_.finish_generation());
  out_.blocks = copier_.blocks();
  out_.bytes = copier_.bytes();
  out_.missing = copier_.missing();
  out_.disk_after = database_.store().disk_bytes();
  return out_;
}

}  // namespace

std::string_view to_string(CollectProgress::Phase phase) noexcept {
  switch (phase) {
    case Phase::Headers: return "pinning headers";
    case Phase::Copying: return "copying";
    case Phase::Settling: return "settling";
    case Phase::Pruning: return "pruning indices";
  }
  return "";
}

Result<void> note_pinned(chainstore::ChainDatabase& database, std::int64_t height) {
  MetadataBatch batch;
  batch.put(Column::Meta, base::as_bytes(kPinnedKey), base::be64(static_cast<std::uint64_t>(std::max<std::int64_t>(0, height))));
  return database.write(batch);
}

Result<Collected> collect_garbage(ChainStore& chain, chainstore::ChainDatabase& database,
                                  const CollectOptions& options) {
  return Collection(chain, database, options).run();
}

}  // namespace venus::snapshot
