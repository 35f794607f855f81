// SPDX-License-Identifier: MIT OR Apache-2.0
// Parameters and returns of the verified registry, actors v16 to v19, with the JSON names of
// go-state-types. Methods and their numbers: methods/verified_registry.cpp.
#pragma once

#include "actors/verified_registry.hpp"
#include "types/sector.hpp"

namespace venus::actors {

namespace verified_registry {

/// Allowance in bytes.
struct AddVerifierParams {
  Address address;
  BigInt allowance;
  static constexpr auto fields() {
    return base::fields_of(base::field("Address", &AddVerifierParams::address),
                           base::field("Allowance", &AddVerifierParams::allowance));
  }
};

struct RemoveDataCapRequest {
  Address verifier;
  types::Signature verifier_signature;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("Verifier", &RemoveDataCapRequest::verifier),
        base::field("VerifierSignature", &RemoveDataCapRequest::verifier_signature));
  }
};

struct RemoveDataCapParams {
  Address verified_client_to_remove;
  BigInt data_cap_amount_to_remove;
  RemoveDataCapRequest verifier_request1;
  RemoveDataCapRequest verifier_request2;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("VerifiedClientToRemove", &RemoveDataCapParams::verified_client_to_remove),
        base::field("DataCapAmountToRemove", &RemoveDataCapParams::data_cap_amount_to_remove),
        base::field("VerifierRequest1", &RemoveDataCapParams::verifier_request1),
        base::field("VerifierRequest2", &RemoveDataCapParams::verifier_request2));
  }
};

struct RemoveDataCapReturn {
  Address verified_client;
  BigInt data_cap_removed;
  static constexpr auto fields() {
    return base::fields_of(base::field("VerifiedClient", &RemoveDataCapReturn::verified_client),
                           base::field("DataCapRemoved", &RemoveDataCapReturn::data_cap_removed));
  }
};

struct RemoveExpiredAllocationsParams {
  ActorId client;
  std::vector<std::uint64_t> allocation_ids;
  static constexpr auto fields() {
    return base::fields_of(base::field("Client", &RemoveExpiredAllocationsParams::client),
                           list("AllocationIds", &RemoveExpiredAllocationsParams::allocation_ids));
  }
};

struct RemoveExpiredAllocationsReturn {
  std::vector<std::uint64_t> considered;
  BatchReturn results;
  BigInt data_cap_recovered;
  static constexpr auto fields() {
    return base::fields_of(
        list("Considered", &RemoveExpiredAllocationsReturn::considered),
        base::field("Results", &RemoveExpiredAllocationsReturn::results),
        base::field("DataCapRecovered", &RemoveExpiredAllocationsReturn::data_cap_recovered));
  }
};

struct AllocationClaim {
  ActorId client;
  std::uint64_t allocation_id = 0;
  Cid data;
  PaddedSize size;
  static constexpr auto fields() {
    return base::fields_of(base::field("Client", &AllocationClaim::client),
                           base::field("AllocationId", &AllocationClaim::allocation_id),
                           base::field("Data", &AllocationClaim::data),
                           base::field("Size", &AllocationClaim::size));
  }
};

struct SectorAllocationClaims {
  SectorNumber sector;
  ChainEpoch sector_expiry;
  std::vector<AllocationClaim> claims;
  static constexpr auto fields() {
    return base::fields_of(base::field("Sector", &SectorAllocationClaims::sector),
                           base::field("SectorExpiry", &SectorAllocationClaims::sector_expiry),
                           list("Claims", &SectorAllocationClaims::claims));
  }
};

struct ClaimAllocationsParams {
  std::vector<SectorAllocationClaims> sectors;
  bool all_or_nothing = false;
  static constexpr auto fields() {
    return base::fields_of(list("Sectors", &ClaimAllocationsParams::sectors),
                           base::field("AllOrNothing", &ClaimAllocationsParams::all_or_nothing));
  }
};

/// As go-state-types declares it.
struct ClaimAllocationsReturn {
  BatchReturn batch_info;
  BigInt claimed_space;
  static constexpr auto fields() {
    return base::fields_of(base::field("BatchInfo", &ClaimAllocationsReturn::batch_info),
                           base::field("ClaimedSpace", &ClaimAllocationsReturn::claimed_space));
  }
};

