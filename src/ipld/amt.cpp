// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/amt.hpp"

#include "ipld/amt_node.hpp"

#include <algorithm>

namespace venus::ipld {

using amt::Found;
using amt::Link;
using amt::Node;
using amt::span_of;

class RawAmt::Core {
 public:
  using Visit = FunctionRef<Result<bool>(std::uint64_t, BytesView)>;

  Core(Blockstore& store, AmtShape shape) : store_(store), shape_(shape) {
    if (shape_.version == AmtVersion::V0) shape_.bit_width = 3;
    shape_.bit_width = std::clamp(shape_.bit_width, 1U, kMaxBitWidth);
  }

  static Result<std::unique_ptr<Core>> load(Blockstore& store, const Cid& cid, AmtVersion version) {
    Result<amt::Root> root;
    TRY(const bool here,
        store.view(cid, [&](BytesView bytes) { root = amt::decode_root(bytes, version); }));
    if (!here) return fail(ErrorCode::NotFound, "no AMT root {}", cid);
    if (!root) return std::unexpected(std::move(root).error().context(cid.str()));
    auto core = std::make_unique<Core>(store, AmtShape{version, root->bit_width});
    core->height_ = root->height;
    core->count_ = root->count;
    core->root_ = std::move(root->node);
    core->cid_ = cid;
    return core;
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] AmtShape shape() const noexcept { return shape_; }

  Result<bool> view(std::uint64_t index, FunctionRef<void(BytesView)> visit) const {
    if (index > kMaxIndex || !holds(index)) return false;
    const auto* node = &root_;
    for (auto height = height_;; --height) {
      const auto slot = slot_of(index, height);
      if (height == 0) {
        if (slot >= node->items.size() || node->items[slot].empty()) return false;
        visit(node->items[slot]);
        return true;
      }
      if (slot >= node->links.size() || node->links[slot].empty()) return false;
      const auto& link = node->links[slot];
      if (link.child == nullptr) return view_stored(link.cid, height - 1, index, visit);
      node = link.child.get();
    }
  }

  Result<void> set(std::uint64_t index, BytesView item) {
    if (index > kMaxIndex) return fail(ErrorCode::InvalidArgument, "AMT index {}", index);
    if (item.empty()) return fail(ErrorCode::InvalidArgument, "AMT item without bytes");
    cid_ = Cid();
    while (!holds(index))
      grow();
    TRY(const bool added, set_in(root_, height_, index, item));
    count_ += added ? 1 : 0;
    return {};
  }

  Result<bool> erase(std::uint64_t index) {
    if (index > kMaxIndex || !holds(index)) return false;
    TRY(const bool erased, erase_in(root_, height_, index));
    if (!erased) return false;
    if (count_ == 0) return fail(ErrorCode::Malformed, "AMT has more items than it says");
    cid_ = Cid();
    --count_;
    TRY_VOID(shrink());
    return true;
  }

  Result<void> for_each(Visit visit, std::uint64_t start) const {
    TRY_VOID(visit_node(root_, height_, 0, start, visit));
    return {};
  }

  Result<Cid> flush() {
    if (cid_.defined()) return cid_;
    std::vector<std::pair<Cid, Bytes>> blocks;
    for (auto& link : root_.links)
      flush_link(link, blocks);
    cbor::Writer writer;
    amt::write_root_head(writer, shape_, height_, count_);
    amt::write_node(writer, root_, shape_.bit_width);
    const auto root = cid_of_cbor(writer.bytes());
    blocks.emplace_back(root, std::move(writer).take());
    TRY_VOID(store_.put_many(blocks));
    // Only now: had the store refused, the next flush must try again.
    for (auto& link : root_.links)
      settle(link);
    cid_ = root;
    return root;
  }

 private:
  [[nodiscard]] std::size_t width() const noexcept { return std::size_t{1} << shape_.bit_width; }
  [[nodiscard]] bool holds(std::uint64_t index) const noexcept {
    const auto end = span_of(shape_.bit_width, height_ + 1);
    return end == UINT64_MAX || index < end;
  }
  [[nodiscard]] unsigned slot_of(std::uint64_t index, unsigned height) const noexcept {
    return static_cast<unsigned>(index >> (shape_.bit_width * height) & (width() - 1));
  }

  void grow() {
    if (!root_.empty()) {
      Node above;
      above.links.resize(width());
      above.links[0].child = std::make_unique<Node>(std::move(root_));
      above.links[0].dirty = true;
      root_ = std::move(above);
    } else {
      root_ = Node();
    }
    ++height_;
  }

  Result<void> view_failure(const Cid& cid, bool here, const Result<Found>& found) const {
    if (!here) return fail(ErrorCode::NotFound, "no AMT node {}", cid);
    if (!found) return std::unexpected(found.error().context(cid.str()));
    return {};
  }

