// SPDX-License-Identifier: MIT OR Apache-2.0
#include "genesis/miners.hpp"

#include "actors/init.hpp"
#include "actors/miner_state.hpp"
#include "crypto/hash.hpp"
#include "genesis/builder.hpp"
#include "ipld/amt.hpp"

namespace venus::genesis {
namespace {

namespace id = types::singleton;
namespace miner_state = actors::miner;

constexpr std::int64_t kProvingPeriod = 2880;
constexpr std::int64_t kDeadlineEpochs = 60;
/// 1278 days, the longest a sector may live, less one period of slack.
constexpr std::int64_t kLifetimePeriods = 1278 - 1;

constexpr MethodNum kCreateMiner{2};
constexpr MethodNum kUpdateClaimedPower{3};
constexpr MethodNum kPreCommitSectorBatch2{28};
constexpr MethodNum kInternalSectorSetupForPreseal{17};

struct CreateMinerParams {
  Address owner;
  Address worker;
  std::int64_t window_post_proof = 0;
  Bytes peer;
  std::vector<Bytes> multiaddrs;
  static constexpr auto fields() {
    using base::field;
    using T = CreateMinerParams;
    return base::fields_of(field("Owner", &T::owner), field("Worker", &T::worker),
                           field("WindowPoStProofType", &T::window_post_proof), field("Peer", &T::peer),
                           field("Multiaddrs", &T::multiaddrs));
  }
};

struct CreateMinerReturn {
  Address id_address;
  Address robust_address;
  static constexpr auto fields() {
    return base::fields_of(base::field("IDAddress", &CreateMinerReturn::id_address),
                           base::field("RobustAddress", &CreateMinerReturn::robust_address));
  }
};

struct PreCommit {
  std::int64_t seal_proof = 0;
  SectorNumber sector_number;
  Cid sealed_cid;
  ChainEpoch seal_rand_epoch;
  std::vector<DealId> deal_ids;
  ChainEpoch expiration;
  std::optional<Cid> unsealed_cid;
  static constexpr auto fields() {
    using base::field;
    using T = PreCommit;
    return base::fields_of(field("SealProof", &T::seal_proof), field("SectorNumber", &T::sector_number),
                           field("SealedCID", &T::sealed_cid), field("SealRandEpoch", &T::seal_rand_epoch),
                           field("DealIDs", &T::deal_ids), field("Expiration", &T::expiration),
                           field("UnsealedCid", &T::unsealed_cid));
  }
};

struct PreCommitBatch {
  std::vector<PreCommit> sectors;
  static constexpr auto fields() { return base::fields_of(base::field("Sectors", &PreCommitBatch::sectors)); }
};

// All but the sectors stay zero, which makes the initial pledge the least there is, as in every genesis.
struct PresealSetup {
  std::vector<SectorNumber> sectors;
  actors::FilterEstimate reward_smoothed;
  BigInt reward_baseline_power;
  actors::FilterEstimate quality_adjusted_power_smoothed;
  static constexpr auto fields() {
    using base::field;
    using T = PresealSetup;
    return base::fields_of(field("Sectors", &T::sectors), field("RewardSmoothed", &T::reward_smoothed),
                           field("RewardBaselinePower", &T::reward_baseline_power),
                           field("QualityAdjPowerSmoothed", &T::quality_adjusted_power_smoothed));
  }
};

struct ClaimedPower {
  BigInt raw_delta;
  BigInt quality_adjusted_delta;
  static constexpr auto fields() {
    return base::fields_of(base::field("RawByteDelta", &ClaimedPower::raw_delta),
                           base::field("QualityAdjustedDelta", &ClaimedPower::quality_adjusted_delta));
  }
};

Result<void> choose_next_id(GenesisVm& vm, ActorId next) {
  return vm.edit([next](actors::StateTree& tree) -> Result<void> {
    TRY(auto actor, tree.get_actor(id::kInit));
    TRY(auto state, ipld::load<actors::init::State>(tree.store(), actor.head));
    if (state.next_id > next) {
      return fail(ErrorCode::InvalidArgument, "number {} is taken: the next free one is {}", next, state.next_id);
    }
    state.next_id = next;
    TRY(actor.head, ipld::store_value(tree.store(), state));
    return tree.set_actor(id::kInit, actor);
  });
}

Result<void> create_actor(GenesisVm& vm, const Miner& miner) {
  TRY_VOID(choose_next_id(vm, miner.id));
  const CreateMinerParams params{miner.owner, miner.worker, static_cast<std::int64_t>(miner.window_post_proof),
                                 {}, {}};
  TRY(const auto returned, vm.call("create", miner.owner, Address::id(id::kPower), kCreateMiner,
                                   ipld::encode(params), miner.balance));
  TRY(const auto created, ipld::decode<CreateMinerReturn>(returned));
  if (created.id_address != Address::id(miner.id)) {
    return fail(ErrorCode::Internal, "it got the address {}", created.id_address);
  }
  return {};
}

Result<void> add_sectors(GenesisVm& vm, const Miner& miner) {
  const auto address = Address::id(miner.id);
  // Periods run from the miner's offset: the last whole one within the longest life.
  const auto period_start = proving_period_offset(miner.id, ChainEpoch(0)) - kProvingPeriod;
  PreCommitBatch batch;
  PresealSetup setup;
  for (const auto& sector : miner.sectors) {
    batch.sectors.push_back({static_cast<std::int64_t>(miner.seal_proof), sector.number, sector.sealed_cid,
                             ChainEpoch(-1), {}, ChainEpoch(kLifetimePeriods * kProvingPeriod + period_start - 1),
                             std::nullopt});
    setup.sectors.push_back(sector.number);
  }
  TRY_VOID(vm.call("pre-commit", miner.worker, address, kPreCommitSectorBatch2, ipld::encode(batch), miner.balance));
  TRY_VOID(vm.call("confirm", Address::id(id::kSystem), address, kInternalSectorSetupForPreseal,
                   ipld::encode(setup)));
  const BigInt power(miner.sector_size * miner.sectors.size());
  TRY_VOID(vm.call("claim power", address, Address::id(id::kPower), kUpdateClaimedPower,
                   ipld::encode(ClaimedPower{power, power})));
  return {};
}

// New sectors count as unproven until their first WindowPoSt; those of a genesis have power at once.
Result<void> mark_proven(Blockstore& store, miner_state::State& state) {
  TRY(auto deadlines, ipld::load<miner_state::Deadlines>(store, state.deadlines));
  for (auto& link : deadlines.due) {
    TRY(auto deadline, ipld::load<miner_state::Deadline>(store, link));
    if (deadline.total_sectors == 0) continue;
    TRY(auto raw, ipld::RawAmt::load_any(store, deadline.partitions));
    std::vector<std::pair<std::uint64_t, Bytes>> changed;
    TRY_VOID(raw.for_each([&](std::uint64_t index, BytesView item) -> Result<bool> {
      TRY(auto partition, ipld::decode<miner_state::Partition>(item));
      partition.unproven = {};
      partition.unproven_power = {};
      changed.emplace_back(index, ipld::encode(partition));
      return true;
    }));
    for (const auto& [index, item] : changed) TRY_VOID(raw.set(index, item));
    TRY(deadline.partitions, raw.flush());
    TRY(link, ipld::store_value(store, deadline));
  }
  TRY(state.deadlines, ipld::store_value(store, deadlines));
  return {};
}

}  // namespace

Result<void> create_miner(GenesisVm& vm, const Miner& miner) {
  TRY_VOID(create_actor(vm, miner));
  TRY_VOID(add_sectors(vm, miner));
  return vm.edit([&](actors::StateTree& tree) -> Result<void> {
    TRY(auto actor, tree.get_actor(miner.id));
    TRY(auto state, ipld::load<miner_state::State>(tree.store(), actor.head));
    TRY_VOID(mark_proven(tree.store(), state));
    TRY(actor.head, ipld::store_value(tree.store(), state));
    return tree.set_actor(miner.id, actor);
  });
}

std::int64_t proving_period_offset(ActorId miner, ChainEpoch epoch) {
  auto seed = ipld::encode(Address::id(miner));
  base::append(seed, base::be64(static_cast<std::uint64_t>(epoch.value())));
  const auto digest = crypto::blake2b_256(seed);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | digest[i];
  return static_cast<std::int64_t>(number % kProvingPeriod);
}

ChainEpoch first_deadline_with_sectors(ActorId miner) {
  // The period runs from (offset - 2880): deadline 0 opens at `offset`, and a deadline can be changed only
  // until one deadline's length before it opens.
  auto open = proving_period_offset(miner, ChainEpoch(0));
  while (open <= kDeadlineEpochs) open += kDeadlineEpochs;
  return ChainEpoch(open);
}

}  // namespace venus::genesis
