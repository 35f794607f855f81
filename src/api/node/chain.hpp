// SPDX-License-Identifier: MIT OR Apache-2.0
// The node's methods about chain, messages and synchronisation, as Lotus v1 names them.
#pragma once

#include "api/node/miner_types.hpp"
#include "rpc/method.hpp"
#include "rpc/stream.hpp"

namespace venus::api {

using rpc::Method;
using rpc::MethodList;
using rpc::NotRetrySafe;
using rpc::Perm;

struct ChainApi {
  using Head = Method<"Filecoin.ChainHead", Perm::Read, TipsetPtr(), "The heaviest tipset">;
  using Notify = Method<"Filecoin.ChainNotify", Perm::Read, rpc::Stream<std::vector<HeadChange>>(),
                        "Head changes: first the current head, then lists of reverts and applies">;
  using GetGenesis = Method<"Filecoin.ChainGetGenesis", Perm::Read, TipsetPtr(), "The first tipset">;
  using GetTipset = Method<"Filecoin.ChainGetTipSet", Perm::Read, TipsetPtr(TipsetKey), "A tipset by its key", "tipset">;
  using GetTipsetByHeight = Method<"Filecoin.ChainGetTipSetByHeight", Perm::Read, TipsetPtr(ChainEpoch, TipsetKey),
                                   "The tipset at a height, or the last before it when that round is null",
                                   "height", "from">;
  using GetTipsetAfterHeight = Method<"Filecoin.ChainGetTipSetAfterHeight", Perm::Read,
                                      TipsetPtr(ChainEpoch, TipsetKey),
                                      "The tipset at a height, or the first after it when that round is null",
                                      "height", "from">;
  using GetFinalizedTipset =
      Method<"Filecoin.ChainGetFinalizedTipSet", Perm::Read, TipsetPtr(), "The last tipset that can't be reverted">;
  using GetBlock = Method<"Filecoin.ChainGetBlock", Perm::Read, types::BlockHeader(Cid), "A block header", "block">;
  using GetBlockMessages = Method<"Filecoin.ChainGetBlockMessages", Perm::Read, BlockMessages(Cid),
                                  "The messages a block carries", "block">;
  using GetParentMessages = Method<"Filecoin.ChainGetParentMessages", Perm::Read, std::vector<MessageAndCid>(Cid),
                                   "The messages of a block's parents, as executed", "block">;
  using GetParentReceipts = Method<"Filecoin.ChainGetParentReceipts", Perm::Read, std::vector<types::Receipt>(Cid),
                                   "The receipts of a block's parent messages, in their order", "block">;
  using GetMessagesInTipset = Method<"Filecoin.ChainGetMessagesInTipset", Perm::Read,
                                     std::vector<MessageAndCid>(TipsetKey), "The messages of a tipset", "tipset">;
  using GetMessage = Method<"Filecoin.ChainGetMessage", Perm::Read, types::Message(Cid), "A message by CID", "message">;
  using GetEvents =
      Method<"Filecoin.ChainGetEvents", Perm::Read, std::vector<types::Event>(Cid), "Events under a root", "root">;
  using GetPath = Method<"Filecoin.ChainGetPath", Perm::Read, std::vector<HeadChange>(TipsetKey, TipsetKey),
                         "What to revert and apply to get from one tipset to another", "from", "to">;
  using HasObj = Method<"Filecoin.ChainHasObj", Perm::Read, bool(Cid), "Whether a block is in the store", "cid">;
  using ReadObj = Method<"Filecoin.ChainReadObj", Perm::Read, Bytes(Cid), "The bytes of a block", "cid">;
  using DeleteObj =
      Method<"Filecoin.ChainDeleteObj", Perm::Admin, void(Cid), "Removes a block from the store", "cid">;
  using StatObj = Method<"Filecoin.ChainStatObj", Perm::Read, ObjectStat(Cid, std::optional<Cid>),
                         "Size and links of a graph, without what `base` shares", "cid", "base">;
  using SetHead = Method<"Filecoin.ChainSetHead", Perm::Admin, void(TipsetKey), "Forces the head", "tipset">;
  using TipsetWeight =
      Method<"Filecoin.ChainTipSetWeight", Perm::Read, BigInt(TipsetKey), "Weight of a tipset", "tipset">;
  using Export = Method<"Filecoin.ChainExport", Perm::Read, rpc::Stream<Bytes>(ChainEpoch, bool, TipsetKey),
                        "A CAR of the chain: state of the last `epochs` epochs, all headers", "epochs",
                        "skip_old_messages", "tipset">;

  using SyncState = Method<"Filecoin.SyncState", Perm::Read, Json(), "What the node is synchronising">;
  using SyncSubmitBlock = NotRetrySafe<Method<"Filecoin.SyncSubmitBlock", Perm::Write, void(types::BlockMessage),
                                              "Validates, adopts and publishes a new block", "block">>;
  using SyncCheckpoint = Method<"Filecoin.SyncCheckpoint", Perm::Admin, void(TipsetKey),
                                "Never leave the chain that contains this tipset", "tipset">;
  using SyncMarkBad = Method<"Filecoin.SyncMarkBad", Perm::Admin, void(Cid), "Refuse a block from now on", "block">;
  using SyncUnmarkBad = Method<"Filecoin.SyncUnmarkBad", Perm::Admin, void(Cid), "Allow a block again", "block">;
  using SyncUnmarkAllBad = Method<"Filecoin.SyncUnmarkAllBad", Perm::Admin, void(), "Forget all bad blocks">;
  using SyncCheckBad = Method<"Filecoin.SyncCheckBad", Perm::Read, std::string(Cid),
                              "Why a block is marked bad; empty if it is not", "block">;
  using SyncValidateTipset = Method<"Filecoin.SyncValidateTipset", Perm::Read, bool(TipsetKey),
                                    "Whether a tipset passes full validation", "tipset">;
  using SyncIncomingBlocks = Method<"Filecoin.SyncIncomingBlocks", Perm::Read, rpc::Stream<types::BlockHeader>(),
                                    "Headers as they arrive from the network">;

  using methods =
      MethodList<Head, Notify, GetGenesis, GetTipset, GetTipsetByHeight, GetTipsetAfterHeight, GetFinalizedTipset,
                 GetBlock, GetBlockMessages, GetParentMessages, GetParentReceipts, GetMessagesInTipset, GetMessage,
                 GetEvents, GetPath, HasObj, ReadObj, DeleteObj, StatObj, SetHead, TipsetWeight, Export, SyncState,
                 SyncSubmitBlock, SyncCheckpoint, SyncMarkBad, SyncUnmarkBad, SyncUnmarkAllBad, SyncCheckBad,
                 SyncValidateTipset, SyncIncomingBlocks>;
};

}  // namespace venus::api
