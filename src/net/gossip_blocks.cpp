// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/gossip_blocks.hpp"

#include <algorithm>
#include <chrono>
#include <unordered_set>

#include "net/bitswap_wire.hpp"
#include "net/exchange_check.hpp"
#include "types/policy.hpp"

namespace venus::net {
namespace {

using bridge::P2pVerdict;
using consensus::Rule;

/// A head younger than this means that what we do not know is not known (Lotus isChainNearSynced).
constexpr std::int64_t kNearSyncedSeconds = 6 * 60 * 60;
/// Peers asked for a block's messages beside the one that relayed it.
constexpr std::size_t kMoreCandidates = 4;
/// A block message: an array of three that begins with a header, one of sixteen.
constexpr ByteArray<2> kBlockShape{0x83, 0x90};

BlockVerdict verdict(P2pVerdict what, std::string_view reason, std::string detail = {}) {
  return {{what, reason, std::move(detail)}, std::nullopt};
}

Result<void> check_lists(const types::BlockMessage& block) {
  for (const auto* list : {&block.bls_messages, &block.secpk_messages}) {
    std::unordered_set<Cid> seen;
    for (const auto& cid : *list) {
      if (!is_chain_cid(cid)) return fail(ErrorCode::FailedValidation, "{} is no message's CID", cid);
      if (!seen.insert(cid).second) return fail(ErrorCode::FailedValidation, "message {} twice", cid);
    }
  }
  return {};
}

}  // namespace

GossipVerdict header_verdict(const consensus::ValidationReport& report, bool near_synced) {
  if (report.broke(Rule::Unable)) return {P2pVerdict::Ignore, "unknown_miner", report.text()};
  if (report.broke(Rule::Ineligible)) {
    return {near_synced ? P2pVerdict::Reject : P2pVerdict::Ignore, "ineligible_miner", report.text()};
  }
  if (report.broke(Rule::NotAWinner)) return {P2pVerdict::Reject, "not_winning", report.text()};
  if (!report.valid()) return {P2pVerdict::Reject, "bad_signature", report.text()};
  return {P2pVerdict::Accept, "accepted"};
}

bool looks_like(BytesView data, BytesView shape) {
  if (data.size() < shape.size() || !base::equal(data.first(shape.size()), shape)) return false;
  return ipld::cbor::check(data).has_value();
}

GossipBlocks::GossipBlocks(chainstore::ChainStore& chain, consensus::BlockValidator& validator, mpool::Pool& pool,
                           const types::NetworkParams& params, const base::Clock& clock, WorkerPool& workers,
                           PeerTracker& tracker, PeerJudge& judge, Bitswap& bitswap, ExchangeClient& exchange,
                           GossipBlockLimits limits)
    : chain_(chain), validator_(validator), pool_(pool), params_(params), clock_(clock), workers_(workers),
      tracker_(tracker), judge_(judge), bitswap_(bitswap), exchange_(exchange), limits_(limits),
      buckets_(limits.blocks_per_second, limits.block_burst),
      slots_(limits.completing, limits.completing_of_peer), seen_(limits.seen) {}

GossipVerdict GossipBlocks::check_header(const types::BlockHeader& header) {
  if (!header.miner.is_id()) return {P2pVerdict::Ignore, "unknown_miner", "the miner is not written by its id"};
  if (!header.election_proof) return {P2pVerdict::Reject, "no_election_proof"};
  const auto head = chain_.head();
  const auto age = clock_.unix_seconds() - static_cast<std::int64_t>(head ? head->min_timestamp() : 0);
  return header_verdict(validator_.validate_header(header), age < kNearSyncedSeconds);
}

BlockVerdict GossipBlocks::judge_now(BytesView data) {
  auto block = ipld::decode<types::BlockMessage>(data);
  if (!block) {
    if (looks_like(data, kBlockShape)) return verdict(P2pVerdict::Ignore, "not_canonical", block.error().message);
    return verdict(P2pVerdict::Reject, "invalid", block.error().message);
  }
  const auto count = block->bls_messages.size() + block->secpk_messages.size();
  if (count > types::policy::kBlockMessageLimit) {
    return verdict(P2pVerdict::Reject, "too_many_messages", fmt::format("{} messages", count));
  }
  const auto& header = block->header;
  if (!header.block_sig) return verdict(P2pVerdict::Reject, "missing_signature");

  const auto head = chain_.head();
  const auto genesis = chain_.genesis();
  if (!head || !genesis) return verdict(P2pVerdict::Ignore, "no_chain");
  const auto since_genesis = clock_.unix_seconds() - static_cast<std::int64_t>(genesis->min_timestamp());
  const auto expected = since_genesis / static_cast<std::int64_t>(params_.block_delay_seconds);
  if (header.height < head->height() - types::policy::kChainFinality ||
      header.height > ChainEpoch(expected) + types::policy::kMaxHeightDrift) {
    return verdict(P2pVerdict::Ignore, "invalid_block_height", fmt::format("height {}", header.height));
  }
  const auto root = message_root(block->bls_messages, block->secpk_messages);
  if (!root || *root != header.messages) return verdict(P2pVerdict::Reject, "invalid_block_meta");

  // Before the costly part: what was accepted once would be again, and then ignored.
  const auto cid = header.cid();
  if (seen_.contains(cid)) return verdict(P2pVerdict::Ignore, "seen");
  BlockVerdict out{check_header(header), std::nullopt};
  if (out.verdict != P2pVerdict::Accept) return out;
  if (seen_.contains(cid)) return verdict(P2pVerdict::Ignore, "seen");
  seen_.put(cid, true);
  out.block = *std::move(block);
  return out;
}

Task<BlockVerdict> GossipBlocks::judge(PeerId from, Bytes data) {
  if (!buckets_.take(from)) co_return verdict(P2pVerdict::Ignore, "flooded");
  auto out = co_await on(workers_, [this, data = std::move(data)] { return judge_now(data); });
  // No Filecoin node relays these; what depends on the head is left to the gossip score.
  const bool malformed = out.reason == "invalid" || out.reason == "too_many_messages" ||
                         out.reason == "missing_signature" || out.reason == "invalid_block_meta";
  if (malformed) judge_.misbehaved(from, Misbehaviour::Malformed, fmt::format("block: {} {}", out.reason, out.detail));
  if (out.block) tracker_.set_head(from, {TipsetKey(out.block->header.parents), out.block->header.height - 1, BigInt(0)});
  co_return out;
}

// ---- messages of a block ----------------------------------------------------------------------------

milliseconds GossipBlocks::patience() const {
  return std::chrono::seconds(params_.block_delay_seconds + params_.propagation_delay_seconds);
}

Result<GossipBlocks::Missing> GossipBlocks::store_known(const types::BlockMessage& block) {
  TRY_VOID(check_lists(block));
  Missing out;
  std::vector<types::SignedMessage> pooled;
  const auto look = [&](const std::vector<Cid>& cids, bool bls) -> Result<void> {
    for (const auto& cid : cids) {
      TRY(const bool here, chain_.blocks().has(cid));
      if (here) continue;
      const auto message = pool_.find(cid);
      if (message && (message->signature.type == types::SignatureType::Bls) == bls) {
        pooled.push_back(*message);
        continue;
      }
      out.cids.push_back(cid);
      out.bls.push_back(bls);
    }
    return {};
  };
  TRY_VOID(look(block.bls_messages, true));
  TRY_VOID(look(block.secpk_messages, false));
  TRY_VOID(chain_.put_messages(pooled));
  return out;
}

Result<void> GossipBlocks::store_fetched(const Missing& missing, std::span<const Bytes> blocks) {
  std::vector<std::pair<Cid, Bytes>> stored;
  stored.reserve(blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto& cid = missing.cids[i];
    const auto message = missing.bls[i] ? chainstore::ChainMessage::from_bls(cid, blocks[i])
                                        : chainstore::ChainMessage::from_signed(cid, blocks[i]);
    if (!message) return fail(ErrorCode::FailedValidation, "{} is no message: {}", cid, message.error().message);
    stored.emplace_back(cid, blocks[i]);
  }
  return chain_.blocks().put_many(stored);
}

Result<void> GossipBlocks::store_tipset(const sync::TipsetMessages& messages) {
  std::vector<types::SignedMessage> bare;
  bare.reserve(messages.bls.size());
  for (const auto& message : messages.bls) bare.push_back({message, {types::SignatureType::Bls, {}}});
  TRY_VOID(chain_.put_messages(bare));
  return chain_.put_messages(messages.secpk);
}

Task<> GossipBlocks::fetch(types::BlockMessage block, PeerId from) {
  const auto until = steady_clock::now() + patience();
  CO_TRY(auto missing, co_await on(workers_, [this, block] { return store_known(block); }));
  if (missing.cids.empty()) co_return Result<void>();
  CO_TRY(auto tipset, types::Tipset::make({block.header}));
  auto candidates = tracker_.choose(from, tipset->key(), 1 + kMoreCandidates);
  if (!from.empty() && std::ranges::find(candidates, from) == candidates.end()) {
    candidates.insert(candidates.begin(), from);
  }
  const auto patient = std::min(limits_.bitswap, patience());
  auto blocks = co_await bitswap_.fetch(missing.cids, candidates, patient);
  if (blocks) {
    co_return co_await on(workers_, [this, missing = std::move(missing), blocks = *std::move(blocks)] {
      return store_fetched(missing, blocks);
    });
  }
  for (const auto& peer : candidates) {
    // Later than this the block is history (Lotus gives up then); sync fetches it if it matters.
    if (steady_clock::now() >= until) break;
    const auto messages = co_await exchange_.messages(peer, {tipset});
    if (!messages) continue;
    co_return co_await on(workers_, [this, messages = messages->front()] { return store_tipset(messages); });
  }
  co_return std::unexpected(std::move(blocks).error().context("messages of block " + block.header.cid().str()));
}

Task<> GossipBlocks::complete(types::BlockMessage block, PeerId from) {
  const auto slot = slots_.enter(from);
  if (!slot) co_return fail(ErrorCode::Exhausted, "too many blocks are being completed");
  CO_TRY_VOID(co_await fetch(block, std::move(from)));
  auto meta = co_await on(workers_, [this, block] {
    return chainstore::store_message_meta(chain_.blocks(), block.bls_messages, block.secpk_messages);
  });
  if (!meta) co_return std::unexpected(std::move(meta).error());
  if (*meta != block.header.messages) co_return fail(ErrorCode::FailedValidation, "messages of another block");
  auto have = block.bls_messages;
  have.insert(have.end(), block.secpk_messages.begin(), block.secpk_messages.end());
  bitswap_.announce(have);
  co_return Result<void>();
}

}  // namespace venus::net
