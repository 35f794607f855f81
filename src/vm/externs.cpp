// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/externs.hpp"

#include <algorithm>

#include "actors/miner_state.hpp"
#include "actors/state_tree.hpp"
#include "bridge/bls.hpp"
#include "types/policy.hpp"

namespace venus::vm {
namespace {

// What the fault check charges for each state object it reads. As with the cost of messages, Lotus takes
// its price lists by epoch alone, so a network that starts at a later version keeps the first list; the
// list of Hygge prices such reads with nothing.
std::int64_t ipld_get_gas(const types::NetworkParams& params, ChainEpoch epoch) {
  const auto in_force = [&](Upgrade upgrade) {
    const auto at = params.upgrade_epoch(upgrade);
    return at > ChainEpoch(0) && at <= epoch;
  };
  if (in_force(Upgrade::Hygge)) return 0;
  return in_force(Upgrade::Calico) ? 114'617 : 75'242;
}
using types::policy::kChainFinality;

bool contains(const std::vector<Cid>& cids, const Cid& cid) {
  return std::find(cids.begin(), cids.end(), cid) != cids.end();
}

// B was mined on a tipset with A's sibling C but without A: C is the witness that A was known.
bool is_parent_grinding(const types::BlockHeader& a, const Cid& a_cid, const types::BlockHeader& b,
                        BytesView extra, bool& malformed) {
  if (extra.empty()) return false;
  const auto c = ipld::decode<types::BlockHeader>(extra);
  if (!c) {
    malformed = true;
    return false;
  }
  return a.parents == c->parents && a.height == c->height && contains(b.parents, ipld::cid_of_cbor(extra)) &&
         !contains(b.parents, a_cid);
}

std::optional<bridge::ConsensusFaultType> classify(const types::BlockHeader& a, const Cid& a_cid,
                                                   const types::BlockHeader& b, BytesView extra) {
  std::optional<bridge::ConsensusFaultType> out;
  if (a.height == b.height) out = bridge::ConsensusFaultType::DoubleForkMining;
  if (a.parents == b.parents && a.height != b.height) out = bridge::ConsensusFaultType::TimeOffsetMining;
  bool malformed = false;
  if (is_parent_grinding(a, a_cid, b, extra, malformed)) out = bridge::ConsensusFaultType::ParentGrinding;
  if (malformed) return std::nullopt;
  return out;
}

}  // namespace

Result<bridge::ConsensusFaultVerdict> NodeExterns::verify_consensus_fault(BytesView header1, BytesView header2,
                                                                          BytesView extra) {
  bridge::ConsensusFaultVerdict out;
  const auto a = ipld::decode<types::BlockHeader>(header1);
  const auto b = ipld::decode<types::BlockHeader>(header2);
  if (!a || !b) return out;
  const auto a_cid = ipld::cid_of_cbor(header1);
  if (a_cid == ipld::cid_of_cbor(header2)) return out;
  if (a->miner != b->miner || b->height < a->height) return out;
  const auto type = classify(*a, a_cid, *b, extra);
  if (!type) return out;
  // The witness needs no signature: it is a parent of B, which is signed.
  if (!signed_by_miner(*a, out.gas_used) || !signed_by_miner(*b, out.gas_used)) return out;
  const auto target = a->miner.actor_id();
  if (!target) return out;
  out.fault = bridge::ConsensusFault{*target, b->height, *type};
  return out;
}

std::optional<Address> NodeExterns::worker_key(const types::BlockHeader& block, std::int64_t& gas) {
  const auto root = chain_.lookback_state(block.height);
  if (!root) return std::nullopt;
  const auto then = actors::StateTree::load(store_, *root);
  if (!then) return std::nullopt;
  const auto actor = then->find_actor(block.miner);
  if (!actor || !*actor) return std::nullopt;
  const auto price = ipld_get_gas(params_, epoch_);
  gas += price;
  const auto state = then->load_state<actors::miner::State>(**actor, actors::ActorType::Miner);
  if (!state) return std::nullopt;
  gas += price;
  const auto info = ipld::load<actors::miner::Info>(store_, state->info);
  if (!info) return std::nullopt;
  if (!info->worker.is_id()) return info->worker;
  // The key is that of today: the state the machine starts from.
  const auto now = actors::StateTree::load(store_, state_);
  if (!now) return std::nullopt;
  const auto account = now->find_actor(info->worker);
  if (!account || !*account) return std::nullopt;
  if (!(*account)->delegated_address) gas += price;
  const auto key = now->key_address(info->worker);
  if (!key) return std::nullopt;
  return *key;
}

bool NodeExterns::signed_by_miner(const types::BlockHeader& block, std::int64_t& gas) {
  if (block.height < epoch_ - kChainFinality) return false;
  const auto key = worker_key(block, gas);
  if (!key || key->protocol() != types::Protocol::Bls) return false;
  if (!block.block_sig || block.block_sig->type != types::SignatureType::Bls) return false;
  return bridge::bls_verify(block.block_sig->data, block.signing_bytes(), key->payload());
}

}  // namespace venus::vm
