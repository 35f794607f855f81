// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/peer_id.hpp"

#include "base/json.hpp"

namespace venus::types {
namespace {

// libp2p keys of at most 42 encoded bytes stand in the identity itself; longer ones are hashed.
constexpr std::size_t kMaxInline = 42;
constexpr std::uint8_t kIdentity = 0x00;
constexpr std::uint8_t kSha256 = 0x12;
constexpr std::uint8_t kSha256Size = 32;
constexpr std::uint8_t kCidVersion1 = 0x01;
constexpr std::uint8_t kLibp2pKeyCodec = 0x72;

}  // namespace

Result<PeerId> PeerId::from_bytes(BytesView multihash) {
  const bool sized = multihash.size() >= 2 && multihash.size() - 2 == multihash[1];
  const bool is_inline = sized && multihash[0] == kIdentity && multihash[1] > 0 && multihash[1] <= kMaxInline;
  const bool is_hash = sized && multihash[0] == kSha256 && multihash[1] == kSha256Size;
  if (!is_inline && !is_hash) return fail(ErrorCode::Malformed, "{} bytes are no peer id", multihash.size());
  return PeerId(base::to_base58(multihash));
}

Result<PeerId> PeerId::parse(std::string_view text) {
  if (text.starts_with('b')) {
    TRY(const auto cid, with_context(base::from_base32(text.substr(1)), "peer id"));
    if (cid.size() < 2 || cid[0] != kCidVersion1 || cid[1] != kLibp2pKeyCodec) {
      return fail(ErrorCode::Malformed, "\"{}\" is no peer id", text.substr(0, 64));
    }
    return from_bytes(BytesView(cid).subspan(2));
  }
  TRY(const auto bytes, with_context(base::from_base58(text), "peer id"));
  return with_context(from_bytes(bytes), text);
}

Bytes PeerId::bytes() const { return base::from_base58(text_).value_or(Bytes{}); }

}  // namespace venus::types

namespace venus::base {

boost::json::value JsonCodec<types::PeerId>::encode(const types::PeerId& v) { return v.str().c_str(); }

Result<types::PeerId> JsonCodec<types::PeerId>::decode(const boost::json::value& v) {
  if (!v.is_string()) return fail(ErrorCode::Malformed, "a peer id is a text");
  return types::PeerId::parse(v.get_string());
}

}  // namespace venus::base
