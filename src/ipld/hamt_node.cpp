// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/hamt_node.hpp"

#include "crypto/hash.hpp"

namespace venus::ipld::hamt {
namespace {

constexpr std::size_t kMaxBitmapBytes = kHashBits / 8;

bool key_before(BytesView a, BytesView b) noexcept { return base::as_chars(a) < base::as_chars(b); }

struct EntryView {
  BytesView key;
  BytesView item;
};

EntryView read_entry(cbor::Reader& reader) noexcept {
  reader.expect_array(2);
  const auto key = reader.read_bytes();
  return {key, reader.read_raw()};
}

Cid read_child(cbor::Reader& reader) noexcept {
  const auto cid = reader.read_cid();
  if (reader.ok() && cid.codec() != Codec::DagCbor) reader.fail("child is not dag-cbor");
  return cid;
}

std::vector<Entry> read_bucket(cbor::Reader& reader) {
  const auto count = reader.read_array(kBucketSize);
  if (reader.ok() && count == 0) reader.fail("empty bucket");
  std::vector<Entry> bucket;
  bucket.reserve(count);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    const auto entry = read_entry(reader);
    if (!bucket.empty() && !key_before(bucket.back().key, entry.key))
      reader.fail("bucket out of order");
    bucket.push_back({base::to_bytes(entry.key), base::to_bytes(entry.item)});
  }
  return bucket;
}

/// Reads a node up to its pointers.
Bitmap read_shape(cbor::Reader& reader, unsigned bit_width) noexcept {
  const unsigned width = 1U << bit_width;
  reader.expect_array(2);
  const auto bitmap = Bitmap::read(reader);
  const auto count = reader.read_array(width);
  if (reader.ok() && bitmap.exceeds(width)) reader.fail("bitmap is wider than the node");
  if (reader.ok() && bitmap.count() != count) reader.fail("bitmap and pointers disagree");
  return bitmap;
}

}  // namespace

void Bitmap::write(cbor::Writer& writer) const {
  ByteArray<kMaxBitmapBytes> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto low = bytes.size() - 1 - i;
    bytes[i] = static_cast<std::uint8_t>(words_[low / 8] >> (8 * (low % 8)));
  }
  const auto first = std::find_if(bytes.begin(), bytes.end(), [](auto byte) { return byte != 0; });
  writer.write_bytes({first, bytes.end()});
}

Bitmap Bitmap::read(cbor::Reader& reader) noexcept {
  const auto bytes = reader.read_bytes(kMaxBitmapBytes);
  if (!bytes.empty() && bytes[0] == 0) reader.fail("bitmap with a leading zero");
  Bitmap out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto low = bytes.size() - 1 - i;
    out.words_[low / 8] |= static_cast<std::uint64_t>(bytes[i]) << (8 * (low % 8));
  }
  return out;
}

std::size_t Node::entries_if_flat() const noexcept {
  std::size_t entries = 0;
  for (const auto& pointer : pointers) {
    entries += pointer.is_child() ? kBucketSize + 1 : pointer.bucket.size();
  }
  return entries;
}

HashBits::HashBits(BytesView key) : digest_(crypto::sha256(key)) {}

unsigned HashBits::slot(unsigned depth, unsigned bit_width) const noexcept {
  // Bits are taken from the most significant end; a slot spans at most two bytes.
  const unsigned first = depth * bit_width;
  const unsigned high = digest_[first / 8];
  const unsigned low = first / 8 + 1 < digest_.size() ? digest_[first / 8 + 1] : 0U;
  const unsigned window = high << 8 | low;
  return window >> (16 - first % 8 - bit_width) & ((1U << bit_width) - 1);
}

Bytes encode_node(const Node& node) {
  cbor::Writer writer(64 + node.pointers.size() * 48);
  writer.write_array(2);
  node.bitmap.write(writer);
  writer.write_array(node.pointers.size());
  for (const auto& pointer : node.pointers) {
    if (pointer.is_child()) {
      writer.write_cid(pointer.link);
      continue;
    }
    writer.write_array(pointer.bucket.size());
    for (const auto& entry : pointer.bucket) {
      writer.write_array(2);
      writer.write_bytes(entry.key);
      writer.write_raw(entry.item);
    }
  }
  return std::move(writer).take();
}

Result<Node> decode_node(BytesView bytes, unsigned bit_width, bool is_root) {
  cbor::Reader reader(bytes);
  Node node;
  node.bitmap = read_shape(reader, bit_width);
  const auto count = reader.ok() ? node.bitmap.count() : 0;
  node.pointers.reserve(count);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    auto& pointer = node.pointers.emplace_back();
    if (reader.peek() == cbor::Major::Tag)
      pointer.link = read_child(reader);
    else
      pointer.bucket = read_bucket(reader);
  }
  if (reader.ok() && !is_root && node.entries_if_flat() <= kBucketSize) {
    reader.fail("node should be a bucket of its parent");
  }
  TRY_VOID(with_context(reader.finish(), "HAMT node"));
  return node;
}

Result<Found> look_up(BytesView node, BytesView key, unsigned slot, unsigned bit_width) {
  cbor::Reader reader(node);
  const auto bitmap = read_shape(reader, bit_width);
  Found found;
  if (!reader.ok() || !bitmap.test(slot)) {
    TRY_VOID(with_context(reader.finish(true), "HAMT node"));
    return found;
  }
  for (auto skip = bitmap.rank(slot); skip > 0; --skip) {
    if (reader.peek() == cbor::Major::Tag) {
      reader.read_raw();
      continue;
    }
    // Cheaper than walking the bucket as one item of unknown shape.
    for (auto left = reader.read_array(kBucketSize); left > 0; --left)
      read_entry(reader);
  }
  if (reader.peek() == cbor::Major::Tag) {
    found.kind = Found::Kind::Child;
    found.child = read_child(reader);
  } else {
    for (auto left = reader.read_array(kBucketSize); left > 0 && reader.ok(); --left) {
      const auto entry = read_entry(reader);
      if (!reader.ok() || !base::equal(entry.key, key)) continue;
      found.kind = Found::Kind::Item;
      found.item = entry.item;
      break;
    }
  }
  TRY_VOID(with_context(reader.finish(true), "HAMT node"));
  return found;
}

}  // namespace venus::ipld::hamt
