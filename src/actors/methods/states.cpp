// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/init.hpp"
#include "actors/market.hpp"
#include "actors/methods/table.hpp"
#include "actors/miner_state.hpp"
#include "actors/multisig.hpp"
#include "actors/power.hpp"
#include "actors/reward.hpp"
#include "actors/simple_states.hpp"
#include "actors/verified_registry.hpp"

namespace venus::actors::detail {

const Shape* state_shape(ActorType type) {
  switch (type) {
    case ActorType::System:
      return &kShape<system::State>;
    case ActorType::Init:
      return &kShape<init::State>;
    case ActorType::Cron:
      return &kShape<cron::State>;
    case ActorType::Account:
      return &kShape<account::State>;
    case ActorType::Power:
      return &kShape<power::State>;
    case ActorType::Miner:
      return &kShape<miner::State>;
    case ActorType::Market:
      return &kShape<market::State>;
    case ActorType::PaymentChannel:
      return &kShape<payment_channel::State>;
    case ActorType::Multisig:
      return &kShape<multisig::State>;
    case ActorType::Reward:
      return &kShape<reward::State>;
    case ActorType::VerifiedRegistry:
      return &kShape<verified_registry::State>;
    case ActorType::Datacap:
      return &kShape<datacap::State>;
    case ActorType::Evm:
      return &kShape<evm::State>;
    case ActorType::Placeholder:
    case ActorType::Eam:
    case ActorType::EthAccount:
      return nullptr;
  }
  return nullptr;
}

}  // namespace venus::actors::detail
