// SPDX-License-Identifier: MIT OR Apache-2.0
#include "api/draw_random.hpp"

#include "crypto/hash.hpp"

namespace venus::api {

Bytes DrawRandomParams::signing_bytes() const {
  const auto base_digest = crypto::blake2b_256(rbase);
  const auto tag = base::be64(static_cast<std::uint64_t>(pers));
  const auto epoch = base::be64(static_cast<std::uint64_t>(round.value()));
  const BytesView parts[] = {tag, base_digest, epoch, entropy};
  const auto digest = crypto::blake2b_256(parts);
  return {digest.begin(), digest.end()};
}

}  // namespace venus::api

namespace venus::ipld {
namespace {

/// Go's encoder writes a nil slice as null.
void read_bytes_or_null(cbor::Reader& r, Bytes& out) {
  out.clear();
  if (r.try_null()) return;
  decode_from(r, out);
}

}  // namespace

void CborCodec<api::DrawRandomParams>::encode(cbor::Writer& w, const api::DrawRandomParams& v) {
  w.write_map(4);
  w.write_text("Rbase");
  w.write_bytes(v.rbase);
  w.write_text("Pers");
  w.write_int(v.pers);
  w.write_text("Round");
  w.write_int(v.round.value());
  w.write_text("Entropy");
  w.write_bytes(v.entropy);
}

void CborCodec<api::DrawRandomParams>::decode(cbor::Reader& r, api::DrawRandomParams& v) {
  if (r.read_map(4) != 4) return r.fail("draw-random parameters have four members");
  unsigned seen = 0;
  for (int i = 0; i < 4 && r.ok(); ++i) {
    const auto name = r.read_text(16);
    if (name == "Rbase") {
      read_bytes_or_null(r, v.rbase);
      seen |= 1U;
    } else if (name == "Pers") {
      v.pers = r.read_int();
      seen |= 2U;
    } else if (name == "Round") {
      decode_from(r, v.round);
      seen |= 4U;
    } else if (name == "Entropy") {
      read_bytes_or_null(r, v.entropy);
      seen |= 8U;
    } else {
      return r.fail("unknown member of draw-random parameters");
    }
  }
  if (r.ok() && seen != 15U) r.fail("a member of draw-random parameters is missing");
}

}  // namespace venus::ipld
