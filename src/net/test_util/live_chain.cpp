// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/test_util/live_chain.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "bridge/bls.hpp"
#include "consensus/chain_import.hpp"
#include "consensus/tipset_view.hpp"
#include "types/signing.hpp"

namespace venus::net::test_util {
namespace {

std::filesystem::path folder() { return base::test_util::vectors_folder() / "lotus-devnet"; }

/// A store that some blocks can be taken out of.
class HoledStore final : public Blockstore {
 public:
  Result<std::optional<Bytes>> find(const Cid& cid) override {
    if (holes_.contains(cid)) return std::optional<Bytes>();
    return inner_.find(cid);
  }
  Result<bool> has(const Cid& cid) override { return holes_.contains(cid) ? Result<bool>(false) : inner_.has(cid); }
  Result<void> put(const Cid& cid, BytesView data) override {
    holes_.erase(cid);
    return inner_.put(cid, data);
  }
  void drop(const Cid& cid) { holes_.insert(cid); }

 private:
  ipld::MemoryBlockstore inner_;
  std::set<Cid> holes_;
};

}  // namespace

LiveChain::LiveChain(std::int64_t head) : store(std::make_unique<HoledStore>()) {
  const auto* source = std::getenv("VENUS_SOURCE_DIR");
  const auto toml = std::filesystem::path(source != nullptr ? source : ".") / "tests/replay/lotus-devnet.toml";
  params = must(types::parse_network(base::as_chars(base::test_util::read_file(toml))));
  chain = must(chainstore::ChainStore::open(*store, metadata));
  const auto loaded = must(consensus::load_chain_file(*chain, folder() / "states-197.car"));
  last = loaded.head;
  must(chain->set_genesis(loaded.genesis->cids().at(0)));
  runtime = must(consensus::make_runtime(params, *chain, engine, clock));
  must(chain->set_head(at(head)));
  clock.set_millis(static_cast<std::int64_t>(chain->head()->min_timestamp() + params.block_delay_seconds) * 1000);
  for (const auto& file : std::filesystem::directory_iterator(folder() / "wallets")) {
    keys.emplace(must(Address::parse(file.path().stem().string())),
                 must(types::KeyInfo::import_text(base::as_chars(base::test_util::read_file(file.path())))));
  }
}

TipsetPtr LiveChain::at(std::int64_t epoch) const {
  return must(chain->tipset_at(ChainEpoch(epoch), last, chainstore::NullRound::After));
}

types::BlockMessage LiveChain::gossip(const types::BlockHeader& header) const {
  auto cids = must(chainstore::load_message_cids(*store, header.messages));
  return {header, std::move(cids.bls), std::move(cids.secpk)};
}

types::Signature LiveChain::sign_bls(const Address& address, BytesView data) const {
  const auto signature = must(bridge::bls_sign(keys.at(address).private_key.view(), data));
  return {types::SignatureType::Bls, Bytes(signature.begin(), signature.end())};
}

void LiveChain::sign(types::BlockHeader& header) const {
  const auto lookback = must(consensus::lookback_for_round(params, *chain, chain->head(), header.height));
  const auto miner = header.miner.actor_id();
  const auto worker = must(runtime->validator.miner_states().worker_key(lookback.state, *miner));
  header.block_sig = sign_bls(worker, header.signing_bytes());
}

types::Signature LiveChain::sign(const types::Message& message) const {
  const auto& key = keys.at(message.from);
  const auto type = types::signature_type(key.type);
  const auto data = must(types::message_signing_bytes(message, type, params.eip155_chain_id));
  if (type == types::SignatureType::Bls) return sign_bls(message.from, data);
  return must(types::sign_without_bls(type, key.private_key.view(), data));
}

Address LiveChain::wallet(types::KeyType type) const {
  const auto found = std::ranges::find_if(keys, [&](const auto& key) { return key.second.type == type; });
  if (found == keys.end()) throw std::runtime_error("no such wallet");
  return found->first;
}

void LiveChain::drop(const std::vector<Cid>& cids) {
  for (const auto& cid : cids) static_cast<HoledStore&>(*store).drop(cid);
}

Result<mpool::SenderState> AccountsView::sender(const TipsetPtr&, const Address& address) {
  if (std::ranges::find(accounts, address) == accounts.end()) return fail(ErrorCode::NotFound, "no actor {}", address);
  return mpool::SenderState{address, Nonce(0), TokenAmount::from_fil(10), true};
}

Result<void> AccountsView::verify_signature(const types::SignedMessage& message, const Address& key) {
  return verifier_.verify(message, key);
}

}  // namespace venus::net::test_util
