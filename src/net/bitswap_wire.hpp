// SPDX-License-Identifier: MIT OR Apache-2.0
// Bitswap's messages (boxo bitswap/message/pb/message.proto), each sent with its length as a varint before it.
#pragma once

#include <vector>

#include "ipld/cid.hpp"
#include "net/protobuf.hpp"

namespace venus::net {

namespace bitswap {
/// The longest message taken (boxo network.MessageSizeMax).
inline constexpr std::size_t kMaxMessage = 4U << 20;
/// Wants, or presences, in one message. Two full blocks' messages fit; more is a flood.
inline constexpr std::size_t kMaxEntries = 32'768;
}  // namespace bitswap

/// Whether a CID is version 1, dag-cbor, blake2b-256: what messages, headers and their roots have.
bool is_chain_cid(const Cid& cid) noexcept;

enum class WantType : std::uint8_t {
  Block = 0,  ///< send the block
  Have = 1,   ///< say whether you have it
};

struct BitswapWant {
  Cid cid;
  std::int32_t priority = 1;
  bool cancel = false;
  WantType type = WantType::Block;
  bool send_dont_have = false;
  bool operator==(const BitswapWant&) const = default;
};

/// A block under the CID that its bytes have.
struct BitswapBlock {
  Cid cid;
  Bytes data;
  bool operator==(const BitswapBlock&) const = default;
};

struct BitswapPresence {
  Cid cid;
  bool have = true;
  bool operator==(const BitswapPresence&) const = default;
};

struct BitswapMessage {
  std::vector<BitswapWant> wants;
  bool full = false;  ///< `wants` replace what was wanted before
  std::vector<BitswapBlock> blocks;
  std::vector<BitswapPresence> presences;
  std::int32_t pending_bytes = 0;
  bool operator==(const BitswapMessage&) const = default;
  [[nodiscard]] bool empty() const noexcept { return wants.empty() && blocks.empty() && presences.empty() && !full; }
};

/// The message's bytes without its length. Blocks go in the form of 1.1.0 and later.
Bytes encode_bitswap(const BitswapMessage& message);
/// A message with its length before it.
Bytes frame_bitswap(const BitswapMessage& message);
/// From a message's bytes. Blocks are hashed here: so a block has the CID asked for, or another. Those whose
/// prefix names a hash we do not compute are left out. Malformed; TooLarge above kMaxEntries.
Result<BitswapMessage> decode_bitswap(BytesView bytes);

/// Cuts a stream into messages.
class BitswapFramer {
 public:
  void feed(BytesView bytes) { base::append(buffer_, bytes); }
  /// The next message's bytes; nothing when more are needed. Malformed, TooLarge.
  Result<std::optional<Bytes>> next();
  /// Whether part of a message has come.
  [[nodiscard]] bool inside() const noexcept { return !buffer_.empty(); }

 private:
  Bytes buffer_;
};

}  // namespace venus::net
