// SPDX-License-Identifier: MIT OR Apache-2.0
// What a snapshot holds besides blocks of the chain (FRC-0108, as Lotus and Forest write it).
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "crypto/hash.hpp"
#include "ipld/byte_stream.hpp"
#include "ipld/cid.hpp"

namespace venus::snapshot {

/// The first block of a snapshot of version 2: a map of three members.
struct Metadata {
  std::uint64_t version = 2;
  std::vector<Cid> head;  ///< the blocks of the head
  std::optional<Cid> f3;  ///< of the raw block with the F3 data, which comes next

  [[nodiscard]] Bytes encode() const;
  /// Malformed unless it is such a map; Unsupported for a version other than 2.
  static Result<Metadata> decode(BytesView bytes);
};

/// What the F3 data says of itself.
struct F3Summary {
  std::uint64_t version = 0;
  std::uint64_t first_instance = 0;
  std::uint64_t latest_instance = 0;
  std::uint64_t certificates = 0;
  std::uint64_t bytes = 0;
};

/// Checks F3 data for its shape as it streams by: a header, then certificates of consecutive instances from the
/// first to the latest. What they certify is not judged here.
class F3Checker {
 public:
  /// The header holds a power table of some MiB; a certificate some KiB.
  static constexpr std::size_t kMaxHeader = 64U << 20;
  static constexpr std::size_t kMaxCertificate = 8U << 20;

  /// Malformed, TooLarge.
  Result<void> feed(BytesView bytes);
  /// At the end of the data: Malformed when something is missing.
  Result<F3Summary> finish() const;
  [[nodiscard]] const F3Summary& summary() const noexcept { return summary_; }

 private:
  Result<void> item(BytesView bytes);
  Bytes held_;
  bool have_header_ = false;
  F3Summary summary_;
};

/// CID of F3 data in a file.
Result<Cid> f3_cid(const std::filesystem::path& file);

}  // namespace venus::snapshot