struct GetClaimsParams {
  ActorId provider;
  std::vector<std::uint64_t> claim_ids;
  static constexpr auto fields() {
    return base::fields_of(base::field("Provider", &GetClaimsParams::provider),
                           list("ClaimIds", &GetClaimsParams::claim_ids));
  }
};

struct GetClaimsReturn {
  BatchReturn batch_info;
  std::vector<Claim> claims;
  static constexpr auto fields() {
    return base::fields_of(base::field("BatchInfo", &GetClaimsReturn::batch_info),
                           list("Claims", &GetClaimsReturn::claims));
  }
};

struct ClaimTerm {
  ActorId provider;
  std::uint64_t claim_id = 0;
  ChainEpoch term_max;
  static constexpr auto fields() {
    return base::fields_of(base::field("Provider", &ClaimTerm::provider),
                           base::field("ClaimId", &ClaimTerm::claim_id),
                           base::field("TermMax", &ClaimTerm::term_max));
  }
};

struct ExtendClaimTermsParams {
  std::vector<ClaimTerm> terms;
  static constexpr auto fields() {
    return base::fields_of(list("Terms", &ExtendClaimTermsParams::terms));
  }
};

struct RemoveExpiredClaimsParams {
  ActorId provider;
  std::vector<std::uint64_t> claim_ids;
  static constexpr auto fields() {
    return base::fields_of(base::field("Provider", &RemoveExpiredClaimsParams::provider),
                           list("ClaimIds", &RemoveExpiredClaimsParams::claim_ids));
  }
};

struct RemoveExpiredClaimsReturn {
  std::vector<std::uint64_t> considered;
  BatchReturn results;
  static constexpr auto fields() {
    return base::fields_of(list("Considered", &RemoveExpiredClaimsReturn::considered),
                           base::field("Results", &RemoveExpiredClaimsReturn::results));
  }
};

struct UniversalReceiverParams {
  std::uint64_t type = 0;
  Bytes payload;
  static constexpr auto fields() {
    return base::fields_of(base::field("Type_", &UniversalReceiverParams::type),
                           list("Payload", &UniversalReceiverParams::payload));
  }
};

struct AllocationsResponse {
  BatchReturn allocation_results;
  BatchReturn extension_results;
  std::vector<std::uint64_t> new_allocations;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("AllocationResults", &AllocationsResponse::allocation_results),
        base::field("ExtensionResults", &AllocationsResponse::extension_results),
        list("NewAllocations", &AllocationsResponse::new_allocations));
  }
};

struct AllocationRequest {
  ActorId provider;
  Cid data;
  PaddedSize size;
  ChainEpoch term_min;
  ChainEpoch term_max;
  ChainEpoch expiration;
  static constexpr auto fields() {
    return base::fields_of(base::field("Provider", &AllocationRequest::provider),
                           base::field("Data", &AllocationRequest::data),
                           base::field("Size", &AllocationRequest::size),
                           base::field("TermMin", &AllocationRequest::term_min),
                           base::field("TermMax", &AllocationRequest::term_max),
                           base::field("Expiration", &AllocationRequest::expiration));
  }
};

struct ClaimExtensionRequest {
  ActorId provider;
  std::uint64_t claim = 0;
  ChainEpoch term_max;
  static constexpr auto fields() {
    return base::fields_of(base::field("Provider", &ClaimExtensionRequest::provider),
                           base::field("Claim", &ClaimExtensionRequest::claim),
                           base::field("TermMax", &ClaimExtensionRequest::term_max));
  }
};

/// Operator data of a datacap transfer to the registry.
struct AllocationRequests {
  std::vector<AllocationRequest> allocations;
  std::vector<ClaimExtensionRequest> extensions;
  static constexpr auto fields() {
    return base::fields_of(list("Allocations", &AllocationRequests::allocations),
                           list("Extensions", &AllocationRequests::extensions));
  }
};

}  // namespace verified_registry

}  // namespace venus::actors
