// SPDX-License-Identifier: MIT OR Apache-2.0
// Parameters and returns of the multisig and payment channel actors, actors v16 to v19, with the
// JSON names of go-state-types. Methods and their numbers: methods/multisig.cpp.
#pragma once

#include "actors/shapes.hpp"

namespace venus::actors {

namespace multisig {

struct ConstructorParams {
  std::vector<Address> signers;
  std::uint64_t num_approvals_threshold = 0;
  ChainEpoch unlock_duration;
  ChainEpoch start_epoch;
  static constexpr auto fields() {
    return base::fields_of(
        list("Signers", &ConstructorParams::signers),
        base::field("NumApprovalsThreshold", &ConstructorParams::num_approvals_threshold),
        base::field("UnlockDuration", &ConstructorParams::unlock_duration),
        base::field("StartEpoch", &ConstructorParams::start_epoch));
  }
};

struct ProposeParams {
  Address to;
  TokenAmount value;
  MethodNum method;
  Bytes params;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("To", &ProposeParams::to), base::field("Value", &ProposeParams::value),
        base::field("Method", &ProposeParams::method), list("Params", &ProposeParams::params));
  }
};

/// Code and Ret count only when Applied.
struct ProposeReturn {
  std::int64_t txn_id = 0;
  bool applied = false;
  ExitCode code;
  Bytes ret;
  static constexpr auto fields() {
    return base::fields_of(base::field("TxnID", &ProposeReturn::txn_id),
                           base::field("Applied", &ProposeReturn::applied),
                           base::field("Code", &ProposeReturn::code),
                           list("Ret", &ProposeReturn::ret));
  }
};

/// ProposalHash binds an approval to what was proposed; may be empty.
struct TxnIDParams {
  std::int64_t id = 0;
  Bytes proposal_hash;
  static constexpr auto fields() {
    return base::fields_of(base::field("ID", &TxnIDParams::id),
                           list("ProposalHash", &TxnIDParams::proposal_hash));
  }
};

struct ApproveReturn {
  bool applied = false;
  ExitCode code;
  Bytes ret;
  static constexpr auto fields() {
    return base::fields_of(base::field("Applied", &ApproveReturn::applied),
                           base::field("Code", &ApproveReturn::code),
                           list("Ret", &ApproveReturn::ret));
  }
};

struct AddSignerParams {
  Address signer;
  bool increase = false;
  static constexpr auto fields() {
    return base::fields_of(base::field("Signer", &AddSignerParams::signer),
                           base::field("Increase", &AddSignerParams::increase));
  }
};

struct RemoveSignerParams {
  Address signer;
  bool decrease = false;
  static constexpr auto fields() {
    return base::fields_of(base::field("Signer", &RemoveSignerParams::signer),
                           base::field("Decrease", &RemoveSignerParams::decrease));
  }
};

struct SwapSignerParams {
  Address from;
  Address to;
  static constexpr auto fields() {
    return base::fields_of(base::field("From", &SwapSignerParams::from),
                           base::field("To", &SwapSignerParams::to));
  }
};

struct ChangeNumApprovalsThresholdParams {
  std::uint64_t new_threshold = 0;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("NewThreshold", &ChangeNumApprovalsThresholdParams::new_threshold));
  }
};

struct LockBalanceParams {
  ChainEpoch start_epoch;
  ChainEpoch unlock_duration;
  TokenAmount amount;
  static constexpr auto fields() {
    return base::fields_of(base::field("StartEpoch", &LockBalanceParams::start_epoch),
                           base::field("UnlockDuration", &LockBalanceParams::unlock_duration),
                           base::field("Amount", &LockBalanceParams::amount));
  }
};

/// Its blake2b-256 is TxnIDParams::proposal_hash.
struct ProposalHashData {
  Address requester;
  Address to;
  TokenAmount value;
  MethodNum method;
  Bytes params;
  static constexpr auto fields() {
    return base::fields_of(base::field("Requester", &ProposalHashData::requester),
                           base::field("To", &ProposalHashData::to),
                           base::field("Value", &ProposalHashData::value),
                           base::field("Method", &ProposalHashData::method),
                           list("Params", &ProposalHashData::params));
  }
};

}  // namespace multisig

namespace payment_channel {

struct ConstructorParams {
  Address from;
  Address to;
  static constexpr auto fields() {
    return base::fields_of(base::field("From", &ConstructorParams::from),
                           base::field("To", &ConstructorParams::to));
  }
};

struct Merge {
  std::uint64_t lane = 0;
  std::uint64_t nonce = 0;
  static constexpr auto fields() {
    return base::fields_of(base::field("Lane", &Merge::lane), base::field("Nonce", &Merge::nonce));
  }
};

struct ModVerifyParams {
  Address actor;
  MethodNum method;
  Bytes data;
  static constexpr auto fields() {
    return base::fields_of(base::field("Actor", &ModVerifyParams::actor),
                           base::field("Method", &ModVerifyParams::method),
                           list("Data", &ModVerifyParams::data));
  }
};

/// What the payer hands out to be redeemed on chain.
struct SignedVoucher {
  Address channel_addr;
  ChainEpoch time_lock_min;
  ChainEpoch time_lock_max;
  Bytes secret_hash;
  std::optional<ModVerifyParams> extra;
  std::uint64_t lane = 0;
  std::uint64_t nonce = 0;
  TokenAmount amount;
  ChainEpoch min_settle_height;
  std::vector<Merge> merges;
  std::optional<types::Signature> signature;
  static constexpr auto fields() {
    return base::fields_of(
        base::field("ChannelAddr", &SignedVoucher::channel_addr),
        base::field("TimeLockMin", &SignedVoucher::time_lock_min),
        base::field("TimeLockMax", &SignedVoucher::time_lock_max),
        list("SecretHash", &SignedVoucher::secret_hash),
        base::field("Extra", &SignedVoucher::extra), base::field("Lane", &SignedVoucher::lane),
        base::field("Nonce", &SignedVoucher::nonce), base::field("Amount", &SignedVoucher::amount),
        base::field("MinSettleHeight", &SignedVoucher::min_settle_height),
        list("Merges", &SignedVoucher::merges),
        base::field("Signature", &SignedVoucher::signature));
  }
};

struct UpdateChannelStateParams {
  SignedVoucher sv;
  Bytes secret;
  static constexpr auto fields() {
    return base::fields_of(base::field("Sv", &UpdateChannelStateParams::sv),
                           list("Secret", &UpdateChannelStateParams::secret));
  }
};

}  // namespace payment_channel

}  // namespace venus::actors
