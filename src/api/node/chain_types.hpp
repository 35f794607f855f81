// SPDX-License-Identifier: MIT OR Apache-2.0
// Shapes of the node's API about the chain and messages, with the member names Lotus clients expect.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "types/block.hpp"
#include "types/receipt.hpp"
#include "types/tipset.hpp"

namespace venus::api {

/// JSON of a shape that depends on data (actor states, decoded parameters).
using Json = boost::json::value;

struct MessageAndCid {
  Cid cid;
  types::Message message;
  static constexpr auto fields() {
    return base::fields_of(base::field("Cid", &MessageAndCid::cid),
                           base::field("Message", &MessageAndCid::message));
  }
};

struct BlockMessages {
  std::vector<types::Message> bls_messages;
  std::vector<types::SignedMessage> secpk_messages;
  /// BLS first, then secp256k1.
  std::vector<Cid> cids;
  static constexpr auto fields() {
    return base::fields_of(base::field("BlsMessages", &BlockMessages::bls_messages),
                           base::field("SecpkMessages", &BlockMessages::secpk_messages),
                           base::field("Cids", &BlockMessages::cids));
  }
};

struct HeadChange {
  /// "current" (first of a subscription), "apply" or "revert".
  std::string type;
  TipsetPtr tipset;
  static constexpr auto fields() {
    return base::fields_of(base::field("Type", &HeadChange::type), base::field("Val", &HeadChange::tipset));
  }
};

struct ObjectStat {
  std::uint64_t size = 0;
  std::uint64_t links = 0;
  static constexpr auto fields() {
    return base::fields_of(base::field("Size", &ObjectStat::size), base::field("Links", &ObjectStat::links));
  }
};

struct MessageLookup {
  Cid message;
  types::Receipt receipt;
  Json return_decoded;
  TipsetKey tipset;
  ChainEpoch height;
  static constexpr auto fields() {
    using base::field;
    using T = MessageLookup;
    return base::fields_of(field("Message", &T::message), field("Receipt", &T::receipt),
                           field("ReturnDec", &T::return_decoded), field("TipSet", &T::tipset),
                           field("Height", &T::height));
  }
};

/// How a message's gas is chosen; members beyond MaxFee are Venus's.
struct MessageSendSpec {
  TokenAmount max_fee;
  double gas_over_estimation = 0;
  double gas_over_premium = 0;
  static constexpr auto fields() {
    using base::field;
    using T = MessageSendSpec;
    return base::fields_of(field("MaxFee", &T::max_fee), field("GasOverEstimation", &T::gas_over_estimation),
                           field("GasOverPremium", &T::gas_over_premium));
  }
};

struct EstimateMessage {
  types::Message message;
  std::optional<MessageSendSpec> spec;
  static constexpr auto fields() {
    return base::fields_of(base::field("Msg", &EstimateMessage::message),
                           base::field("Spec", &EstimateMessage::spec));
  }
};

struct EstimateResult {
  std::optional<types::Message> message;
  /// Empty on success.
  std::string error;
  static constexpr auto fields() {
    return base::fields_of(base::field("Msg", &EstimateResult::message),
                           base::field("Err", &EstimateResult::error));
  }
};

/// A change of the message pool: Type 0 added, 1 removed.
struct MpoolUpdate {
  int type = 0;
  types::SignedMessage message;
  static constexpr auto fields() {
    return base::fields_of(base::field("Type", &MpoolUpdate::type), base::field("Message", &MpoolUpdate::message));
  }
};

struct MpoolConfig {
  std::vector<Address> priority_addresses;
  std::int64_t size_limit_high = 0;
  std::int64_t size_limit_low = 0;
  double replace_by_fee_ratio = 0;
  /// Nanoseconds.
  std::int64_t prune_cooldown = 0;
  double gas_limit_overestimation = 0;
  static constexpr auto fields() {
    using base::field;
    using T = MpoolConfig;
    return base::fields_of(field("PriorityAddrs", &T::priority_addresses, base::JsonRule::NullIfEmpty),
                           field("SizeLimitHigh", &T::size_limit_high), field("SizeLimitLow", &T::size_limit_low),
                           field("ReplaceByFeeRatio", &T::replace_by_fee_ratio),
                           field("PruneCooldown", &T::prune_cooldown),
                           field("GasLimitOverestimation", &T::gas_limit_overestimation));
  }
};

}  // namespace venus::api
