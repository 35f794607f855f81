// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/hamt.hpp"

#include "ipld/hamt_node.hpp"

#include <algorithm>

namespace venus::ipld {

using hamt::Bitmap;
using hamt::Entry;
using hamt::Found;
using hamt::HashBits;
using hamt::kBucketSize;

class RawHamt::Core {
 public:
  using Node = hamt::Node;
  using Pointer = hamt::Pointer;
  using Visit = FunctionRef<Result<bool>(BytesView, BytesView)>;

  Core(Blockstore& store, unsigned bit_width) : store_(store), bit_width_(bit_width) {
    root_.child = std::make_unique<Node>();
    root_.dirty = true;
  }

  Core(Blockstore& store, unsigned bit_width, const Cid& root, Node node)
      : store_(store), bit_width_(bit_width) {
    root_.link = root;
    root_.child = std::make_unique<Node>(std::move(node));
  }

  Result<bool> view(BytesView key, FunctionRef<void(BytesView)> visit) const {
    const HashBits hash(key);
    const auto* node = root_.child.get();
    for (unsigned depth = 0; HashBits::reaches(depth, bit_width_); ++depth) {
      const auto slot = hash.slot(depth, bit_width_);
      if (!node->bitmap.test(slot)) return false;
      const auto& pointer = node->pointers[node->bitmap.rank(slot)];
      if (!pointer.is_child()) return view_bucket(pointer.bucket, key, visit);
      if (pointer.child == nullptr) return view_stored(pointer.link, hash, depth + 1, key, visit);
      node = pointer.child.get();
    }
    return too_deep();
  }

  Result<bool> set(BytesView key, BytesView item) {
    const HashBits hash(key);
    TRY(const bool changed, set_in(*root_.child, hash, 0, key, item));
    root_.dirty = root_.dirty || changed;
    return changed;
  }

  Result<bool> erase(BytesView key) {
    const HashBits hash(key);
    TRY(const bool changed, erase_in(*root_.child, hash, 0, key));
    root_.dirty = root_.dirty || changed;
    return changed;
  }

  Result<void> for_each(Visit visit) const {
    TRY_VOID(visit_node(*root_.child, 0, visit));
    return {};
  }

  Result<Cid> flush() {
    std::vector<std::pair<Cid, Bytes>> blocks;
    flush_pointer(root_, blocks);
    TRY_VOID(store_.put_many(blocks));
    // Only now: had the store refused, the next flush must try again.
    settle(root_);
    return root_.link;
  }

 private:
  static std::unexpected<Error> too_deep() {
    return fail(ErrorCode::Malformed, "HAMT deeper than its hash");
  }

  static Result<bool> view_bucket(const std::vector<Entry>& bucket, BytesView key,
                                  FunctionRef<void(BytesView)> visit) {
    for (const auto& entry : bucket) {
      if (!base::equal(entry.key, key)) continue;
      visit(entry.item);
      return true;
    }
    return false;
  }

  /// Follows links through the store without keeping nodes.
  Result<bool> view_stored(Cid link, const HashBits& hash, unsigned depth, BytesView key,
                           FunctionRef<void(BytesView)> visit) const {
    for (; HashBits::reaches(depth, bit_width_); ++depth) {
      Result<Found> found;
      TRY(const bool here, store_.view(link, [&](BytesView bytes) {
        found = hamt::look_up(bytes, key, hash.slot(depth, bit_width_), bit_width_);
        if (found && found->kind == Found::Kind::Item) visit(found->item);
      }));
      if (!here) return fail(ErrorCode::NotFound, "no HAMT node {}", link);
      if (!found) return std::unexpected(std::move(found).error().context(link.str()));
      if (found->kind != Found::Kind::Child) return found->kind == Found::Kind::Item;
      link = found->child;
    }
    return too_deep();
  }

  Result<Node> read_node(const Cid& link) const {
    Result<Node> node;
    TRY(const bool here, store_.view(link, [&](BytesView bytes) {
      node = hamt::decode_node(bytes, bit_width_, false);
    }));
    if (!here) return fail(ErrorCode::NotFound, "no HAMT node {}", link);
    if (!node) return std::unexpected(std::move(node).error().context(link.str()));
    return node;
  }

  Result<Node*> child_of(Pointer& pointer) {
    if (pointer.child == nullptr) {
      TRY(auto node, read_node(pointer.link));
      pointer.child = std::make_unique<Node>(std::move(node));
    }
    return pointer.child.get();
  }

