// SPDX-License-Identifier: MIT OR Apache-2.0
// The JSON of private keys, for WalletExport and WalletImport alone; nobody else includes this.
#pragma once

#include "base/json.hpp"
#include "types/key_info.hpp"

/// {"Type": "bls", "PrivateKey": "<base64>"}.
template <>
struct venus::base::JsonCodec<venus::types::KeyInfo> {
  static boost::json::value encode(const types::KeyInfo& v);
  static Result<types::KeyInfo> decode(const boost::json::value& v);
};
