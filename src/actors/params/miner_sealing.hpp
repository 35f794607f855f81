// SPDX-License-Identifier: MIT OR Apache-2.0
// Parameters and returns of the storage miner that bring sectors to life or change their data,
// actors v16 to v19, with the JSON names of go-state-types. Methods and their numbers:
// methods/miner.cpp.
#pragma once

#include "actors/miner_state.hpp"

namespace venus::actors {

namespace miner {

/// Of the removed methods 6 and 25, still decoded.
struct PreCommitSectorParams {
  RegisteredSealProof seal_proof{};
  SectorNumber sector_number;
  Cid sealed_cid;
  ChainEpoch seal_rand_epoch;
  std::vector<DealId> deal_ids;
  ChainEpoch expiration;
  bool replace_capacity = false;
  std::uint64_t replace_sector_deadline = 0;
  std::uint64_t replace_sector_partition = 0;
  SectorNumber replace_sector_number;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("SealProof", &PreCommitSectorParams::seal_proof),
        base::field("SectorNumber", &PreCommitSectorParams::sector_number),
        base::field("SealedCID", &PreCommitSectorParams::sealed_cid),
        base::field("SealRandEpoch", &PreCommitSectorParams::seal_rand_epoch),
        list("DealIDs", &PreCommitSectorParams::deal_ids),
        base::field("Expiration", &PreCommitSectorParams::expiration),
        base::field("ReplaceCapacity", &PreCommitSectorParams::replace_capacity),
        base::field("ReplaceSectorDeadline", &PreCommitSectorParams::replace_sector_deadline),
        base::field("ReplaceSectorPartition", &PreCommitSectorParams::replace_sector_partition),
        base::field("ReplaceSectorNumber", &PreCommitSectorParams::replace_sector_number));
  }
};

struct PreCommitSectorBatchParams {
  std::vector<PreCommitSectorParams> sectors;
  static constexpr auto fields() {
    return base::fields_of(list("Sectors", &PreCommitSectorBatchParams::sectors));
  }
};

/// At most 256 sectors.
struct PreCommitSectorBatchParams2 {
  std::vector<PreCommitInfo> sectors;
  static constexpr auto fields() {
    return base::fields_of(list("Sectors", &PreCommitSectorBatchParams2::sectors));
  }
};

struct ProveCommitSectorParams {
  SectorNumber sector_number;
  Bytes proof;
  static constexpr auto fields() {
    return base::fields_of(base::field("SectorNumber", &ProveCommitSectorParams::sector_number),
                           list("Proof", &ProveCommitSectorParams::proof));
  }
};

struct ProveCommitAggregateParams {
  BitField sector_numbers;
  Bytes aggregate_proof;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("SectorNumbers", &ProveCommitAggregateParams::sector_numbers),
        list("AggregateProof", &ProveCommitAggregateParams::aggregate_proof));
  }
};

struct ReplicaUpdate {
  SectorNumber sector_id;
  std::uint64_t deadline = 0;
  std::uint64_t partition = 0;
  Cid new_sealed_sector_cid;
  std::vector<DealId> deals;
  types::RegisteredUpdateProof update_proof_type{};
  Bytes replica_proof;
  static constexpr auto fields() {
    return base::fields_of(base::field("SectorID", &ReplicaUpdate::sector_id),
                           base::field("Deadline", &ReplicaUpdate::deadline),
                           base::field("Partition", &ReplicaUpdate::partition),
                           base::field("NewSealedSectorCID", &ReplicaUpdate::new_sealed_sector_cid),
                           list("Deals", &ReplicaUpdate::deals),
                           base::field("UpdateProofType", &ReplicaUpdate::update_proof_type),
                           list("ReplicaProof", &ReplicaUpdate::replica_proof));
  }
};

struct ProveReplicaUpdatesParams {
  std::vector<ReplicaUpdate> updates;
  static constexpr auto fields() {
    return base::fields_of(list("Updates", &ProveReplicaUpdatesParams::updates));
  }
};

