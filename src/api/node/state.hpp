// SPDX-License-Identifier: MIT OR Apache-2.0
// The node's methods about state. Results whose shape follows an actor's state are Json.
#pragma once

#include <map>

#include "api/node/miner_types.hpp"
#include "rpc/method.hpp"
#include "types/actor.hpp"

namespace venus::api {

using rpc::Method;
using rpc::MethodList;
using rpc::Perm;

/// Methods that a block producer, sealer, messager or wallet calls too.
struct StateApi {
  using NetworkName = Method<"Filecoin.StateNetworkName", Perm::Read, std::string(), "Name of the network">;
  using NetworkVersion = Method<"Filecoin.StateNetworkVersion", Perm::Read, std::uint32_t(TipsetKey),
                                "Version of the network's rules at a tipset", "tipset">;
  using GetNetworkParams =
      Method<"Filecoin.StateGetNetworkParams", Perm::Read, Json(), "Parameters of the network">;
  using GetActor = Method<"Filecoin.StateGetActor", Perm::Read, types::Actor(Address, TipsetKey),
                          "An actor's entry in the state tree", "address", "tipset">;
  using ReadState = Method<"Filecoin.StateReadState", Perm::Read, Json(Address, TipsetKey),
                           "An actor's decoded state", "address", "tipset">;
  using LookupId = Method<"Filecoin.StateLookupID", Perm::Read, Address(Address, TipsetKey),
                          "The ID address of an address", "address", "tipset">;
  using AccountKey = Method<"Filecoin.StateAccountKey", Perm::Read, Address(Address, TipsetKey),
                            "The key address of an account", "address", "tipset">;
  using LookupRobustAddress = Method<"Filecoin.StateLookupRobustAddress", Perm::Read, Address(Address, TipsetKey),
                                     "An address that no reorganisation can reassign", "id", "tipset">;
  using ListActors = Method<"Filecoin.StateListActors", Perm::Read, std::vector<Address>(TipsetKey),
                            "All actors", "tipset">;
  using ListMiners = Method<"Filecoin.StateListMiners", Perm::Read, std::vector<Address>(TipsetKey),
                            "All miners with a power claim", "tipset">;
  using ListMessages = Method<"Filecoin.StateListMessages", Perm::Read, std::vector<Cid>(Json, TipsetKey, ChainEpoch),
                              "Messages by sender or receiver, back to a height", "match", "tipset", "to_height">;
  using SearchMessage = Method<"Filecoin.StateSearchMsg", Perm::Read,
                               std::optional<MessageLookup>(TipsetKey, Cid, ChainEpoch, bool),
                               "Where a message was executed; null if nowhere within `limit` epochs (-1: no limit)",
                               "from", "message", "limit", "allow_replaced">;
  using WaitMessage = Method<"Filecoin.StateWaitMsg", Perm::Read, MessageLookup(Cid, std::uint64_t, ChainEpoch, bool),
                             "Waits until a message was executed `confidence` epochs ago", "message", "confidence",
                             "limit", "allow_replaced">;
  using Call = Method<"Filecoin.StateCall", Perm::Read, Json(types::Message, TipsetKey),
                      "Executes a message without effect", "message", "tipset">;
  using Replay = Method<"Filecoin.StateReplay", Perm::Read, Json(TipsetKey, Cid),
                        "Executes a message of the chain again, with a trace", "tipset", "message">;
  using Compute = Method<"Filecoin.StateCompute", Perm::Read, Json(ChainEpoch, std::vector<types::Message>, TipsetKey),
                         "The state after messages on top of a tipset", "height", "messages", "tipset">;
  using ChangedActors = Method<"Filecoin.StateChangedActors", Perm::Read, Json(Cid, Cid),
                               "Actors that differ between two state roots", "old", "new">;
  using DecodeParams = Method<"Filecoin.StateDecodeParams", Perm::Read, Json(Address, MethodNum, Bytes, TipsetKey),
                              "Parameters of a method as JSON", "to", "method", "params", "tipset">;
  using EncodeParams = Method<"Filecoin.StateEncodeParams", Perm::Read, Bytes(Cid, MethodNum, Json),
                              "Parameters of a method from JSON", "code", "method", "params">;
  using CirculatingSupply = Method<"Filecoin.StateCirculatingSupply", Perm::Read, TokenAmount(TipsetKey),
                                   "Exact circulating supply", "tipset">;
  using VmCirculatingSupply = Method<"Filecoin.StateVMCirculatingSupplyInternal", Perm::Read, Json(TipsetKey),
                                     "Circulating supply as the VM sees it, with its parts", "tipset">;
  using GetBeaconEntry = Method<"Filecoin.StateGetBeaconEntry", Perm::Read, types::BeaconEntry(ChainEpoch),
                                "The beacon entry of an epoch; waits for one that is due soon", "epoch">;
  using RandomnessFromTickets =
      Method<"Filecoin.StateGetRandomnessFromTickets", Perm::Read,
             Bytes(std::int64_t, ChainEpoch, Bytes, TipsetKey), "Randomness of the ticket chain",
             "personalization", "epoch", "entropy", "tipset">;
  using RandomnessFromBeacon =
      Method<"Filecoin.StateGetRandomnessFromBeacon", Perm::Read,
             Bytes(std::int64_t, ChainEpoch, Bytes, TipsetKey), "Randomness of the beacon", "personalization",
             "epoch", "entropy", "tipset">;
  using RandomnessDigestFromTickets = Method<"Filecoin.StateGetRandomnessDigestFromTickets", Perm::Read,
                                             Bytes(ChainEpoch, TipsetKey), "Its digest before domain separation",
                                             "epoch", "tipset">;
  using RandomnessDigestFromBeacon = Method<"Filecoin.StateGetRandomnessDigestFromBeacon", Perm::Read,
                                            Bytes(ChainEpoch, TipsetKey), "Its digest before domain separation",
                                            "epoch", "tipset">;
  using ActorCodeCids = Method<"Filecoin.StateActorCodeCIDs", Perm::Read, std::map<std::string, Cid>(std::uint32_t),
                               "Code of each built-in actor at a network version", "network_version">;
  using ActorManifestCid = Method<"Filecoin.StateActorManifestCID", Perm::Read, Cid(std::uint32_t),
                                  "Manifest of the built-in actors at a network version", "network_version">;

  using methods =
      MethodList<NetworkName, NetworkVersion, GetNetworkParams, GetActor, ReadState, LookupId, AccountKey,
                 LookupRobustAddress, ListActors, ListMiners, ListMessages, SearchMessage, WaitMessage, Call, Replay,
                 Compute, ChangedActors, DecodeParams, EncodeParams, CirculatingSupply, VmCirculatingSupply,
                 GetBeaconEntry, RandomnessFromTickets, RandomnessFromBeacon, RandomnessDigestFromTickets,
                 RandomnessDigestFromBeacon, ActorCodeCids, ActorManifestCid>;
};

}  // namespace venus::api
