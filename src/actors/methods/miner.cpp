// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/methods/table.hpp"
#include "actors/params/miner_control.hpp"
#include "actors/params/miner_sealing.hpp"
#include "actors/params/miner_sectors.hpp"

namespace venus::actors::detail {
namespace {

using namespace miner;

Table numbered() {
  return {
      method<ConstructorParams>(1, "Constructor"),
      method<Empty, GetControlAddressesReturn>(2, "ControlAddresses"),
      method<ChangeWorkerAddressParams>(3, "ChangeWorkerAddress"),
      method<ChangePeerIDParams>(4, "ChangePeerID"),
      method<SubmitWindowedPoStParams>(5, "SubmitWindowedPoSt"),
      method<PreCommitSectorParams>(6, "PreCommitSector"),
      method<ProveCommitSectorParams>(7, "ProveCommitSector"),
      method<ExtendSectorExpirationParams>(8, "ExtendSectorExpiration"),
      method<TerminateSectorsParams, TerminateSectorsReturn>(9, "TerminateSectors"),
      method<DeclareFaultsParams>(10, "DeclareFaults"),
      method<DeclareFaultsRecoveredParams>(11, "DeclareFaultsRecovered"),
      method<DeferredCronEventParams>(12, "OnDeferredCronEvent"),
      method<CheckSectorProvenParams>(13, "CheckSectorProven"),
      method<ApplyRewardParams>(14, "ApplyRewards"),
      method<ReportConsensusFaultParams>(15, "ReportConsensusFault"),
      method<WithdrawBalanceParams, TokenAmount>(16, "WithdrawBalance"),
      method<InternalSectorSetupForPresealParams>(17, "InternalSectorSetupForPreseal"),
      method<ChangeMultiaddrsParams>(18, "ChangeMultiaddrs"),
      method<CompactPartitionsParams>(19, "CompactPartitions"),
      method<CompactSectorNumbersParams>(20, "CompactSectorNumbers"),
      method<Empty>(21, "ConfirmChangeWorkerAddress"),
      method<Empty>(22, "RepayDebt"),
      method<Address>(23, "ChangeOwnerAddress"),
      method<DisputeWindowedPoStParams>(24, "DisputeWindowedPoSt"),
      method<PreCommitSectorBatchParams>(25, "PreCommitSectorBatch"),
      method<ProveCommitAggregateParams>(26, "ProveCommitAggregate"),
      method<ProveReplicaUpdatesParams, BitField>(27, "ProveReplicaUpdates"),
      method<PreCommitSectorBatchParams2>(28, "PreCommitSectorBatch2"),
      method<ProveReplicaUpdatesParams2, BitField>(29, "ProveReplicaUpdates2"),
      method<ChangeBeneficiaryParams>(30, "ChangeBeneficiary"),
      method<Empty, GetBeneficiaryReturn>(31, "GetBeneficiary"),
      method<ExtendSectorExpiration2Params>(32, "ExtendSectorExpiration2"),
      method<ProveCommitSectors3Params, BatchReturn>(34, "ProveCommitSectors3"),
      method<ProveReplicaUpdates3Params, BatchReturn>(35, "ProveReplicaUpdates3"),
      method<ProveCommitSectorsNIParams>(36, "ProveCommitSectorsNI"),
  };
}

Table by_name() {
  return {
      exported<ChangeWorkerAddressParams>("ChangeWorkerAddress"),
      exported<ChangePeerIDParams>("ChangePeerID"),
      exported<WithdrawBalanceParams, TokenAmount>("WithdrawBalance"),
      exported<ChangeMultiaddrsParams>("ChangeMultiaddrs"),
      exported<Empty>("ConfirmChangeWorkerAddress"),
      exported<Empty>("RepayDebt"),
      exported<Address>("ChangeOwnerAddress"),
      exported<ChangeBeneficiaryParams>("ChangeBeneficiary"),
      exported<Empty, GetBeneficiaryReturn>("GetBeneficiary"),
      exported<MaxTerminationFeeParams, TokenAmount>("MaxTerminationFee"),
      exported<Empty, TokenAmount>("InitialPledge"),
      exported<Empty, GetOwnerReturn>("GetOwner"),
      exported<Address, bool>("IsControllingAddress"),
      exported<Empty, std::uint64_t>("GetSectorSize"),
      exported<Empty, TokenAmount>("GetAvailableBalance"),
      exported<Empty, VestingFunds>("GetVestingFunds"),
      exported<Empty, GetPeerIDReturn>("GetPeerID"),
      exported<Empty, GetMultiAddrsReturn>("GetMultiaddrs"),
      // FIP-0112 came with actors v18.
      exported<GenerateSectorLocationParams, GenerateSectorLocationReturn>("GenerateSectorLocation",
                                                                           18),
      exported<ValidateSectorStatusParams, bool>("ValidateSectorStatus", 18),
      exported<SectorNumber, ChainEpoch>("GetNominalSectorExpiration", 18),
  };
}

}  // namespace

Table miner_methods() {
  auto out = numbered();
  auto exports = by_name();
  out.insert(out.end(), exports.begin(), exports.end());
  return out;
}

}  // namespace venus::actors::detail