  /// Follows links through the store without keeping nodes.
  Result<bool> view_stored(Cid cid, unsigned height, std::uint64_t index,
                           FunctionRef<void(BytesView)> visit) const {
    for (;; --height) {
      Result<Found> found;
      TRY(const bool here, store_.view(cid, [&](BytesView bytes) {
        found = amt::look_up(bytes, shape_.bit_width, height == 0, slot_of(index, height));
        if (found && !found->item.empty()) visit(found->item);
      }));
      TRY_VOID(view_failure(cid, here, found));
      if (height == 0) return !found->item.empty();
      if (!found->child.defined()) return false;
      cid = found->child;
    }
  }

  Result<Node> read_node(const Cid& cid, unsigned height) const {
    Result<Node> node;
    TRY(const bool here, store_.view(cid, [&](BytesView bytes) {
      node = amt::decode_node(bytes, shape_.bit_width, height == 0);
    }));
    if (!here) return fail(ErrorCode::NotFound, "no AMT node {}", cid);
    if (!node) return std::unexpected(std::move(node).error().context(cid.str()));
    return node;
  }

  Result<Node*> child_of(Link& link, unsigned height) {
    if (link.child == nullptr) {
      TRY(auto node, read_node(link.cid, height));
      link.child = std::make_unique<Node>(std::move(node));
    }
    return link.child.get();
  }

  Result<bool> set_in(Node& node, unsigned height, std::uint64_t index, BytesView item) {
    const auto slot = slot_of(index, height);
    if (height == 0) {
      node.items.resize(width());
      const bool added = node.items[slot].empty();
      node.items[slot] = base::to_bytes(item);
      return added;
    }
    node.links.resize(width());
    auto& link = node.links[slot];
    if (link.empty()) link.child = std::make_unique<Node>();
    TRY(auto* child, child_of(link, height - 1));
    link.dirty = true;
    return set_in(*child, height - 1, index, item);
  }

  Result<bool> erase_in(Node& node, unsigned height, std::uint64_t index) {
    const auto slot = slot_of(index, height);
    if (height == 0) {
      if (slot >= node.items.size() || node.items[slot].empty()) return false;
      node.items[slot].clear();
      return true;
    }
    if (slot >= node.links.size() || node.links[slot].empty()) return false;
    auto& link = node.links[slot];
    TRY(auto* child, child_of(link, height - 1));
    TRY(const bool erased, erase_in(*child, height - 1, index));
    if (!erased) return false;
    link.dirty = true;
    if (child->empty()) link = Link();
    return true;
  }

  /// The canonical form has no root with a first child only.
  Result<void> shrink() {
    while (height_ > 0) {
      if (root_.empty()) {
        root_ = Node();
        height_ = 0;
        return {};
      }
      const bool first_only = std::all_of(root_.links.begin() + 1, root_.links.end(),
                                          [](const Link& link) { return link.empty(); });
      if (!first_only) return {};
      TRY_VOID(child_of(root_.links[0], height_ - 1));
      auto child = std::move(root_.links[0].child);
      root_ = std::move(*child);
      --height_;
    }
    if (root_.empty()) root_ = Node();
    return {};
  }

  Result<bool> visit_node(const Node& node, unsigned height, std::uint64_t offset,
                          std::uint64_t start, Visit visit) const {
    for (std::size_t slot = 0; slot < node.items.size(); ++slot) {
      const auto index = offset + slot;
      if (index < start || node.items[slot].empty()) continue;
      TRY(const bool go_on, visit(index, node.items[slot]));
      if (!go_on) return false;
    }
    const auto span = span_of(shape_.bit_width, height);
    for (std::size_t slot = 0; slot < node.links.size(); ++slot) {
      const auto& link = node.links[slot];
      if (link.empty()) continue;
      // The slot's first index may not exist where the topmost level is wider than 64 bits allow.
      if (slot > UINT64_MAX / span || offset > UINT64_MAX - slot * span) {
        return fail(ErrorCode::Malformed, "AMT holds indices over 64 bits");
      }
      const auto from = offset + slot * span;
      if (from + (span - 1) < start && from <= UINT64_MAX - (span - 1)) continue;
      TRY(const bool go_on, visit_child(link, height - 1, from, start, visit));
      if (!go_on) return false;
    }
    return true;
  }

  Result<bool> visit_child(const Link& link, unsigned height, std::uint64_t offset,
                           std::uint64_t start, Visit visit) const {
    if (link.child != nullptr) return visit_node(*link.child, height, offset, start, visit);
    TRY(const auto node, read_node(link.cid, height));
    return visit_node(node, height, offset, start, visit);
  }

