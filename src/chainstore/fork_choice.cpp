// SPDX-License-Identifier: MIT OR Apache-2.0
// Which tipset is the head, and what changes with it (protocol.md section 3, "Weight, order, fork choice").
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "chainstore/chain_store.hpp"
#include "crypto/hash.hpp"

namespace venus::chainstore {
namespace {

constexpr std::string_view kHeadKey = "head";
// How far around the head a new one is searched when an equivocation took the head's blocks away.
constexpr std::int64_t kSearchAround = 5;

ByteArray<32> ticket_digest(const types::BlockHeader& block) {
  return crypto::blake2b_256(block.ticket ? BytesView(block.ticket->vrf_proof) : BytesView{});
}

}  // namespace

bool ChainStore::wins_tie(const types::Tipset& candidate, const types::Tipset& current) {
  const auto common = std::min(candidate.blocks().size(), current.blocks().size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto order = ticket_digest(candidate.blocks()[i]) <=> ticket_digest(current.blocks()[i]);
    if (order != 0) return order < 0;
  }
  return false;
}

Result<BigInt> ChainStore::weight(const TipsetPtr& tipset) const {
  if (!weight_) return fail(ErrorCode::Internal, "the chain store has no weight rule");
  if (!tipset) return BigInt(0);
  return weight_(tipset);
}

Result<bool> ChainStore::exceeds_fork_length(TipsetPtr current, TipsetPtr candidate) const {
  if (!current) return false;
  const auto checkpoint = this->checkpoint();
  for (std::int64_t reverted = 0; reverted < kFinality; ++reverted) {
    while (candidate->height() > current->height()) {
      if (candidate->height() == ChainEpoch(0)) return true;
      TRY(candidate, parent(*candidate));
    }
    if (candidate->key() == current->key()) return false;
    if (checkpoint && current->key() == checkpoint->key()) return true;
    if (current->height() == ChainEpoch(0)) return true;
    TRY(current, parent(*current));
  }
  return true;
}

Result<bool> ChainStore::consider(const TipsetPtr& tipset) {
  std::lock_guard moving(mover_);
  const auto current = head();
  if (current && current->key() == tipset->key()) return false;
  TRY(const auto ours, weight(current));
  TRY(const auto theirs, weight(tipset));
  if (current && (theirs < ours || (theirs == ours && !wins_tie(*tipset, *current)))) return false;
  TRY(const auto too_long, exceeds_fork_length(current, tipset));
  if (too_long) return false;
  return move_head(tipset);
}

// The heaviest tipset that registered blocks of a height form; null when there is none.
Result<std::pair<TipsetPtr, BigInt>> ChainStore::heaviest_at(ChainEpoch height) const {
  std::pair<TipsetPtr, BigInt> best{nullptr, BigInt(0)};
  const auto known = recent_blocks_.find(height);
  if (known == recent_blocks_.end()) return best;
  std::unordered_map<Address, int> seen;
  std::vector<types::BlockHeader> blocks;
  for (const auto& cid : known->second) {
    TRY(auto header, block(cid));
    ++seen[header.miner];
    blocks.push_back(std::move(header));
  }
  std::map<TipsetKey, std::vector<types::BlockHeader>> groups;
  for (auto& header : blocks) {
    // Who signed two blocks for one height takes part with neither.
    if (seen[header.miner] > 1) continue;
    groups[TipsetKey(header.parents)].push_back(std::move(header));
  }
  for (auto& [parents, headers] : groups) {
    TRY(auto tipset, types::Tipset::make(std::move(headers)));
    TRY(auto weight, this->weight(tipset));
    const bool better = !best.first || weight > best.second ||
                        (weight == best.second && wins_tie(*tipset, *best.first));
    if (better) best = {std::move(tipset), std::move(weight)};
  }
  return best;
}

// Makes a validated block count for the tipsets of its height.
Result<void> ChainStore::register_block(const types::BlockHeader& block) {
  TRY(const auto cid, put_block(block));
  TRY_VOID(set_validated(cid));
  auto& at_height = recent_blocks_[block.height];
  if (std::find(at_height.begin(), at_height.end(), cid) == at_height.end()) at_height.push_back(cid);
  return {};
}

Result<bool> ChainStore::add_validated_block(const types::BlockHeader& block) {
  std::lock_guard moving(mover_);
  TRY_VOID(register_block(block));
  return choose_head(block.height);
}

Result<bool> ChainStore::add_validated_tipset(const types::Tipset& tipset) {
  std::lock_guard moving(mover_);
  for (const auto& block : tipset.blocks()) TRY_VOID(register_block(block));
  return choose_head(tipset.height());
}

// After blocks were registered at a height: whether another tipset is the head now.
Result<bool> ChainStore::choose_head(ChainEpoch height) {
  const auto current = head();
  if (current) recent_blocks_.erase(recent_blocks_.begin(), recent_blocks_.lower_bound(current->height() - kFinality));

  auto best = std::pair<TipsetPtr, BigInt>{current, BigInt(0)};
  if (current) {
    TRY(best.second, weight(current));
    // After a restart the head's own blocks are not registered; they are no less there.
    auto& own = recent_blocks_[current->height()];
    for (const auto& known : current->cids()) {
      if (std::find(own.begin(), own.end(), known) == own.end()) own.push_back(known);
    }
    TRY(auto refreshed, heaviest_at(current->height()));
    if (!refreshed.first || refreshed.second < best.second) {
      // The head lost blocks to an equivocation: look around it for what is heaviest.
      auto found = refreshed;
      for (auto i = -kSearchAround + 1; i <= kSearchAround; ++i) {
        TRY(auto around, heaviest_at(current->height() + i));
        if (around.first && around.second > found.second) found = std::move(around);
      }
      if (found.first) {
        TRY_VOID(move_head(found.first));
        best = std::move(found);
      }
    } else if (refreshed.second > best.second || wins_tie(*refreshed.first, *current)) {
      best = std::move(refreshed);
    }
  }
  if (!best.first || height != best.first->height()) {
    TRY(auto fresh, heaviest_at(height));
    const bool better = fresh.first && (!best.first || fresh.second > best.second ||
                                        (fresh.second == best.second && wins_tie(*fresh.first, *best.first)));
    if (better) best = std::move(fresh);
  }
  const auto before = head();
  if (!best.first || (before && best.first->key() == before->key())) return current != before;
  TRY(const auto too_long, exceeds_fork_length(before, best.first));
  if (too_long) return current != before;
  return move_head(best.first);
}

Result<void> ChainStore::set_head(TipsetPtr tipset) {
  std::lock_guard moving(mover_);
  if (const auto kept = checkpoint(); kept) {
    TRY(const auto at, kept->height() <= tipset->height()
                           ? tipset_at(kept->height(), tipset, NullRound::Before)
                           : Result<TipsetPtr>(TipsetPtr{}));
    if (!at || at->key() != kept->key()) TRY_VOID(remove_checkpoint());
  }
  TRY_VOID(move_head(tipset));
  return {};
}

Result<bool> ChainStore::move_head(const TipsetPtr& to) {
  const auto from = head();
  if (from && from->key() == to->key()) return false;
  TRY(auto change, path(from, to));
  MetadataBatch batch;
  TRY_VOID(index_change(change, batch));
  batch.put(Column::Meta, base::as_bytes(kHeadKey), to->key().bytes());
  // Queries ask for tipsets by the CID of their key.
  ipld::cbor::Writer key_block;
  key_block.write_bytes(to->key().bytes());
  TRY_VOID(blocks_.put(to->key().cid(), key_block.bytes()));
  TRY_VOID(metadata_.write(batch));
  {
    std::unique_lock lock(head_mutex_);
    head_ = to;
  }
  notify(change);
  return true;
}

Result<void> ChainStore::index_change(const HeadChange& change, MetadataBatch& batch) const {
  const auto each_epoch = [&](const types::Tipset& tipset, auto&& act) -> Result<void> {
    // A tipset stands for its own epoch and the null rounds before it.
    auto first = tipset.height();
    if (first > ChainEpoch(0)) {
      TRY(auto before, parent(tipset));
      first = before->height() + 1;
    }
    for (auto epoch = first; epoch <= tipset.height(); ++epoch) act(epoch);
    return {};
  };
  const auto key_of = [](ChainEpoch epoch) { return base::be64(static_cast<std::uint64_t>(epoch.value())); };
  for (const auto& tipset : change.reverted) {
    TRY_VOID(each_epoch(*tipset, [&](ChainEpoch epoch) { batch.remove(Column::Heights, key_of(epoch)); }));
    if (options_.index_messages) TRY_VOID(index_messages(*tipset, false, batch));
  }
  for (const auto& tipset : change.applied) {
    const auto bytes = tipset->key().bytes();
    TRY_VOID(each_epoch(*tipset, [&](ChainEpoch epoch) { batch.put(Column::Heights, key_of(epoch), bytes); }));
    if (options_.index_messages) TRY_VOID(index_messages(*tipset, true, batch));
  }
  return {};
}

Result<void> ChainStore::index_messages(const types::Tipset& tipset, bool add, MetadataBatch& batch) const {
  // A snapshot has messages for its newest tipsets alone; what is not here is not indexed.
  auto messages = block_messages(tipset);
  if (!messages) return messages.error().code == ErrorCode::NotFound ? Result<void>{}
                                                                     : std::unexpected(messages.error());
  Bytes value;
  if (add) {
    base::append(value, base::be64(static_cast<std::uint64_t>(tipset.height().value())));
    base::append(value, tipset.key().bytes());
  }
  for (const auto& block : *messages) {
    for (std::size_t i = 0; i < block->size(); ++i) {
      const auto& cid = block->at(i).cid;
      if (add) batch.put(Column::Messages, cid.bytes(), value);
      else batch.remove(Column::Messages, cid.bytes());
    }
  }
  return {};
}

}  // namespace venus::chainstore
