// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "ipld/codec.hpp"
#include "types/ids.hpp"

namespace venus::api {

/// The randomness a miner's worker key signs for its VRFs (tickets, election proofs), sent to the wallet
/// with type "drawrandomparam". Its CBOR is a map with the members in this order, as Venus writes it.
struct DrawRandomParams {
  Bytes rbase;             ///< the beacon entry's data, or the last ticket
  std::int64_t pers = 0;   ///< domain separation tag
  types::ChainEpoch round;
  Bytes entropy;

  /// What is signed: blake2b-256 of be64(pers) ‖ blake2b-256(rbase) ‖ be64(round) ‖ entropy, which is
  /// also the chain's DrawRandomness (protocol.md section 4).
  [[nodiscard]] Bytes signing_bytes() const;
  bool operator==(const DrawRandomParams&) const = default;
};

}  // namespace venus::api

template <>
struct venus::ipld::CborCodec<venus::api::DrawRandomParams> {
  static void encode(cbor::Writer& w, const api::DrawRandomParams& v);
  static void decode(cbor::Reader& r, api::DrawRandomParams& v);
};