  void flush_link(Link& link, std::vector<std::pair<Cid, Bytes>>& blocks) {
    if (!link.dirty) return;
    for (auto& below : link.child->links)
      flush_link(below, blocks);
    cbor::Writer writer;
    amt::write_node(writer, *link.child, shape_.bit_width);
    link.cid = cid_of_cbor(writer.bytes());
    blocks.emplace_back(link.cid, std::move(writer).take());
  }

  static void settle(Link& link) {
    if (!link.dirty) return;
    link.dirty = false;
    for (auto& below : link.child->links)
      settle(below);
  }

  Blockstore& store_;
  AmtShape shape_;
  unsigned height_ = 0;
  std::uint64_t count_ = 0;
  Node root_;
  Cid cid_;  ///< of the root as stored; undefined when it differs
};

RawAmt::RawAmt(std::unique_ptr<Core> core) : core_(std::move(core)) {}
RawAmt::RawAmt(Blockstore& store, AmtShape shape) : core_(std::make_unique<Core>(store, shape)) {}
RawAmt::RawAmt(RawAmt&&) noexcept = default;
RawAmt& RawAmt::operator=(RawAmt&&) noexcept = default;
RawAmt::~RawAmt() = default;

Result<RawAmt> RawAmt::load(Blockstore& store, const Cid& root, AmtShape shape) {
  TRY(auto core, Core::load(store, root, shape.version));
  if (core->shape().bit_width != shape.bit_width) {
    return fail(ErrorCode::Malformed, "{}: AMT of bit width {}, want {}", root,
                core->shape().bit_width, shape.bit_width);
  }
  return RawAmt(std::move(core));
}

Result<RawAmt> RawAmt::load_any(Blockstore& store, const Cid& root) {
  TRY(auto core, Core::load(store, root, AmtVersion::V3));
  return RawAmt(std::move(core));
}

std::uint64_t RawAmt::count() const noexcept { return core_->count(); }
AmtShape RawAmt::shape() const noexcept { return core_->shape(); }

Result<std::optional<Bytes>> RawAmt::get(std::uint64_t index) const {
  std::optional<Bytes> out;
  TRY_VOID(core_->view(index, [&](BytesView item) { out = base::to_bytes(item); }));
  return out;
}

Result<bool> RawAmt::view(std::uint64_t index, FunctionRef<void(BytesView)> visit) const {
  return core_->view(index, visit);
}

Result<void> RawAmt::set(std::uint64_t index, BytesView item) { return core_->set(index, item); }
Result<bool> RawAmt::erase(std::uint64_t index) { return core_->erase(index); }

Result<void> RawAmt::for_each(FunctionRef<Result<bool>(std::uint64_t, BytesView)> visit,
                              std::uint64_t start) const {
  return core_->for_each(visit, start);
}

Result<Cid> RawAmt::flush() { return core_->flush(); }

namespace {

/// Collects the encoded entries of one level and turns full rows into nodes.
struct Level {
  cbor::Writer row;
  std::uint64_t filled = 0;
};

}  // namespace

Result<Cid> build_amt(Blockstore* store, AmtShape shape, std::uint64_t count,
                      FunctionRef<void(cbor::Writer&, std::uint64_t)> item) {
  const auto bit_width = shape.bit_width;
  if (bit_width < 1 || bit_width > RawAmt::kMaxBitWidth ||
      (shape.version == AmtVersion::V0 && bit_width != 3)) {
    return fail(ErrorCode::InvalidArgument, "AMT bit width {}", bit_width);
  }
  unsigned height = 0;
  while (count > span_of(bit_width, height + 1))
    ++height;
  std::vector<Level> levels(height + 1);
  std::vector<std::pair<Cid, Bytes>> blocks;

  // Turns the row at a level into a node and enters its link one level up.
  const auto close = [&](unsigned at) {
    cbor::Writer node;
    amt::write_row(node, bit_width, levels[at].filled, at == 0, levels[at].row.bytes());
    const auto cid = cid_of_cbor(node.bytes());
    if (store != nullptr) blocks.emplace_back(cid, std::move(node).take());
    levels[at] = Level();
    levels[at + 1].row.write_cid(cid);
    ++levels[at + 1].filled;
  };
  const std::uint64_t width = std::uint64_t{1} << bit_width;
  for (std::uint64_t i = 0; i < count; ++i) {
    for (unsigned at = 0; at < height && levels[at].filled == width; ++at)
      close(at);
    item(levels[0].row, i);
    ++levels[0].filled;
  }
  for (unsigned at = 0; at < height; ++at)
    close(at);

  cbor::Writer root;
  amt::write_root_head(root, shape, height, count);
  amt::write_row(root, bit_width, levels[height].filled, height == 0, levels[height].row.bytes());
  const auto cid = cid_of_cbor(root.bytes());
  if (store != nullptr) {
    blocks.emplace_back(cid, std::move(root).take());
    TRY_VOID(store->put_many(blocks));
  }
  return cid;
}

}  // namespace venus::ipld
