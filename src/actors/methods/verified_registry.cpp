// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/params/verified_registry.hpp"

#include "actors/methods/table.hpp"
#include "actors/params/datacap.hpp"

namespace venus::actors::detail {

Table verified_registry_methods() {
  using namespace verified_registry;
  return {
      method<Address>(1, "Constructor"),
      method<AddVerifierParams>(2, "AddVerifier"),
      method<Address>(3, "RemoveVerifier"),
      // A client is granted datacap with the parameters a verifier is.
      method<AddVerifierParams>(4, "AddVerifiedClient"),
      exported<AddVerifierParams>("AddVerifiedClient"),
      method<RemoveDataCapParams, RemoveDataCapReturn>(7, "RemoveVerifiedClientDataCap"),
      method<RemoveExpiredAllocationsParams, RemoveExpiredAllocationsReturn>(
          8, "RemoveExpiredAllocations"),
      exported<RemoveExpiredAllocationsParams, RemoveExpiredAllocationsReturn>(
          "RemoveExpiredAllocations"),
      method<ClaimAllocationsParams, ClaimAllocationsReturn>(9, "ClaimAllocations"),
      method<GetClaimsParams, GetClaimsReturn>(10, "GetClaims"),
      exported<GetClaimsParams, GetClaimsReturn>("GetClaims"),
      method<ExtendClaimTermsParams, BatchReturn>(11, "ExtendClaimTerms"),
      exported<ExtendClaimTermsParams, BatchReturn>("ExtendClaimTerms"),
      method<RemoveExpiredClaimsParams, RemoveExpiredClaimsReturn>(12, "RemoveExpiredClaims"),
      exported<RemoveExpiredClaimsParams, RemoveExpiredClaimsReturn>("RemoveExpiredClaims"),
      exported_as<UniversalReceiverParams, AllocationsResponse>("Receive", "UniversalReceiverHook"),
  };
}

Table datacap_methods() {
  using namespace datacap;
  return {
      method<Address>(1, "Constructor"),
      exported<MintParams, MintReturn>("Mint"),
      exported<DestroyParams, BurnReturn>("Destroy"),
      exported<Empty, std::string>("Name"),
      exported<Empty, std::string>("Symbol"),
      exported<Empty, TokenAmount>("TotalSupply"),
      exported<Address, TokenAmount>("Balance"),
      exported<TransferParams, TransferReturn>("Transfer"),
      exported<TransferFromParams, TransferFromReturn>("TransferFrom"),
      exported<IncreaseAllowanceParams, TokenAmount>("IncreaseAllowance"),
      exported<DecreaseAllowanceParams, TokenAmount>("DecreaseAllowance"),
      exported<RevokeAllowanceParams, TokenAmount>("RevokeAllowance"),
      exported<BurnParams, BurnReturn>("Burn"),
      exported<BurnFromParams, BurnFromReturn>("BurnFrom"),
      exported<GetAllowanceParams, TokenAmount>("Allowance"),
      exported<Empty, std::int64_t>("Granularity"),
  };
}

}  // namespace venus::actors::detail
