// SPDX-License-Identifier: MIT OR Apache-2.0
// Multisig wallets and payment channels.
#pragma once

#include "actors/state_tree.hpp"

#include <map>

namespace venus::actors {

namespace multisig {

struct State {
  /// Id addresses.
  std::vector<Address> signers;
  std::uint64_t approvals_threshold = 0;
  std::int64_t next_txn_id = 0;
  /// Unlocks linearly from start_epoch on.
  TokenAmount initial_balance;
  ChainEpoch start_epoch;
  std::int64_t unlock_duration = 0;
  /// HAMT[id]Transaction.
  Cid pending_txns;

  /// What is still locked at an epoch, rounded up.
  [[nodiscard]] TokenAmount locked(ChainEpoch epoch) const;

  bool operator==(const State&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(
        list("Signers", &State::signers),
        field("NumApprovalsThreshold", &State::approvals_threshold),
        field("NextTxnID", &State::next_txn_id), field("InitialBalance", &State::initial_balance),
        field("StartEpoch", &State::start_epoch), field("UnlockDuration", &State::unlock_duration),
        field("PendingTxns", &State::pending_txns));
  }
};

/// A proposal that waits for approvals; the proposer approved first.
struct Transaction {
  Address to;
  TokenAmount value;
  MethodNum method;
  Bytes params;
  std::vector<Address> approved;
  bool operator==(const Transaction&) const = default;
  static constexpr auto fields() {
    using base::field;
    using T = Transaction;
    return base::fields_of(field("To", &T::to), field("Value", &T::value),
                           field("Method", &T::method), list("Params", &T::params),
                           list("Approved", &T::approved));
  }
};

/// With its id; JSON as Lotus's MsigTransaction.
struct PendingTransaction {
  std::int64_t id = 0;
  Address to;
  TokenAmount value;
  MethodNum method;
  Bytes params;
  std::vector<Address> approved;
  bool operator==(const PendingTransaction&) const = default;
  static constexpr auto fields() {
    using base::field;
    using T = PendingTransaction;
    return base::fields_of(field("ID", &T::id), field("To", &T::to), field("Value", &T::value),
                           field("Method", &T::method), list("Params", &T::params),
                           list("Approved", &T::approved));
  }
};

/// JSON as Lotus's MsigVesting.
struct VestingSchedule {
  TokenAmount initial_balance;
  ChainEpoch start_epoch;
  std::int64_t unlock_duration = 0;
  bool operator==(const VestingSchedule&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("InitialBalance", &VestingSchedule::initial_balance),
                           field("StartEpoch", &VestingSchedule::start_epoch),
                           field("UnlockDuration", &VestingSchedule::unlock_duration));
  }
};

/// One multisig of one state. The store must outlive it.
class View {
 public:
  /// NotFound without such an actor, InvalidArgument when it is no multisig.
  static Result<View> load(const StateTree& tree, const Address& address);
  [[nodiscard]] const State& state() const noexcept { return state_; }
  [[nodiscard]] VestingSchedule vesting() const;
  /// Balance minus what is locked at the epoch.
  [[nodiscard]] TokenAmount available(ChainEpoch epoch) const;
  /// What vests between two epochs.
  [[nodiscard]] TokenAmount vested(ChainEpoch from, ChainEpoch to) const;
  /// In the map's order, as Lotus lists them.
  [[nodiscard]] Result<std::vector<PendingTransaction>> pending() const;

 private:
  View(Blockstore& store, TokenAmount balance, State state)
      : store_(&store), balance_(std::move(balance)), state_(std::move(state)) {}
  Blockstore* store_;
  TokenAmount balance_;
  State state_;
};

}  // namespace multisig

namespace payment_channel {

struct State {
  Address from;
  Address to;
  TokenAmount to_send;
  /// 0 while the channel is not settling.
  ChainEpoch settling_at;
  ChainEpoch min_settle_height;
  /// AMT[lane]Lane, bit width 3.
  Cid lane_states;
  bool operator==(const State&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("From", &State::from), field("To", &State::to),
                           field("ToSend", &State::to_send),
                           field("SettlingAt", &State::settling_at),
                           field("MinSettleHeight", &State::min_settle_height),
                           field("LaneStates", &State::lane_states));
  }
};

struct Lane {
  TokenAmount redeemed;
  std::uint64_t nonce = 0;
  bool operator==(const Lane&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Redeemed", &Lane::redeemed),
                           base::field("Nonce", &Lane::nonce));
  }
};

/// The lanes of a channel by number.
Result<std::map<std::uint64_t, Lane>> lanes(Blockstore& store, const State& state);

}  // namespace payment_channel
}  // namespace venus::actors