struct ReplicaUpdate2 {
  SectorNumber sector_id;
  std::uint64_t deadline = 0;
  std::uint64_t partition = 0;
  Cid new_sealed_sector_cid;
  Cid new_unsealed_sector_cid;
  std::vector<DealId> deals;
  types::RegisteredUpdateProof update_proof_type{};
  Bytes replica_proof;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("SectorID", &ReplicaUpdate2::sector_id),
        base::field("Deadline", &ReplicaUpdate2::deadline),
        base::field("Partition", &ReplicaUpdate2::partition),
        base::field("NewSealedSectorCID", &ReplicaUpdate2::new_sealed_sector_cid),
        base::field("NewUnsealedSectorCID", &ReplicaUpdate2::new_unsealed_sector_cid),
        list("Deals", &ReplicaUpdate2::deals),
        base::field("UpdateProofType", &ReplicaUpdate2::update_proof_type),
        list("ReplicaProof", &ReplicaUpdate2::replica_proof));
  }
};

struct ProveReplicaUpdatesParams2 {
  std::vector<ReplicaUpdate2> updates;
  static constexpr auto fields() {
    return base::fields_of(list("Updates", &ProveReplicaUpdatesParams2::updates));
  }
};

struct VerifiedAllocationKey {
  ActorId client;
  std::uint64_t id = 0;
  static constexpr auto fields() {
    return base::fields_of(base::field("Client", &VerifiedAllocationKey::client),
                           base::field("ID", &VerifiedAllocationKey::id));
  }
};

/// Whom to tell about a piece.
struct DataActivationNotification {
  Address address;
  Bytes payload;
  static constexpr auto fields() {
    return base::fields_of(base::field("Address", &DataActivationNotification::address),
                           list("Payload", &DataActivationNotification::payload));
  }
};

struct PieceActivationManifest {
  Cid cid;
  PaddedSize size;
  std::optional<VerifiedAllocationKey> verified_allocation_key;
  std::vector<DataActivationNotification> notify;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("CID", &PieceActivationManifest::cid),
        base::field("Size", &PieceActivationManifest::size),
        base::field("VerifiedAllocationKey", &PieceActivationManifest::verified_allocation_key),
        list("Notify", &PieceActivationManifest::notify));
  }
};

/// A sector and the pieces in it; zeros fill the rest.
struct SectorActivationManifest {
  SectorNumber sector_number;
  std::vector<PieceActivationManifest> pieces;
  static constexpr auto fields() {
    return base::fields_of(base::field("SectorNumber", &SectorActivationManifest::sector_number),
                           list("Pieces", &SectorActivationManifest::pieces));
  }
};

/// Either one proof a sector or an aggregate.
struct ProveCommitSectors3Params {
  std::vector<SectorActivationManifest> sector_activations;
  std::vector<Bytes> sector_proofs;
  Bytes aggregate_proof;
  std::optional<types::RegisteredAggregationProof> aggregate_proof_type;
  bool require_activation_success = false;
  bool require_notification_success = false;
  static constexpr auto fields() {
    return base::fields_of(
        list("SectorActivations", &ProveCommitSectors3Params::sector_activations),
        list("SectorProofs", &ProveCommitSectors3Params::sector_proofs),
        list("AggregateProof", &ProveCommitSectors3Params::aggregate_proof),
        base::field("AggregateProofType", &ProveCommitSectors3Params::aggregate_proof_type),
        base::field("RequireActivationSuccess",
                    &ProveCommitSectors3Params::require_activation_success),
        base::field("RequireNotificationSuccess",
                    &ProveCommitSectors3Params::require_notification_success));
  }
};

