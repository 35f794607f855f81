// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/params/system_actors.hpp"

#include "actors/methods/table.hpp"
#include "actors/power.hpp"
#include "actors/reward.hpp"

namespace venus::actors::detail {

Table system_methods() { return {method<Empty>(1, "Constructor")}; }

Table init_methods() {
  return {
      method<init::ConstructorParams>(1, "Constructor"),
      method<init::ExecParams, init::ExecReturn>(2, "Exec"),
      method<init::Exec4Params, init::ExecReturn>(3, "Exec4"),
  };
}

Table cron_methods() {
  return {
      method<cron::ConstructorParams>(1, "Constructor"),
      method<Empty>(2, "EpochTick"),
  };
}

Table account_methods() {
  return {
      method<Address>(1, "Constructor"),
      method<Empty, Address>(2, "PubkeyAddress"),
      exported_as<account::AuthenticateMessageParams, bool>("AuthenticateMessage",
                                                            "AuthenticateMessage"),
  };
}

Table eth_account_methods() { return {method<Empty>(1, "Constructor")}; }

Table reward_methods() {
  return {
      method<BigInt>(1, "Constructor"),
      method<reward::AwardBlockRewardParams>(2, "AwardBlockReward"),
      method<Empty, reward::ThisEpochRewardReturn>(3, "ThisEpochReward"),
      method<BigInt>(4, "UpdateNetworkKPI"),
  };
}

Table power_methods() {
  using namespace power;
  return {
      method<Empty>(1, "Constructor"),
      method<CreateMinerParams, CreateMinerReturn>(2, "CreateMiner"),
      exported<CreateMinerParams, CreateMinerReturn>("CreateMiner"),
      method<UpdateClaimedPowerParams>(3, "UpdateClaimedPower"),
      method<EnrollCronEventParams>(4, "EnrollCronEvent"),
      method<Empty>(5, "CronTick"),
      method<TokenAmount>(6, "UpdatePledgeTotal"),
      method<Empty, CurrentTotalPowerReturn>(9, "CurrentTotalPower"),
      exported<Empty, BigInt>("NetworkRawPower"),
      exported<std::int64_t, MinerRawPowerReturn>("MinerRawPower"),
      exported<Empty, std::int64_t>("MinerCount"),
      exported<Empty, std::int64_t>("MinerConsensusCount"),
  };
}

}  // namespace venus::actors::detail
