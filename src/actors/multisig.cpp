// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/multisig.hpp"

#include "ipld/amt.hpp"

namespace venus::actors {
namespace multisig {

TokenAmount State::locked(ChainEpoch epoch) const {
  const BigInt duration(unlock_duration);
  const auto elapsed = BigInt(epoch.value()) - BigInt(start_epoch.value());
  if (elapsed >= duration) return TokenAmount();
  if (elapsed <= BigInt(0)) return initial_balance;
  const auto share = initial_balance.atto() * (duration - elapsed);
  auto out = share.div(duration);
  if (!share.mod(duration).is_zero()) out += BigInt(1);
  return TokenAmount(std::move(out));
}

Result<View> View::load(const StateTree& tree, const Address& address) {
  TRY(const auto actor, tree.get_actor(address));
  TRY(auto state, tree.load_state<State>(actor, ActorType::Multisig));
  return View(tree.store(), actor.balance, std::move(state));
}

VestingSchedule View::vesting() const {
  return {state_.initial_balance, state_.start_epoch, state_.unlock_duration};
}

TokenAmount View::available(ChainEpoch epoch) const { return balance_ - state_.locked(epoch); }

TokenAmount View::vested(ChainEpoch from, ChainEpoch to) const {
  return state_.locked(from) - state_.locked(to);
}

Result<std::vector<PendingTransaction>> View::pending() const {
  std::vector<PendingTransaction> out;
  TRY(const auto txns, ipld::Hamt<Transaction>::load(*store_, state_.pending_txns));
  TRY_VOID(txns.for_each([&](BytesView key, const Transaction& txn) -> Result<void> {
    TRY(const auto id, ipld::parse_hamt_key_signed(key));
    out.push_back({id, txn.to, txn.value, txn.method, txn.params, txn.approved});
    return {};
  }));
  return out;
}

}  // namespace multisig

namespace payment_channel {

Result<std::map<std::uint64_t, Lane>> lanes(Blockstore& store, const State& state) {
  constexpr auto kLanesShape = ipld::state_amt(3);
  std::map<std::uint64_t, Lane> out;
  TRY(const auto lanes, ipld::Amt<Lane>::load(store, state.lane_states, kLanesShape));
  TRY_VOID(lanes.for_each([&](std::uint64_t id, const Lane& lane) -> Result<void> {
    out.emplace(id, lane);
    return {};
  }));
  return out;
}

}  // namespace payment_channel
}  // namespace venus::actors
