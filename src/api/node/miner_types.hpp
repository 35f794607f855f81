// SPDX-License-Identifier: MIT OR Apache-2.0
// Shapes of the node's API that block producers and sealers read.
#pragma once

#include "api/node/chain_types.hpp"
#include "types/sector.hpp"

namespace venus::api {

/// A sector as WinningPoSt needs it.
using ProvenSector = types::ExtendedSectorInfo;

/// What a miner needs to try for a block (MinerGetBaseInfo).
struct MiningBaseInfo {
  BigInt miner_power;
  BigInt network_power;
  std::vector<ProvenSector> sectors;
  Address worker_key;
  std::uint64_t sector_size = 0;
  types::BeaconEntry previous_beacon_entry;
  std::vector<types::BeaconEntry> beacon_entries;
  bool eligible_for_mining = false;
  static constexpr auto fields() {
    using base::field;
    using T = MiningBaseInfo;
    return base::fields_of(
        field("MinerPower", &T::miner_power), field("NetworkPower", &T::network_power),
        field("Sectors", &T::sectors), field("WorkerKey", &T::worker_key), field("SectorSize", &T::sector_size),
        field("PrevBeaconEntry", &T::previous_beacon_entry),
        field("BeaconEntries", &T::beacon_entries, base::JsonRule::NullIfEmpty),
        field("EligibleForMining", &T::eligible_for_mining));
  }
};

/// A block to be completed by the node (MinerCreateBlock).
struct BlockTemplate {
  Address miner;
  TipsetKey parents;
  types::Ticket ticket;
  types::ElectionProof election_proof;
  std::vector<types::BeaconEntry> beacon_values;
  std::vector<types::SignedMessage> messages;
  ChainEpoch epoch;
  std::uint64_t timestamp = 0;
  std::vector<types::PostProof> winning_post_proof;
  static constexpr auto fields() {
    using base::field;
    using T = BlockTemplate;
    return base::fields_of(
        field("Miner", &T::miner), field("Parents", &T::parents), field("Ticket", &T::ticket),
        field("Eproof", &T::election_proof), field("BeaconValues", &T::beacon_values, base::JsonRule::NullIfEmpty),
        field("Messages", &T::messages, base::JsonRule::NullIfEmpty), field("Epoch", &T::epoch),
        field("Timestamp", &T::timestamp),
        field("WinningPoStProof", &T::winning_post_proof, base::JsonRule::NullIfEmpty));
  }
};

struct PowerClaim {
  BigInt raw_byte_power;
  BigInt quality_adjusted_power;
  static constexpr auto fields() {
    return base::fields_of(base::field("RawBytePower", &PowerClaim::raw_byte_power),
                           base::field("QualityAdjPower", &PowerClaim::quality_adjusted_power));
  }
};

struct MinerPower {
  PowerClaim miner_power;
  PowerClaim total_power;
  bool has_min_power = false;
  static constexpr auto fields() {
    using base::field;
    using T = MinerPower;
    return base::fields_of(field("MinerPower", &T::miner_power), field("TotalPower", &T::total_power),
                           field("HasMinPower", &T::has_min_power));
  }
};

struct BeneficiaryTerm {
  TokenAmount quota;
  TokenAmount used_quota;
  ChainEpoch expiration;
  static constexpr auto fields() {
    using base::field;
    using T = BeneficiaryTerm;
    return base::fields_of(field("Quota", &T::quota), field("UsedQuota", &T::used_quota),
                           field("Expiration", &T::expiration));
  }
};

/// StateMinerInfo. PeerId is base58 text, Multiaddrs raw bytes.
struct MinerInfo {
  Address owner;
  Address worker;
  /// "<empty>" when there is none, as Lotus writes it.
  std::string new_worker;
  std::vector<Address> control_addresses;
  ChainEpoch worker_change_epoch;
  std::optional<std::string> peer_id;
  std::vector<Bytes> multiaddrs;
  std::int64_t window_post_proof_type = 0;
  std::uint64_t sector_size = 0;
  std::uint64_t window_post_partition_sectors = 0;
  ChainEpoch consensus_fault_elapsed;
  std::optional<Address> pending_owner_address;
  Address beneficiary;
  std::optional<BeneficiaryTerm> beneficiary_term;
  Json pending_beneficiary_term;
  static constexpr auto fields() {
    using base::field;
    using T = MinerInfo;
    return base::fields_of(
        field("Owner", &T::owner), field("Worker", &T::worker), field("NewWorker", &T::new_worker),
        field("ControlAddresses", &T::control_addresses, base::JsonRule::NullIfEmpty),
        field("WorkerChangeEpoch", &T::worker_change_epoch), field("PeerId", &T::peer_id),
        field("Multiaddrs", &T::multiaddrs, base::JsonRule::NullIfEmpty),
        field("WindowPoStProofType", &T::window_post_proof_type), field("SectorSize", &T::sector_size),
        field("WindowPoStPartitionSectors", &T::window_post_partition_sectors),
        field("ConsensusFaultElapsed", &T::consensus_fault_elapsed),
        field("PendingOwnerAddress", &T::pending_owner_address), field("Beneficiary", &T::beneficiary),
        field("BeneficiaryTerm", &T::beneficiary_term),
        field("PendingBeneficiaryTerm", &T::pending_beneficiary_term));
  }
};

/// StateMinerProvingDeadline: where a miner stands in its proving period; epochs throughout.
struct DeadlineInfo {
  ChainEpoch current_epoch;
  ChainEpoch period_start;
  std::uint64_t index = 0;
  ChainEpoch open;
  ChainEpoch close;
  ChainEpoch challenge;
  ChainEpoch fault_cutoff;
  std::uint64_t period_deadlines = 0;
  std::int64_t proving_period = 0;
  std::int64_t challenge_window = 0;
  std::int64_t challenge_lookback = 0;
  std::int64_t fault_declaration_cutoff = 0;
  static constexpr auto fields() {
    using base::field;
    using T = DeadlineInfo;
    return base::fields_of(
        field("CurrentEpoch", &T::current_epoch), field("PeriodStart", &T::period_start), field("Index", &T::index),
        field("Open", &T::open), field("Close", &T::close), field("Challenge", &T::challenge),
        field("FaultCutoff", &T::fault_cutoff), field("WPoStPeriodDeadlines", &T::period_deadlines),
        field("WPoStProvingPeriod", &T::proving_period), field("WPoStChallengeWindow", &T::challenge_window),
        field("WPoStChallengeLookback", &T::challenge_lookback),
        field("FaultDeclarationCutoff", &T::fault_declaration_cutoff));
  }
};

/// A sector as the miner actor has it; what services read of it (unknown members are ignored).
struct SectorOnChain {
  SectorNumber sector_number;
  std::int64_t seal_proof = 0;
  Cid sealed_cid;
  ChainEpoch activation;
  ChainEpoch expiration;
  static constexpr auto fields() {
    using base::field;
    using T = SectorOnChain;
    return base::fields_of(field("SectorNumber", &T::sector_number), field("SealProof", &T::seal_proof),
                           field("SealedCID", &T::sealed_cid), field("Activation", &T::activation),
                           field("Expiration", &T::expiration));
  }
};

}  // namespace venus::api
