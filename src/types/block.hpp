// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "types/message.hpp"

#include <optional>
#include <vector>

namespace venus::types {

struct Ticket {
  Bytes vrf_proof;
  bool operator==(const Ticket&) const = default;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("VRFProof", &Ticket::vrf_proof, base::JsonRule::NullIfEmpty));
  }
};

struct ElectionProof {
  std::int64_t win_count = 0;
  Bytes vrf_proof;
  bool operator==(const ElectionProof&) const = default;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("WinCount", &ElectionProof::win_count),
        base::field("VRFProof", &ElectionProof::vrf_proof, base::JsonRule::NullIfEmpty));
  }
};

struct BeaconEntry {
  std::uint64_t round = 0;
  Bytes data;
  bool operator==(const BeaconEntry&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Round", &BeaconEntry::round),
                           base::field("Data", &BeaconEntry::data, base::JsonRule::NullIfEmpty));
  }
};

struct PostProof {
  std::int64_t post_proof = 0;
  Bytes proof_bytes;
  bool operator==(const PostProof&) const = default;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("PoStProof", &PostProof::post_proof),
        base::field("ProofBytes", &PostProof::proof_bytes, base::JsonRule::NullIfEmpty));
  }
};

/// protocol.md 2.2; the CID and signing bytes follow from the CBOR tuple.
struct BlockHeader {
  Address miner;
  std::optional<Ticket> ticket;
  std::optional<ElectionProof> election_proof;
  std::vector<BeaconEntry> beacon_entries;
  std::vector<PostProof> winning_post_proof;
  std::vector<Cid> parents;
  BigInt parent_weight;
  ChainEpoch height;
  Cid parent_state_root;
  Cid parent_message_receipts;
  Cid messages;
  std::optional<Signature> bls_aggregate;
  std::uint64_t timestamp = 0;
  std::optional<Signature> block_sig;
  std::uint64_t fork_signaling = 0;
  TokenAmount parent_base_fee;

  [[nodiscard]] Cid cid() const { return ipld::cid_of(*this); }
  /// The bytes a miner's worker key signs: the tuple with a null BlockSig.
  [[nodiscard]] Bytes signing_bytes() const;

  bool operator==(const BlockHeader&) const = default;
  static constexpr auto fields() {
    using base::field;
    using B = BlockHeader;
    return base::fields_of(
        field("Miner", &B::miner), field("Ticket", &B::ticket),
        field("ElectionProof", &B::election_proof),
        field("BeaconEntries", &B::beacon_entries, base::JsonRule::NullIfEmpty),
        field("WinPoStProof", &B::winning_post_proof, base::JsonRule::NullIfEmpty),
        field("Parents", &B::parents, base::JsonRule::NullIfEmpty),
        field("ParentWeight", &B::parent_weight), field("Height", &B::height),
        field("ParentStateRoot", &B::parent_state_root),
        field("ParentMessageReceipts", &B::parent_message_receipts),
        field("Messages", &B::messages), field("BLSAggregate", &B::bls_aggregate),
        field("Timestamp", &B::timestamp), field("BlockSig", &B::block_sig),
        field("ForkSignaling", &B::fork_signaling), field("ParentBaseFee", &B::parent_base_fee));
  }
};

/// What BlockHeader.messages points to: two AMT roots (v0) of message CIDs.
struct MessageMeta {
  Cid bls_messages;
  Cid secpk_messages;
  bool operator==(const MessageMeta&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("BlsMessages", &MessageMeta::bls_messages),
                           base::field("SecpkMessages", &MessageMeta::secpk_messages));
  }
};

/// What is gossiped for a block.
struct BlockMessage {
  BlockHeader header;
  std::vector<Cid> bls_messages;
  std::vector<Cid> secpk_messages;
  bool operator==(const BlockMessage&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Header", &BlockMessage::header),
                           base::field("BlsMessages", &BlockMessage::bls_messages),
                           base::field("SecpkMessages", &BlockMessage::secpk_messages));
  }
};

}  // namespace venus::types
