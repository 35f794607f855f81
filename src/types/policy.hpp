// SPDX-License-Identifier: MIT OR Apache-2.0
// Numbers of the protocol that are the same on every network (protocol.md section 1). What differs
// between networks is in network_params.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace venus::types::policy {

// ---- chain -------------------------------------------------------------------------------------
inline constexpr std::int64_t kChainFinality = 900;
inline constexpr std::int64_t kBlocksPerEpoch = 5;
inline constexpr std::uint64_t kAllowableClockDriftSeconds = 1;
inline constexpr std::int64_t kTicketRandomnessLookback = 1;
/// How many epochs above what the clock says a header may be.
inline constexpr std::int64_t kMaxHeightDrift = 5;
inline constexpr std::int64_t kSafeHeightDistance = 200;
inline constexpr std::int64_t kEpochsInHour = 120;
inline constexpr std::int64_t kEpochsInDay = 2880;
inline constexpr std::int64_t kEpochsInYear = 1'051'897;

// ---- supply, in whole FIL ----------------------------------------------------------------------
inline constexpr std::int64_t kTotalFil = 2'000'000'000;
inline constexpr std::int64_t kInitialRewardFil = 1'100'000'000;
inline constexpr std::int64_t kInitialReservedFil = 300'000'000;

// ---- gas ---------------------------------------------------------------------------------------
inline constexpr std::int64_t kBlockGasLimit = 10'000'000'000;
inline constexpr std::int64_t kBlockGasTarget = 5'000'000'000;
/// FIP-0115: the gas index whose premium moves the base fee.
inline constexpr std::int64_t kBlockGasTargetIndex = 7'999'999'999;
inline constexpr std::int64_t kBaseFeeMaxChangeDenominator = 8;
inline constexpr std::int64_t kInitialBaseFee = 100'000'000;
inline constexpr std::int64_t kMinimumBaseFee = 100;
inline constexpr std::int64_t kPackingEfficiencyNumerator = 4;
inline constexpr std::int64_t kPackingEfficiencyDenominator = 5;
inline constexpr std::size_t kBlockMessageLimit = 10'000;

// ---- sectors -----------------------------------------------------------------------------------
inline constexpr std::int64_t kSealRandomnessLookback = kChainFinality;
inline constexpr std::int64_t kMaxPreCommitRandomnessLookback = kEpochsInDay + kChainFinality;
inline constexpr std::int64_t kWindowPostProvingPeriod = 2880;
inline constexpr std::int64_t kWindowPostChallengeWindow = 60;
inline constexpr std::uint64_t kWindowPostPeriodDeadlines = 48;
inline constexpr std::int64_t kWindowPostChallengeLookback = 20;
inline constexpr std::int64_t kFaultDeclarationCutoff = 70;
inline constexpr std::int64_t kFaultMaxAge = 42 * kWindowPostProvingPeriod;
inline constexpr std::int64_t kWindowPostMaxChainCommitAge = 60;
inline constexpr std::int64_t kWindowPostDisputeWindow = 1800;
inline constexpr std::uint64_t kPostedPartitionsMax = 3;
inline constexpr std::uint64_t kDeclarationsMax = 3000;
inline constexpr std::uint64_t kAddressedSectorsMax = 25'000;
inline constexpr std::uint64_t kMinAggregatedSectors = 4;
inline constexpr std::uint64_t kMaxAggregatedSectors = 819;
inline constexpr std::uint64_t kMaxAggregateProofSize = 81'960;
inline constexpr std::int64_t kMinSectorExpiration = 180 * kEpochsInDay;
inline constexpr std::int64_t kMaxSectorExpirationExtension = 1278 * kEpochsInDay;
inline constexpr std::int64_t kConsensusFaultIneligibility = kChainFinality;
inline constexpr std::int64_t kNonInteractiveRandomnessLookback = 180 * kEpochsInDay;
inline constexpr std::int64_t kMaxProveCommitDays = 30;
inline constexpr std::uint64_t kConsensusMinerMinMiners = 4;

}  // namespace venus::types::policy
