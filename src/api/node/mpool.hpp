// SPDX-License-Identifier: MIT OR Apache-2.0
// The node's methods about the message pool, gas, mining and keys.
#pragma once

#include "api/node/miner_types.hpp"
#include "rpc/method.hpp"
#include "rpc/stream.hpp"
#include "types/key_info.hpp"

namespace venus::api {

using rpc::Method;
using rpc::MethodList;
using rpc::NotRetrySafe;
using rpc::OnlyV1;
using rpc::Perm;

using Messages = std::vector<types::Message>;
using SignedMessages = std::vector<types::SignedMessage>;

struct MpoolApi {
  using Pending = Method<"Filecoin.MpoolPending", Perm::Read, SignedMessages(TipsetKey), "All pending messages", "tipset">;
  using Select = Method<"Filecoin.MpoolSelect", Perm::Read, SignedMessages(TipsetKey, double),
                        "Messages for a block on a tipset, by the quality of its ticket", "tipset", "ticket_quality">;
  using SelectMany = Method<"Filecoin.MpoolSelects", Perm::Read,
                            std::vector<SignedMessages>(TipsetKey, std::vector<double>),
                            "Messages for several blocks of one height; no sender is in two lists", "tipset",
                            "ticket_qualities">;
  using Push = Method<"Filecoin.MpoolPush", Perm::Write, Cid(types::SignedMessage), "Adds and relays a message", "message">;
  using PushUntrusted = Method<"Filecoin.MpoolPushUntrusted", Perm::Write, Cid(types::SignedMessage),
                               "Adds a message of somebody else, by stricter rules", "message">;
  using PushMessage =
      NotRetrySafe<Method<"Filecoin.MpoolPushMessage", Perm::Sign,
                          types::SignedMessage(types::Message, std::optional<MessageSendSpec>),
                          "Fills gas and nonce, signs with a key of this node, pushes", "message", "spec">>;
  using BatchPush =
      Method<"Filecoin.MpoolBatchPush", Perm::Write, std::vector<Cid>(SignedMessages), "Pushes several", "messages">;
  using BatchPushUntrusted = Method<"Filecoin.MpoolBatchPushUntrusted", Perm::Write, std::vector<Cid>(SignedMessages),
                                    "Pushes several of somebody else", "messages">;
  using BatchPushMessage =
      NotRetrySafe<Method<"Filecoin.MpoolBatchPushMessage", Perm::Sign,
                          SignedMessages(Messages, std::optional<MessageSendSpec>), "Signs and pushes several",
                          "messages", "spec">>;
  using GetNonce = Method<"Filecoin.MpoolGetNonce", Perm::Read, Nonce(Address),
                          "The nonce the address's next message should have", "address">;
  using Sub = Method<"Filecoin.MpoolSub", Perm::Read, rpc::Stream<MpoolUpdate>(), "Changes of the pool">;
  using Clear = Method<"Filecoin.MpoolClear", Perm::Write, void(bool), "Empties the pool", "local_too">;
  using GetConfig = Method<"Filecoin.MpoolGetConfig", Perm::Read, MpoolConfig(), "Settings of the pool">;
  using SetConfig =
      Method<"Filecoin.MpoolSetConfig", Perm::Admin, void(MpoolConfig), "Changes settings of the pool", "config">;
  using CheckPendingMessages = Method<"Filecoin.MpoolCheckPendingMessages", Perm::Read, Json(Address),
                                      "Checks all pending messages of a sender", "address">;
  using PublishByAddress = Method<"Filecoin.MpoolPublishByAddr", Perm::Write, void(Address),
                                  "Relays the pending messages of a sender again", "address">;
  using PublishMessage = Method<"Filecoin.MpoolPublishMessage", Perm::Write, void(types::SignedMessage),
                                "Relays a message again", "message">;

