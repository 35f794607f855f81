// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/proofs_convert.hpp"

namespace venus::bridge {

using detail::guarded;
using detail::list;
using detail::pieces_in;
using detail::sector_in;
using detail::slice;
using detail::to_bytes;

Result<PieceInfo> piece_commitment(std::int64_t seal_proof, const std::filesystem::path& file,
                                   std::uint64_t unpadded_size) {
  TRY(const auto piece,
      guarded([&] { return native::piece_commitment(seal_proof, slice(file), unpadded_size); }));
  return PieceInfo{piece.padded_size, piece.commitment};
}

Result<AddedPiece> add_piece(std::int64_t seal_proof, const std::filesystem::path& source,
                             std::uint64_t unpadded_size, const std::filesystem::path& staged,
                             std::span<const std::uint64_t> existing_unpadded) {
  TRY(const auto added, guarded([&] {
        return native::add_piece(
            seal_proof, slice(source), unpadded_size, slice(staged),
            rust::Slice<const std::uint64_t>(existing_unpadded.data(), existing_unpadded.size()));
      }));
  return AddedPiece{added.commitment, added.left_alignment, added.written};
}

Result<Commitment> unsealed_commitment(std::int64_t seal_proof, std::span<const PieceInfo> pieces) {
  const auto in = pieces_in(pieces);
  return guarded([&] { return native::unsealed_commitment(seal_proof, list(in)); });
}

Result<Bytes> seal_pre_commit_phase1(const SectorRef& sector, const SectorPaths& paths,
                                     const Randomness& ticket, std::span<const PieceInfo> pieces) {
  const auto in = pieces_in(pieces);
  return guarded([&] {
    return to_bytes(native::pre_commit_phase1(sector_in(sector, paths), ticket, list(in)));
  });
}

Result<SealedCommitments> seal_pre_commit_phase2(BytesView phase1, const SectorPaths& paths) {
  TRY(const auto out, guarded([&] {
        return native::pre_commit_phase2(slice(phase1), slice(paths.cache), slice(paths.sealed));
      }));
  return SealedCommitments{out.sealed, out.unsealed};
}

Result<void> generate_synthetic_proofs(const SectorRef& sector, const SectorPaths& paths,
                                       const SealedCommitments& commitments,
                                       const Randomness& ticket,
                                       std::span<const PieceInfo> pieces) {
  const auto in = pieces_in(pieces);
  const native::Commitments both{commitments.sealed, commitments.unsealed};
  return guarded(
      [&] { native::synthetic_proofs(sector_in(sector, paths), both, ticket, list(in)); });
}

Result<Bytes> seal_commit_phase1(const SectorRef& sector, const SectorPaths& paths,
                                 const SealedCommitments& commitments, const Randomness& ticket,
                                 const Randomness& seed, std::span<const PieceInfo> pieces) {
  const auto in = pieces_in(pieces);
  const native::Commitments both{commitments.sealed, commitments.unsealed};
  return guarded([&] {
    return to_bytes(native::commit_phase1(sector_in(sector, paths), both, ticket, seed, list(in)));
  });
}

Result<Bytes> seal_commit_phase2(const SectorRef& sector, BytesView phase1) {
  return guarded([&] {
    return to_bytes(native::commit_phase2(slice(phase1), sector.miner.value(), sector.number));
  });
}

Result<void> clear_cache(const std::filesystem::path& cache) {
  return guarded([&] { native::clear_cache(slice(cache)); });
}

Result<void> clear_synthetic_proofs(const std::filesystem::path& cache) {
  return guarded([&] { native::clear_synthetic_proofs(slice(cache)); });
}

Result<void> unseal_range(const SectorRef& sector, const SectorPaths& paths,
                          const std::filesystem::path& output, const Randomness& ticket,
                          const Commitment& unsealed, std::uint64_t unpadded_offset,
                          std::uint64_t unpadded_size) {
  return guarded([&] {
    native::unseal_range(sector_in(sector, paths), slice(output), ticket, unsealed, unpadded_offset,
                         unpadded_size);
  });
}

}  // namespace venus::bridge