  Result<bool> set_in(Node& node, const HashBits& hash, unsigned depth, BytesView key,
                      BytesView item) {
    if (!HashBits::reaches(depth, bit_width_)) return too_deep();
    const auto slot = hash.slot(depth, bit_width_);
    const auto at = node.bitmap.rank(slot);
    if (!node.bitmap.test(slot)) {
      Pointer pointer;
      pointer.bucket.push_back({base::to_bytes(key), base::to_bytes(item)});
      node.pointers.insert(node.pointers.begin() + static_cast<std::ptrdiff_t>(at),
                           std::move(pointer));
      node.bitmap.set(slot);
      return true;
    }
    auto& pointer = node.pointers[at];
    if (!pointer.is_child()) return set_in_bucket(pointer, depth, hash, key, item);
    TRY(auto* child, child_of(pointer));
    TRY(const bool changed, set_in(*child, hash, depth + 1, key, item));
    pointer.dirty = pointer.dirty || changed;
    return changed;
  }

  Result<bool> set_in_bucket(Pointer& pointer, unsigned depth, const HashBits& hash, BytesView key,
                             BytesView item) {
    auto& bucket = pointer.bucket;
    const auto at = std::find_if(bucket.begin(), bucket.end(), [&](const Entry& entry) {
      return base::as_chars(entry.key) >= base::as_chars(key);
    });
    if (at != bucket.end() && base::equal(at->key, key)) {
      if (base::equal(at->item, item)) return false;
      at->item = base::to_bytes(item);
      return true;
    }
    if (bucket.size() < kBucketSize) {
      bucket.insert(at, {base::to_bytes(key), base::to_bytes(item)});
      return true;
    }
    auto child = std::make_unique<Node>();
    TRY_VOID(set_in(*child, hash, depth + 1, key, item));
    for (const auto& entry : bucket) {
      TRY_VOID(set_in(*child, HashBits(entry.key), depth + 1, entry.key, entry.item));
    }
    bucket.clear();
    pointer.child = std::move(child);
    pointer.dirty = true;
    return true;
  }

  Result<bool> erase_in(Node& node, const HashBits& hash, unsigned depth, BytesView key) {
    if (!HashBits::reaches(depth, bit_width_)) return too_deep();
    const auto slot = hash.slot(depth, bit_width_);
    if (!node.bitmap.test(slot)) return false;
    const auto at = static_cast<std::ptrdiff_t>(node.bitmap.rank(slot));
    auto& pointer = node.pointers[static_cast<std::size_t>(at)];
    if (pointer.is_child()) {
      TRY(auto* child, child_of(pointer));
      TRY(const bool changed, erase_in(*child, hash, depth + 1, key));
      if (!changed) return false;
      pointer.dirty = true;
      if (child->entries_if_flat() <= kBucketSize) pull_up(pointer);
      return true;
    }
    const auto erased = std::erase_if(
        pointer.bucket, [&](const Entry& entry) { return base::equal(entry.key, key); });
    if (pointer.bucket.empty()) {
      node.pointers.erase(node.pointers.begin() + at);
      node.bitmap.reset(slot);
    }
    return erased > 0;
  }

  /// The canonical form has no node whose entries fit in a bucket of its parent.
  static void pull_up(Pointer& pointer) {
    std::vector<Entry> bucket;
    for (auto& from : pointer.child->pointers) {
      std::move(from.bucket.begin(), from.bucket.end(), std::back_inserter(bucket));
    }
    std::sort(bucket.begin(), bucket.end(),
              [](const Entry& a, const Entry& b) { return a.key < b.key; });
    pointer = Pointer();
    pointer.bucket = std::move(bucket);
  }

  Result<bool> visit_node(const Node& node, unsigned depth, Visit visit) const {
    for (const auto& pointer : node.pointers) {
      bool go_on = true;
      if (pointer.child != nullptr) {
        TRY(go_on, visit_node(*pointer.child, depth + 1, visit));
      } else if (pointer.is_child()) {
        if (!HashBits::reaches(depth + 1, bit_width_)) return too_deep();
        TRY(const auto child, read_node(pointer.link));
        TRY(go_on, visit_node(child, depth + 1, visit));
      }
      for (auto entry = pointer.bucket.begin(); go_on && entry != pointer.bucket.end(); ++entry) {
        TRY(go_on, visit(entry->key, entry->item));
      }
      if (!go_on) return false;
    }
    return true;
  }

