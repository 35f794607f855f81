// SPDX-License-Identifier: MIT OR Apache-2.0
// A walk that reads many blocks at a time in the order of the store's keys, whose order of blocks is no order: each
// piece of the store is then read once for several blocks instead of once for each.
#pragma once

#include "snapshot/read_ahead.hpp"
#include "snapshot/visited_set.hpp"

namespace venus::snapshot {

class Waves {
 public:
  /// Takes encoded sections of a CAR and how many blocks they hold; on the walk's own thread.
  using Take = std::function<Result<void>(BytesView sections, std::uint64_t blocks)>;

  Waves(const BlockReader& read, ReadAhead::Options options, VisitedSet& visited);

  /// Starts of the walk, blocks that were visited before left out. Blocks below a `tolerant` root may be missing.
  void add(const Cid& root, bool tolerant);
  /// Walks all that was added. NotFound names a block that is missing.
  Result<void> run(const Take& take);

 private:
  /// A link to follow. Most by far are of the usual kind, of which the digest is enough.
  struct Link {
    ByteArray<32> digest;
    std::uint8_t prefix = 0;  // in prefixes_
    std::uint8_t tolerant = 0;
  };
  struct Part;

  void push(const Cid& cid, bool tolerant);
  [[nodiscard]] Cid cid_of(const Link& link) const;
  [[nodiscard]] std::size_t wave_size() const;
  Result<void> wave(std::vector<Link> links, const Take& take);
  void read(Part& part) const;

  const BlockReader& read_;
  const ReadAhead::Options options_;
  VisitedSet& visited_;
  double fan_out_;  // new links a block had lately
  std::vector<Link> stack_;
  std::vector<Bytes> prefixes_;  // what stands before a digest of 32 bytes
  std::vector<std::pair<Cid, bool>> others_;  // CIDs with other digests
};

}  // namespace venus::snapshot