  using EstimateFeeCap =
      Method<"Filecoin.GasEstimateFeeCap", Perm::Read, TokenAmount(types::Message, std::int64_t, TipsetKey),
             "A fee cap for inclusion within some blocks", "message", "max_queue_blocks", "tipset">;
  using EstimateGasLimit = Method<"Filecoin.GasEstimateGasLimit", Perm::Read, Gas(types::Message, TipsetKey),
                                  "Gas a message will use", "message", "tipset">;
  using EstimateGasPremium =
      Method<"Filecoin.GasEstimateGasPremium", Perm::Read,
             TokenAmount(std::uint64_t, Address, std::int64_t, TipsetKey),
             "A premium for inclusion within some blocks", "blocks", "sender", "gas_limit", "tipset">;
  using EstimateMessageGas =
      Method<"Filecoin.GasEstimateMessageGas", Perm::Read,
             types::Message(types::Message, std::optional<MessageSendSpec>, TipsetKey),
             "Fills the gas fields that are 0", "message", "spec", "tipset">;
  using BatchEstimateMessageGas =
      Method<"Filecoin.GasBatchEstimateMessageGas", Perm::Read,
             std::vector<EstimateResult>(std::vector<EstimateMessage>, Nonce, TipsetKey),
             "Fills the gas of one sender's messages, each after the ones before it", "messages", "from_nonce",
             "tipset">;

  using GetBaseInfo =
      Method<"Filecoin.MinerGetBaseInfo", Perm::Read, std::optional<MiningBaseInfo>(Address, ChainEpoch, TipsetKey),
             "What a miner needs to try for a block; null if it can't", "miner", "epoch", "tipset">;
  using CreateBlock = Method<"Filecoin.MinerCreateBlock", Perm::Write, types::BlockMessage(BlockTemplate),
                             "Completes a block; BlockSig stays null when the worker key is not here", "template">;

  using methods =
      MethodList<Pending, Select, SelectMany, Push, PushUntrusted, PushMessage, BatchPush, BatchPushUntrusted,
                 BatchPushMessage, GetNonce, Sub, Clear, GetConfig, SetConfig, CheckPendingMessages, PublishByAddress,
                 PublishMessage, EstimateFeeCap, EstimateGasLimit, EstimateGasPremium, EstimateMessageGas,
                 BatchEstimateMessageGas, GetBaseInfo, CreateBlock>;
};

/// Keys held by the node itself, for plain use; the pool's keys live in venus-wallet.
struct NodeWalletApi {
  using New = NotRetrySafe<Method<"Filecoin.WalletNew", Perm::Write, Address(std::string),
                                  "Makes a key: bls, secp256k1 or delegated", "type">>;
  using Has = Method<"Filecoin.WalletHas", Perm::Write, bool(Address), "Whether a key is here", "address">;
  using List = Method<"Filecoin.WalletList", Perm::Write, std::vector<Address>(), "Addresses of all keys">;
  using Balance = Method<"Filecoin.WalletBalance", Perm::Read, TokenAmount(Address), "Balance at the head", "address">;
  using Sign = Method<"Filecoin.WalletSign", Perm::Sign, types::Signature(Address, Bytes), "Signs bytes", "address", "data">;
  using SignMessage = Method<"Filecoin.WalletSignMessage", Perm::Sign, types::SignedMessage(Address, types::Message),
                             "Signs a message", "address", "message">;
  using Verify = Method<"Filecoin.WalletVerify", Perm::Read, bool(Address, Bytes, types::Signature),
                        "Whether a signature is the address's over the data", "address", "data", "signature">;
  using DefaultAddress = Method<"Filecoin.WalletDefaultAddress", Perm::Write, Address(), "The default sender">;
  using SetDefault =
      Method<"Filecoin.WalletSetDefault", Perm::Write, void(Address), "Chooses the default sender", "address">;
  using Export =
      Method<"Filecoin.WalletExport", Perm::Admin, types::KeyInfo(Address), "The private key itself", "address">;
  using Import = Method<"Filecoin.WalletImport", Perm::Admin, Address(types::KeyInfo), "Adds a private key", "key">;
  using Delete = Method<"Filecoin.WalletDelete", Perm::Admin, void(Address), "Removes a key", "address">;
  using ValidateAddress = Method<"Filecoin.WalletValidateAddress", Perm::Read, Address(std::string),
                                 "Parses an address", "text">;
  using methods = MethodList<New, Has, List, Balance, Sign, SignMessage, Verify, DefaultAddress, SetDefault, Export,
                             Import, Delete, ValidateAddress>;
};

}  // namespace venus::api
