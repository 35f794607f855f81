// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/test_util/fuzz_targets.hpp"

#include <cstdlib>

#include "net/bitswap_wire.hpp"
#include "net/exchange_check.hpp"
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

void fuzz_bitswap(BytesView data) {
  if (const auto message = decode_bitswap(data)) {
    const auto again = decode_bitswap(encode_bitswap(*message));
    demand(again && *again == *message);
    for (const auto& block : message->blocks) demand(ipld::verify_block(block.cid, block.data).has_value());
  }
  const auto cut = [data](std::size_t piece) {
    BitswapFramer framer;
    std::vector<Bytes> out;
    for (std::size_t at = 0; at < data.size(); at += piece) {
      framer.feed(data.subspan(at, std::min(piece, data.size() - at)));
      for (;;) {
        const auto frame = framer.next();
        if (!frame) return out;
        if (!*frame) break;
        out.push_back(**frame);
      }
    }
    return out;
  };
  demand(cut(std::max<std::size_t>(data.size(), 1)) == cut(5));
}

void fuzz_gossip(BytesView data) {
  if (const auto block = ipld::decode<types::BlockMessage>(data)) {
    demand(base::equal(ipld::encode(*block), data));
    static_cast<void>(message_root(block->bls_messages, block->secpk_messages));
  }
  ipld::cbor::Reader reader(data);
  types::SignedMessage message;
  ipld::decode_from(reader, message);
  if (reader.finish(true)) demand(base::equal(ipld::encode(message), data.first(reader.offset())));
}

}  // namespace venus::net::test_util
