// SPDX-License-Identifier: MIT OR Apache-2.0
// Parameters and returns of the market actor, actors v16 to v19, with the JSON names of
// go-state-types. Methods and their numbers: methods/market.cpp.
#pragma once

#include "actors/market.hpp"
#include "types/sector.hpp"

namespace venus::actors {

namespace market {

struct WithdrawBalanceParams {
  Address provider_or_client_address;
  TokenAmount amount;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("ProviderOrClientAddress", &WithdrawBalanceParams::provider_or_client_address),
        base::field("Amount", &WithdrawBalanceParams::amount));
  }
};

/// A proposal signed by its client.
struct ClientDealProposal {
  Proposal proposal;
  types::Signature client_signature;
  static constexpr auto fields() {
    return base::fields_of(base::field("Proposal", &ClientDealProposal::proposal),
                           base::field("ClientSignature", &ClientDealProposal::client_signature));
  }
};

struct PublishStorageDealsParams {
  std::vector<ClientDealProposal> deals;
  static constexpr auto fields() {
    return base::fields_of(list("Deals", &PublishStorageDealsParams::deals));
  }
};

/// ValidDeals has a bit for each proposal that was accepted; IDs follow in their order.
struct PublishStorageDealsReturn {
  std::vector<DealId> ids;
  BitField valid_deals;
  static constexpr auto fields() {
    return base::fields_of(list("IDs", &PublishStorageDealsReturn::ids),
                           base::field("ValidDeals", &PublishStorageDealsReturn::valid_deals));
  }
};

struct SectorDeals {
  SectorNumber sector_number;
  RegisteredSealProof sector_type{};
  ChainEpoch sector_expiry;
  std::vector<DealId> deal_ids;
  static constexpr auto fields() {
    return base::fields_of(base::field("SectorNumber", &SectorDeals::sector_number),
                           base::field("SectorType", &SectorDeals::sector_type),
                           base::field("SectorExpiry", &SectorDeals::sector_expiry),
                           list("DealIDs", &SectorDeals::deal_ids));
  }
};

struct VerifyDealsForActivationParams {
  std::vector<SectorDeals> sectors;
  static constexpr auto fields() {
    return base::fields_of(list("Sectors", &VerifyDealsForActivationParams::sectors));
  }
};

struct VerifyDealsForActivationReturn {
  std::vector<std::optional<Cid>> unsealed_c_ids;
  static constexpr auto fields() {
    return base::fields_of(list("UnsealedCIDs", &VerifyDealsForActivationReturn::unsealed_c_ids));
  }
};

struct BatchActivateDealsParams {
  std::vector<SectorDeals> sectors;
  bool compute_cid = false;
  static constexpr auto fields() {
    return base::fields_of(list("Sectors", &BatchActivateDealsParams::sectors),
                           base::field("ComputeCid", &BatchActivateDealsParams::compute_cid));
  }
};

struct OnMinerSectorsTerminateParams {
  ChainEpoch epoch;
  std::vector<DealId> deal_ids;
  static constexpr auto fields() {
    return base::fields_of(base::field("Epoch", &OnMinerSectorsTerminateParams::epoch),
                           list("DealIDs", &OnMinerSectorsTerminateParams::deal_ids));
  }
};

struct GetBalanceReturn {
  TokenAmount balance;
  TokenAmount locked;
  static constexpr auto fields() {
    return base::fields_of(base::field("Balance", &GetBalanceReturn::balance),
                           base::field("Locked", &GetBalanceReturn::locked));
  }
};

struct GetDealDataCommitmentReturn {
  Cid data;
  PaddedSize size;
  static constexpr auto fields() {
    return base::fields_of(base::field("Data", &GetDealDataCommitmentReturn::data),
                           base::field("Size", &GetDealDataCommitmentReturn::size));
  }
};

struct GetDealTermReturn {
  ChainEpoch start;
  ChainEpoch duration;
  static constexpr auto fields() {
    return base::fields_of(base::field("Start", &GetDealTermReturn::start),
                           base::field("Duration", &GetDealTermReturn::duration));
  }
};

struct GetDealActivationReturn {
  ChainEpoch activated;
  ChainEpoch terminated;
  static constexpr auto fields() {
    return base::fields_of(base::field("Activated", &GetDealActivationReturn::activated),
                           base::field("Terminated", &GetDealActivationReturn::terminated));
  }
};

struct DealSettlementSummary {
  TokenAmount payment;
  bool completed = false;
  static constexpr auto fields() {
    return base::fields_of(base::field("Payment", &DealSettlementSummary::payment),
                           base::field("Completed", &DealSettlementSummary::completed));
  }
};

struct SettleDealPaymentsReturn {
  BatchReturn results;
  std::vector<DealSettlementSummary> settlements;
  static constexpr auto fields() {
    return base::fields_of(base::field("Results", &SettleDealPaymentsReturn::results),
                           list("Settlements", &SettleDealPaymentsReturn::settlements));
  }
};

}  // namespace market

}  // namespace venus::actors
