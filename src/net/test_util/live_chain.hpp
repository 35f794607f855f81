// SPDX-License-Identifier: MIT OR Apache-2.0
// The recorded Lotus devnet with the states of all its tipsets, the wallets of its miners, and the validator of
// the product over it. Nothing is executed: the recording has every state.
#pragma once

#include <map>

#include "consensus/chain_runtime.hpp"
#include "mpool/pool.hpp"
#include "net/test_util/recorded_chain.hpp"
#include "types/key_info.hpp"

namespace venus::net::test_util {

struct LiveChain {
  /// With the tipset at `head` as head; throws on failure.
  explicit LiveChain(std::int64_t head);

  /// The tipset of the recording at an epoch (the next one for a null round).
  TipsetPtr at(std::int64_t epoch) const;
  /// What was gossiped for a block.
  types::BlockMessage gossip(const types::BlockHeader& header) const;
  /// Signs anew with the miner's worker key.
  void sign(types::BlockHeader& header) const;
  types::Signature sign_bls(const Address& address, BytesView data) const;
  types::Signature sign(const types::Message& message) const;
  /// An address of the wallets with this kind of key.
  Address wallet(types::KeyType type) const;
  /// Takes blocks out of the store, as if they had never come.
  void drop(const std::vector<Cid>& cids);

  types::NetworkParams params;
  std::unique_ptr<Blockstore> store;
  chainstore::MemoryMetadata metadata;
  std::unique_ptr<chainstore::ChainStore> chain;
  TipsetPtr last;  ///< of the recording
  base::ManualClock clock{0};
  bridge::VmEngine engine{1};
  std::unique_ptr<consensus::ChainRuntime> runtime;
  std::map<Address, types::KeyInfo> keys;
};

/// The message pool's view of accounts that exist, with nonce 0 and 10 FIL; signatures are real.
class AccountsView final : public mpool::ChainView {
 public:
  Result<mpool::SenderState> sender(const TipsetPtr& tipset, const Address& address) override;
  Result<TokenAmount> next_base_fee(const TipsetPtr&) override { return TokenAmount::from_atto(100); }
  NetworkVersion network_version(ChainEpoch) const override { return NetworkVersion(28); }
  Gas on_chain_message_gas(std::size_t length, ChainEpoch) const override { return types::on_chain_message_gas(length); }
  Result<void> verify_signature(const types::SignedMessage& message, const Address& key) override;
  Result<TipsetMessages> messages(const TipsetPtr&) override { return TipsetMessages(); }
  Result<Path> path(const TipsetPtr&, const TipsetPtr&) override { return Path(); }

  std::vector<Address> accounts;

 private:
  consensus::MessageVerifier verifier_{31415926};
};

class NoMessageStore final : public mpool::MessageStore {
 public:
  Result<void> save(const types::SignedMessage&) override { return {}; }
  Result<void> erase(const Cid&) override { return {}; }
  Result<std::vector<types::SignedMessage>> load_all() override { return std::vector<types::SignedMessage>(); }
};

}  // namespace venus::net::test_util
