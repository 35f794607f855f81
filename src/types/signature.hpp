// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "ipld/codec.hpp"

namespace venus::types {

enum class SignatureType : std::uint8_t { Secp256k1 = 1, Bls = 2, Delegated = 3 };

/// In CBOR a byte string: type byte ‖ data, at most 200 bytes. In JSON {"Type": 1, "Data": base64}.
struct Signature {
  SignatureType type = SignatureType::Secp256k1;
  Bytes data;
  bool operator==(const Signature&) const = default;
};

}  // namespace venus::types

template <>
struct venus::ipld::CborCodec<venus::types::Signature> {
  static void encode(cbor::Writer& w, const types::Signature& v);
  static void decode(cbor::Reader& r, types::Signature& v);
};
template <>
struct venus::base::JsonCodec<venus::types::Signature> {
  static boost::json::value encode(const types::Signature& v);
  static Result<types::Signature> decode(const boost::json::value& v);
};
