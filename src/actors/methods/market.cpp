// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/params/market.hpp"

#include "actors/methods/table.hpp"
#include "actors/params/miner_sealing.hpp"

namespace venus::actors::detail {

Table market_methods() {
  using namespace market;
  using SectorContentReturn = std::vector<std::vector<bool>>;
  return {
      method<Empty>(1, "Constructor"),
      method<Address>(2, "AddBalance"),
      exported<Address>("AddBalance"),
      method<WithdrawBalanceParams, TokenAmount>(3, "WithdrawBalance"),
      exported<WithdrawBalanceParams, TokenAmount>("WithdrawBalance"),
      method<PublishStorageDealsParams, PublishStorageDealsReturn>(4, "PublishStorageDeals"),
      exported<PublishStorageDealsParams, PublishStorageDealsReturn>("PublishStorageDeals"),
      method<VerifyDealsForActivationParams, VerifyDealsForActivationReturn>(
          5, "VerifyDealsForActivation"),
      method<BatchActivateDealsParams>(6, "BatchActivateDeals"),
      method<OnMinerSectorsTerminateParams>(7, "OnMinerSectorsTerminate"),
      method<Empty>(9, "CronTick"),
      exported<Address, GetBalanceReturn>("GetBalance"),
      exported<std::int64_t, GetDealDataCommitmentReturn>("GetDealDataCommitment"),
      exported<std::int64_t, std::int64_t>("GetDealClient"),
      exported<std::int64_t, std::int64_t>("GetDealProvider"),
      exported<std::int64_t, Label>("GetDealLabel"),
      exported<std::int64_t, GetDealTermReturn>("GetDealTerm"),
      exported<std::int64_t, TokenAmount>("GetDealTotalPrice"),
      exported<std::int64_t, TokenAmount>("GetDealClientCollateral"),
      exported<std::int64_t, TokenAmount>("GetDealProviderCollateral"),
      exported<std::int64_t, bool>("GetDealVerified"),
      exported<std::int64_t, GetDealActivationReturn>("GetDealActivation"),
      exported<std::int64_t, SectorNumber>("GetDealSector"),
      exported_as<std::vector<miner::SectorChanges>, SectorContentReturn>("SectorContentChanged",
                                                                          "SectorContentChanged"),
      exported<BitField, SettleDealPaymentsReturn>("SettleDealPayments"),
  };
}

}  // namespace venus::actors::detail
