// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "types/block.hpp"

#include <memory>
#include <vector>

namespace venus::types {

/// The CIDs of a tipset's blocks in canonical order. JSON: a list of CIDs; null or [] is the empty
/// key, which callers read as "the head".
class TipsetKey {
 public:
  TipsetKey() = default;
  explicit TipsetKey(std::vector<Cid> cids) : cids_(std::move(cids)) {}
  [[nodiscard]] const std::vector<Cid>& cids() const noexcept { return cids_; }
  [[nodiscard]] bool empty() const noexcept { return cids_.empty(); }
  /// Concatenated CID bytes.
  [[nodiscard]] Bytes bytes() const;
  /// From concatenated CID bytes; Malformed otherwise.
  static Result<TipsetKey> from_bytes(BytesView bytes);
  /// CID of the stored CBOR byte string of bytes(): "the tipset CID" (protocol.md 2.2).
  [[nodiscard]] Cid cid() const;
  /// "{cid,cid}".
  [[nodiscard]] std::string str() const;
  bool operator==(const TipsetKey&) const = default;
  auto operator<=>(const TipsetKey&) const = default;

 private:
  std::vector<Cid> cids_;
};

/// Blocks of one height with the same parents, immutable. Shared by many readers, so held by
/// TipsetPtr.
class Tipset {
 public:
  /// Sorts by ticket (protocol.md section 3) and checks: at least one block, each with a ticket,
  /// same height, same parents; FailedValidation names what differs. That no two blocks are of one
  /// miner is the executor's to check.
  static Result<std::shared_ptr<const Tipset>> make(std::vector<BlockHeader> blocks);

  [[nodiscard]] const std::vector<BlockHeader>& blocks() const noexcept { return blocks_; }
  [[nodiscard]] const std::vector<Cid>& cids() const noexcept { return key_.cids(); }
  [[nodiscard]] const TipsetKey& key() const noexcept { return key_; }
  [[nodiscard]] ChainEpoch height() const noexcept { return blocks_.front().height; }
  [[nodiscard]] const TipsetKey& parents() const noexcept { return parents_; }
  [[nodiscard]] const Cid& parent_state_root() const noexcept {
    return blocks_.front().parent_state_root;
  }
  [[nodiscard]] const Cid& parent_receipts() const noexcept {
    return blocks_.front().parent_message_receipts;
  }
  [[nodiscard]] const BigInt& parent_weight() const noexcept {
    return blocks_.front().parent_weight;
  }
  [[nodiscard]] const TokenAmount& parent_base_fee() const noexcept {
    return blocks_.front().parent_base_fee;
  }
  [[nodiscard]] std::uint64_t min_timestamp() const noexcept;
  /// The ticket of the first block, which is the smallest.
  [[nodiscard]] const Ticket& min_ticket() const noexcept;
  [[nodiscard]] const BlockHeader& min_ticket_block() const noexcept { return blocks_.front(); }

 private:
  Tipset() = default;
  std::vector<BlockHeader> blocks_;
  TipsetKey key_;
  TipsetKey parents_;
};

using TipsetPtr = std::shared_ptr<const Tipset>;

}  // namespace venus::types

namespace venus {
using types::TipsetKey;
using types::TipsetPtr;
}  // namespace venus

template <>
struct std::hash<venus::types::TipsetKey> {
  std::size_t operator()(const venus::types::TipsetKey& key) const noexcept {
    std::size_t out = 0;
    for (const auto& cid : key.cids())
      out = out * 1099511628211ULL ^ std::hash<venus::ipld::Cid>{}(cid);
    return out;
  }
};
template <>
struct venus::base::JsonCodec<venus::types::TipsetKey> {
  static boost::json::value encode(const types::TipsetKey& v);
  static Result<types::TipsetKey> decode(const boost::json::value& v);
};
/// {"Cids": […], "Blocks": […], "Height": n}; encode only, decode rebuilds from Blocks.
template <>
struct venus::base::JsonCodec<venus::types::TipsetPtr> {
  static boost::json::value encode(const types::TipsetPtr& v);
  static Result<types::TipsetPtr> decode(const boost::json::value& v);
};
template <>
struct fmt::formatter<venus::types::TipsetKey> : fmt::formatter<std::string> {
  template <class Context>
  auto format(const venus::types::TipsetKey& v, Context& context) const {
    return fmt::formatter<std::string>::format(v.str(), context);
  }
};
