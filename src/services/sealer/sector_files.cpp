// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/sealer/sector_files.hpp"

#include "bridge/proofs.hpp"
#include "crypto/hash.hpp"
#include "platform/home.hpp"

#include <fstream>

namespace venus::sealer {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kSealProof = 5;  // StackedDrg2KiBV1_1
constexpr std::uint64_t kUnpadded = 2032;
constexpr std::string_view kMetaFile = "sector.json";

Error io_error(const fs::path& path, const std::error_code& code) {
  return {ErrorCode::Io, fmt::format("{}: {}", path.string(), code.message())};
}

/// A committed-capacity sector's ticket binds it to nothing: no chain exists yet. Derived, so that
/// sealing again gives the same replica.
bridge::Randomness ticket_of(ActorId miner, std::uint64_t number) {
  return crypto::sha256(base::as_bytes(fmt::format("venus preseal/t0{}/{}", miner, number)));
}

Result<SectorMeta> seal_into(const fs::path& folder, ActorId miner, std::uint64_t number) {
  std::error_code code;
  fs::remove_all(folder, code);
  fs::create_directories(folder / "cache", code);
  if (code) return std::unexpected(io_error(folder, code));
  const bridge::SectorRef sector{kSealProof, miner, number};
  const bridge::SectorPaths paths{folder / "cache", folder / "unsealed", folder / "sealed"};
  const auto zeros = folder / "zeros";
  std::ofstream(zeros, std::ios::binary) << std::string(kUnpadded, '\0');
  TRY(const auto piece, bridge::piece_commitment(kSealProof, zeros, kUnpadded));
  TRY_VOID(bridge::add_piece(kSealProof, zeros, kUnpadded, paths.staged, {}));
  const std::vector<bridge::PieceInfo> pieces{piece};
  TRY(const auto phase1,
      bridge::seal_pre_commit_phase1(sector, paths, ticket_of(miner, number), pieces));
  TRY(const auto commitments, bridge::seal_pre_commit_phase2(phase1, paths));
  TRY_VOID(bridge::clear_cache(paths.cache));
  // An empty sector can be written anew at any time; only the replica is kept.
  fs::remove(zeros, code);
  fs::remove(paths.staged, code);
  SectorMeta meta{miner, SectorNumber(number), kSealProof,
                  bridge::sealed_commitment_cid(commitments.sealed),
                  bridge::unsealed_commitment_cid(commitments.unsealed)};
  TRY_VOID(platform::write_private_file(folder / kMetaFile,
                                        base::pretty_json(base::to_json(meta)) + "\n"));
  return meta;
}

bool stays_inside(const std::string& path) {
  const fs::path relative(path);
  if (path.empty() || relative.is_absolute()) return false;
  return std::ranges::none_of(relative, [](const fs::path& part) { return part == ".."; });
}

Result<void> need_file(const fs::path& path) {
  std::error_code code;
  const auto size = fs::file_size(path, code);
  if (code) return fail(ErrorCode::NotFound, "{}: {}", path.string(), code.message());
  std::ifstream in(path, std::ios::binary);
  if (size == 0 || in.get() == std::ifstream::traits_type::eof()) {
    return fail(ErrorCode::NotFound, "{} is empty or can't be read", path.string());
  }
  return {};
}

}  // namespace

std::string sector_folder_name(ActorId miner, SectorNumber number) {
  return fmt::format("s-t0{}-{}", miner, number);
}

Result<SectorMeta> read_meta(const fs::path& folder) {
  TRY(const auto text, platform::read_file(folder / kMetaFile, 65'536));
  TRY(const auto json, with_context(base::parse_json(text), (folder / kMetaFile).string()));
  TRY(auto meta, with_context(base::from_json<SectorMeta>(json), (folder / kMetaFile).string()));
  if (!stays_inside(meta.cache) || !stays_inside(meta.sealed)) {
    return fail(ErrorCode::Malformed, "{}: paths must lie in the folder",
                (folder / kMetaFile).string());
  }
  return meta;
}

Result<std::vector<SectorMeta>> preseal(ActorId miner, std::uint64_t first, std::uint64_t count,
                                        const fs::path& dir) {
  if (count == 0 || count > 10'000)
    return fail(ErrorCode::InvalidArgument, "1 to 10000 sectors, not {}", count);
  std::error_code code;
  fs::create_directories(dir, code);
  if (code) return std::unexpected(io_error(dir, code));
  std::vector<SectorMeta> out;
  for (auto number = first; number < first + count; ++number) {
    const auto name = sector_folder_name(miner, SectorNumber(number));
    if (auto known = read_meta(dir / name)) {
      out.push_back(*std::move(known));
      continue;
    }
    const auto fresh = dir / (name + ".sealing");
    TRY(auto meta, with_context(seal_into(fresh, miner, number), name));
    fs::remove_all(dir / name, code);
    fs::rename(fresh, dir / name, code);
    if (code) return std::unexpected(io_error(dir / name, code));
    out.push_back(std::move(meta));
  }
  return out;
}

Result<std::uint64_t> import_sectors(Store& store, ActorId miner, const fs::path& dir) {
  std::error_code code;
  const auto base_dir = fs::absolute(dir, code);
  fs::directory_iterator entries(base_dir, code);
  if (code) return fail(ErrorCode::NotFound, "{}: {}", base_dir.string(), code.message());
  std::uint64_t added = 0;
  for (const auto& entry : entries) {
    if (!entry.is_directory(code) || entry.path().extension() == ".sealing") continue;
    auto meta = read_meta(entry.path());
    if (!meta && meta.error().code == ErrorCode::NotFound) continue;
    if (!meta) return std::unexpected(std::move(meta).error());
    if (meta->miner != miner) continue;
    SealerSector sector{meta->miner,
                        meta->number,
                        meta->proof_type,
                        meta->sealed_cid,
                        meta->unsealed_cid,
                        (entry.path() / meta->cache).string(),
                        (entry.path() / meta->sealed).string(),
                        "proving",
                        ""};
    if (const auto files = check_files(sector); !files) {
      sector.state = "missing";
      sector.error = files.error().message;
    }
    TRY(const auto is_new, store.add_sector(sector));
    added += is_new ? 1 : 0;
  }
  return added;
}

Result<ActorId> miner_of_folder(const fs::path& dir) {
  std::optional<ActorId> out;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(dir, code)) {
    const auto meta = read_meta(entry.path());
    if (!meta) continue;
    if (out && *out != meta->miner) {
      return fail(ErrorCode::Conflict, "{} has sectors of t0{} and t0{}: set miner.address",
                  dir.string(), *out, meta->miner);
    }
    out = meta->miner;
  }
  if (!out) return fail(ErrorCode::NotFound, "no miner: set miner.address (--miner t01000)");
  return *out;
}

Result<void> check_files(const SealerSector& sector) {
  TRY(const auto size, types::sector_size(static_cast<RegisteredSealProof>(sector.seal_proof)));
  TRY_VOID(need_file(sector.replica_path));
  std::error_code code;
  const auto actual = fs::file_size(sector.replica_path, code);
  if (actual != size.value()) {
    return fail(ErrorCode::NotFound, "{} has {} bytes, not {}", sector.replica_path, actual,
                size.value());
  }
  TRY_VOID(need_file(fs::path(sector.cache_path) / "p_aux"));
  return need_file(fs::path(sector.cache_path) / "t_aux");
}

}  // namespace venus::sealer
