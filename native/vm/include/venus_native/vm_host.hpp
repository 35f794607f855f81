// SPDX-License-Identifier: MIT OR Apache-2.0
// What the virtual machine in Rust calls in C++. src/bridge implements it over a Blockstore and
// Externs; a thrown exception becomes an error of the Rust call.
#pragma once

#include "rust/cxx.h"

#include <array>
#include <cstdint>

namespace venus::native {

struct BlockSink;
struct BlockRef;
struct FaultVerdict;

class VmHost {
 public:
  virtual ~VmHost() = default;

  /// Gives the block to the sink; false when the store does not have it.
  virtual bool read_block(rust::Slice<const std::uint8_t> cid, BlockSink& sink) const = 0;
  virtual bool has_block(rust::Slice<const std::uint8_t> cid) const = 0;
  virtual void write_blocks(rust::Slice<const BlockRef> blocks) const = 0;

  virtual std::array<std::uint8_t, 32> chain_randomness(std::int64_t epoch) const = 0;
  virtual std::array<std::uint8_t, 32> beacon_randomness(std::int64_t epoch) const = 0;
  virtual FaultVerdict verify_consensus_fault(rust::Slice<const std::uint8_t> header1,
                                              rust::Slice<const std::uint8_t> header2,
                                              rust::Slice<const std::uint8_t> extra) const = 0;
  virtual void tipset_cid(std::int64_t epoch, BlockSink& sink) const = 0;
};

}  // namespace venus::native
