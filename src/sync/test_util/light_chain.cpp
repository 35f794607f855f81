// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sync/test_util/light_chain.hpp"

#include <stdexcept>

namespace venus::sync::test_util {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

Bytes number(std::uint64_t value) {
  const auto bytes = base::be64(value);
  return Bytes(bytes.begin(), bytes.end());
}

}  // namespace

BigInt light_weight(const types::Tipset& tipset) {
  std::int64_t wins = 0;
  for (const auto& block : tipset.blocks()) wins += block.election_proof->win_count;
  return tipset.parent_weight() + BigInt(10 * wins);
}

LightChain::LightChain() {
  chain = must(chainstore::ChainStore::open(store, metadata));
  chain->set_rules(
      [](const TipsetPtr& tipset) -> Result<BigInt> { return light_weight(*tipset); },
      [](const Cid&, const Address& address) -> Result<ActorId> { return address.actor_id(); });
  genesis = put({block(nullptr, 0, 0, 0)});
  must(chain->set_genesis(genesis->cids().front()));
}

types::BlockHeader LightChain::block(const TipsetPtr& parent, std::int64_t height, std::uint64_t miner,
                                     std::uint64_t ticket, std::int64_t wins, std::size_t messages) {
  std::vector<types::SignedMessage> signed_messages;
  std::vector<Cid> bls;
  std::vector<Cid> secpk;
  for (std::size_t i = 0; i < messages; ++i) {
    types::SignedMessage message;
    message.message.from = Address::id(100);
    message.message.to = Address::id(101);
    message.message.nonce = decltype(message.message.nonce)(next_nonce_++);
    message.signature.type = i % 2 == 0 ? types::SignatureType::Bls : types::SignatureType::Secp256k1;
    if (i % 2 != 0) message.signature.data = Bytes(65, 1);
    (i % 2 == 0 ? bls : secpk).push_back(i % 2 == 0 ? message.message.cid() : message.cid());
    signed_messages.push_back(std::move(message));
  }
  must(chain->put_messages(signed_messages));
  const auto meta = must(chainstore::store_message_meta(store, bls, secpk));
  types::BlockHeader out;
  out.miner = Address::id(miner);
  out.ticket = types::Ticket{number(ticket)};
  out.election_proof = types::ElectionProof{wins, {}};
  out.height = ChainEpoch(height);
  out.messages = meta;
  out.parent_state_root = meta;
  out.parent_message_receipts = meta;
  out.timestamp = static_cast<std::uint64_t>(kLightGenesis + height * static_cast<std::int64_t>(kLightDelay));
  if (parent) {
    out.parents = parent->cids();
    out.parent_weight = must(chain->weight(parent));
  }
  return out;
}

TipsetPtr LightChain::put(std::vector<types::BlockHeader> blocks) {
  for (const auto& block : blocks) must(chain->put_block(block));
  return must(types::Tipset::make(std::move(blocks)));
}

TipsetPtr LightChain::grow(TipsetPtr parent, std::size_t count, std::uint64_t miner, std::int64_t wins,
                           std::size_t messages) {
  for (std::size_t i = 0; i < count; ++i) {
    parent = put({block(parent, parent->height().value() + 1, miner, next_ticket_++, wins, messages)});
  }
  return parent;
}

Result<void> LightRules::execute(const TipsetPtr& tipset) {
  TRY_VOID(chain_.block_messages(*tipset));
  return {};
}

Result<consensus::ValidationReport> LightRules::validate(const Cid& block, std::size_t) {
  using consensus::Rule;
  consensus::ValidationReport report;
  if (chain_.is_validated(block)) return report;
  ++validated;
  TRY(const auto header, chain_.block(block));
  const auto broken = [&](Rule rule, std::string reason) { report.violations.push_back({rule, std::move(reason)}); };
  if (bad.contains(block)) broken(Rule::WinningPost, "listed as bad");
  if (!chain_.tipset(TipsetKey(header.parents))) broken(Rule::Unable, "no parents");
  if (!chain_.messages(header)) broken(Rule::Unable, "no messages");
  if (header.timestamp > static_cast<std::uint64_t>(clock_.unix_seconds()) + 1) {
    broken(Rule::FromTheFuture, "later than now");
  }
  if (report.valid()) TRY_VOID(chain_.set_validated(block));
  return report;
}

}  // namespace venus::sync::test_util
