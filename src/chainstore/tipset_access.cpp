// SPDX-License-Identifier: MIT OR Apache-2.0
// Tipsets by key and by height, and the way from one to another.
#include <algorithm>

#include "chainstore/chain_store.hpp"

namespace venus::chainstore {

Result<types::BlockHeader> ChainStore::block(const Cid& cid) const {
  return ipld::load<types::BlockHeader>(blocks_, cid);
}

Result<Cid> ChainStore::put_block(const types::BlockHeader& block) { return ipld::store_value(blocks_, block); }

Result<TipsetPtr> ChainStore::tipset(const TipsetKey& key) const {
  if (key.empty()) return fail(ErrorCode::InvalidArgument, "a tipset key without blocks");
  if (auto known = tipsets_.get(key)) return *known;
  std::vector<types::BlockHeader> blocks;
  blocks.reserve(key.cids().size());
  for (const auto& cid : key.cids()) {
    TRY(auto header, block(cid));
    blocks.push_back(std::move(header));
  }
  TRY(auto out, types::Tipset::make(std::move(blocks)));
  if (out->key() != key) {
    return fail(ErrorCode::FailedValidation, "blocks of tipset {} stand in another order than {}", out->key(), key);
  }
  tipsets_.put(key, out);
  return out;
}

// The first tipset at or after an epoch on the head's chain; null beyond the head.
Result<TipsetPtr> ChainStore::indexed_at(ChainEpoch epoch) const {
  TRY(auto bytes, metadata_.get(Column::Heights, base::be64(static_cast<std::uint64_t>(epoch.value()))));
  if (!bytes) return TipsetPtr{};
  TRY(auto key, TipsetKey::from_bytes(*bytes));
  return tipset(key);
}

Result<bool> ChainStore::on_head_chain(const types::Tipset& tipset) const {
  if (tipset.height() < ChainEpoch(0)) return false;
  TRY(const auto at, indexed_at(tipset.height()));
  return at && at->key() == tipset.key();
}

Result<TipsetPtr> ChainStore::tipset_at(ChainEpoch epoch, TipsetPtr from, NullRound rule) const {
  if (!from) from = head();
  if (!from) return fail(ErrorCode::NotFound, "no head yet");
  if (epoch < ChainEpoch(0) || epoch > from->height()) {
    return fail(ErrorCode::InvalidArgument, "no tipset at epoch {} below one of height {}", epoch, from->height());
  }
  // Walk down to the head's chain, whose heights are indexed; mostly `from` is on it or close above.
  TipsetPtr above;
  auto current = from;
  while (current->height() > epoch) {
    TRY(const auto indexed, on_head_chain(*current));
    if (indexed) {
      TRY(auto after, indexed_at(epoch));
      if (!after) break;  // an index of an older version of the store: walk on
      if (rule == NullRound::After || after->height() == epoch) return after;
      return parent(*after);
    }
    above = current;
    TRY(current, parent(*current));
  }
  while (current->height() > epoch) {
    above = current;
    TRY(current, parent(*current));
  }
  if (current->height() == epoch || rule == NullRound::Before) return current;
  return above;
}

Result<HeadChange> ChainStore::path(TipsetPtr from, TipsetPtr to) const {
  HeadChange out;
  if (!to) return fail(ErrorCode::InvalidArgument, "a path to no tipset");
  while (!from || from->key() != to->key()) {
    if (!from) {
      out.applied.push_back(to);
      if (to->height() == ChainEpoch(0)) break;
      TRY(to, parent(*to));
      continue;
    }
    if (to->height() > from->height()) {
      out.applied.push_back(to);
      TRY(to, parent(*to));
    } else {
      if (from->height() == ChainEpoch(0)) {
        return fail(ErrorCode::Conflict, "tipsets {} and {} have no common ancestor", from->key(), to->key());
      }
      out.reverted.push_back(from);
      TRY(from, parent(*from));
    }
  }
  std::reverse(out.applied.begin(), out.applied.end());
  return out;
}

}  // namespace venus::chainstore
