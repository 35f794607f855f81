// SPDX-License-Identifier: MIT OR Apache-2.0
// The node's methods about miners, deals, datacap and multisigs.
#pragma once

#include "api/node/miner_types.hpp"
#include "rpc/method.hpp"

namespace venus::api {

using rpc::Method;
using rpc::MethodList;
using rpc::Perm;

struct StateMinerApi {
  using Info = Method<"Filecoin.StateMinerInfo", Perm::Read, MinerInfo(Address, TipsetKey), "A miner's addresses and sector size", "miner", "tipset">;
  using Power = Method<"Filecoin.StateMinerPower", Perm::Read, MinerPower(Address, TipsetKey), "A miner's power and the network's", "miner", "tipset">;
  using ProvingDeadline = Method<"Filecoin.StateMinerProvingDeadline", Perm::Read, DeadlineInfo(Address, TipsetKey), "Where a miner stands in its proving period", "miner", "tipset">;
  using Deadlines = Method<"Filecoin.StateMinerDeadlines", Perm::Read, Json(Address, TipsetKey), "A miner's deadlines", "miner", "tipset">;
  using Partitions = Method<"Filecoin.StateMinerPartitions", Perm::Read, Json(Address, std::uint64_t, TipsetKey), "Partitions of a deadline; sectors as run lengths", "miner", "deadline", "tipset">;
  using Sectors = Method<"Filecoin.StateMinerSectors", Perm::Read, Json(Address, std::optional<Json>, TipsetKey), "Sectors on chain; null for all, else run lengths", "miner", "sectors", "tipset">;
  using ActiveSectors = Method<"Filecoin.StateMinerActiveSectors", Perm::Read, Json(Address, TipsetKey), "Sectors that are proven now", "miner", "tipset">;
  using SectorCount = Method<"Filecoin.StateMinerSectorCount", Perm::Read, Json(Address, TipsetKey), "How many sectors live, are active, faulty", "miner", "tipset">;
  using Faults = Method<"Filecoin.StateMinerFaults", Perm::Read, Json(Address, TipsetKey), "Faulty sectors as run lengths", "miner", "tipset">;
  using AllFaults = Method<"Filecoin.StateAllMinerFaults", Perm::Read, Json(ChainEpoch, TipsetKey), "Faults of all miners within a lookback", "lookback", "tipset">;
  using Recoveries = Method<"Filecoin.StateMinerRecoveries", Perm::Read, Json(Address, TipsetKey), "Recovering sectors as run lengths", "miner", "tipset">;
  using AvailableBalance = Method<"Filecoin.StateMinerAvailableBalance", Perm::Read, TokenAmount(Address, TipsetKey), "What a miner can withdraw", "miner", "tipset">;
  using SectorAllocated = Method<"Filecoin.StateMinerSectorAllocated", Perm::Read, bool(Address, SectorNumber, TipsetKey), "Whether a sector number was ever used", "miner", "sector", "tipset">;
  using PreCommitDeposit = Method<"Filecoin.StateMinerPreCommitDepositForPower", Perm::Read, TokenAmount(Address, Json, TipsetKey), "Deposit a precommit needs", "miner", "precommit", "tipset">;
  using InitialPledge = Method<"Filecoin.StateMinerInitialPledgeCollateral", Perm::Read, TokenAmount(Address, Json, TipsetKey), "Pledge a sector needs", "miner", "precommit", "tipset">;
  using SectorGetInfo = Method<"Filecoin.StateSectorGetInfo", Perm::Read, Json(Address, SectorNumber, TipsetKey), "A sector on chain; null if there is none", "miner", "sector", "tipset">;
  using SectorPreCommitInfo = Method<"Filecoin.StateSectorPreCommitInfo", Perm::Read, Json(Address, SectorNumber, TipsetKey), "A precommitted sector; null if there is none", "miner", "sector", "tipset">;
  using SectorExpiration = Method<"Filecoin.StateSectorExpiration", Perm::Read, Json(Address, SectorNumber, TipsetKey), "When a sector expires, on time or early", "miner", "sector", "tipset">;
  using SectorPartition = Method<"Filecoin.StateSectorPartition", Perm::Read, Json(Address, SectorNumber, TipsetKey), "Deadline and partition of a sector", "miner", "sector", "tipset">;

