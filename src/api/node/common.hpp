// SPDX-License-Identifier: MIT OR Apache-2.0
// What every daemon with a Lotus-like API answers, and the node's whole table.
#pragma once

#include "api/node/chain.hpp"
#include "api/node/mpool.hpp"
#include "api/node/net.hpp"
#include "api/node/space.hpp"
#include "api/node/state.hpp"
#include "api/node/state_miner.hpp"

namespace venus::api {

struct Version {
  std::string version;
  /// major << 16 | minor << 8 | patch of the API.
  std::uint32_t api_version = 0;
  std::uint64_t block_delay = 0;
  std::string agent;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("Version", &Version::version), field("APIVersion", &Version::api_version),
                           field("BlockDelay", &Version::block_delay),
                           field("Agent", &Version::agent, base::JsonRule::OmitIfEmpty));
  }
};

struct CommonApi {
  using Version = Method<"Filecoin.Version", Perm::Read, api::Version(), "Version of program and API">;
  using Session = Method<"Filecoin.Session", Perm::Read, std::string(), "A UUID made at the daemon's start">;
  using StartTime = Method<"Filecoin.StartTime", Perm::Read, std::string(), "When the daemon started, RFC 3339">;
  using NodeStatus = Method<"Filecoin.NodeStatus", Perm::Read, Json(bool), "Whether the node is in sync", "with_chain_status">;
  using Shutdown = NotRetrySafe<Method<"Filecoin.Shutdown", Perm::Admin, void(), "Stops the daemon">>;
  using Closing = Method<"Filecoin.Closing", Perm::Read, rpc::Stream<Json>(), "Ends when the daemon stops">;
  using LogList = Method<"Filecoin.LogList", Perm::Write, std::vector<std::string>(), "Modules that log">;
  using LogSetLevel = Method<"Filecoin.LogSetLevel", Perm::Write, void(std::string, std::string),
                             "Changes a module's log level", "module", "level">;
  using AuthVerify = Method<"Filecoin.AuthVerify", Perm::Read, std::vector<std::string>(std::string),
                            "Rights that a token gives", "token">;
  using AuthNew = NotRetrySafe<Method<"Filecoin.AuthNew", Perm::Admin, Bytes(std::vector<std::string>),
                                      "A token with these rights", "permissions">>;
  using methods = MethodList<Version, Session, StartTime, NodeStatus, Shutdown, Closing, LogList, LogSetLevel,
                             AuthVerify, AuthNew>;
};

/// Everything `venus` serves at /rpc/v0 and /rpc/v1.
struct NodeApi {
  using methods = rpc::JoinMethods<ChainApi::methods, MpoolApi::methods, NodeWalletApi::methods, StateApi::methods,
                                   StateMinerApi::methods, NetApi::methods, SpaceApi::methods, CommonApi::methods>;
};

}  // namespace venus::api
