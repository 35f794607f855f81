// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/amt_node.hpp"

#include <algorithm>
#include <bit>

namespace venus::ipld::amt {
namespace {

constexpr std::size_t bitmap_size(unsigned bit_width) noexcept {
  return bit_width <= 3 ? 1 : std::size_t{1} << (bit_width - 3);
}

bool test(BytesView bitmap, std::size_t slot) noexcept {
  return (bitmap[slot / 8] >> (slot % 8) & 1) != 0;
}

std::size_t count_bits(BytesView bitmap) noexcept {
  std::size_t out = 0;
  for (const auto byte : bitmap)
    out += static_cast<std::size_t>(std::popcount(byte));
  return out;
}

std::size_t rank(BytesView bitmap, std::size_t slot) noexcept {
  const auto rest = static_cast<std::uint8_t>(bitmap[slot / 8] & ((1U << (slot % 8)) - 1));
  return count_bits(bitmap.first(slot / 8)) + static_cast<std::size_t>(std::popcount(rest));
}

Cid read_child(cbor::Reader& reader) noexcept {
  const auto cid = reader.read_cid();
  if (reader.ok() && cid.codec() != Codec::DagCbor) reader.fail("child is not dag-cbor");
  return cid;
}

/// Reads a node up to its first link or item; `count` tells how many follow.
BytesView read_shape(cbor::Reader& reader, unsigned bit_width, bool leaf, bool may_be_empty,
                     std::size_t& count) {
  const std::size_t width = std::size_t{1} << bit_width;
  reader.expect_array(3);
  const auto bitmap = reader.read_bytes(bitmap_size(bit_width));
  if (reader.ok() && bitmap.size() != bitmap_size(bit_width))
    reader.fail("bitmap of the wrong length");
  count = reader.read_array(width);
  if (leaf) {
    if (count != 0) reader.fail("leaf with links");
    count = reader.read_array(width);
  }
  if (!reader.ok()) return {};
  const bool narrow = bit_width < 3 && bitmap[0] >> width != 0;
  if (narrow || count_bits(bitmap) != count) reader.fail("bitmap and entries disagree");
  if (count == 0 && !may_be_empty) reader.fail("empty node");
  return bitmap;
}

Node read_node(cbor::Reader& reader, unsigned bit_width, bool leaf, bool may_be_empty) {
  Node node;
  std::size_t count = 0;
  const auto bitmap = read_shape(reader, bit_width, leaf, may_be_empty, count);
  if (!reader.ok()) return node;
  const std::size_t width = std::size_t{1} << bit_width;
  if (leaf && count > 0) node.items.resize(width);
  if (!leaf) node.links.resize(width);
  for (std::size_t slot = 0; slot < width && reader.ok(); ++slot) {
    if (!test(bitmap, slot)) continue;
    if (leaf)
      node.items[slot] = base::to_bytes(reader.read_raw());
    else
      node.links[slot].cid = read_child(reader);
  }
  if (!leaf) reader.expect_array(0);
  return node;
}

}  // namespace

bool Node::empty() const noexcept {
  return std::all_of(links.begin(), links.end(), [](const Link& link) { return link.empty(); }) &&
         std::all_of(items.begin(), items.end(), [](const Bytes& item) { return item.empty(); });
}

void write_node(cbor::Writer& writer, const Node& node, unsigned bit_width) {
  Bytes bitmap(bitmap_size(bit_width));
  const auto mark = [&](std::size_t slot) {
    bitmap[slot / 8] = static_cast<std::uint8_t>(bitmap[slot / 8] | 1U << (slot % 8));
  };
  for (std::size_t slot = 0; slot < node.links.size(); ++slot) {
    if (!node.links[slot].empty()) mark(slot);
  }
  for (std::size_t slot = 0; slot < node.items.size(); ++slot) {
    if (!node.items[slot].empty()) mark(slot);
  }
  const auto count = count_bits(bitmap);
  writer.write_array(3);
  writer.write_bytes(bitmap);
  writer.write_array(node.links.empty() ? 0 : count);
  for (const auto& link : node.links) {
    if (!link.empty()) writer.write_cid(link.cid);
  }
  writer.write_array(node.items.empty() ? 0 : count);
  for (const auto& item : node.items)
    writer.write_raw(item);
}

void write_row(cbor::Writer& writer, unsigned bit_width, std::uint64_t filled, bool leaf,
               BytesView encoded) {
  Bytes bitmap(bitmap_size(bit_width));
  for (std::uint64_t slot = 0; slot < filled; ++slot) {
    bitmap[slot / 8] = static_cast<std::uint8_t>(bitmap[slot / 8] | 1U << (slot % 8));
  }
  writer.write_array(3);
  writer.write_bytes(bitmap);
  writer.write_array(leaf ? 0 : filled);
  if (!leaf) writer.write_raw(encoded);
  writer.write_array(leaf ? filled : 0);
  if (leaf) writer.write_raw(encoded);
}

void write_root_head(cbor::Writer& writer, AmtShape shape, unsigned height, std::uint64_t count) {
  writer.write_array(shape.version == AmtVersion::V0 ? 3 : 4);
  if (shape.version != AmtVersion::V0) writer.write_uint(shape.bit_width);
  writer.write_uint(height);
  writer.write_uint(count);
}

Result<Node> decode_node(BytesView bytes, unsigned bit_width, bool leaf) {
  cbor::Reader reader(bytes);
  auto node = read_node(reader, bit_width, leaf, false);
  TRY_VOID(with_context(reader.finish(), "AMT node"));
  return node;
}

Result<Root> decode_root(BytesView bytes, AmtVersion version) {
  cbor::Reader reader(bytes);
  reader.expect_array(version == AmtVersion::V0 ? 3 : 4);
  const auto bit_width = version == AmtVersion::V0 ? 3 : reader.read_uint();
  const auto height = reader.read_uint();
  const auto count = reader.read_uint();
  if (reader.ok() && (bit_width < 1 || bit_width > RawAmt::kMaxBitWidth))
    reader.fail("bit width out of range");
  // The tallest tree is one whose topmost level still tells indices of 64 bits apart.
  if (reader.ok() && (height > 64 || height * bit_width >= 64)) reader.fail("too tall");
  Root root;
  if (reader.ok()) {
    root.bit_width = static_cast<unsigned>(bit_width);
    root.height = static_cast<unsigned>(height);
    root.count = count;
    if (count > span_of(root.bit_width, root.height + 1))
      reader.fail("not tall enough for its count");
    root.node = read_node(reader, root.bit_width, height == 0, height == 0);
  }
  TRY_VOID(with_context(reader.finish(), "AMT root"));
  return root;
}

Result<Found> look_up(BytesView node, unsigned bit_width, bool leaf, unsigned slot) {
  cbor::Reader reader(node);
  std::size_t count = 0;
  const auto bitmap = read_shape(reader, bit_width, leaf, false, count);
  Found found;
  if (reader.ok() && test(bitmap, slot)) {
    for (auto skip = rank(bitmap, slot); skip > 0; --skip)
      reader.read_raw();
    if (leaf)
      found.item = reader.read_raw();
    else
      found.child = read_child(reader);
  }
  TRY_VOID(with_context(reader.finish(true), "AMT node"));
  return found;
}

}  // namespace venus::ipld::amt
