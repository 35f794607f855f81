// SPDX-License-Identifier: MIT OR Apache-2.0
// What a signature is asked for: the type says how the bytes are to be read, so that a wallet can look
// before it signs (venus-components.md 2.4).
#pragma once

#include "base/bytes.hpp"
#include "base/fields.hpp"

#include <string>
#include <string_view>

namespace venus::api {

/// Names of what can be signed, as they stand in MsgMeta.Type.
namespace sign_type {
inline constexpr std::string_view kMessage = "message";                  ///< Extra: CBOR of the message
inline constexpr std::string_view kBlock = "block";                      ///< CBOR of the header
inline constexpr std::string_view kDealProposal = "dealproposal";        ///< CBOR of the proposal
inline constexpr std::string_view kClientDeal = "clientdeal";            ///< CBOR of the signed proposal
inline constexpr std::string_view kDrawRandomParam = "drawrandomparam";  ///< CBOR of DrawRandomParams
inline constexpr std::string_view kSignedVoucher = "signedvoucher";      ///< CBOR of the voucher
inline constexpr std::string_view kStorageAsk = "storageask";
inline constexpr std::string_view kAskResponse = "askresponse";
/// Misspelt on the wire.
inline constexpr std::string_view kNetworkResponse = "networkresposne";
inline constexpr std::string_view kProviderDealState = "providerdealstate";
inline constexpr std::string_view kVerifyAddress = "verifyaddress";      ///< Extra: the gateway's random bytes
inline constexpr std::string_view kF3 = "f3";
inline constexpr std::string_view kUnknown = "unknown";
}  // namespace sign_type

struct MsgMeta {
  std::string type;
  Bytes extra;
  bool operator==(const MsgMeta&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Type", &MsgMeta::type),
                           base::field("Extra", &MsgMeta::extra, base::JsonRule::NullIfEmpty));
  }
};

}  // namespace venus::api
