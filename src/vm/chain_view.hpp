// SPDX-License-Identifier: MIT OR Apache-2.0
// What executing a tipset needs to know of the chain below it.
#pragma once

#include "types/ids.hpp"
#include "base/bytes.hpp"
#include "ipld/cid.hpp"

namespace venus::vm {

/// The chain as seen from one tipset. Calls may arrive on any thread, several at a time. An error
/// makes the execution that asked for it fail, so implementations err only when the node lacks data
/// it must have, or when the epoch asked for is after the tipset.
class ChainView {
 public:
  virtual ~ChainView() = default;

  /// Digest of the ticket chain at an epoch, before domain separation (protocol.md section 3).
  virtual Result<ByteArray<32>> chain_randomness(ChainEpoch epoch) = 0;
  /// Digest of the beacon entry of an epoch, before domain separation.
  virtual Result<ByteArray<32>> beacon_randomness(ChainEpoch epoch) = 0;
  /// CID of the key of the tipset at an epoch, of the last non-null round at or before it.
  virtual Result<Cid> tipset_cid(ChainEpoch epoch) = 0;
  /// State root that consensus looks back to for a block of `round` (miner keys and power).
  virtual Result<Cid> lookback_state(ChainEpoch round) = 0;
};

}  // namespace venus::vm
