// SPDX-License-Identifier: MIT OR Apache-2.0
// The node's methods about synchronisation.
#include "api/node/chain.hpp"
#include "base/time_text.hpp"
#include "services/node/handlers/handlers.hpp"
#include "services/node/sync_parts.hpp"

namespace venus::node {
namespace {

using Api = api::ChainApi;
using api::Json;

// Go's zero time, as its JSON writes it.
std::string time_text(std::int64_t unix_millis) {
  return unix_millis == 0 ? "0001-01-01T00:00:00Z" : base::rfc3339(unix_millis);
}

boost::json::value tipset_or_null(const TipsetPtr& tipset) {
  return tipset ? base::to_json(tipset) : boost::json::value(nullptr);
}

boost::json::object to_lotus(const sync::ActiveSync& sync) {
  return {{"WorkerID", sync.worker},
          {"Base", tipset_or_null(sync.base)},
          {"Target", tipset_or_null(sync.target)},
          {"Stage", static_cast<std::int64_t>(sync.stage)},
          {"Height", sync.height.value()},
          {"Start", time_text(sync.start_ms)},
          {"End", time_text(sync.end_ms)},
          {"Message", sync.message}};
}

// Lotus's SyncState, and behind it what it leaves to guess.
Json state(const SyncParts& parts) {
  boost::json::array active;
  boost::json::object out;
  if (parts.syncer == nullptr) {
    // Without peers nothing is being fetched: no sync is active.
    return Json(boost::json::object{{"ActiveSyncs", std::move(active)}, {"VMApplied", 0}});
  }
  const auto status = parts.syncer->status();
  for (const auto& sync : status.syncs) active.push_back(to_lotus(sync));
  out["ActiveSyncs"] = std::move(active);
  out["VMApplied"] = 0;  // Lotus counts applied messages for its metrics
  out["Head"] = base::to_json(status.head->key());
  out["HeadHeight"] = status.head->height().value();
  out["EpochsBehind"] = status.epochs_behind;
  out["TargetHeight"] = status.target ? boost::json::value(status.target->height().value()) : nullptr;
  out["TipsetsValidated"] = status.tipsets_validated;
  out["TipsetsPerSecond"] = status.tipsets_per_second;
  out["SecondsLeft"] = status.time_left ? boost::json::value(status.time_left->count()) : nullptr;
  out["WaitingForPeers"] = status.waiting_for_peers;
  out["PeersWithHead"] = status.peers;
  return Json(std::move(out));
}

Result<bool> validate_tipset(Node& node, const TipsetKey& key) {
  TRY(const auto tipset, node.tipset(key));
  for (const auto& block : tipset->blocks()) {
    TRY(const auto messages, node.chain->messages(block));
    const auto report = node.runtime->validator.validate({block, block.cid(), messages}, {.threads = 2});
    if (!report.valid()) return fail(ErrorCode::FailedValidation, "block {}: {}", block.cid(), report.text());
  }
  return true;
}

Task<> submit(Node& node, SyncParts parts, types::BlockMessage block) {
  if (parts.submit) return parts.submit(std::move(block));
  return on(node.workers, [&node, block = std::move(block)] { return node.submit_block(block); });
}

Task<> set_checkpoint(Node& node, SyncParts parts, TipsetKey key) {
  if (parts.syncer != nullptr && !key.empty()) return parts.syncer->checkpoint(std::move(key));
  return on(node.workers, [&node, key = std::move(key)]() -> Result<void> {
    TRY(const auto tipset, node.tipset(key));
    return node.chain->set_checkpoint(tipset);
  });
}

}  // namespace

void bind_sync(rpc::Dispatcher& d, Node& node, SyncParts parts) {
  d.bind<Api::SyncState>([parts]() -> Result<Json> { return state(parts); });
  d.bind<Api::SyncSubmitBlock>(
      [&node, parts](types::BlockMessage block) { return submit(node, parts, std::move(block)); });
  d.bind<Api::SyncCheckpoint>([&node, parts](TipsetKey key) { return set_checkpoint(node, parts, std::move(key)); });
  d.bind<Api::SyncMarkBad>([&node](Cid cid) -> Result<void> {
    node.chain->mark_bad(cid, "manually marked bad");
    return {};
  });
  d.bind<Api::SyncUnmarkBad>([&node](Cid cid) -> Result<void> {
    node.chain->unmark_bad(cid);
    return {};
  });
  d.bind<Api::SyncUnmarkAllBad>([&node]() -> Result<void> {
    node.chain->unmark_all_bad();
    return {};
  });
  d.bind<Api::SyncCheckBad>(
      [&node](Cid cid) -> Result<std::string> { return node.chain->bad_reason(cid).value_or(""); });
  d.bind<Api::SyncValidateTipset>([&node](TipsetKey key) {
    return on(node.workers, [&node, key = std::move(key)] { return validate_tipset(node, key); });
  });
  d.bind<Api::SyncIncomingBlocks>([parts]() -> Result<rpc::Stream<types::BlockHeader>> {
    if (parts.incoming == nullptr) return fail(ErrorCode::Unavailable, "this node is not connected to peers");
    return parts.incoming->subscribe();
  });
}

}  // namespace venus::node
