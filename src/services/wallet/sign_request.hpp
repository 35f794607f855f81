// SPDX-License-Identifier: MIT OR Apache-2.0
// What a request to sign really says (venus-components.md 2.4). Bytes that cannot be read as what they
// claim to be are never signed.
#pragma once

#include "api/msg_meta.hpp"
#include "types/block.hpp"

namespace venus::wallet {

/// A request that was understood.
struct SignRequest {
  std::string type;
  Bytes data;         ///< exactly what the key signs
  Bytes object;       ///< CBOR of what it is, for the record
  /// Of a block: what the wallet may sign only once.
  struct Block {
    Address miner;
    types::ChainEpoch epoch;
    Bytes parents;    ///< CIDs of the parents, one after another
  };
  std::optional<Block> block;
};

struct SignRules {
  bool allow_unknown = false;    ///< sign bytes of type "unknown" and "f3" unread: dangerous
  std::uint64_t chain_id = 314;  ///< EIP-155 number of the network, for delegated addresses
  Bytes verify_bytes;            ///< what this wallet gave gateways as SignBytes
};

/// Reads `to_sign` by what `meta` says it is. FailedValidation when it is something else or not the
/// signer's to sign, PermissionDenied for bytes that have no type, Unsupported for types this wallet
/// cannot read, Malformed for bytes that do not decode.
Result<SignRequest> read_sign_request(const Address& signer, const Bytes& to_sign, const api::MsgMeta& meta,
                                      const SignRules& rules);

}  // namespace venus::wallet
