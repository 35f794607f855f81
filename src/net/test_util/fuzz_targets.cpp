// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/test_util/fuzz_targets.hpp"

#include <cstdlib>

#include "net/exchange_wire.hpp"
#include "net/hello.hpp"

namespace venus::net::test_util {
namespace {

void demand(bool held) {
  if (!held) std::abort();
}

template <class T>
void round_trip(BytesView data) {
  if (const auto value = ipld::decode<T>(data)) demand(base::equal(ipld::encode(*value), data));
}

/// All tipsets of an answer fed in pieces of `piece` bytes, encoded again; empty when it is refused.
Bytes decode_in_pieces(BytesView data, std::size_t piece) {
  ExchangeDecoder decoder(exchange::kMaxLength, 1U << 20);
  Bytes out;
  for (std::size_t at = 0; at < data.size(); at += piece) {
    decoder.feed(data.subspan(at, std::min(piece, data.size() - at)));
    for (;;) {
      const auto tipset = decoder.next();
      if (!tipset) return {};
      if (!*tipset) break;
      ipld::cbor::Writer writer;
      const auto& value = **tipset;
      encode_exchange_tipset(writer, value.blocks, value.messages ? &*value.messages : nullptr);
      base::append(out, writer.bytes());
      demand(!value.messages || (value.bls_cids.size() == value.messages->bls.size() &&
                                 value.secpk_cids.size() == value.messages->secpk.size()));
    }
    if (decoder.done()) break;
  }
  if (!decoder.done()) return {};
  auto whole = encode_exchange_head(decoder.status(), decoder.error(), decoder.count());
  base::append(whole, out);
  return whole;
}

}  // namespace

void fuzz_exchange(BytesView data) {
  round_trip<ExchangeRequest>(data);
  round_trip<HelloMessage>(data);
  round_trip<HelloReply>(data);
  const auto whole = decode_in_pieces(data, std::max<std::size_t>(data.size(), 1));
  demand(whole.empty() || (whole.size() <= data.size() && base::equal(whole, data.first(whole.size()))));
  // Pieces may be refused a moment earlier or later, but never give another value.
  const auto pieces = decode_in_pieces(data, 7);
  demand(pieces.empty() || whole.empty() || pieces == whole);
}

}  // namespace venus::net::test_util
