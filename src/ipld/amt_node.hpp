// SPDX-License-Identifier: MIT OR Apache-2.0
// One node of an AMT and the root around it: CBOR form and checks. Internal to amt.cpp.
#pragma once

#include "ipld/amt.hpp"

namespace venus::ipld::amt {

struct Node;

/// A child: by link, in memory, or both; neither when the slot is empty.
struct Link {
  Cid cid;
  std::unique_ptr<Node> child;
  bool dirty = false;  ///< the child in memory differs from the link

  [[nodiscard]] bool empty() const noexcept { return child == nullptr && !cid.defined(); }
};

/// A leaf has items (an empty byte string is a hole), another node has links; each is either empty
/// or as long as the node is wide.
struct Node {
  std::vector<Link> links;
  std::vector<Bytes> items;

  [[nodiscard]] bool empty() const noexcept;
};

struct Root {
  unsigned bit_width = 3;
  unsigned height = 0;
  std::uint64_t count = 0;
  Node node;
};

/// Slots below a node whose children have `height`, i.e. width^height; saturated at UINT64_MAX.
constexpr std::uint64_t span_of(unsigned bit_width, unsigned height) noexcept {
  return bit_width * height >= 64 ? UINT64_MAX : std::uint64_t{1} << (bit_width * height);
}

/// Writes a node of which every child is linked.
void write_node(cbor::Writer& writer, const Node& node, unsigned bit_width);
/// Writes a node's bytes from a full or partly filled row of items or links that are CBOR already.
void write_row(cbor::Writer& writer, unsigned bit_width, std::uint64_t filled, bool leaf,
               BytesView encoded);
/// What stands before a root's node.
void write_root_head(cbor::Writer& writer, AmtShape shape, unsigned height, std::uint64_t count);

/// Decodes and checks an inner node.
Result<Node> decode_node(BytesView bytes, unsigned bit_width, bool leaf);
/// Decodes and checks a root; any bit width up to RawAmt::kMaxBitWidth.
Result<Root> decode_root(BytesView bytes, AmtVersion version);

/// What a node's bytes hold at a slot: an item (leaf) or a link, or nothing (both empty).
struct Found {
  BytesView item;
  Cid child;
};
Result<Found> look_up(BytesView node, unsigned bit_width, bool leaf, unsigned slot);

}  // namespace venus::ipld::amt
