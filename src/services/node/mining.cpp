// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/mining.hpp"

#include "actors/miner.hpp"
#include "actors/state_tree.hpp"
#include "bridge/bls.hpp"
#include "consensus/tipset_view.hpp"

namespace venus::node {
namespace {

// Entries that blocks of the chain carry need no asking.
class ChainFirst final : public consensus::BeaconSource {
 public:
  ChainFirst(std::vector<types::BeaconEntry> known, consensus::BeaconSource& other)
      : known_(std::move(known)), other_(other) {}
  Task<types::BeaconEntry> entry(types::DrandChain network, std::uint64_t round) override {
    for (const auto& entry : known_) {
      if (entry.round == round) co_return entry;
    }
    co_return co_await other_.entry(std::move(network), round);
  }

 private:
  std::vector<types::BeaconEntry> known_;
  consensus::BeaconSource& other_;
};

struct BaseParts {
  std::vector<types::BeaconEntry> known;
  types::BeaconEntry previous;
  consensus::Lookback lookback;
};

Result<BaseParts> base_parts(Node& node, const TipsetPtr& base, ChainEpoch epoch) {
  // The lookback of early epochs is the state after genesis.
  BaseParts out;
  TRY(out.previous, consensus::latest_beacon_entry(*node.chain, base));
  TRY(out.lookback, consensus::lookback_for_round(node.settings.network, *node.chain, base, epoch));
  if (const auto head = node.head(); epoch <= head->height()) {
    TRY(const auto tipset, node.chain->tipset_at(epoch, head, chainstore::NullRound::After));
    out.known = tipset->blocks().front().beacon_entries;
  }
  return out;
}

Result<std::optional<api::MiningBaseInfo>> finish(Node& node, ActorId miner, ChainEpoch epoch, const TipsetPtr& base,
                                                  BaseParts parts, std::vector<types::BeaconEntry> entries) {
  auto& miners = node.runtime->validator.miner_states();
  const auto& beacon = entries.empty() ? parts.previous : entries.back();
  api::MiningBaseInfo out;
  const auto& state = parts.lookback.state;
  TRY(const auto power, miners.power(state, miner));
  if (!power) return std::optional<api::MiningBaseInfo>{};
  const auto seed = consensus::winning_post_input(beacon.data, epoch, Address::id(miner));
  TRY(out.sectors, miners.winning_post_sectors(state, miner, seed));
  if (out.sectors.empty()) return std::optional<api::MiningBaseInfo>{};
  out.miner_power = power->claim.quality_adj_power;
  out.network_power = power->total_quality_adjusted;
  TRY(out.worker_key, miners.worker_key(state, miner));
  TRY(const auto view_tree, actors::StateTree::load(node.chain->blocks(), state));
  TRY(const auto view, actors::miner::View::load(view_tree, miner));
  TRY(const auto info, view.info());
  out.sector_size = static_cast<std::uint64_t>(info.sector_size);
  out.previous_beacon_entry = std::move(parts.previous);
  out.beacon_entries = std::move(entries);
  TRY(const auto strong, miners.has_min_power(parts.lookback.tipset->parent_state_root(), miner,
                                              node.settings.network.consensus_miner_min_power));
  TRY(const auto eligible, miners.eligible_at(base->parent_state_root(), base->height(), miner));
  out.eligible_for_mining = strong && eligible;
  return std::optional(std::move(out));
}

struct Split {
  std::vector<Cid> bls;
  std::vector<Cid> secpk;
  std::vector<Bytes> signatures;
};

Result<Split> split_messages(Node& node, const std::vector<types::SignedMessage>& messages) {
  Split out;
  for (const auto& message : messages) {
    if (message.signature.type == types::SignatureType::Bls) {
      out.bls.push_back(message.cid());
      out.signatures.push_back(message.signature.data);
    } else {
      out.secpk.push_back(message.cid());
    }
  }
  TRY_VOID(node.chain->put_messages(messages));
  return out;
}

Result<types::Signature> aggregate(const std::vector<Bytes>& signatures) {
  types::Signature out{types::SignatureType::Bls, Bytes(96)};
  // The aggregate of nothing is the point at infinity.
  out.data[0] = 0xc0;
  if (signatures.empty()) return out;
  std::vector<BytesView> views(signatures.begin(), signatures.end());
  TRY(const auto sum, bridge::bls_aggregate(views));
  out.data.assign(sum.begin(), sum.end());
  return out;
}

Result<void> sign_if_possible(Node& node, types::BlockHeader& header, const TipsetPtr& parents) {
  TRY(const auto miner, header.miner.actor_id());
  TRY(const auto lookback,
      consensus::lookback_for_round(node.settings.network, *node.chain, parents, header.height));
  TRY(const auto worker, node.runtime->validator.miner_states().worker_key(lookback.state, miner));
  if (!node.keys->has(worker)) return {};
  TRY(header.block_sig, node.keys->sign(worker, header.signing_bytes()));
  return {};
}

}  // namespace

Task<std::optional<api::MiningBaseInfo>> mining_base_info(Node& node, Address miner, ChainEpoch epoch,
                                                          TipsetPtr base) {
  CO_TRY(const auto id, miner.actor_id());
  CO_TRY(auto parts, co_await on(node.workers, [&node, base, epoch] { return base_parts(node, base, epoch); }));
  const auto version = node.settings.network.network_version(epoch);
  ChainFirst source(std::move(parts.known), *node.beacons);
  CO_TRY(auto entries, co_await consensus::beacon_entries_for_block(node.runtime->beacons, source, version,
                                                                    epoch, base->height(), parts.previous));
  co_return co_await on(node.workers, [&] {
    return finish(node, id, epoch, base, std::move(parts), std::move(entries));
  });
}

Result<types::BlockMessage> create_block(Node& node, const api::BlockTemplate& wanted) {
  TRY(const auto parents, node.tipset(wanted.parents));
  if (wanted.epoch <= parents->height()) {
    return fail(ErrorCode::InvalidArgument, "a block at epoch {} can't follow parents at {}", wanted.epoch,
                parents->height());
  }
  TRY(const auto executed, with_context(node.runtime->states.state(parents), "execute the parents"));
  TRY(const auto split, split_messages(node, wanted.messages));
  types::BlockHeader header;
  header.miner = wanted.miner;
  header.ticket = wanted.ticket;
  header.election_proof = wanted.election_proof;
  header.beacon_entries = wanted.beacon_values;
  header.winning_post_proof = wanted.winning_post_proof;
  header.parents = parents->cids();
  TRY(header.parent_weight, node.runtime->states.weight(parents));
  header.height = wanted.epoch;
  header.parent_state_root = executed.state_root;
  header.parent_message_receipts = executed.receipts_root;
  TRY(header.messages, chainstore::store_message_meta(node.chain->blocks(), split.bls, split.secpk));
  TRY(header.bls_aggregate, aggregate(split.signatures));
  header.timestamp = wanted.timestamp;
  TRY(header.parent_base_fee, node.runtime->states.base_fee_after(parents));
  TRY_VOID(sign_if_possible(node, header, parents));
  return types::BlockMessage{std::move(header), split.bls, split.secpk};
}

}  // namespace venus::node
