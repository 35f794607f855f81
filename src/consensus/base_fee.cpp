// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/base_fee.hpp"

#include <algorithm>
#include <unordered_set>

#include "types/policy.hpp"

namespace venus::consensus {
namespace {

namespace policy = types::policy;

TokenAmount at_least_minimum(TokenAmount fee) {
  return std::max(std::move(fee), TokenAmount::from_atto(policy::kMinimumBaseFee));
}

TokenAmount from_utilization(const types::Tipset& tipset, std::span<const chainstore::MessagesPtr> messages,
                             bool packing) {
  std::unordered_set<Cid> seen;
  std::int64_t total = 0;
  for (const auto& block : messages) {
    for (std::size_t i = 0; i < block->size(); ++i) {
      const auto& message = block->at(i);
      if (seen.insert(message.cid).second) total += message.message.gas_limit.value();
    }
  }
  return next_base_fee_from_utilization(tipset.parent_base_fee(), total,
                                        static_cast<std::int64_t>(tipset.blocks().size()), packing);
}

// Sender as written and nonce: two messages of one identity count once (FIP-0115).
struct Identity {
  Address sender;
  Nonce nonce;
  bool operator==(const Identity&) const = default;
};
struct IdentityHash {
  std::size_t operator()(const Identity& identity) const noexcept {
    return std::hash<Address>{}(identity.sender) * 31 + std::hash<Nonce>{}(identity.nonce);
  }
};

TokenAmount from_premiums(const types::Tipset& tipset, std::span<const chainstore::MessagesPtr> messages) {
  const auto& fee = tipset.parent_base_fee();
  std::unordered_set<Identity, IdentityHash> seen;
  std::vector<PremiumAndLimit> market;
  const auto add = [&](const types::Message& message) {
    if (!seen.insert({message.from, message.nonce}).second) return;
    market.push_back({message.effective_premium(fee), message.gas_limit.value()});
  };
  for (const auto& block : messages) {
    for (std::size_t i = 0; i < block->size(); ++i) add(block->at(i).message);
  }
  return next_base_fee_from_premium(fee, premium_at_gas_index(std::move(market), policy::kBlockGasTargetIndex));
}

}  // namespace

TokenAmount next_base_fee_from_utilization(const TokenAmount& base_fee, std::int64_t gas_limit_used,
                                           std::int64_t blocks, bool packing) {
  auto delta = packing ? policy::kPackingEfficiencyDenominator * gas_limit_used / (blocks * policy::kPackingEfficiencyNumerator)
                       : gas_limit_used / blocks;
  delta = std::clamp(delta - policy::kBlockGasTarget, -policy::kBlockGasTarget, policy::kBlockGasTarget);
  const auto change = (base_fee.atto() * BigInt(delta))
                          .div(BigInt(policy::kBlockGasTarget))
                          .div(BigInt(policy::kBaseFeeMaxChangeDenominator));
  return at_least_minimum(TokenAmount(base_fee.atto() + change));
}

TokenAmount premium_at_gas_index(std::vector<PremiumAndLimit> messages, std::int64_t index) {
  std::sort(messages.begin(), messages.end(),
            [](const auto& a, const auto& b) { return a.premium > b.premium; });
  for (auto& message : messages) {
    if (index < message.gas_limit) return std::move(message.premium);
    index -= message.gas_limit;
  }
  return TokenAmount{};
}

TokenAmount next_base_fee_from_premium(const TokenAmount& base_fee, const TokenAmount& premium) {
  const BigInt denominator(policy::kBaseFeeMaxChangeDenominator);
  const TokenAmount step((base_fee.atto() + denominator - BigInt(1)).div(denominator));
  return at_least_minimum(base_fee + std::min(step, premium - step));
}

TokenAmount next_base_fee(const types::Tipset& tipset, std::span<const chainstore::MessagesPtr> messages,
                          const BaseFeeRule& rule) {
  if (rule.fixed) return TokenAmount::from_atto(policy::kMinimumBaseFee);
  if (rule.premiums) return from_premiums(tipset, messages);
  return from_utilization(tipset, messages, rule.packing);
}

}  // namespace venus::consensus
