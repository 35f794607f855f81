// SPDX-License-Identifier: MIT OR Apache-2.0
// What passes between a gateway and those who connect out to it: wallets and sealers
// (venus-components.md 6.2). The provider opens a stream with a Listen method, gets InitConnect and then
// requests, and answers each with a Response method on the same WebSocket.
#pragma once

#include "api/msg_meta.hpp"
#include "base/json.hpp"
#include "rpc/method.hpp"
#include "rpc/stream.hpp"
#include "types/address.hpp"
#include "types/block.hpp"
#include "types/sector.hpp"

namespace venus::api::gateway {

/// Methods of a RequestEvent.
namespace event {
inline constexpr std::string_view kInitConnect = "InitConnect";    ///< ConnectedCompleted; no answer
inline constexpr std::string_view kWalletList = "WalletList";      ///< no payload -> addresses
inline constexpr std::string_view kWalletSign = "WalletSign";      ///< WalletSignRequest -> Signature
inline constexpr std::string_view kComputeProof = "ComputeProof";  ///< ComputeProofRequest -> proofs
}  // namespace event

/// One request on its way to a provider. The payload is JSON text, sent as base64.
struct RequestEvent {
  std::string id;  ///< UUID
  std::string method;
  Bytes payload;
  static constexpr auto fields() {
    return base::fields_of(base::field("Id", &RequestEvent::id), base::field("Method", &RequestEvent::method),
                           base::field("Payload", &RequestEvent::payload, base::JsonRule::NullIfEmpty));
  }
};

/// Its answer; an error text stands instead of a payload.
struct ResponseEvent {
  std::string id;
  Bytes payload;
  std::string error;
  static constexpr auto fields() {
    return base::fields_of(base::field("Id", &ResponseEvent::id),
                           base::field("Payload", &ResponseEvent::payload, base::JsonRule::NullIfEmpty),
                           base::field("Error", &ResponseEvent::error));
  }
};

/// Payload of InitConnect: how this connection is called in AddNewAddress and the like.
struct ConnectedCompleted {
  std::string channel_id;  ///< UUID
  static constexpr auto fields() {
    return base::fields_of(base::field("ChannelId", &ConnectedCompleted::channel_id));
  }
};

/// A wallet says which accounts beside its own it signs for, and which random bytes it wants in proofs of
/// ownership: for each address the gateway asks for a signature of type "verifyaddress" over
/// sha256(gateway's random bytes ‖ sign_bytes), Extra being the gateway's random bytes.
struct WalletRegisterPolicy {
  std::vector<std::string> support_accounts;
  Bytes sign_bytes;
  static constexpr auto fields() {
    return base::fields_of(base::field("SupportAccounts", &WalletRegisterPolicy::support_accounts),
                           base::field("SignBytes", &WalletRegisterPolicy::sign_bytes));
  }
};

struct WalletSignRequest {
  Address signer;
  Bytes to_sign;
  MsgMeta meta;
  static constexpr auto fields() {
    return base::fields_of(base::field("Signer", &WalletSignRequest::signer),
                           base::field("ToSign", &WalletSignRequest::to_sign),
                           base::field("Meta", &WalletSignRequest::meta));
  }
};

struct ProofRegisterPolicy {
  Address miner_address;
  static constexpr auto fields() {
    return base::fields_of(base::field("MinerAddress", &ProofRegisterPolicy::miner_address));
  }
};

struct ComputeProofRequest {
  std::vector<types::ExtendedSectorInfo> sector_infos;
  Bytes rand;
  types::ChainEpoch height;
  types::NetworkVersion network_version;
  static constexpr auto fields() {
    return base::fields_of(base::field("SectorInfos", &ComputeProofRequest::sector_infos),
                           base::field("Rand", &ComputeProofRequest::rand),
                           base::field("Height", &ComputeProofRequest::height),
                           base::field("NWVersion", &ComputeProofRequest::network_version));
  }
};
using ComputeProofResponse = std::vector<types::PostProof>;

/// What a wallet calls at the gateway. The account is the user name of its token.
struct WalletProviderApi {
  using Listen = rpc::Method<"Gateway.ListenWalletEvent", rpc::Perm::Read,
                             rpc::Stream<RequestEvent>(WalletRegisterPolicy),
                             "Registers a wallet and streams requests to it", "policy">;
  using Respond = rpc::Method<"Gateway.ResponseWalletEvent", rpc::Perm::Read, void(ResponseEvent),
                              "Answers a request of the stream", "response">;
  using SupportAccount = rpc::Method<"Gateway.SupportNewAccount", rpc::Perm::Read, void(std::string, std::string),
                                     "Signs for one more account", "channelID", "account">;
  using AddAddresses = rpc::Method<"Gateway.AddNewAddress", rpc::Perm::Read,
                                   void(std::string, std::vector<Address>),
                                   "Says that the wallet has new keys", "channelID", "addresses">;
  using RemoveAddresses = rpc::Method<"Gateway.RemoveAddress", rpc::Perm::Read,
                                      void(std::string, std::vector<Address>),
                                      "Says that keys left the wallet", "channelID", "addresses">;
  using methods = rpc::MethodList<Listen, Respond, SupportAccount, AddAddresses, RemoveAddresses>;
};

/// What a sealer calls at the gateway.
struct ProofProviderApi {
  using Listen = rpc::Method<"Gateway.ListenProofEvent", rpc::Perm::Read,
                             rpc::Stream<RequestEvent>(ProofRegisterPolicy),
                             "Registers a miner's prover and streams requests to it", "policy">;
  using Respond = rpc::Method<"Gateway.ResponseProofEvent", rpc::Perm::Read, void(ResponseEvent),
                              "Answers a request of the stream", "response">;
  using methods = rpc::MethodList<Listen, Respond>;
};

}  // namespace venus::api::gateway
