// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/codec.hpp"

namespace venus::ipld {
namespace {
/// Sign byte and magnitude together, as Lotus and the FVM bound them.
constexpr std::size_t kMaxBigInt = 128;
}  // namespace

void CborCodec<BigInt>::encode(cbor::Writer& w, const BigInt& v) {
  if (v.is_zero()) return w.write_bytes({});
  Bytes bytes = v.magnitude();
  bytes.insert(bytes.begin(), v.is_negative() ? 1 : 0);
  w.write_bytes(bytes);
}

void CborCodec<BigInt>::decode(cbor::Reader& r, BigInt& v) {
  const auto bytes = r.read_bytes(kMaxBigInt);
  if (bytes.empty()) {
    v = BigInt();
    return;
  }
  if (bytes[0] > 1) return r.fail("sign byte of a big integer is neither 0 nor 1");
  if (bytes.size() == 1) return r.fail("big integer of a sign alone");
  if (bytes[1] == 0) return r.fail("big integer with a leading zero");
  const bool negative = bytes[0] == 1;
  if (!negative && bytes.size() <= 9) {
    std::uint64_t value = 0;
    for (const auto byte : bytes.subspan(1))
      value = value << 8 | byte;
    v = BigInt(value);
  } else {
    v = BigInt::from_magnitude(bytes.subspan(1), negative);
  }
}

}  // namespace venus::ipld
