// SPDX-License-Identifier: MIT OR Apache-2.0
// The RPC of venus-wallet (venus-components.md 2.1): what Lotus calls a remote wallet, and its own.
#pragma once

#include "api/key_info_json.hpp"
#include "api/msg_meta.hpp"
#include "rpc/method.hpp"
#include "types/address.hpp"
#include "types/signature.hpp"

namespace venus::api {

/// Answer of Filecoin.Version.
struct WalletVersion {
  std::string version;
  std::uint32_t api_version = 0;
  static constexpr auto fields() {
    return base::fields_of(base::field("Version", &WalletVersion::version),
                           base::field("APIVersion", &WalletVersion::api_version));
  }
};

/// Which signatures to list; what is empty or zero does not restrict.
struct SignRecordQuery {
  std::string id;
  std::string type;
  Address signer;
  bool is_error = false;    ///< only refused ones
  std::int64_t skip = 0;
  std::int64_t limit = 0;   ///< at most 1000, which is also the default
  std::string after;        ///< RFC 3339
  std::string before;
  static constexpr auto fields() {
    using base::field;
    using Q = SignRecordQuery;
    return base::fields_of(field("ID", &Q::id), field("Type", &Q::type), field("Signer", &Q::signer),
                           field("IsError", &Q::is_error), field("Skip", &Q::skip), field("Limit", &Q::limit),
                           field("After", &Q::after), field("Before", &Q::before));
  }
};

/// One signature the wallet gave or refused.
struct SignRecord {
  std::string id;
  std::string type;
  Address signer;
  std::optional<std::string> err;
  Bytes raw_msg;                                ///< the object signed for: CBOR of the message, block, ...
  std::optional<types::Signature> signature;
  std::string create_at;                        ///< RFC 3339, UTC, with milliseconds
  static constexpr auto fields() {
    using base::field;
    using R = SignRecord;
    return base::fields_of(field("ID", &R::id), field("Type", &R::type), field("Signer", &R::signer),
                           field("Err", &R::err), field("RawMsg", &R::raw_msg),
                           field("Signature", &R::signature), field("CreateAt", &R::create_at));
  }
};

/// Where a gateway connection stands, for `venus-wallet gateway`.
struct GatewayState {
  std::string url;
  bool connected = false;
  std::string channel_id;
  std::uint64_t requests = 0;  ///< answered on this connection and those before
  static constexpr auto fields() {
    using base::field;
    using S = GatewayState;
    return base::fields_of(field("URL", &S::url), field("Connected", &S::connected),
                           field("ChannelId", &S::channel_id), field("Requests", &S::requests));
  }
};

struct WalletApi {
  template <class M>
  using Once = rpc::NotRetrySafe<M>;
  using Perm = rpc::Perm;
  template <rpc::FixedString N, Perm P, class S, rpc::FixedString D, rpc::FixedString... Names>
  using Method = rpc::Method<N, P, S, D, Names...>;

  using New = Once<Method<"Filecoin.WalletNew", Perm::Admin, Address(std::string),
                          "Makes a key: bls, secp256k1 or delegated", "type">>;
  using Has = Method<"Filecoin.WalletHas", Perm::Read, bool(Address), "Whether a key is here", "address">;
  using List = Method<"Filecoin.WalletList", Perm::Read, std::vector<Address>(), "Addresses of all keys">;
  using Sign = Method<"Filecoin.WalletSign", Perm::Sign, types::Signature(Address, Bytes, MsgMeta),
                      "Signs what meta says the bytes are, after looking at it", "signer", "toSign", "meta">;
  using Export = Method<"Filecoin.WalletExport", Perm::Admin, types::KeyInfo(Address), "The private key itself", "address">;
  using Import = Method<"Filecoin.WalletImport", Perm::Admin, Address(types::KeyInfo), "Adds a private key", "key">;
  using Delete = Method<"Filecoin.WalletDelete", Perm::Admin, void(Address), "Removes a key for good", "address">;

  using SetPassword = Once<Method<"Filecoin.SetPassword", Perm::Admin, void(std::string),
                                  "Chooses the password of a new wallet, or unlocks; this machine only", "password">>;
  using Unlock = Method<"Filecoin.Unlock", Perm::Admin, void(std::string), "Decrypts the keys; this machine only", "password">;
  using Lock = Method<"Filecoin.Lock", Perm::Admin, void(std::string), "Forgets the decrypted keys; this machine only", "password">;
  using VerifyPassword = Method<"Filecoin.VerifyPassword", Perm::Admin, void(std::string),
                                "Whether this is the password; this machine only", "password">;
  using LockState = Method<"Filecoin.LockState", Perm::Admin, bool(), "Whether the wallet is locked">;

  using AddSupportAccount = Method<"Filecoin.AddSupportAccount", Perm::Admin, void(std::string),
                                   "Signs for one more account at the gateways", "account">;
  using AddNewAddress = Method<"Filecoin.AddNewAddress", Perm::Admin, void(std::vector<Address>),
                               "Tells the gateways of addresses again", "addresses">;
  using Gateways = Method<"Filecoin.GatewayList", Perm::Read, std::vector<GatewayState>(), "Connections to gateways">;

  using AuthVerify = Method<"Filecoin.AuthVerify", Perm::Read, std::vector<std::string>(std::string),
                            "Rights of a token", "token">;
  using AuthNew = Once<Method<"Filecoin.AuthNew", Perm::Admin, Bytes(std::vector<std::string>),
                              "Makes a token with these rights", "permissions">>;
  using Version = Method<"Filecoin.Version", Perm::Read, WalletVersion(), "Version of this program">;
  using LogList = Method<"Filecoin.LogList", Perm::Read, std::vector<std::string>(), "Names of the loggers">;
  using LogSetLevel = Method<"Filecoin.LogSetLevel", Perm::Write, void(std::string, std::string),
                             "Sets the level of a logger, or of all with *", "logger", "level">;
  using ListSignedRecord = Method<"Filecoin.ListSignedRecord", Perm::Read, std::vector<SignRecord>(SignRecordQuery),
                                  "Signatures given and refused, newest first", "query">;

  using methods = rpc::MethodList<New, Has, List, Sign, Export, Import, Delete, SetPassword, Unlock, Lock,
                                  VerifyPassword, LockState, AddSupportAccount, AddNewAddress, Gateways, AuthVerify,
                                  AuthNew, Version, LogList, LogSetLevel, ListSignedRecord>;
};

}  // namespace venus::api
