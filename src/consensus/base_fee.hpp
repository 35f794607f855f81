// SPDX-License-Identifier: MIT OR Apache-2.0
// The base fee of the next epoch (protocol.md section 4). A pure function of what a tipset carries.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "chainstore/messages.hpp"
#include "types/tipset.hpp"

namespace venus::consensus {

/// Rule until nv27: the fee follows the average gas limit of the blocks. `packing` applies the 5/4
/// factor of heights up to Smoke.
TokenAmount next_base_fee_from_utilization(const TokenAmount& base_fee, std::int64_t gas_limit_used,
                                           std::int64_t blocks, bool packing = false);

/// A message as FIP-0115 sees it.
struct PremiumAndLimit {
  TokenAmount premium;  ///< effective premium
  std::int64_t gas_limit = 0;
};

/// The premium at gas index `index`, counted from the highest premium down; 0 past the end.
TokenAmount premium_at_gas_index(std::vector<PremiumAndLimit> messages, std::int64_t index);

/// Rule from nv28 (FIP-0115) once the percentile premium is known.
TokenAmount next_base_fee_from_premium(const TokenAmount& base_fee, const TokenAmount& premium);

/// Where in the history of rules a tipset stands.
struct BaseFeeRule {
  bool fixed = false;     ///< 120 epochs after Breeze: the fee is 100
  bool packing = false;   ///< heights up to Smoke
  bool premiums = false;  ///< FIP-0115
};

/// The base fee that children of `tipset` must carry; `messages[i]` belong to `tipset.blocks()[i]`.
TokenAmount next_base_fee(const types::Tipset& tipset, std::span<const chainstore::MessagesPtr> messages,
                          const BaseFeeRule& rule);

}  // namespace venus::consensus
