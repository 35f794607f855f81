// SPDX-License-Identifier: MIT OR Apache-2.0
// Parameters and returns of the storage miner about proving and ending sectors, actors v16 to v19,
// with the JSON names of go-state-types. Methods and their numbers: methods/miner.cpp.
#pragma once

#include "actors/miner_state.hpp"
#include "types/block.hpp"

namespace venus::actors {

namespace miner {

/// A partition being proven, without the sectors skipped (which become faulty).
struct PoStPartition {
  std::uint64_t index = 0;
  BitField skipped;
  static constexpr auto fields() {
    return base::fields_of(base::field("Index", &PoStPartition::index),
                           base::field("Skipped", &PoStPartition::skipped));
  }
};

/// A WindowPoSt of one deadline; at most three partitions.
struct SubmitWindowedPoStParams {
  std::uint64_t deadline = 0;
  std::vector<PoStPartition> partitions;
  std::vector<types::PostProof> proofs;
  ChainEpoch chain_commit_epoch;
  Bytes chain_commit_rand;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("Deadline", &SubmitWindowedPoStParams::deadline),
        list("Partitions", &SubmitWindowedPoStParams::partitions),
        list("Proofs", &SubmitWindowedPoStParams::proofs),
        base::field("ChainCommitEpoch", &SubmitWindowedPoStParams::chain_commit_epoch),
        list("ChainCommitRand", &SubmitWindowedPoStParams::chain_commit_rand));
  }
};

struct DisputeWindowedPoStParams {
  std::uint64_t deadline = 0;
  std::uint64_t post_index = 0;
  static constexpr auto fields() {
    return base::fields_of(base::field("Deadline", &DisputeWindowedPoStParams::deadline),
                           base::field("PoStIndex", &DisputeWindowedPoStParams::post_index));
  }
};

struct ExpirationExtension {
  std::uint64_t deadline = 0;
  std::uint64_t partition = 0;
  BitField sectors;
  ChainEpoch new_expiration;
  static constexpr auto fields() {
    return base::fields_of(base::field("Deadline", &ExpirationExtension::deadline),
                           base::field("Partition", &ExpirationExtension::partition),
                           base::field("Sectors", &ExpirationExtension::sectors),
                           base::field("NewExpiration", &ExpirationExtension::new_expiration));
  }
};

struct ExtendSectorExpirationParams {
  std::vector<ExpirationExtension> extensions;
  static constexpr auto fields() {
    return base::fields_of(list("Extensions", &ExtendSectorExpirationParams::extensions));
  }
};

/// Which verified claims of a sector to keep when it is extended.
struct SectorClaim {
  SectorNumber sector_number;
  std::vector<std::uint64_t> maintain_claims;
  std::vector<std::uint64_t> drop_claims;
  static constexpr auto fields() {
    return base::fields_of(base::field("SectorNumber", &SectorClaim::sector_number),
                           list("MaintainClaims", &SectorClaim::maintain_claims),
                           list("DropClaims", &SectorClaim::drop_claims));
  }
};

struct ExpirationExtension2 {
  std::uint64_t deadline = 0;
  std::uint64_t partition = 0;
  BitField sectors;
  std::vector<SectorClaim> sectors_with_claims;
  ChainEpoch new_expiration;
  static constexpr auto fields() {
    return base::fields_of(base::field("Deadline", &ExpirationExtension2::deadline),
                           base::field("Partition", &ExpirationExtension2::partition),
                           base::field("Sectors", &ExpirationExtension2::sectors),
                           list("SectorsWithClaims", &ExpirationExtension2::sectors_with_claims),
                           base::field("NewExpiration", &ExpirationExtension2::new_expiration));
  }
};

struct ExtendSectorExpiration2Params {
  std::vector<ExpirationExtension2> extensions;
  static constexpr auto fields() {
    return base::fields_of(list("Extensions", &ExtendSectorExpiration2Params::extensions));
  }
};

struct TerminationDeclaration {
  std::uint64_t deadline = 0;
  std::uint64_t partition = 0;
  BitField sectors;
  static constexpr auto fields() {
    return base::fields_of(base::field("Deadline", &TerminationDeclaration::deadline),
                           base::field("Partition", &TerminationDeclaration::partition),
                           base::field("Sectors", &TerminationDeclaration::sectors));
  }
};

struct TerminateSectorsParams {
  std::vector<TerminationDeclaration> terminations;
  static constexpr auto fields() {
    return base::fields_of(list("Terminations", &TerminateSectorsParams::terminations));
  }
};

/// Done is false when terminations are left to process.
struct TerminateSectorsReturn {
  bool done = false;
  static constexpr auto fields() {
    return base::fields_of(base::field("Done", &TerminateSectorsReturn::done));
  }
};

struct FaultDeclaration {
  std::uint64_t deadline = 0;
  std::uint64_t partition = 0;
  BitField sectors;
  static constexpr auto fields() {
    return base::fields_of(base::field("Deadline", &FaultDeclaration::deadline),
                           base::field("Partition", &FaultDeclaration::partition),
                           base::field("Sectors", &FaultDeclaration::sectors));
  }
};

struct DeclareFaultsParams {
  std::vector<FaultDeclaration> faults;
  static constexpr auto fields() {
    return base::fields_of(list("Faults", &DeclareFaultsParams::faults));
  }
};

struct RecoveryDeclaration {
  std::uint64_t deadline = 0;
  std::uint64_t partition = 0;
  BitField sectors;
  static constexpr auto fields() {
    return base::fields_of(base::field("Deadline", &RecoveryDeclaration::deadline),
                           base::field("Partition", &RecoveryDeclaration::partition),
                           base::field("Sectors", &RecoveryDeclaration::sectors));
  }
};

struct DeclareFaultsRecoveredParams {
  std::vector<RecoveryDeclaration> recoveries;
  static constexpr auto fields() {
    return base::fields_of(list("Recoveries", &DeclareFaultsRecoveredParams::recoveries));
  }
};

struct CheckSectorProvenParams {
  SectorNumber sector_number;
  static constexpr auto fields() {
    return base::fields_of(base::field("SectorNumber", &CheckSectorProvenParams::sector_number));
  }
};

struct CompactPartitionsParams {
  std::uint64_t deadline = 0;
  BitField partitions;
  static constexpr auto fields() {
    return base::fields_of(base::field("Deadline", &CompactPartitionsParams::deadline),
                           base::field("Partitions", &CompactPartitionsParams::partitions));
  }
};

struct CompactSectorNumbersParams {
  BitField mask_sector_numbers;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("MaskSectorNumbers", &CompactSectorNumbersParams::mask_sector_numbers));
  }
};

struct GenerateSectorLocationParams {
  SectorNumber sector_number;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("SectorNumber", &GenerateSectorLocationParams::sector_number));
  }
};

/// Status: 0 dead, 1 active, 2 faulty.
struct GenerateSectorLocationReturn {
  std::uint8_t status = 0;
  Bytes aux_data;
  static constexpr auto fields() {
    return base::fields_of(base::field("Status", &GenerateSectorLocationReturn::status),
                           list("AuxData", &GenerateSectorLocationReturn::aux_data));
  }
};

struct ValidateSectorStatusParams {
  SectorNumber sector_number;
  std::uint8_t status = 0;
  Bytes aux_data;
  static constexpr auto fields() {
    return base::fields_of(base::field("SectorNumber", &ValidateSectorStatusParams::sector_number),
                           base::field("Status", &ValidateSectorStatusParams::status),
                           list("AuxData", &ValidateSectorStatusParams::aux_data));
  }
};

}  // namespace miner

}  // namespace venus::actors
