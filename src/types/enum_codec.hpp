// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/json_fwd.hpp"
#include "ipld/codec.hpp"

#include <utility>

namespace venus::types {

/// CBOR of an enum that stands on chain as its number. Numbers without a name pass: whether they
/// are allowed is for validation to say, not for decoding.
template <class E>
struct EnumCbor {
  static void encode(ipld::cbor::Writer& w, const E& v) {
    ipld::encode_to(w, std::to_underlying(v));
  }
  static void decode(ipld::cbor::Reader& r, E& v) {
    std::underlying_type_t<E> number{};
    ipld::decode_from(r, number);
    v = static_cast<E>(number);
  }
};

}  // namespace venus::types
