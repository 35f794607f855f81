// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sync/chain_rules.hpp"

#include <algorithm>

#include "consensus/weight.hpp"
#include "types/election.hpp"
#include "types/policy.hpp"

namespace venus::sync {

using consensus::ValidationReport;

RuntimeRules::RuntimeRules(consensus::ChainRuntime& runtime) : runtime_(runtime) {
  if (const auto head = runtime_.states.chain().head()) note_power(*head);
}

void RuntimeRules::note_power(const types::Tipset& tipset) {
  auto power = consensus::network_power(runtime_.states.store(), tipset.parent_state_root());
  if (!power) return;
  std::lock_guard lock(power_mutex_);
  power_ = *std::move(power);
}

BigInt RuntimeRules::expected_weight(const types::Tipset& tipset) const {
  std::int64_t wins = 0;
  for (const auto& block : tipset.blocks()) {
    // Nobody has checked them: more than possible count as the most that is.
    if (block.election_proof) wins += std::clamp<std::int64_t>(block.election_proof->win_count, 0, types::kMaxWinCount);
  }
  std::lock_guard lock(power_mutex_);
  return consensus::chain_weight(tipset.parent_weight(), power_, wins).value_or(tipset.parent_weight());
}

Result<void> RuntimeRules::execute(const TipsetPtr& tipset) {
  auto& chain = runtime_.states.chain();
  if (tipset->height() > ChainEpoch(0)) {
    TRY(const auto known, chain.executed(tipset->key()));
    if (!known) {
      // Execution runs ahead of validation: blocks over the gas limit must not make it run for hours.
      TRY(const auto messages, chain.block_messages(*tipset));
      for (const auto& block : messages) {
        std::int64_t gas = 0;
        for (std::size_t i = 0; i < block->size(); ++i) {
          const auto limit = block->at(i).message.gas_limit.value();
          if (limit < 0 || limit > types::policy::kBlockGasLimit || (gas += limit) > types::policy::kBlockGasLimit) {
            return fail(ErrorCode::FailedValidation, "a block of epoch {} asks for more gas than a block has",
                        tipset->height());
          }
        }
      }
    }
  }
  TRY_VOID(runtime_.states.state(tipset));
  note_power(*tipset);
  return {};
}

Result<ValidationReport> RuntimeRules::validate(const Cid& block, std::size_t threads) {
  {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return !running_.contains(block); });
    running_.insert(block);
  }
  auto out = runtime_.validator.validate_known(block, {.threads = threads, .proofs = true});
  {
    std::lock_guard lock(mutex_);
    running_.erase(block);
  }
  done_.notify_all();
  return out;
}

void RuntimeRules::prefetch(const TipsetPtr& tipset) {
  static_cast<void>(runtime_.states.chain().block_messages(*tipset));
}

Result<void> judge(chainstore::ChainStore& chain, ChainRules& rules, const Cid& block, std::size_t threads) {
  if (auto reason = chain.bad_reason(block)) {
    return fail(ErrorCode::FailedValidation, "block {} is bad: {}", block, *reason);
  }
  TRY(const auto report, with_context(rules.validate(block, threads), fmt::format("block {}", block)));
  if (report.valid()) return {};
  if (report.bad()) chain.mark_bad(block, report.text());
  return with_context(report.result(), fmt::format("block {}", block));
}

}  // namespace venus::sync
