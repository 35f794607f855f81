// SPDX-License-Identifier: MIT OR Apache-2.0
// venus-messager as its clients see it (venus-components.md section 3): hand over a message, ask later
// what became of it.
#pragma once

#include "api/node/chain_types.hpp"
#include "base/json.hpp"
#include "rpc/method.hpp"

namespace venus::api {

/// Where a message stands. The numbers are those of the Go client.
enum class MessageState : std::int64_t {
  Unknown = 0,
  UnFilled = 1,       ///< stored, without nonce and gas
  Filled = 2,         ///< signed and pushed
  OnChain = 3,        ///< executed; has a receipt
  Failed = 4,         ///< given up by rule or by hand
  NonceConflict = 5,  ///< another message took its nonce
};

/// How the gas of a message is chosen; 0 and empty mean: by the next wider rule.
struct MessagerSendSpec {
  ChainEpoch expire_epoch;  ///< 0: never; past it an unfilled message fails
  double gas_over_estimation = 0;
  TokenAmount max_fee;
  double gas_over_premium = 0;
  static constexpr auto fields() {
    using base::field;
    using T = MessagerSendSpec;
    return base::fields_of(field("expireEpoch", &T::expire_epoch),
                           field("gasOverEstimation", &T::gas_over_estimation), field("maxFee", &T::max_fee),
                           field("gasOverPremium", &T::gas_over_premium));
  }
};

/// A message with its fate.
struct MessagerMessage {
  std::string id;
  std::optional<Cid> unsigned_cid;
  std::optional<Cid> signed_cid;
  types::Message message;
  std::optional<types::Signature> signature;
  /// Of the tipset that holds the message.
  std::int64_t height = 0;
  /// Head minus height, at the time of asking.
  std::int64_t confidence = 0;
  std::optional<types::Receipt> receipt;
  TipsetKey tipset;
  std::optional<MessagerSendSpec> meta;
  std::string wallet_name;
  MessageState state = MessageState::Unknown;
  std::string error_message;
  std::string created_at;
  std::string updated_at;
  static constexpr auto fields() {
    using base::field;
    using T = MessagerMessage;
    return base::fields_of(
        field("ID", &T::id), field("UnsignedCid", &T::unsigned_cid), field("SignedCid", &T::signed_cid),
        field("Message", &T::message), field("Signature", &T::signature), field("Height", &T::height),
        field("Confidence", &T::confidence), field("Receipt", &T::receipt), field("TipSetKey", &T::tipset),
        field("Meta", &T::meta), field("WalletName", &T::wallet_name), field("State", &T::state),
        field("ErrorMsg", &T::error_message), field("CreatedAt", &T::created_at),
        field("UpdatedAt", &T::updated_at));
  }
};

struct MessagerQuery {
  std::vector<MessageState> states;
  std::vector<Address> from;
  bool by_update_time = false;
  bool ascending = false;
  std::int64_t limit = 0;  ///< at most 1000, which is also the default
  std::int64_t offset = 0;
  static constexpr auto fields() {
    using base::field;
    using T = MessagerQuery;
    return base::fields_of(field("State", &T::states), field("From", &T::from), field("ByUpdateAt", &T::by_update_time),
                           field("Asc", &T::ascending), field("Limit", &T::limit), field("Offset", &T::offset));
  }
};

/// A sender the messager works for.
struct MessagerAddress {
  Address address;
  Nonce nonce;             ///< of the next message to fill
  std::int64_t state = 1;  ///< 1 alive, 4 forbidden
  std::uint64_t select_count = 0;
  static constexpr auto fields() {
    using base::field;
    using T = MessagerAddress;
    return base::fields_of(field("addr", &T::address), field("nonce", &T::nonce), field("state", &T::state),
                           field("selMsgNum", &T::select_count));
  }
};

/// Rules for all messages that say nothing else.
struct MessagerSharedParams {
  std::uint64_t select_count = 20;  ///< unexecuted messages of one sender in the network at a time
  double gas_over_estimation = 1.25;
  TokenAmount max_fee = TokenAmount::from_atto(70'000'000'000'000'000);
  double gas_over_premium = 0;
  static constexpr auto fields() {
    using base::field;
    using T = MessagerSharedParams;
    return base::fields_of(field("selMsgNum", &T::select_count), field("gasOverEstimation", &T::gas_over_estimation),
                           field("maxFee", &T::max_fee), field("gasOverPremium", &T::gas_over_premium));
  }
};

struct MessagerVersion {
  std::string version;
  static constexpr auto fields() {
    return base::fields_of(base::field("Version", &MessagerVersion::version));
  }
};

struct MessagerApi {
  template <rpc::FixedString N, rpc::Perm P, class S, rpc::FixedString D, rpc::FixedString... Names>
  using Method = rpc::Method<N, P, S, D, Names...>;
  using Perm = rpc::Perm;
  using Spec = std::optional<MessagerSendSpec>;

