// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/params/multisig.hpp"

#include "actors/methods/table.hpp"
#include "actors/params/evm.hpp"

namespace venus::actors::detail {

Table multisig_methods() {
  using namespace multisig;
  return {
      method<ConstructorParams>(1, "Constructor"),
      method<ProposeParams, ProposeReturn>(2, "Propose"),
      exported<ProposeParams, ProposeReturn>("Propose"),
      method<TxnIDParams, ApproveReturn>(3, "Approve"),
      exported<TxnIDParams, ApproveReturn>("Approve"),
      method<TxnIDParams>(4, "Cancel"),
      exported<TxnIDParams>("Cancel"),
      method<AddSignerParams>(5, "AddSigner"),
      exported<AddSignerParams>("AddSigner"),
      method<RemoveSignerParams>(6, "RemoveSigner"),
      exported<RemoveSignerParams>("RemoveSigner"),
      method<SwapSignerParams>(7, "SwapSigner"),
      exported<SwapSignerParams>("SwapSigner"),
      method<ChangeNumApprovalsThresholdParams>(8, "ChangeNumApprovalsThreshold"),
      exported<ChangeNumApprovalsThresholdParams>("ChangeNumApprovalsThreshold"),
      method<LockBalanceParams>(9, "LockBalance"),
      exported<LockBalanceParams>("LockBalance"),
      exported_as<RawBytes>("Receive", "UniversalReceiverHook"),
  };
}

Table payment_channel_methods() {
  using namespace payment_channel;
  return {
      method<ConstructorParams>(1, "Constructor"),
      method<UpdateChannelStateParams>(2, "UpdateChannelState"),
      method<Empty>(3, "Settle"),
      method<Empty>(4, "Collect"),
  };
}

Table eam_methods() {
  using namespace eam;
  return {
      method<Empty>(1, "Constructor"),
      method<CreateParams, Return>(2, "Create"),
      method<Create2Params, Return>(3, "Create2"),
      method<CborBytes, Return>(4, "CreateExternal"),
  };
}

Table evm_methods() {
  using namespace evm;
  return {
      method<ConstructorParams>(1, "Constructor"),
      method<ConstructorParams>(2, "Resurrect"),
      method<Empty, GetBytecodeReturn>(3, "GetBytecode"),
      method<Empty, CborBytes>(4, "GetBytecodeHash"),
      method<GetStorageAtParams, CborBytes>(5, "GetStorageAt"),
      method<DelegateCallParams, CborBytes>(6, "InvokeContractDelegate"),
      exported_as<CborBytes, CborBytes>("InvokeEVM", "InvokeContract"),
  };
}

}  // namespace venus::actors::detail
