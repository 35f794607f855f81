// SPDX-License-Identifier: MIT OR Apache-2.0
// Which blocks a walk has seen, in as little memory as may be.
#pragma once

#include <memory>
#include <vector>

#include "ipld/cid.hpp"

namespace venus::snapshot {

/// Whether a CID names a block that a store holds and a snapshot takes: raw bytes, CBOR, DAG-CBOR, but no
/// identity CID and no commitment to a sector or piece.
bool names_block(const Cid& cid) noexcept;
/// Whether such a block may link to others.
bool has_links(const Cid& cid) noexcept;

/// A set of CIDs by an 80-bit fingerprint of their digests, which is mixed with a secret of the set so that nobody
/// can make two blocks that are taken for one: with 300 million blocks the chance that any two are is under
/// one in ten million. Takes 8 bytes a block and up to a quarter more.
class VisitedSet {
 public:
  VisitedSet();
  VisitedSet(VisitedSet&&) noexcept;
  VisitedSet& operator=(VisitedSet&&) noexcept;
  ~VisitedSet();

  /// False when it was in the set already.
  bool insert(const Cid& cid);
  [[nodiscard]] bool contains(const Cid& cid) const;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Bytes.
  [[nodiscard]] std::size_t memory() const noexcept { return memory_; }

 private:
  // 16 bits of the fingerprint choose a table of the other 64; each table grows by itself and a little at a time.
  struct Table {
    std::unique_ptr<std::uint64_t[]> slots;
    std::uint32_t capacity = 0;
    std::uint32_t used = 0;
  };
  struct Fingerprint {
    std::uint16_t table;
    std::uint64_t rest;  // not 0
  };
  [[nodiscard]] Fingerprint fingerprint(const Cid& cid) const noexcept;
  void grow(Table& table);

  std::vector<Table> tables_;
  std::uint64_t secret_[4]{};
  std::size_t size_ = 0;
  std::size_t memory_ = 0;
};

}  // namespace venus::snapshot
