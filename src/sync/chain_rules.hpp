// SPDX-License-Identifier: MIT OR Apache-2.0
// What sync asks of consensus: an interface, so that its own logic is tested on chains of headers alone.
#pragma once

#include <condition_variable>
#include <mutex>
#include <unordered_set>

#include "consensus/chain_runtime.hpp"

namespace venus::sync {

/// Calls block and compute; they come from worker threads, several at once.
class ChainRules {
 public:
  virtual ~ChainRules() = default;
  /// Executes a tipset, so that its children can be judged. Its messages are in the store. FailedValidation
  /// only when a rule forbids executing it.
  virtual Result<void> execute(const TipsetPtr& tipset) = 0;
  /// Judges a block whose header and messages are in the store and whose parents can be executed.
  virtual Result<consensus::ValidationReport> validate(const Cid& block, std::size_t threads) = 0;
  /// What the chain up to a tipset weighs by headers alone: its parents' weight, unproven, and that of its own
  /// blocks, reckoned with the power of the network as this node last saw it. Does not block.
  [[nodiscard]] virtual BigInt expected_weight(const types::Tipset& tipset) const = 0;
  /// Reads messages ahead of execution.
  virtual void prefetch(const TipsetPtr& tipset) = 0;
};

/// The network's rules.
class RuntimeRules final : public ChainRules {
 public:
  /// `runtime` must outlive it.
  explicit RuntimeRules(consensus::ChainRuntime& runtime);
  Result<void> execute(const TipsetPtr& tipset) override;
  Result<consensus::ValidationReport> validate(const Cid& block, std::size_t threads) override;
  [[nodiscard]] BigInt expected_weight(const types::Tipset& tipset) const override;
  void prefetch(const TipsetPtr& tipset) override;

 private:
  void note_power(const types::Tipset& tipset);

  consensus::ChainRuntime& runtime_;
  mutable std::mutex power_mutex_;
  BigInt power_{0};  // 0: not known
  // A block is judged by one thread at a time; others then find the verdict.
  std::mutex mutex_;
  std::condition_variable done_;
  std::unordered_set<Cid> running_;
};

/// Judges a block and remembers a bad one with the reason. Success, or ValidationReport::result()'s errors
/// with the block named: FailedValidation alone says that the block is bad.
Result<void> judge(chainstore::ChainStore& chain, ChainRules& rules, const Cid& block, std::size_t threads);

}  // namespace venus::sync
