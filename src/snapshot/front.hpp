// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "snapshot/format.hpp"
#include "snapshot/section_reader.hpp"

namespace venus::snapshot {

/// What stands before a snapshot's chain.
struct Front {
  std::uint64_t version = 1;
  std::vector<Cid> head;
  std::optional<F3Summary> f3;
  std::optional<Chunk> first;  ///< a block of the chain that was read to tell the versions apart
};

/// Reads a snapshot up to where its chain begins. F3 data is checked and, unless `f3_file` is empty, written there.
/// Malformed, Unsupported, Corrupt, TooLarge, Io.
Result<Front> read_front(SectionReader& reader, const std::filesystem::path& f3_file);

}  // namespace venus::snapshot