  using Push = rpc::NotRetrySafe<Method<"Message.PushMessage", Perm::Write, std::string(types::Message, Spec),
                                        "Takes a message over; the id to ask for it by", "message", "spec">>;
  using PushWithId = Method<"Message.PushMessageWithId", Perm::Write, std::string(std::string, types::Message, Spec),
                            "The same with the caller's id: a second call with one id does nothing", "id", "message",
                            "spec">;
  using Has = Method<"Message.HasMessageByUid", Perm::Read, bool(std::string), "Whether an id is known", "id">;
  using Get = Method<"Message.GetMessageByUid", Perm::Read, MessagerMessage(std::string), "A message by id", "id">;
  using GetBySignedCid = Method<"Message.GetMessageBySignedCid", Perm::Read, MessagerMessage(Cid),
                                "A message by the CID it has in blocks", "cid">;
  using GetByFromAndNonce = Method<"Message.GetMessageByFromAndNonce", Perm::Read, MessagerMessage(Address, Nonce),
                                   "A message by sender and nonce", "from", "nonce">;
  using List = Method<"Message.ListMessage", Perm::Read, std::vector<MessagerMessage>(MessagerQuery),
                      "Messages by state and sender", "query">;
  using Wait = Method<"Message.WaitMessage", Perm::Read, MessagerMessage(std::string, std::uint64_t),
                      "Waits until a message was executed `confidence` epochs ago", "id", "confidence">;
  using MarkBad = Method<"Message.MarkBadMessage", Perm::Admin, void(std::string),
                         "Gives an unfilled message up", "id">;
  using ListAddress =
      Method<"Message.ListAddress", Perm::Read, std::vector<MessagerAddress>(), "Senders worked for">;
  using ForbidAddress = Method<"Message.ForbiddenAddress", Perm::Write, void(Address),
                               "Takes no more messages of a sender", "address">;
  using ActivateAddress =
      Method<"Message.ActiveAddress", Perm::Write, void(Address), "Takes messages of a sender again", "address">;
  using GetSharedParams = Method<"Message.GetSharedParams", Perm::Admin, MessagerSharedParams(), "The general rules">;
  using SetSharedParams = Method<"Message.SetSharedParams", Perm::Admin, void(MessagerSharedParams),
                                 "Changes the general rules", "params">;
  using Version = Method<"Message.Version", Perm::Read, MessagerVersion(), "Version of the program">;

  using methods = rpc::MethodList<Push, PushWithId, Has, Get, GetBySignedCid, GetByFromAndNonce, List, Wait, MarkBad,
                                  ListAddress, ForbidAddress, ActivateAddress, GetSharedParams, SetSharedParams,
                                  Version>;
};

}  // namespace venus::api

template <>
struct venus::base::JsonCodec<venus::api::MessageState> {
  static boost::json::value encode(api::MessageState v) { return static_cast<std::int64_t>(v); }
  static Result<api::MessageState> decode(const boost::json::value& v) {
    TRY(const auto number, from_json<std::int64_t>(v));
    if (number < 0 || number > 5) return fail(ErrorCode::Malformed, "no message state has the number {}", number);
    return static_cast<api::MessageState>(number);
  }
};
