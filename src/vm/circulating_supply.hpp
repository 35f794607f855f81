// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "ipld/blockstore.hpp"
#include "types/network_params.hpp"
#include "types/token_amount.hpp"

namespace venus::vm {

/// Parts of the circulating supply as the VM counts it; JSON as Lotus's api.CirculatingSupply.
struct CirculatingSupply {
  TokenAmount vested;
  TokenAmount mined;
  TokenAmount burnt;
  TokenAmount locked;
  TokenAmount circulating;  ///< vested + mined + reserve_disbursed - burnt - locked, at least 0
  TokenAmount reserve_disbursed;
  static constexpr auto fields() {
    using base::field;
    using S = CirculatingSupply;
    return base::fields_of(field("FilVested", &S::vested), field("FilMined", &S::mined),
                           field("FilBurnt", &S::burnt), field("FilLocked", &S::locked),
                           field("FilCirculating", &S::circulating),
                           field("FilReserveDisbursed", &S::reserve_disbursed));
  }
};

/// What the genesis allocations have released at `height`, by the schedule in force since Calico.
/// Unsupported for heights at or before the network's Calico upgrade.
Result<TokenAmount> vested_at(const types::NetworkParams& params, ChainEpoch height);

/// The supply that messages of epoch `height` see, over the state they start from. Rules of nv25 and
/// later (actors v16); Unsupported for older network versions.
Result<CirculatingSupply> circulating_supply(const types::NetworkParams& params, ChainEpoch height,
                                             Blockstore& store, const Cid& state_root);

}  // namespace venus::vm
