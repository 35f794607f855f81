// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/circulating_supply.hpp"

#include <array>

#include "actors/power.hpp"
#include "actors/reward.hpp"
#include "actors/state_tree.hpp"
#include "types/policy.hpp"

namespace venus::vm {
namespace {

using types::policy::kEpochsInDay;
// The actors room reads state of actors v16 (nv25) and later. Since nv23 what the market actor locks
// circulates; since nv25 FIP-0100 counts the reserve from another amount.
constexpr NetworkVersion kOldestSupported{25};

// Vesting counts from Liftoff. Where a network's file does not name it, as a 2k devnet of Lotus has it.
constexpr ChainEpoch kDefaultLiftoff{-6};

// Genesis allocations by their unlock duration, in FIL, as corrected at Calico.
struct Allocation {
  std::int64_t days;
  std::int64_t fil;
};
constexpr std::array<Allocation, 6> kAllocations{{
    {0, 10'632'000},
    {183, 19'015'887 + 32'787'700},
    {365, 22'421'712 + 9'400'000},
    {2 * 365, 7'223'364},
    {3 * 365, 87'637'883 + 898'958},
    {6 * 365, 100'000'000 + 300'000'000 + 9'805'053},
}};

// Linear unlock in whole attoFIL per epoch: the division comes first, as in the first multisig actor.
TokenAmount still_locked(const Allocation& allocation, std::int64_t elapsed) {
  const auto duration = allocation.days * kEpochsInDay;
  if (elapsed >= duration) return {};
  const auto initial = TokenAmount::from_fil(allocation.fil);
  return TokenAmount(initial.atto().div(BigInt(duration)) * BigInt(duration - elapsed));
}

}  // namespace

Result<TokenAmount> vested_at(const types::NetworkParams& params, ChainEpoch height) {
  if (!params.is_after(Upgrade::Calico, height)) {
    return fail(ErrorCode::Unsupported, "vesting before the Calico upgrade (epoch {})", height);
  }
  const auto liftoff = params.upgrades[static_cast<std::size_t>(Upgrade::Liftoff)].value_or(kDefaultLiftoff);
  const auto elapsed = height - liftoff;
  TokenAmount out;
  for (const auto& allocation : kAllocations) {
    out += TokenAmount::from_fil(allocation.fil) - still_locked(allocation, elapsed);
  }
  return out;
}

Result<CirculatingSupply> circulating_supply(const types::NetworkParams& params, ChainEpoch height,
                                             Blockstore& store, const Cid& state_root) {
  const auto version = params.network_version(height);
  if (version < kOldestSupported) {
    return fail(ErrorCode::Unsupported, "circulating supply of network version {}", version);
  }
  TRY(auto tree, actors::StateTree::load(store, state_root));
  CirculatingSupply out;
  TRY(out.vested, vested_at(params, height));
  TRY(auto reserve, tree.get_actor(types::singleton::kReserve));
  out.reserve_disbursed = params.teep_initial_fil_reserved - reserve.balance;
  TRY(auto rewards, tree.load_state<actors::reward::State>(types::singleton::kReward, actors::ActorType::Reward));
  out.mined = std::move(rewards.total_storage_power_reward);
  TRY(auto burnt, tree.get_actor(types::singleton::kBurnt));
  out.burnt = burnt.balance;
  TRY(auto power, tree.load_state<actors::power::State>(types::singleton::kPower, actors::ActorType::Power));
  out.locked = std::move(power.total_pledge_collateral);
  out.circulating = out.vested + out.mined + out.reserve_disbursed - out.burnt - out.locked;
  if (out.circulating.is_negative()) out.circulating = {};
  return out;
}

}  // namespace venus::vm