  void flush_pointer(Pointer& pointer, std::vector<std::pair<Cid, Bytes>>& blocks) {
    if (!pointer.dirty) return;
    for (auto& below : pointer.child->pointers)
      flush_pointer(below, blocks);
    auto bytes = hamt::encode_node(*pointer.child);
    pointer.link = cid_of_cbor(bytes);
    blocks.emplace_back(pointer.link, std::move(bytes));
  }

  static void settle(Pointer& pointer) {
    if (!pointer.dirty) return;
    pointer.dirty = false;
    for (auto& below : pointer.child->pointers)
      settle(below);
  }

  Blockstore& store_;
  unsigned bit_width_;
  Pointer root_;  ///< its child is always in memory
};

RawHamt::RawHamt(Blockstore& store, unsigned bit_width)
    : core_(std::make_unique<Core>(store, std::clamp(bit_width, 1U, kMaxBitWidth))) {}
RawHamt::RawHamt(RawHamt&&) noexcept = default;
RawHamt& RawHamt::operator=(RawHamt&&) noexcept = default;
RawHamt::~RawHamt() = default;

Result<RawHamt> RawHamt::load(Blockstore& store, const Cid& root, unsigned bit_width) {
  if (bit_width < 1 || bit_width > kMaxBitWidth) {
    return fail(ErrorCode::InvalidArgument, "HAMT bit width {}", bit_width);
  }
  Result<hamt::Node> node;
  TRY(const bool here,
      store.view(root, [&](BytesView bytes) { node = hamt::decode_node(bytes, bit_width, true); }));
  if (!here) return fail(ErrorCode::NotFound, "no HAMT root {}", root);
  if (!node) return std::unexpected(std::move(node).error().context(root.str()));
  RawHamt out(store, bit_width);
  out.core_ = std::make_unique<Core>(store, bit_width, root, *std::move(node));
  return out;
}

Result<std::optional<Bytes>> RawHamt::get(BytesView key) const {
  std::optional<Bytes> out;
  TRY_VOID(core_->view(key, [&](BytesView item) { out = base::to_bytes(item); }));
  return out;
}

Result<bool> RawHamt::view(BytesView key, FunctionRef<void(BytesView)> visit) const {
  return core_->view(key, visit);
}

Result<bool> RawHamt::set(BytesView key, BytesView item) { return core_->set(key, item); }
Result<bool> RawHamt::erase(BytesView key) { return core_->erase(key); }

Result<void> RawHamt::for_each(
    FunctionRef<Result<bool>(BytesView key, BytesView item)> visit) const {
  return core_->for_each(visit);
}

Result<Cid> RawHamt::flush() { return core_->flush(); }

Cid empty_hamt_root() { return cid_of_cbor(hamt::encode_node(hamt::Node())); }

namespace {

Bytes varint_of(std::uint64_t number) {
  Bytes out;
  for (; number >= 0x80; number >>= 7)
    out.push_back(static_cast<std::uint8_t>(number | 0x80));
  out.push_back(static_cast<std::uint8_t>(number));
  return out;
}

}  // namespace

Bytes hamt_key(std::uint64_t number) { return varint_of(number); }

Bytes hamt_key_signed(std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number) << 1;
  return varint_of(number < 0 ? ~bits : bits);
}

Result<std::uint64_t> parse_hamt_key(BytesView key) {
  // Ten bytes are needed for 64 bits; multiformats' varints stop at nine.
  std::uint64_t value = 0;
  if (key.empty() || key.size() > 10) return fail(ErrorCode::Malformed, "HAMT key is no number");
  for (std::size_t i = 0; i < key.size(); ++i) {
    const bool last = i + 1 == key.size();
    const bool more = (key[i] & 0x80) != 0;
    const bool padded = last && key[i] == 0 && i > 0;
    const bool too_big = i == 9 && key[i] > 1;
    if (more == last || padded || too_big)
      return fail(ErrorCode::Malformed, "HAMT key is no number");
    value |= static_cast<std::uint64_t>(key[i] & 0x7f) << (7 * i);
  }
  return value;
}

Result<std::int64_t> parse_hamt_key_signed(BytesView key) {
  TRY(const auto bits, parse_hamt_key(key));
  const auto half = static_cast<std::int64_t>(bits >> 1);
  return (bits & 1) != 0 ? ~half : half;
}

}  // namespace venus::ipld
