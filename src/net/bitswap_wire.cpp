// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/bitswap_wire.hpp"

namespace venus::net {
namespace {

using protobuf::Field;
using protobuf::Reader;
using protobuf::write_bytes;
using protobuf::write_number;

// Field numbers of message.proto.
enum MessageField : std::uint32_t { kWantlist = 1, kBlocks = 2, kPayload = 3, kPresences = 4, kPendingBytes = 5 };
enum WantlistField : std::uint32_t { kEntries = 1, kFull = 2 };
enum EntryField : std::uint32_t { kWantCid = 1, kPriority = 2, kCancel = 3, kWantType = 4, kSendDontHave = 5 };
enum BlockField : std::uint32_t { kPrefix = 1, kData = 2 };
enum PresenceField : std::uint32_t { kPresenceCid = 1, kPresenceType = 2 };

constexpr std::uint64_t kDontHave = 1;

/// The bytes of an inner message or byte string; fails for a number.
Result<BytesView> bytes_of(const Field& field) {
  if (!field.is_bytes) return fail(ErrorCode::Malformed, "bitswap: field {} is a number", field.number);
  return field.bytes;
}

Result<std::uint64_t> number_of(const Field& field) {
  if (field.is_bytes) return fail(ErrorCode::Malformed, "bitswap: field {} is no number", field.number);
  return field.value;
}

/// Calls visit(field) for every field of a message.
template <class Visit>
Result<void> for_each_field(BytesView message, Visit visit) {
  Reader reader(message);
  for (;;) {
    TRY(const auto field, reader.next());
    if (!field) return {};
    TRY_VOID(visit(*field));
  }
}

Result<BitswapWant> decode_want(BytesView bytes) {
  BitswapWant out;
  out.priority = 0;
  TRY_VOID(for_each_field(bytes, [&](const Field& field) -> Result<void> {
    switch (field.number) {
      case kWantCid: {
        TRY(const auto cid, bytes_of(field));
        TRY(out.cid, Cid::from_bytes(cid));
        return {};
      }
      case kPriority: {
        TRY(const auto value, number_of(field));
        out.priority = static_cast<std::int32_t>(value);
        return {};
      }
      case kCancel: {
        TRY(const auto value, number_of(field));
        out.cancel = value != 0;
        return {};
      }
      case kWantType: {
        TRY(const auto value, number_of(field));
        out.type = value == 1 ? WantType::Have : WantType::Block;
        return {};
      }
      case kSendDontHave: {
        TRY(const auto value, number_of(field));
        out.send_dont_have = value != 0;
        return {};
      }
      default: return {};
    }
  }));
  if (!out.cid.defined()) return fail(ErrorCode::Malformed, "bitswap: a want without a CID");
  return out;
}

Result<void> decode_wantlist(BytesView bytes, BitswapMessage& out) {
  return for_each_field(bytes, [&](const Field& field) -> Result<void> {
    if (field.number == kFull) {
      TRY(const auto value, number_of(field));
      out.full = value != 0;
    }
    if (field.number != kEntries) return {};
    if (out.wants.size() == bitswap::kMaxEntries) return fail(ErrorCode::TooLarge, "bitswap: too many wants");
    TRY(const auto entry, bytes_of(field));
    TRY(auto want, decode_want(entry));
    out.wants.push_back(std::move(want));
    return {};
  });
}

Result<std::uint64_t> take_varint(BytesView& bytes) {
  TRY(const auto read, protobuf::read_varint(bytes));
  if (!read) return fail(ErrorCode::Malformed, "bitswap: a prefix that ends early");
  bytes = bytes.subspan(read->size);
  return read->value;
}

/// The CID of data under a prefix; undefined when we cannot compute its hash.
Result<Cid> cid_of_block(BytesView prefix, BytesView data) {
  TRY(const auto version, take_varint(prefix));
  TRY(const auto codec, take_varint(prefix));
  TRY(const auto hash, take_varint(prefix));
  TRY(const auto length, take_varint(prefix));
  if (!prefix.empty()) return fail(ErrorCode::Malformed, "bitswap: a prefix of the wrong length");
  const auto kind = static_cast<ipld::Multihash>(hash);
  const bool known = kind == ipld::Multihash::Blake2b_256 || kind == ipld::Multihash::Sha2_256;
  if (version != 1 || length != 32 || !known) return Cid();
  TRY(const auto like, Cid::make(static_cast<ipld::Codec>(codec), kind, ByteArray<32>{}));
  return ipld::cid_like(like, data);
}

Result<void> decode_block(BytesView bytes, BitswapMessage& out) {
  if (out.blocks.size() == bitswap::kMaxEntries) return fail(ErrorCode::TooLarge, "bitswap: too many blocks");
  BytesView prefix, data;
  TRY_VOID(for_each_field(bytes, [&](const Field& field) -> Result<void> {
    if (field.number == kPrefix) {
      TRY(prefix, bytes_of(field));
    }
    if (field.number == kData) {
      TRY(data, bytes_of(field));
    }
    return {};
  }));
  TRY(const auto cid, cid_of_block(prefix, data));
  if (cid.defined()) out.blocks.push_back({cid, base::to_bytes(data)});
  return {};
}

Result<void> decode_presence(BytesView bytes, BitswapMessage& out) {
  if (out.presences.size() == bitswap::kMaxEntries) return fail(ErrorCode::TooLarge, "bitswap: too many presences");
  BitswapPresence presence;
  TRY_VOID(for_each_field(bytes, [&](const Field& field) -> Result<void> {
    if (field.number == kPresenceCid) {
      TRY(const auto cid, bytes_of(field));
      TRY(presence.cid, Cid::from_bytes(cid));
    }
    if (field.number == kPresenceType) {
      TRY(const auto type, number_of(field));
      presence.have = type != kDontHave;
    }
    return {};
  }));
  if (!presence.cid.defined()) return fail(ErrorCode::Malformed, "bitswap: a presence without a CID");
  out.presences.push_back(std::move(presence));
  return {};
}

Bytes prefix_of(const Cid& cid) {
  Bytes out;
  protobuf::write_varint(out, static_cast<std::uint64_t>(cid.version()));
  protobuf::write_varint(out, static_cast<std::uint64_t>(cid.codec()));
  protobuf::write_varint(out, static_cast<std::uint64_t>(cid.hash()));
  protobuf::write_varint(out, cid.digest().size());
  return out;
}

Bytes encode_wantlist(const BitswapMessage& message) {
  Bytes out;
  for (const auto& want : message.wants) {
    Bytes entry;
    write_bytes(entry, kWantCid, want.cid.bytes());
    // A negative int32 is sign-extended to ten bytes, as protobuf wants it.
    write_number(entry, kPriority, static_cast<std::uint64_t>(std::int64_t{want.priority}));
    write_number(entry, kCancel, want.cancel ? 1 : 0);
    write_number(entry, kWantType, static_cast<std::uint64_t>(want.type));
    write_number(entry, kSendDontHave, want.send_dont_have ? 1 : 0);
    write_bytes(out, kEntries, entry);
  }
  write_number(out, kFull, message.full ? 1 : 0);
  return out;
}

}  // namespace

bool is_chain_cid(const Cid& cid) noexcept {
  return cid.defined() && cid.version() == 1 && cid.codec() == ipld::Codec::DagCbor &&
         cid.hash() == ipld::Multihash::Blake2b_256 && cid.digest().size() == 32;
}

Bytes encode_bitswap(const BitswapMessage& message) {
  Bytes out;
  // Present though empty, as boxo writes it.
  write_bytes(out, kWantlist, encode_wantlist(message));
  for (const auto& block : message.blocks) {
    Bytes inner;
    write_bytes(inner, kPrefix, prefix_of(block.cid));
    write_bytes(inner, kData, block.data);
    write_bytes(out, kPayload, inner);
  }
  for (const auto& presence : message.presences) {
    Bytes inner;
    write_bytes(inner, kPresenceCid, presence.cid.bytes());
    write_number(inner, kPresenceType, presence.have ? 0 : kDontHave);
    write_bytes(out, kPresences, inner);
  }
  write_number(out, kPendingBytes, static_cast<std::uint64_t>(std::int64_t{message.pending_bytes}));
  return out;
}

Bytes frame_bitswap(const BitswapMessage& message) {
  const auto body = encode_bitswap(message);
  Bytes out;
  out.reserve(body.size() + 4);
  protobuf::write_varint(out, body.size());
  base::append(out, body);
  return out;
}

Result<BitswapMessage> decode_bitswap(BytesView bytes) {
  BitswapMessage out;
  TRY_VOID(for_each_field(bytes, [&](const Field& field) -> Result<void> {
    switch (field.number) {
      case kWantlist: {
        TRY(const auto inner, bytes_of(field));
        return decode_wantlist(inner, out);
      }
      case kPayload: {
        TRY(const auto inner, bytes_of(field));
        return decode_block(inner, out);
      }
      case kPresences: {
        TRY(const auto inner, bytes_of(field));
        return decode_presence(inner, out);
      }
      case kPendingBytes: {
        TRY(const auto value, number_of(field));
        out.pending_bytes = static_cast<std::int32_t>(value);
        return {};
      }
      // Blocks of 1.0.0 are sha2-256 and dag-pb: never of the chain.
      default: return {};
    }
  }));
  return out;
}

Result<std::optional<Bytes>> BitswapFramer::next() {
  TRY(const auto length, protobuf::read_varint(buffer_));
  if (!length) return std::optional<Bytes>();
  if (length->value > bitswap::kMaxMessage) {
    return fail(ErrorCode::TooLarge, "bitswap: a message of {} bytes", length->value);
  }
  const auto end = length->size + static_cast<std::size_t>(length->value);
  if (buffer_.size() < end) return std::optional<Bytes>();
  Bytes out(buffer_.begin() + static_cast<std::ptrdiff_t>(length->size), buffer_.begin() + static_cast<std::ptrdiff_t>(end));
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(end));
  return std::optional(std::move(out));
}

}  // namespace venus::net
