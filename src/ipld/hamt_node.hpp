// SPDX-License-Identifier: MIT OR Apache-2.0
// One node of a HAMT: its CBOR form, its checks, and looking a key up in its bytes. Internal to
// hamt.cpp.
#pragma once

#include "ipld/blockstore.hpp"

#include <bit>

namespace venus::ipld::hamt {

inline constexpr std::size_t kBucketSize = 3;
inline constexpr unsigned kHashBits = 256;

/// Which of up to 256 slots are taken. On the wire: a big-endian number without leading zero bytes.
class Bitmap {
 public:
  [[nodiscard]] bool test(unsigned slot) const noexcept {
    return (words_[slot / 64] >> (slot % 64) & 1) != 0;
  }
  void set(unsigned slot) noexcept { words_[slot / 64] |= std::uint64_t{1} << (slot % 64); }
  void reset(unsigned slot) noexcept { words_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64)); }
  [[nodiscard]] std::size_t count() const noexcept {
    std::size_t out = 0;
    for (const auto word : words_)
      out += static_cast<std::size_t>(std::popcount(word));
    return out;
  }
  /// How many slots below this one are taken.
  [[nodiscard]] std::size_t rank(unsigned slot) const noexcept {
    std::size_t out = 0;
    for (unsigned i = 0; i < slot / 64; ++i)
      out += static_cast<std::size_t>(std::popcount(words_[i]));
    const auto below = (std::uint64_t{1} << (slot % 64)) - 1;
    return out + static_cast<std::size_t>(std::popcount(words_[slot / 64] & below));
  }
  /// Whether a slot at or above `width` (1 to 256) is taken.
  [[nodiscard]] bool exceeds(unsigned width) const noexcept {
    std::uint64_t above = 0;
    for (unsigned i = width / 64; i < words_.size(); ++i) {
      const bool first = i == width / 64;
      above |= first ? words_[i] >> (width % 64) : words_[i];
    }
    return above != 0;
  }
  void write(cbor::Writer& writer) const;
  /// Failures go to the reader.
  static Bitmap read(cbor::Reader& reader) noexcept;

 private:
  std::array<std::uint64_t, 4> words_{};
};

struct Entry {
  Bytes key;
  Bytes item;
};

struct Node;

/// Either a bucket of 1 to 3 entries in the order of their keys, or a child: by link, in memory, or
/// both.
struct Pointer {
  Cid link;
  std::unique_ptr<Node> child;
  bool dirty = false;  ///< the child in memory differs from the link
  std::vector<Entry> bucket;

  [[nodiscard]] bool is_child() const noexcept { return bucket.empty(); }
};

struct Node {
  Bitmap bitmap;
  std::vector<Pointer> pointers;

  /// Entries in this node's own buckets if it has no children, else a number above kBucketSize.
  [[nodiscard]] std::size_t entries_if_flat() const noexcept;
};

/// The bits of a key's hash that choose the slot at a depth.
class HashBits {
 public:
  explicit HashBits(BytesView key);
  /// Whether the hash has bits for this depth.
  static bool reaches(unsigned depth, unsigned bit_width) noexcept {
    return (depth + 1) * bit_width <= kHashBits;
  }
  /// depth must be reached.
  [[nodiscard]] unsigned slot(unsigned depth, unsigned bit_width) const noexcept;

 private:
  ByteArray<32> digest_;
};

/// The canonical bytes; every child must be linked.
Bytes encode_node(const Node& node);

/// Decodes and checks a node; Malformed otherwise. A root may be empty or hold few entries.
Result<Node> decode_node(BytesView bytes, unsigned bit_width, bool is_root);

/// What a node's bytes say of a key.
struct Found {
  enum class Kind : std::uint8_t { Absent, Item, Child } kind = Kind::Absent;
  BytesView item;  ///< into the node's bytes
  Cid child;
};
/// Looks a key up without decoding the whole node; Malformed when what it reads breaks the format.
Result<Found> look_up(BytesView node, BytesView key, unsigned slot, unsigned bit_width);

}  // namespace venus::ipld::hamt
