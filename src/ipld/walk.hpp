// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "ipld/blockstore.hpp"

#include <memory>
#include <span>

namespace venus::ipld {

/// A set of CIDs that takes about 40 bytes for each that is a usual one of the chain.
class CidSet {
 public:
  CidSet();
  CidSet(CidSet&&) noexcept;
  CidSet& operator=(CidSet&&) noexcept;
  ~CidSet();

  /// False when it was in the set already.
  bool insert(const Cid& cid);
  [[nodiscard]] bool contains(const Cid& cid) const;
  [[nodiscard]] std::size_t size() const noexcept;

 private:
  struct Sets;
  std::unique_ptr<Sets> sets_;
};

/// Which links a walk leaves out.
struct WalkOptions {
  /// Links to blocks the store lacks are passed over; otherwise they are NotFound.
  bool skip_missing = false;
  /// Asked for every link not visited yet: false leaves out the block and what only it reaches.
  std::function<bool(const Cid&)> want = {};
};

/// Visits every block below the roots once, a block before what it links to, in the order of its
/// links (depth first). Identity CIDs and commitments to sectors and pieces are no blocks and
/// passed over. The visited set may be shared by several walks. The visit's error ends the walk.
Result<void> walk(Blockstore& store, std::span<const Cid> roots, CidSet& visited,
                  FunctionRef<Result<void>(const Cid&, BytesView)> visit,
                  const WalkOptions& options = {});

}  // namespace venus::ipld
