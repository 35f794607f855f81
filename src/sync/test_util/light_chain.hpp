// SPDX-License-Identifier: MIT OR Apache-2.0
// Chains of headers and messages without states, with rules to match: for the logic of sync alone.
#pragma once

#include <memory>
#include <set>

#include "chainstore/chain_store.hpp"
#include "sync/chain_rules.hpp"

namespace venus::sync::test_util {

inline constexpr std::uint64_t kLightDelay = 30;
inline constexpr std::int64_t kLightGenesis = 1'700'000'000;

/// The parents' weight plus ten for each win.
BigInt light_weight(const types::Tipset& tipset);

/// A store whose weight is the parents' plus ten for each win; all have the same genesis.
class LightChain {
 public:
  LightChain();

  /// A block on top of a tipset. Its bytes differ with the ticket.
  types::BlockHeader block(const TipsetPtr& parent, std::int64_t height, std::uint64_t miner, std::uint64_t ticket,
                           std::int64_t wins = 1, std::size_t messages = 0);
  /// Stores blocks as a tipset.
  TipsetPtr put(std::vector<types::BlockHeader> blocks);
  /// `count` tipsets of one block on top of one another, without null rounds; the last.
  TipsetPtr grow(TipsetPtr parent, std::size_t count, std::uint64_t miner, std::int64_t wins = 1,
                 std::size_t messages = 0);

  ipld::MemoryBlockstore store;
  chainstore::MemoryMetadata metadata;
  std::unique_ptr<chainstore::ChainStore> chain;
  TipsetPtr genesis;

 private:
  std::uint64_t next_ticket_ = 1;
  std::uint64_t next_nonce_ = 0;
};

/// Good is what is not listed as bad, is not of the future and has its messages in the store.
class LightRules final : public ChainRules {
 public:
  LightRules(chainstore::ChainStore& chain, const base::Clock& clock) : chain_(chain), clock_(clock) {}
  Result<void> execute(const TipsetPtr& tipset) override;
  Result<consensus::ValidationReport> validate(const Cid& block, std::size_t threads) override;
  [[nodiscard]] BigInt expected_weight(const types::Tipset& tipset) const override { return light_weight(tipset); }
  void prefetch(const TipsetPtr&) override {}

  /// Before anything runs.
  std::set<Cid> bad;
  std::atomic<std::size_t> validated = 0;

 private:
  chainstore::ChainStore& chain_;
  const base::Clock& clock_;
};

}  // namespace venus::sync::test_util
