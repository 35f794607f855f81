// SPDX-License-Identifier: MIT OR Apache-2.0
// Sectors as folders: DIR/s-t0<miner>-<number>/{sealed, cache/, sector.json}, made by `preseal` and
// taken over by `sectors import`.
#pragma once

#include "services/sealer/store.hpp"

#include <filesystem>

namespace venus::sealer {

/// sector.json: what a sector folder holds. Paths are relative to the folder, so that it can be
/// moved.
struct SectorMeta {
  ActorId miner;
  SectorNumber number;
  std::int64_t proof_type = 0;
  Cid sealed_cid;
  Cid unsealed_cid;
  std::string cache = "cache";
  std::string sealed = "sealed";
  static constexpr auto fields() {
    using base::field;
    using T = SectorMeta;
    return base::fields_of(field("Miner", &T::miner), field("Number", &T::number),
                           field("ProofType", &T::proof_type), field("SealedCID", &T::sealed_cid),
                           field("UnsealedCID", &T::unsealed_cid), field("Cache", &T::cache),
                           field("Sealed", &T::sealed));
  }
};

/// "s-t01000-7".
std::string sector_folder_name(ActorId miner, SectorNumber number);
/// NotFound when the folder has no sector.json; Malformed also for paths that leave the folder.
Result<SectorMeta> read_meta(const std::filesystem::path& folder);

/// Seals `count` empty sectors of 2 KiB from `first` on into folders below `dir`; those that are
/// there already are kept. A folder appears whole or not at all. Computes for 0.1 CPU s each.
Result<std::vector<SectorMeta>> preseal(ActorId miner, std::uint64_t first, std::uint64_t count,
                                        const std::filesystem::path& dir);

/// Adds all sectors found in the folders below `dir` that belong to `miner`; how many were new.
/// NotFound when `dir` does not exist.
Result<std::uint64_t> import_sectors(Store& store, ActorId miner, const std::filesystem::path& dir);

/// The miner whose sectors lie below `dir`; NotFound when there are none, Conflict when there are
/// several miners'.
Result<ActorId> miner_of_folder(const std::filesystem::path& dir);

/// Whether what PoSt reads of a sector is there, readable and of the right size. NotFound says what
/// is wrong.
Result<void> check_files(const SealerSector& sector);

}  // namespace venus::sealer