struct SectorUpdateManifest {
  SectorNumber sector;
  std::uint64_t deadline = 0;
  std::uint64_t partition = 0;
  Cid new_sealed_cid;
  std::vector<PieceActivationManifest> pieces;
  static constexpr auto fields() {
    return base::fields_of(base::field("Sector", &SectorUpdateManifest::sector),
                           base::field("Deadline", &SectorUpdateManifest::deadline),
                           base::field("Partition", &SectorUpdateManifest::partition),
                           base::field("NewSealedCID", &SectorUpdateManifest::new_sealed_cid),
                           list("Pieces", &SectorUpdateManifest::pieces));
  }
};

struct ProveReplicaUpdates3Params {
  std::vector<SectorUpdateManifest> sector_updates;
  std::vector<Bytes> sector_proofs;
  Bytes aggregate_proof;
  types::RegisteredUpdateProof update_proofs_type{};
  std::optional<types::RegisteredAggregationProof> aggregate_proof_type;
  bool require_activation_success = false;
  bool require_notification_success = false;
  static constexpr auto fields() {
    return base::fields_of(
        list("SectorUpdates", &ProveReplicaUpdates3Params::sector_updates),
        list("SectorProofs", &ProveReplicaUpdates3Params::sector_proofs),
        list("AggregateProof", &ProveReplicaUpdates3Params::aggregate_proof),
        base::field("UpdateProofsType", &ProveReplicaUpdates3Params::update_proofs_type),
        base::field("AggregateProofType", &ProveReplicaUpdates3Params::aggregate_proof_type),
        base::field("RequireActivationSuccess",
                    &ProveReplicaUpdates3Params::require_activation_success),
        base::field("RequireNotificationSuccess",
                    &ProveReplicaUpdates3Params::require_notification_success));
  }
};

struct SectorNIActivationInfo {
  SectorNumber sealing_number;
  ActorId sealer_id;
  Cid sealed_cid;
  SectorNumber sector_number;
  ChainEpoch seal_rand_epoch;
  ChainEpoch expiration;
  static constexpr auto fields() {
    return base::fields_of(base::field("SealingNumber", &SectorNIActivationInfo::sealing_number),
                           base::field("SealerID", &SectorNIActivationInfo::sealer_id),
                           base::field("SealedCID", &SectorNIActivationInfo::sealed_cid),
                           base::field("SectorNumber", &SectorNIActivationInfo::sector_number),
                           base::field("SealRandEpoch", &SectorNIActivationInfo::seal_rand_epoch),
                           base::field("Expiration", &SectorNIActivationInfo::expiration));
  }
};

struct ProveCommitSectorsNIParams {
  std::vector<SectorNIActivationInfo> sectors;
  Bytes aggregate_proof;
  RegisteredSealProof seal_proof_type{};
  types::RegisteredAggregationProof aggregate_proof_type{};
  std::uint64_t proving_deadline = 0;
  bool require_activation_success = false;
  static constexpr auto fields() {
    return base::fields_of(
        list("Sectors", &ProveCommitSectorsNIParams::sectors),
        list("AggregateProof", &ProveCommitSectorsNIParams::aggregate_proof),
        base::field("SealProofType", &ProveCommitSectorsNIParams::seal_proof_type),
        base::field("AggregateProofType", &ProveCommitSectorsNIParams::aggregate_proof_type),
        base::field("ProvingDeadline", &ProveCommitSectorsNIParams::proving_deadline),
        base::field("RequireActivationSuccess",
                    &ProveCommitSectorsNIParams::require_activation_success));
  }
};

/// A piece that was committed to a sector.
struct PieceChange {
  Cid data;
  PaddedSize size;
  Bytes payload;
  static constexpr auto fields() {
    return base::fields_of(base::field("Data", &PieceChange::data),
                           base::field("Size", &PieceChange::size),
                           list("Payload", &PieceChange::payload));
  }
};

struct SectorChanges {
  SectorNumber sector;
  ChainEpoch minimum_commitment_epoch;
  std::vector<PieceChange> added;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("Sector", &SectorChanges::sector),
        base::field("MinimumCommitmentEpoch", &SectorChanges::minimum_commitment_epoch),
        list("Added", &SectorChanges::added));
  }
};

}  // namespace miner

}  // namespace venus::actors
