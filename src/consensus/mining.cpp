// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/mining.hpp"

#include "actors/state_tree.hpp"
#include "bridge/bls.hpp"
#include "types/signing.hpp"

namespace venus::consensus {
namespace {

// What a block without BLS messages carries: the compressed point at infinity.
Bytes infinity_signature() {
  Bytes out(96, 0);
  out[0] = 0xc0;
  return out;
}

Result<Bytes> aggregate(std::span<const Bytes> signatures) {
  if (signatures.empty()) return infinity_signature();
  std::vector<BytesView> views(signatures.begin(), signatures.end());
  TRY(const auto sum, bridge::bls_aggregate(views));
  return Bytes(sum.begin(), sum.end());
}

}  // namespace

Result<std::optional<MiningBase>> mining_base(StateManager& states, MinerStates& miners, const TipsetPtr& base,
                                              ChainEpoch epoch, const Address& miner,
                                              std::vector<types::BeaconEntry> beacon_entries) {
  MiningBase out;
  TRY(const auto id, miner.actor_id());
  TRY(out.previous_beacon, latest_beacon_entry(states.chain(), base));
  const auto& beacon = beacon_entries.empty() ? out.previous_beacon : beacon_entries.back();
  TRY(const auto lookback, lookback_for_round(states.params(), states.chain(), base, epoch));
  TRY(auto tree, actors::StateTree::load(states.store(), lookback.state));
  TRY(const auto then, tree.find_actor(id));
  if (!then) {
    // A miner that is too young to win is no error; one that is unknown is.
    TRY(auto now, actors::StateTree::load(states.store(), base->parent_state_root()));
    TRY_VOID(now.get_actor(id));
    return std::optional<MiningBase>{};
  }
  const auto randomness = winning_post_input(beacon.data, epoch, miner);
  TRY(out.sectors, miners.winning_post_sectors(lookback.state, id, randomness));
  if (out.sectors.empty()) return std::optional<MiningBase>{};
  TRY(const auto power, miners.power(lookback.state, id));
  if (!power) return std::optional<MiningBase>{};
  out.miner_power = power->claim.quality_adj_power;
  out.network_power = power->total_quality_adjusted;
  TRY(auto view, actors::miner::View::load(tree, id));
  TRY(const auto info, view.info());
  out.sector_size = info.sector_size;
  TRY(out.worker, states.key_address(info.worker, base));
  TRY(const auto min_power, miners.has_min_power(lookback.tipset->parent_state_root(), id,
                                                 states.params().consensus_miner_min_power));
  TRY(const auto eligible, miners.eligible_at(base->parent_state_root(), base->height(), id));
  out.eligible = min_power && eligible;
  out.beacon_entries = std::move(beacon_entries);
  return std::optional(std::move(out));
}

Result<types::BlockMessage> create_block(StateManager& states, const BlockTemplate& block) {
  auto& chain = states.chain();
  TRY(const auto state, states.state(block.parents));
  types::BlockHeader header;
  header.miner = block.miner;
  header.ticket = block.ticket;
  header.election_proof = block.election_proof;
  header.beacon_entries = block.beacon_entries;
  header.winning_post_proof = block.winning_post_proof;
  header.parents = block.parents->cids();
  TRY(header.parent_weight, states.weight(block.parents));
  header.height = block.epoch;
  header.parent_state_root = state.state_root;
  header.parent_message_receipts = state.receipts_root;
  header.timestamp = block.timestamp;
  TRY(header.parent_base_fee, states.base_fee_after(block.parents));

  chainstore::MessageCids cids;
  std::vector<Bytes> signatures;
  const auto version = states.params().network_version(block.epoch);
  for (const auto& message : block.messages) {
    if (message.signature.type == types::SignatureType::Bls) {
      cids.bls.push_back(message.cid());
      signatures.push_back(message.signature.data);
    } else if (types::allowed_in_secpk_list(message.signature.type, version)) {
      cids.secpk.push_back(message.cid());
    } else {
      return fail(ErrorCode::InvalidArgument, "message {} has a signature no block takes", message.cid());
    }
  }
  TRY_VOID(chain.put_messages(block.messages));
  TRY(header.messages, chainstore::store_message_meta(chain.blocks(), cids.bls, cids.secpk));
  TRY(auto sum, aggregate(signatures));
  header.bls_aggregate = types::Signature{types::SignatureType::Bls, std::move(sum)};
  return types::BlockMessage{std::move(header), std::move(cids.bls), std::move(cids.secpk)};
}

}  // namespace venus::consensus
