// SPDX-License-Identifier: MIT OR Apache-2.0
// Parameters and returns of the EVM and Ethereum address manager, actors v16 to v19, with the JSON
// names of go-state-types. Methods and their numbers: methods/evm.cpp.
#pragma once

#include "actors/shapes.hpp"

namespace venus::actors {

namespace eam {

struct CreateParams {
  Bytes initcode;
  std::uint64_t nonce = 0;
  static constexpr auto fields() {
    return base::fields_of(list("Initcode", &CreateParams::initcode),
                           base::field("Nonce", &CreateParams::nonce));
  }
};

struct Create2Params {
  Bytes initcode;
  NumberBytes<32> salt;
  static constexpr auto fields() {
    return base::fields_of(list("Initcode", &Create2Params::initcode),
                           base::field("Salt", &Create2Params::salt));
  }
};

struct Return {
  std::uint64_t actor_id = 0;
  std::optional<Address> robust_address;
  NumberBytes<20> eth_address;
  static constexpr auto fields() {
    return base::fields_of(base::field("ActorID", &Return::actor_id),
                           base::field("RobustAddress", &Return::robust_address),
                           base::field("EthAddress", &Return::eth_address));
  }
};

}  // namespace eam

namespace evm {

struct ConstructorParams {
  NumberBytes<20> creator;
  Bytes initcode;
  static constexpr auto fields() {
    return base::fields_of(base::field("Creator", &ConstructorParams::creator),
                           list("Initcode", &ConstructorParams::initcode));
  }
};

struct GetStorageAtParams {
  NumberBytes<32> storage_key;
  static constexpr auto fields() {
    return base::fields_of(base::field("StorageKey", &GetStorageAtParams::storage_key));
  }
};

/// In CBOR the link or null itself; in JSON {"Cid": link or null}.
struct GetBytecodeReturn {
  std::optional<Cid> cid;
  static constexpr auto fields() {
    return base::fields_of(base::field("Cid", &GetBytecodeReturn::cid));
  }
};

struct DelegateCallParams {
  Cid code;
  Bytes input;
  NumberBytes<20> caller;
  TokenAmount value;
  static constexpr auto fields() {
    return base::fields_of(base::field("Code", &DelegateCallParams::code),
                           list("Input", &DelegateCallParams::input),
                           base::field("Caller", &DelegateCallParams::caller),
                           base::field("Value", &DelegateCallParams::value));
  }
};

}  // namespace evm

}  // namespace venus::actors

template <>
struct venus::ipld::CborCodec<venus::actors::evm::GetBytecodeReturn> {
  static void encode(cbor::Writer& w, const actors::evm::GetBytecodeReturn& v) {
    encode_to(w, v.cid);
  }
  static void decode(cbor::Reader& r, actors::evm::GetBytecodeReturn& v) { decode_from(r, v.cid); }
};
