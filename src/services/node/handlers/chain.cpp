// SPDX-License-Identifier: MIT OR Apache-2.0
#include "api/node/chain.hpp"

#include <set>

#include "ipld/walk.hpp"
#include "services/node/handlers/reads.hpp"

namespace venus::node {
namespace {

using Api = api::ChainApi;
using chainstore::NullRound;

Result<TipsetPtr> at_height(Node& node, ChainEpoch height, const TipsetKey& from, NullRound rule) {
  TRY(const auto tipset, node.tipset(from));
  return node.chain->tipset_at(height, tipset, rule);
}

// Finality by depth: a fork deeper than 900 epochs is never taken.
Result<TipsetPtr> finalized(Node& node) {
  const auto head = node.head();
  const auto height = std::max<std::int64_t>(0, head->height().value() - chainstore::ChainStore::kFinality);
  return node.chain->tipset_at(ChainEpoch(height), head, NullRound::Before);
}

Result<api::BlockMessages> block_messages(Node& node, const Cid& cid) {
  TRY(const auto block, node.chain->block(cid));
  TRY(const auto messages, node.chain->messages(block));
  api::BlockMessages out;
  for (const auto& message : messages->bls) {
    out.bls_messages.push_back(message.message);
    out.cids.push_back(message.cid);
  }
  for (const auto& message : messages->secpk) {
    out.secpk_messages.push_back(message.signed_message());
    out.cids.push_back(message.cid);
  }
  return out;
}

Result<std::vector<api::MessageAndCid>> parent_messages(Node& node, const Cid& cid) {
  TRY(const auto block, node.chain->block(cid));
  if (block.height.value() == 0) return std::vector<api::MessageAndCid>{};
  TRY(const auto parents, node.chain->tipset(TipsetKey(block.parents)));
  return tipset_messages(node, parents);
}

Result<std::vector<types::Receipt>> parent_receipts(Node& node, const Cid& cid) {
  TRY(const auto block, node.chain->block(cid));
  if (block.height.value() == 0) return std::vector<types::Receipt>{};
  // A header's receipts may not be here when its parents were not executed by this node.
  TRY(const auto parents, node.chain->tipset(TipsetKey(block.parents)));
  TRY(const auto executed, node.runtime->states.state(parents));
  return node.chain->receipts(executed.receipts_root);
}

Result<std::vector<api::HeadChange>> path(Node& node, const TipsetKey& from, const TipsetKey& to) {
  TRY(const auto a, node.tipset(from));
  TRY(const auto b, node.tipset(to));
  TRY(const auto change, node.chain->path(a, b));
  std::vector<api::HeadChange> out;
  for (const auto& tipset : change.reverted) out.push_back({"revert", tipset});
  for (const auto& tipset : change.applied) out.push_back({"apply", tipset});
  return out;
}

Result<api::ObjectStat> stat_object(Node& node, const Cid& cid, const std::optional<Cid>& base) {
  ipld::CidSet seen;
  ipld::WalkOptions options;
  options.skip_missing = true;
  if (base && base->defined()) {
    TRY_VOID(ipld::walk(node.chain->blocks(), std::span(&*base, 1), seen,
                        [](const Cid&, BytesView) -> Result<void> { return {}; }, options));
  }
  api::ObjectStat out;
  options.skip_missing = false;
  TRY_VOID(ipld::walk(node.chain->blocks(), std::span(&cid, 1), seen, [&](const Cid&, BytesView data) -> Result<void> {
    out.size += data.size();
    ++out.links;
    return {};
  }, options));
  return out;
}

}  // namespace

Result<std::vector<api::MessageAndCid>> tipset_messages(Node& node, const TipsetPtr& tipset) {
  TRY(const auto lists, node.chain->block_messages(*tipset));
  TRY(const auto order, node.chain->executed_messages(*tipset, lists));
  std::vector<api::MessageAndCid> out;
  for (const auto& block : order) {
    for (const auto& selected : block) {
      const auto& message = lists[selected.block]->at(selected.index);
      out.push_back({message.cid, message.message});
    }
  }
  return out;
}

void bind_chain(rpc::Dispatcher& d, Node& node) {
  d.bind<AsText<Api::Head>>([&node]() -> Result<rpc::RawJson> { return rpc::RawJson{*node.answers.head(node.head())}; });
  d.bind<Api::Notify>([&node]() -> Result<Node::HeadStream> { return node.subscribe_head(); });
  d.bind<Api::GetGenesis>([&node]() -> Result<TipsetPtr> { return node.chain->genesis(); });
  d.bind<Api::GetTipset>([&node](TipsetKey key) -> Result<TipsetPtr> { return node.tipset(key); });
  d.bind<Api::GetTipsetByHeight>([&node](ChainEpoch height, TipsetKey from) {
    return on(node.workers, [&node, height, from] { return at_height(node, height, from, NullRound::Before); });
  });
  d.bind<Api::GetTipsetAfterHeight>([&node](ChainEpoch height, TipsetKey from) {
    return on(node.workers, [&node, height, from] { return at_height(node, height, from, NullRound::After); });
  });
  d.bind<Api::GetFinalizedTipset>([&node] { return on(node.workers, [&node] { return finalized(node); }); });
  d.bind<Api::GetBlock>([&node](Cid cid) -> Result<types::BlockHeader> { return node.chain->block(cid); });
  bind_read<Api::GetBlockMessages>(d, node, &block_messages);
  bind_read<Api::GetParentMessages>(d, node, &parent_messages);
  bind_read<Api::GetParentReceipts>(d, node, &parent_receipts);
  d.bind<Api::GetMessagesInTipset>([&node](TipsetKey key) {
    return on(node.workers, [&node, key]() -> Result<std::vector<api::MessageAndCid>> {
      TRY(const auto tipset, node.tipset(key));
      return tipset_messages(node, tipset);
    });
  });
  d.bind<Api::GetMessage>([&node](Cid cid) -> Result<types::Message> {
    if (const auto pending = node.pool->find(cid)) return pending->message;
    TRY(auto found, node.chain->message(cid));
    return std::move(found.message);
  });
  d.bind<Api::GetEvents>([&node](Cid root) -> Result<std::vector<types::Event>> { return node.chain->events(root); });
  bind_read<Api::GetPath>(d, node, &path);
  d.bind<Api::HasObj>([&node](Cid cid) -> Result<bool> { return node.chain->blocks().has(cid); });
  d.bind<Api::ReadObj>([&node](Cid cid) -> Result<Bytes> { return node.chain->blocks().get(cid); });
  d.bind<Api::DeleteObj>([&node](Cid cid) -> Result<void> { return node.database->blocks().erase(cid); });
  bind_read<Api::StatObj>(d, node, &stat_object);
  d.bind<Api::SetHead>([&node](TipsetKey key) {
    return on(node.workers, [&node, key]() -> Result<void> {
      TRY(const auto tipset, node.tipset(key));
      return node.chain->set_head(tipset);
    });
  });
  d.bind<Api::TipsetWeight>([&node](TipsetKey key) {
    return on(node.workers, [&node, key]() -> Result<BigInt> {
      TRY(const auto tipset, node.tipset(key));
      return node.runtime->states.weight(tipset);
    });
  });
  d.bind<Api::Export>([&node](ChainEpoch epochs, bool skip_old, TipsetKey key) -> Result<rpc::Stream<Bytes>> {
    TRY(const auto tipset, node.tipset(key));
    return node.space->stream(tipset, epochs.value(), skip_old);
  });
}

}  // namespace venus::node
