// SPDX-License-Identifier: MIT OR Apache-2.0
// What is in a snapshot, without a database.
#pragma once

#include <functional>
#include <optional>

#include "snapshot/format.hpp"
#include "types/tipset.hpp"

namespace venus::snapshot {

struct InspectOptions {
  /// Read the front alone: version, head, F3 data.
  bool quick = false;
  /// Check the hash of every block.
  bool verify = false;
  std::function<bool(std::uint64_t position, std::uint64_t size)> progress = {};
};

struct Inspection {
  std::uint64_t version = 1;
  std::vector<Cid> head;
  std::int64_t height = -1;      ///< of the head
  std::uint64_t timestamp = 0;   ///< of the head, in Unix seconds
  std::optional<F3Summary> f3;
  std::uint64_t size = 0;        ///< of the source; 0 when unknown
  // Unless quick:
  std::uint64_t unpacked = 0;    ///< bytes of the CAR
  std::uint64_t blocks = 0;
  std::uint64_t headers = 0;     ///< on the head's chain, as far as the file's order shows it
  Cid genesis;                   ///< undefined when the file's order does not lead to it
  bool whole_chain = false;      ///< every header down to genesis is there
  std::int64_t states = 0;       ///< epochs below the head without a gap whose state's root is there
};

/// Malformed, TooLarge, Corrupt, FailedValidation as import_snapshot.
Result<Inspection> inspect(std::unique_ptr<ipld::ByteSource> source, const InspectOptions& options = {});

}  // namespace venus::snapshot
