// SPDX-License-Identifier: MIT OR Apache-2.0
// Between the bridge's types and those cxx generated; only for src/bridge/proofs_*.cpp.
#pragma once

#include "bridge/native_error.hpp"
#include "bridge/proofs.hpp"
#include "venus-proofs/src/lib.rs.h"

#include <filesystem>
#include <vector>

namespace venus::bridge::detail {

/// A path's bytes; the path must outlive the view.
inline rust::Slice<const std::uint8_t> slice(const std::filesystem::path& path) {
  return slice(base::as_bytes(path.native()));
}

template <class T>
rust::Slice<const T> list(const std::vector<T>& items) {
  return {items.data(), items.size()};
}

/// The 32 bytes of a sealed sector's CID (poseidon). InvalidArgument for other CIDs.
Result<Commitment> sealed_commitment(const Cid& cid);
/// The 32 bytes of an unsealed sector's or piece's CID. InvalidArgument for other CIDs.
Result<Commitment> unsealed_commitment(const Cid& cid);

inline std::vector<native::Piece> pieces_in(std::span<const PieceInfo> pieces) {
  std::vector<native::Piece> out;
  out.reserve(pieces.size());
  for (const auto& piece : pieces)
    out.push_back({piece.padded_size, piece.commitment});
  return out;
}

inline native::SectorIn sector_in(const SectorRef& sector, const SectorPaths& paths) {
  return {sector.seal_proof,  sector.miner.value(), sector.number,
          slice(paths.cache), slice(paths.staged),  slice(paths.sealed)};
}

}  // namespace venus::bridge::detail
