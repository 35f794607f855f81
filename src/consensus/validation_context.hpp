// SPDX-License-Identifier: MIT OR Apache-2.0
// Private to the validator: what its checks share.
#pragma once

#include "consensus/block_validator.hpp"

namespace venus::consensus {

/// One block under validation. Checks run at the same time and only read it.
struct BlockValidator::Context {
  const FullBlock& block;
  std::size_t threads = 1;
  ActorId miner;
  TipsetPtr base;
  Lookback lookback;
  types::BeaconEntry previous_beacon;
  types::BeaconEntry beacon;
  Address worker;
};

/// Adds an error under the rule that was being checked, or under Unable when it says nothing of the
/// block.
void report_error(ValidationReport& report, Rule rule, const Error& error);

}  // namespace venus::consensus
