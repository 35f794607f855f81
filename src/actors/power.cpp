// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/power.hpp"

#include "ipld/amt.hpp"

namespace venus::actors::power {
namespace {

constexpr unsigned kCronQueueBitWidth = 6;

}  // namespace

Result<View> View::load(const StateTree& tree) {
  TRY(auto state, with_context(tree.load_state<State>(types::singleton::kPower, ActorType::Power),
                               "power actor"));
  return View(tree.store(), std::move(state));
}

Result<std::optional<Claim>> View::claim(ActorId miner) const {
  TRY(const auto claims, ipld::Hamt<Claim>::load(*store_, state_.claims));
  return claims.get(Address::id(miner).bytes());
}

bool meets_consensus_minimum(const State& state, const Claim& claim, const BigInt& min_power) {
  if (claim.raw_byte_power >= min_power) return true;
  if (std::cmp_greater_equal(state.miner_above_min_power_count,
                             types::policy::kConsensusMinerMinMiners)) {
    return false;
  }
  return claim.raw_byte_power.sign() > 0;
}

Result<bool> View::meets_consensus_minimum(ActorId miner, const BigInt& min_power) const {
  TRY(const auto found, claim(miner));
  if (!found) return fail(ErrorCode::NotFound, "no claim for actor {}", Address::id(miner));
  return meets_consensus_minimum(*found, min_power);
}

Result<void> View::for_each_claim(
    const std::function<Result<void>(ActorId, const Claim&)>& visit) const {
  TRY(const auto claims, ipld::Hamt<Claim>::load(*store_, state_.claims));
  return claims.for_each([&](BytesView key, const Claim& claim) -> Result<void> {
    TRY(const auto address, Address::from_bytes(key));
    TRY(const auto id, address.actor_id());
    return visit(id, claim);
  });
}

Result<std::vector<ActorId>> View::miners() const {
  std::vector<ActorId> out;
  TRY_VOID(for_each_claim([&](ActorId id, const Claim&) -> Result<void> {
    out.push_back(id);
    return {};
  }));
  return out;
}

Result<std::vector<CronEvent>> View::cron_events(ChainEpoch epoch) const {
  std::vector<CronEvent> out;
  TRY(const auto queue,
      ipld::Hamt<Cid>::load(*store_, state_.cron_event_queue, kCronQueueBitWidth));
  TRY(const auto root, queue.get(ipld::hamt_key_signed(epoch.value())));
  if (!root) return out;
  TRY(const auto events,
      ipld::Amt<CronEvent>::load(*store_, *root, ipld::state_amt(kCronQueueBitWidth)));
  TRY_VOID(events.for_each([&](std::uint64_t, const CronEvent& event) -> Result<void> {
    out.push_back(event);
    return {};
  }));
  return out;
}

}  // namespace venus::actors::power
