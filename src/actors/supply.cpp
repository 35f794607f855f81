// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/supply.hpp"

#include "actors/miner.hpp"
#include "actors/multisig.hpp"
#include "types/policy.hpp"

#include <algorithm>
#include <array>

namespace venus::actors {
namespace {

namespace ids = types::singleton;

/// Actors whose money is not in circulation. 122 held the first investors' tokens on mainnet.
constexpr std::array kUncounted = {
    ids::kInit,  ids::kReward, ids::kVerifiedRegistry, ids::kPower, ids::kSystem,  ids::kCron,
    ids::kBurnt, ActorId(122), ids::kReserve,          ids::kEam,   ids::kDatacap,
};

/// What of an actor's balance circulates.
Result<TokenAmount> circulating_part(const StateTree& tree, ActorId id, const types::Actor& actor,
                                     ChainEpoch epoch) {
  if (std::ranges::find(kUncounted, id) != kUncounted.end()) return TokenAmount();
  TRY(const auto code, tree.code_info(actor.code));
  switch (code.type) {
    case ActorType::Account:
    case ActorType::PaymentChannel:
    case ActorType::EthAccount:
    case ActorType::Evm:
    case ActorType::Placeholder:
    case ActorType::Market:
      return actor.balance;
    case ActorType::Miner: {
      TRY(const auto miner, miner::View::load(tree, id));
      // A miner that has locked more than it owns can spend nothing.
      return miner.available_balance().value_or(TokenAmount());
    }
    case ActorType::Multisig: {
      TRY(const auto state, tree.load_state<multisig::State>(actor, ActorType::Multisig));
      return std::max(actor.balance - state.locked(epoch), TokenAmount());
    }
    default:
      break;
  }
  return fail(ErrorCode::Unsupported, "unexpected actor {}", Address::id(id));
}

}  // namespace

Result<TokenAmount> exact_circulating_supply(const StateTree& tree, ChainEpoch epoch) {
  TokenAmount circulating;
  TokenAmount total;
  TRY_VOID(tree.for_each([&](ActorId id, const types::Actor& actor) -> Result<void> {
    if (actor.balance.is_zero()) return {};
    TRY(const auto part, circulating_part(tree, id, actor, epoch));
    circulating += part;
    total += actor.balance;
    return {};
  }));
  if (total != TokenAmount::from_fil(types::policy::kTotalFil)) {
    return fail(ErrorCode::FailedValidation, "all balances together are {}", total.fil());
  }
  return circulating;
}

}  // namespace venus::actors