  using MarketBalance = Method<"Filecoin.StateMarketBalance", Perm::Read, Json(Address, TipsetKey), "Escrow and locked funds", "address", "tipset">;
  using MarketParticipants = Method<"Filecoin.StateMarketParticipants", Perm::Read, Json(TipsetKey), "Balances of all participants", "tipset">;
  using MarketDeals = Method<"Filecoin.StateMarketDeals", Perm::Read, Json(TipsetKey), "All deals", "tipset">;
  using MarketStorageDeal = Method<"Filecoin.StateMarketStorageDeal", Perm::Read, Json(DealId, TipsetKey), "A deal", "deal", "tipset">;
  using DealCollateralBounds = Method<"Filecoin.StateDealProviderCollateralBounds", Perm::Read, Json(std::uint64_t, bool, TipsetKey), "Least and most collateral of a provider", "padded_piece_size", "verified", "tipset">;
  using VerifiedClientStatus = Method<"Filecoin.StateVerifiedClientStatus", Perm::Read, std::optional<BigInt>(Address, TipsetKey), "Datacap of a client; null if none", "address", "tipset">;
  using VerifierStatus = Method<"Filecoin.StateVerifierStatus", Perm::Read, std::optional<BigInt>(Address, TipsetKey), "Datacap of a verifier; null if none", "address", "tipset">;
  using VerifiedRegistryRootKey = Method<"Filecoin.StateVerifiedRegistryRootKey", Perm::Read, Address(TipsetKey), "Root key of the verified registry", "tipset">;
  using GetAllocations = Method<"Filecoin.StateGetAllocations", Perm::Read, Json(Address, TipsetKey), "Allocations of a client", "client", "tipset">;
  using GetAllAllocations = Method<"Filecoin.StateGetAllAllocations", Perm::Read, Json(TipsetKey), "All allocations", "tipset">;
  using GetClaims = Method<"Filecoin.StateGetClaims", Perm::Read, Json(Address, TipsetKey), "Claims of a provider", "provider", "tipset">;
  using GetAllClaims = Method<"Filecoin.StateGetAllClaims", Perm::Read, Json(TipsetKey), "All claims", "tipset">;

  using MsigAvailableBalance = Method<"Filecoin.MsigGetAvailableBalance", Perm::Read, TokenAmount(Address, TipsetKey), "Unlocked balance of a multisig", "address", "tipset">;
  using MsigVested = Method<"Filecoin.MsigGetVested", Perm::Read, TokenAmount(Address, TipsetKey, TipsetKey), "What vested between two tipsets", "address", "from", "to">;
  using MsigVestingSchedule = Method<"Filecoin.MsigGetVestingSchedule", Perm::Read, Json(Address, TipsetKey), "How a multisig's balance unlocks", "address", "tipset">;
  using MsigPending = Method<"Filecoin.MsigGetPending", Perm::Read, Json(Address, TipsetKey), "Proposals that wait for approval", "address", "tipset">;

  using methods =
      MethodList<Info, Power, ProvingDeadline, Deadlines, Partitions, Sectors, ActiveSectors, SectorCount, Faults,
                 AllFaults, Recoveries, AvailableBalance, SectorAllocated, PreCommitDeposit, InitialPledge,
                 SectorGetInfo, SectorPreCommitInfo, SectorExpiration, SectorPartition, MarketBalance,
                 MarketParticipants, MarketDeals, MarketStorageDeal, DealCollateralBounds, VerifiedClientStatus,
                 VerifierStatus, VerifiedRegistryRootKey, GetAllocations, GetAllAllocations, GetClaims, GetAllClaims,
                 MsigAvailableBalance, MsigVested, MsigVestingSchedule, MsigPending>;
};

}  // namespace venus::api
