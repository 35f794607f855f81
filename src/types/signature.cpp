// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/signature.hpp"

#include "base/json.hpp"

namespace venus {
namespace {

constexpr std::uint64_t kMaxSignature = 200;

bool known(std::uint64_t type) noexcept { return type >= 1 && type <= 3; }

}  // namespace

void ipld::CborCodec<types::Signature>::encode(cbor::Writer& w, const types::Signature& v) {
  w.write_bytes_head(v.data.size() + 1);
  const auto type = static_cast<std::uint8_t>(v.type);
  w.write_raw({&type, 1});
  w.write_raw(v.data);
}

void ipld::CborCodec<types::Signature>::decode(cbor::Reader& r, types::Signature& v) {
  const auto bytes = r.read_bytes(kMaxSignature);
  if (!r.ok()) return;
  if (bytes.empty() || !known(bytes[0])) return r.fail("signature of unknown type");
  v.type = static_cast<types::SignatureType>(bytes[0]);
  v.data.assign(bytes.begin() + 1, bytes.end());
}

boost::json::value base::JsonCodec<types::Signature>::encode(const types::Signature& v) {
  return boost::json::object{
      {"Type", static_cast<std::uint64_t>(v.type)},
      {"Data", v.data.empty() ? boost::json::value(nullptr) : to_json(v.data)}};
}

Result<types::Signature> base::JsonCodec<types::Signature>::decode(const boost::json::value& v) {
  const auto* type = find_member(v, "Type");
  if (type == nullptr) return fail(ErrorCode::Malformed, "signature without Type");
  TRY(const auto number, from_json<std::uint64_t>(*type));
  if (!known(number)) return fail(ErrorCode::Malformed, "signature of unknown type {}", number);
  types::Signature out{static_cast<types::SignatureType>(number), {}};
  if (const auto* data = find_member(v, "Data")) {
    TRY(out.data, with_context(from_json<Bytes>(*data), "Data"));
  }
  return out;
}

}  // namespace venus
