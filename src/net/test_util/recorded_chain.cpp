// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/test_util/recorded_chain.hpp"

#include <unordered_map>

#include "consensus/chain_import.hpp"

namespace venus::net::test_util {

RecordedChain::RecordedChain(const std::string& file) {
  chain = must(chainstore::ChainStore::open(*store, metadata));
  // Heavier by one for every tipset: enough where nobody chooses a fork.
  chain->set_rules([](const TipsetPtr& tipset) -> Result<BigInt> { return BigInt(tipset->height().value() + 1); },
                   [](const Cid&, const Address&) -> Result<ActorId> { return fail(ErrorCode::NotFound, "no state"); });
  const auto loaded =
      must(consensus::load_chain_file(*chain, base::test_util::vectors_folder() / "lotus-devnet" / file));
  must(chain->set_genesis(loaded.genesis->cids().at(0)));
  must(chain->set_head(loaded.head));
  head = loaded.head;
}

TipsetPtr RecordedChain::at(std::int64_t epoch) const {
  return must(chain->tipset_at(ChainEpoch(epoch), head, chainstore::NullRound::After));
}

std::vector<TipsetPtr> RecordedChain::walk(TipsetPtr from, std::size_t count) const {
  std::vector<TipsetPtr> out{std::move(from)};
  while (out.size() < count) out.push_back(must(chain->parent(*out.back())));
  return out;
}

TipsetPtr RecordedChain::extend(TipsetPtr on, std::size_t count, std::uint64_t salt) {
  const auto none = must(chainstore::store_message_meta(*store, {}, {}));
  for (std::size_t i = 0; i < count; ++i) {
    auto block = on->min_ticket_block();
    block.parents = on->cids();
    block.height = on->height() + 1;
    block.timestamp = on->min_timestamp() + 4;
    block.messages = none;
    block.fork_signaling = salt;
    must(chain->put_block(block));
    on = must(types::Tipset::make({std::move(block)}));
  }
  return on;
}

sync::TipsetMessages RecordedChain::messages(const types::Tipset& tipset) const {
  sync::TipsetMessages out;
  std::unordered_map<Cid, std::uint64_t> bls, secpk;
  for (const auto& of_block : must(chain->block_messages(tipset))) {
    auto& bls_indices = out.bls_of_block.emplace_back();
    for (const auto& message : of_block->bls) {
      const auto [at, first] = bls.try_emplace(message.cid, out.bls.size());
      if (first) out.bls.push_back(message.message);
      bls_indices.push_back(at->second);
    }
    auto& secpk_indices = out.secpk_of_block.emplace_back();
    for (const auto& message : of_block->secpk) {
      const auto [at, first] = secpk.try_emplace(message.cid, out.secpk.size());
      if (first) out.secpk.push_back(message.signed_message());
      secpk_indices.push_back(at->second);
    }
  }
  return out;
}

}  // namespace venus::net::test_util
