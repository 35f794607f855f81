// SPDX-License-Identifier: MIT OR Apache-2.0
// What the sealer sends to a miner actor and reads of its deadlines: the tuples of the built-in
// actors (builtin-actors, actors/miner) and the node's JSON. Those of the chain side are not for
// services.
#pragma once

#include "base/json.hpp"
#include "ipld/bitfield.hpp"
#include "ipld/codec.hpp"
#include "types/block.hpp"

#include <vector>

namespace venus::sealer {

inline constexpr MethodNum kSubmitWindowedPost{5};
inline constexpr MethodNum kDeclareFaults{10};
inline constexpr MethodNum kDeclareFaultsRecovered{11};

/// Domain separation tags of randomness (protocol.md section 12).
inline constexpr std::int64_t kWindowPostChallengeTag = 4;
inline constexpr std::int64_t kPostChainCommitTag = 9;

struct PostPartition {
  std::uint64_t index = 0;
  BitField skipped;  ///< sectors that were to be proven and are not
  static constexpr auto fields() {
    return base::fields_of(base::field("Index", &PostPartition::index),
                           base::field("Skipped", &PostPartition::skipped));
  }
};

struct SubmitPostParams {
  std::uint64_t deadline = 0;
  std::vector<PostPartition> partitions;
  std::vector<types::PostProof> proofs;
  ChainEpoch chain_commit_epoch;
  Bytes chain_commit_randomness;
  static constexpr auto fields() {
    using base::field;
    using T = SubmitPostParams;
    return base::fields_of(field("Deadline", &T::deadline), field("Partitions", &T::partitions),
                           field("Proofs", &T::proofs),
                           field("ChainCommitEpoch", &T::chain_commit_epoch),
                           field("ChainCommitRand", &T::chain_commit_randomness));
  }
};

/// Of DeclareFaults and DeclareFaultsRecovered alike.
struct Declaration {
  std::uint64_t deadline = 0;
  std::uint64_t partition = 0;
  BitField sectors;
  static constexpr auto fields() {
    return base::fields_of(base::field("Deadline", &Declaration::deadline),
                           base::field("Partition", &Declaration::partition),
                           base::field("Sectors", &Declaration::sectors));
  }
};

struct DeclarationParams {
  std::vector<Declaration> declarations;
  static constexpr auto fields() {
    return base::fields_of(base::field("Declarations", &DeclarationParams::declarations));
  }
};

/// A partition as StateMinerPartitions shows it.
struct PartitionState {
  BitField all, faulty, recovering, live, active;
  static constexpr auto fields() {
    using base::field;
    using T = PartitionState;
    return base::fields_of(field("AllSectors", &T::all), field("FaultySectors", &T::faulty),
                           field("RecoveringSectors", &T::recovering),
                           field("LiveSectors", &T::live), field("ActiveSectors", &T::active));
  }
  /// What a WindowPoSt of it must cover: declared faults are left out unless they are recovering.
  [[nodiscard]] BitField to_prove() const { return (live - faulty) | (recovering & live); }
};

}  // namespace venus::sealer
