// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/shapes.hpp"

namespace venus::base {
namespace {

boost::json::value bytes_or_null(const Bytes& bytes) {
  if (bytes.empty()) return nullptr;
  return to_json(bytes);
}

}  // namespace

boost::json::value JsonCodec<actors::RawBytes>::encode(const actors::RawBytes& v) {
  return bytes_or_null(v.bytes);
}

Result<actors::RawBytes> JsonCodec<actors::RawBytes>::decode(const boost::json::value& v) {
  TRY(auto bytes, from_json<Bytes>(v));
  return actors::RawBytes{std::move(bytes)};
}

boost::json::value JsonCodec<actors::CborBytes>::encode(const actors::CborBytes& v) {
  return bytes_or_null(v.bytes);
}

Result<actors::CborBytes> JsonCodec<actors::CborBytes>::decode(const boost::json::value& v) {
  TRY(auto bytes, from_json<Bytes>(v));
  return actors::CborBytes{std::move(bytes)};
}

}  // namespace venus::base
