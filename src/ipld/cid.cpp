// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/cid.hpp"

#include "base/json.hpp"
#include "base/varint.hpp"
#include "crypto/hash.hpp"

#include <algorithm>

namespace venus::ipld {
namespace {

constexpr std::size_t kVersion0Size = 34;

bool is_version0(BytesView bytes) noexcept {
  return bytes.size() >= 2 && bytes[0] == 0x12 && bytes[1] == 0x20;
}

/// One varint of a CID that was checked when it was made.
std::uint64_t take_varint(BytesView& from) noexcept {
  std::uint64_t value = 0;
  std::size_t i = 0;
  for (; i < from.size() && i < 9; ++i) {
    value |= static_cast<std::uint64_t>(from[i] & 0x7f) << (7 * i);
    if ((from[i] & 0x80) == 0) break;
  }
  from = from.subspan(std::min(i + 1, from.size()));
  return value;
}

Result<std::uint64_t> next_varint(BytesView bytes, std::size_t& offset) {
  TRY(const auto varint, base::read_varint(bytes.subspan(offset)));
  offset += varint.size;
  return varint.value;
}

}  // namespace

Result<Cid> Cid::make(Codec codec, Multihash hash, BytesView digest) {
  if (digest.size() > kMaxDigest) {
    return fail(ErrorCode::InvalidArgument, "CID digest of {} bytes", digest.size());
  }
  Bytes bytes;
  bytes.reserve(kMaxBytes);
  bytes.push_back(1);
  base::write_varint(bytes, static_cast<std::uint64_t>(codec));
  base::write_varint(bytes, static_cast<std::uint64_t>(hash));
  base::write_varint(bytes, digest.size());
  base::append(bytes, digest);
  if (bytes.size() > kMaxBytes) return fail(ErrorCode::InvalidArgument, "CID is too long");
  Cid out;
  std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
  out.size_ = static_cast<std::uint8_t>(bytes.size());
  return out;
}

Result<Cid> Cid::from_bytes(BytesView bytes) {
  std::size_t used = 0;
  TRY(const auto cid, read(bytes, used));
  if (used != bytes.size()) {
    return fail(ErrorCode::Malformed, "{} bytes after the CID", bytes.size() - used);
  }
  return cid;
}

Result<Cid> Cid::read(BytesView bytes, std::size_t& used) {
  if (is_version0(bytes)) {
    used = kVersion0Size;
  } else {
    std::size_t offset = 0;
    TRY(const auto version, next_varint(bytes, offset));
    if (version != 1) return fail(ErrorCode::Malformed, "CID of version {}", version);
    TRY_VOID(next_varint(bytes, offset));
    TRY_VOID(next_varint(bytes, offset));
    TRY(const auto size, next_varint(bytes, offset));
    if (size > kMaxDigest || offset + size > kMaxBytes) {
      return fail(ErrorCode::TooLarge, "CID digest of {} bytes", size);
    }
    used = offset + static_cast<std::size_t>(size);
  }
  if (used > bytes.size()) return fail(ErrorCode::Malformed, "CID is truncated");
  Cid out;
  std::memcpy(out.bytes_.data(), bytes.data(), used);
  out.size_ = static_cast<std::uint8_t>(used);
  return out;
}

Result<Cid> Cid::parse(std::string_view text) {
  if (text.size() == 46 && text.starts_with("Qm")) {
    TRY(const auto bytes, base::from_base58(text));
    if (!is_version0(bytes)) return fail(ErrorCode::Malformed, "no CID of version 0");
    return from_bytes(bytes);
  }
  // Bounds the work on text from outside: base32 of the longest CID and its prefix.
  if (text.size() > 1 + (kMaxBytes * 8 + 4) / 5)
    return fail(ErrorCode::TooLarge, "CID is too long");
  if (!text.starts_with('b')) return fail(ErrorCode::Malformed, "no CID: '{}'", text);
  TRY(const auto bytes, with_context(base::from_base32(text.substr(1)), "CID"));
  if (is_version0(bytes)) return fail(ErrorCode::Malformed, "CID of version 0 in base32");
  return from_bytes(bytes);
}

int Cid::version() const noexcept { return is_version0(bytes()) ? 0 : 1; }

Codec Cid::codec() const noexcept {
  auto rest = bytes();
  if (is_version0(rest)) return Codec::DagPb;
  take_varint(rest);
  return static_cast<Codec>(take_varint(rest));
}

Multihash Cid::hash() const noexcept {
  auto rest = bytes();
  if (is_version0(rest)) return Multihash::Sha2_256;
  take_varint(rest);
  take_varint(rest);
  return static_cast<Multihash>(take_varint(rest));
}

BytesView Cid::digest() const noexcept {
  auto rest = bytes();
  if (is_version0(rest)) return rest.subspan(2);
  for (int i = 0; i < 4; ++i)
    take_varint(rest);
  return rest;
}

std::string Cid::str() const {
  if (!defined()) return {};
  return version() == 0 ? base::to_base58(bytes()) : "b" + base::to_base32(bytes());
}

Cid cid_of_cbor(BytesView data) { return Cid::chain(crypto::blake2b_256(data)); }

Cid cid_of_raw(BytesView data) {
  // Cannot fail: 32 bytes are within the limit.
  return Cid::make(Codec::Raw, Multihash::Blake2b_256, crypto::blake2b_256(data)).value_or(Cid());
}

namespace {

/// The digest of `data` by a hash; Unsupported for those we cannot compute.
Result<Bytes> digest_of(Multihash hash, BytesView data) {
  switch (hash) {
    case Multihash::Identity:
      return base::to_bytes(data);
    case Multihash::Sha2_256:
      return base::to_bytes(crypto::sha256(data));
    case Multihash::Blake2b_256:
      return base::to_bytes(crypto::blake2b_256(data));
    default:
      break;
  }
  return fail(ErrorCode::Unsupported, "cannot compute multihash {:#x}",
              static_cast<std::uint64_t>(hash));
}

}  // namespace

Result<Cid> cid_like(const Cid& like, BytesView data) {
  TRY(const auto digest, digest_of(like.hash(), data));
  if (like.version() == 1) return Cid::make(like.codec(), like.hash(), digest);
  Bytes bytes{0x12, 0x20};
  base::append(bytes, digest);
  return Cid::from_bytes(bytes);
}

Result<void> verify_block(const Cid& cid, BytesView data) {
  TRY(const auto digest, with_context(digest_of(cid.hash(), data), cid.str()));
  if (!base::equal(digest, cid.digest())) {
    return fail(ErrorCode::Corrupt, "block does not hash to {}", cid);
  }
  return {};
}

}  // namespace venus::ipld

namespace venus::base {

boost::json::value JsonCodec<ipld::Cid>::encode(const ipld::Cid& v) {
  if (!v.defined()) return nullptr;
  boost::json::object out;
  out["/"] = v.str();
  return out;
}

Result<ipld::Cid> JsonCodec<ipld::Cid>::decode(const boost::json::value& v) {
  if (v.is_null()) return ipld::Cid();
  if (!v.is_object()) return json_mismatch("a link {\"/\": \"...\"}", v);
  const auto* text = v.get_object().if_contains("/");
  if (text == nullptr || !text->is_string()) {
    return fail(ErrorCode::Malformed, "link without \"/\"");
  }
  return ipld::Cid::parse(std::string_view(text->get_string()));
}

}  // namespace venus::base
