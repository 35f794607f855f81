// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "ipld/blockstore.hpp"
#include "types/tipset.hpp"

namespace venus::consensus {

/// parent + log2(power)·2^8 + floor(log2(power)·wins·2^8 / (5·2)): the weight of a chain whose newest
/// tipset's blocks won `wins` times, over a network of that total quality-adjusted power
/// (protocol.md section 3). FailedValidation when the power is not positive.
Result<BigInt> chain_weight(const BigInt& parent_weight, const BigInt& total_power, std::int64_t wins);

/// The total quality-adjusted power in a state.
Result<BigInt> network_power(Blockstore& store, const Cid& state_root);

/// Weight of the chain up to and including `tipset`; reads the power from its parent state.
Result<BigInt> tipset_weight(Blockstore& store, const types::Tipset& tipset);

}  // namespace venus::consensus
