// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/legacy_hamt.hpp"

#include "crypto/hash.hpp"

#include <bit>
#include <span>

namespace venus::actors::legacy_hamt {
namespace {

constexpr unsigned kBitWidth = 5;
/// 256 bits of hash, 5 a level.
constexpr unsigned kMaxDepth = 51;

struct Pair {
  BytesView key;
  BytesView item;
};

struct Pointer {
  std::optional<Cid> link;
  std::vector<Pair> bucket;
};

/// Views into the block it was read from.
struct Node {
  std::uint32_t bitfield = 0;
  std::vector<Pointer> pointers;
};

Result<Node> read_node(BytesView block, bool root) {
  ipld::cbor::Reader reader(block);
  Node node;
  reader.expect_array(2);
  const auto bits = reader.read_bytes(4);
  for (const auto byte : bits)
    node.bitfield = node.bitfield << 8 | byte;
  const auto count = reader.read_array(32);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    Pointer pointer;
    if (reader.read_map(1) != 1) reader.fail("pointer is not a map of one entry");
    const auto kind = reader.read_text(1);
    if (kind == "0") {
      pointer.link = reader.read_cid();
    } else if (kind == "1") {
      const auto pairs = reader.read_array(32);
      for (std::size_t j = 0; j < pairs && reader.ok(); ++j) {
        reader.expect_array(2);
        const auto key = reader.read_bytes();
        pointer.bucket.push_back({key, reader.read_raw()});
      }
    } else {
      reader.fail("pointer is neither link nor bucket");
    }
    node.pointers.push_back(std::move(pointer));
  }
  TRY_VOID(reader.finish());
  if (reader.ok() && node.pointers.empty() && !root) {
    return fail(ErrorCode::Malformed, "empty HAMT node below the root");
  }
  if (static_cast<std::size_t>(std::popcount(node.bitfield)) != node.pointers.size()) {
    return fail(ErrorCode::Malformed, "HAMT node: bitfield and pointers differ");
  }
  return node;
}

/// The 5 bits of a hash at a level, most significant first.
unsigned index_at(BytesView hash, unsigned level) {
  unsigned out = 0;
  for (unsigned bit = level * kBitWidth; bit < (level + 1) * kBitWidth; ++bit) {
    out = out << 1 | (hash[bit / 8] >> (7 - bit % 8) & 1U);
  }
  return out;
}

/// Keys must lie where their hashes lead. That also bounds the walk: links that share a subtree, by
/// which few blocks could pose as very many, end at the first key in the wrong place.
Result<void> check_place(BytesView key, std::span<const unsigned> path) {
  const auto hash = crypto::sha256(key);
  for (unsigned level = 0; level < path.size(); ++level) {
    if (index_at(hash, level) != path[level]) {
      return fail(ErrorCode::Malformed, "HAMT key in the wrong place");
    }
  }
  return {};
}

Result<void> walk(Blockstore& store, const Cid& at, std::vector<unsigned>& path,
                  FunctionRef<Result<void>(BytesView, BytesView)> visit) {
  if (path.size() >= kMaxDepth) return fail(ErrorCode::Malformed, "HAMT deeper than its hash");
  TRY(const auto block, store.get(at));
  TRY(const auto node, with_context(read_node(block, path.empty()), at.str()));
  auto bits = node.bitfield;
  for (const auto& pointer : node.pointers) {
    path.push_back(static_cast<unsigned>(std::countr_zero(bits)));
    bits &= bits - 1;
    if (pointer.link) {
      TRY_VOID(walk(store, *pointer.link, path, visit));
    }
    for (const auto& pair : pointer.bucket) {
      TRY_VOID(check_place(pair.key, path));
      TRY_VOID(visit(pair.key, pair.item));
    }
    path.pop_back();
  }
  return {};
}

}  // namespace

Result<std::optional<Bytes>> find(Blockstore& store, const Cid& root, BytesView key) {
  const auto hash = crypto::sha256(key);
  auto at = root;
  for (unsigned level = 0; level < kMaxDepth; ++level) {
    TRY(const auto block, store.get(at));
    TRY(const auto node, with_context(read_node(block, level == 0), at.str()));
    const auto index = index_at(hash, level);
    if ((node.bitfield >> index & 1U) == 0) return std::optional<Bytes>();
    const auto below = node.bitfield & ((1U << index) - 1U);
    const auto& pointer = node.pointers[static_cast<std::size_t>(std::popcount(below))];
    if (!pointer.link) {
      for (const auto& pair : pointer.bucket) {
        if (base::equal(pair.key, key)) return std::optional<Bytes>(base::to_bytes(pair.item));
      }
      return std::optional<Bytes>();
    }
    at = *pointer.link;
  }
  return fail(ErrorCode::Malformed, "HAMT deeper than its hash");
}

Result<void> for_each(Blockstore& store, const Cid& root,
                      FunctionRef<Result<void>(BytesView key, BytesView item)> visit) {
  std::vector<unsigned> path;
  return walk(store, root, path, visit);
}

}  // namespace venus::actors::legacy_hamt
