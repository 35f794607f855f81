// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ipld/cid.hpp"
#include "types/ids.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

/// Filecoin's proofs: sealing, proof-of-replication and proof-of-spacetime, with the semantics of
/// filecoin-ffi. Everything is synchronous and uses all cores while it computes: call it from the
/// `proof` pool or a child process, never from an io thread. Parameters are found in the folder
/// named by FIL_PROOFS_PARAMETER_CACHE (read once per process), else
/// /var/tmp/filecoin-proof-parameters. A node needs the .vk files of its network there before it
/// executes anything: without them every proof in a message looks wrong and states differ.
///
/// Proof types are the numbers that stand on chain (registered seal proof 0-19, registered PoSt
/// proof 0-14); unknown ones are an Error. Randomness is 32 bytes; its two highest bits are cleared
/// here, as every implementation does to make it a field element.
namespace venus::bridge {

using Commitment = std::array<std::uint8_t, 32>;
using Randomness = std::array<std::uint8_t, 32>;

// ---- verification -------------------------------------------------------------------------------

struct SealVerifyInfo {
  std::int64_t seal_proof{};
  types::ActorId miner{};
  std::uint64_t sector_number{};
  ipld::Cid sealed_cid;    ///< fil-commitment-sealed, poseidon
  ipld::Cid unsealed_cid;  ///< fil-commitment-unsealed, sha2-256-trunc254-padded
  Randomness ticket{};
  Randomness seed{};  ///< interactive randomness
  Bytes proof;
};

/// The verdict on one proof of replication. Error when the inputs are not even well formed (unknown
/// proof type, CID of another kind, proof of impossible length); NotFound when the verifying key is
/// missing.
Result<bool> verify_seal(const SealVerifyInfo& info);

struct AggregateSealInfo {
  std::uint64_t sector_number{};
  ipld::Cid sealed_cid;
  ipld::Cid unsealed_cid;
  Randomness ticket{};
  Randomness seed{};
};

/// The verdict on a SnarkPack aggregate (`aggregate_proof` 0 = V1, 1 = V2) of many PoReps of a
/// miner. Needs the network's inner product SRS in the parameter folder.
Result<bool> verify_aggregate_seals(std::int64_t seal_proof, std::int64_t aggregate_proof,
                                    types::ActorId miner, std::span<const AggregateSealInfo> infos,
                                    BytesView proof);

/// A proof as it stands in blocks and messages.
struct PostProof {
  std::int64_t post_proof{};
  Bytes bytes;
};

struct SectorInfo {
  std::int64_t seal_proof{};
  std::uint64_t number{};
  ipld::Cid sealed_cid;
};

/// Which of `eligible_sectors` sectors (by index into the sorted list) a WinningPoSt must cover.
Result<std::vector<std::uint64_t>> winning_post_sector_challenge(std::int64_t post_proof,
                                                                 const Randomness& randomness,
                                                                 types::ActorId miner,
                                                                 std::uint64_t eligible_sectors);

/// `sectors` are the challenged ones, in challenge order; duplicates are allowed there.
Result<bool> verify_winning_post(const Randomness& randomness, std::span<const PostProof> proofs,
                                 std::span<const SectorInfo> sectors, types::ActorId miner);

/// `sectors` are all sectors of the proven partitions that are not skipped.
Result<bool> verify_window_post(const Randomness& randomness, std::span<const PostProof> proofs,
                                std::span<const SectorInfo> sectors, types::ActorId miner);

// ---- pieces and sealing -------------------------------------------------------------------------

struct PieceInfo {
  std::uint64_t padded_size{};  ///< bytes, a power of two of at least 128
  Commitment commitment{};
};

/// CID forms of commitments: pieces and unsealed sectors (CommP, CommD), sealed sectors (CommR).
ipld::Cid unsealed_commitment_cid(const Commitment& commitment);
ipld::Cid sealed_commitment_cid(const Commitment& commitment);

/// The commitment of a file with `unpadded_size` = 127/128 * 2^n bytes of data. A shorter file is
/// an Error.
Result<PieceInfo> piece_commitment(std::int64_t seal_proof, const std::filesystem::path& file,
                                   std::uint64_t unpadded_size);

struct AddedPiece {
  Commitment commitment{};
  std::uint64_t left_alignment_unpadded{};  ///< zero bytes put before the piece
  std::uint64_t written_unpadded{};         // with the alignment
};

/// Appends `unpadded_size` bytes of `source` to the staged sector (created when missing),
/// bit-padded and aligned; `existing_unpadded` are the sizes of the pieces already there. Sizes as
/// above.
Result<AddedPiece> add_piece(std::int64_t seal_proof, const std::filesystem::path& source,
                             std::uint64_t unpadded_size, const std::filesystem::path& staged,
                             std::span<const std::uint64_t> existing_unpadded);

/// CommD of a sector from its pieces, in order, with zero padding to the sector size.
Result<Commitment> unsealed_commitment(std::int64_t seal_proof, std::span<const PieceInfo> pieces);

struct SectorPaths {
  std::filesystem::path cache;   // folder, exists
  std::filesystem::path staged;  ///< unsealed, bit-padded sector data
  std::filesystem::path sealed;  ///< the replica
};

struct SectorRef {
  std::int64_t seal_proof{};
  types::ActorId miner{};
  std::uint64_t number{};
};

/// Phase 1 (labels). `paths.sealed` is created when missing. Returns an opaque JSON state for phase
/// 2, the very JSON filecoin-ffi makes.
Result<Bytes> seal_pre_commit_phase1(const SectorRef& sector, const SectorPaths& paths,
                                     const Randomness& ticket, std::span<const PieceInfo> pieces);

struct SealedCommitments {
  Commitment sealed{};
  Commitment unsealed{};
};

/// Phase 2 (trees, replica). For a synthetic PoRep type call generate_synthetic_proofs next.
Result<SealedCommitments> seal_pre_commit_phase2(BytesView phase1, const SectorPaths& paths);

/// Synthetic PoRep only: writes the vanilla proofs all later challenges choose from into the cache.
Result<void> generate_synthetic_proofs(const SectorRef& sector, const SectorPaths& paths,
                                       const SealedCommitments& commitments,
                                       const Randomness& ticket, std::span<const PieceInfo> pieces);

/// C1: the vanilla proofs, as the JSON filecoin-ffi makes.
Result<Bytes> seal_commit_phase1(const SectorRef& sector, const SectorPaths& paths,
                                 const SealedCommitments& commitments, const Randomness& ticket,
                                 const Randomness& seed, std::span<const PieceInfo> pieces);

/// C2: the Groth16 proof for the chain (68 to 85 s and 3 GiB for 2 KiB on 2 cores). Needs the PoRep
/// parameters. It is verified before it is returned.
Result<Bytes> seal_commit_phase2(const SectorRef& sector, BytesView phase1);

/// Removes from a sector's cache what PoSt does not need.
Result<void> clear_cache(const std::filesystem::path& cache);

/// Removes the synthetic proofs when the sector is proven.
Result<void> clear_synthetic_proofs(const std::filesystem::path& cache);

/// Decodes `unpadded_size` bytes from `unpadded_offset` of a replica into `output` (overwritten).
Result<void> unseal_range(const SectorRef& sector, const SectorPaths& paths,
                          const std::filesystem::path& output, const Randomness& ticket,
                          const Commitment& unsealed, std::uint64_t unpadded_offset,
                          std::uint64_t unpadded_size);

// ---- proofs of spacetime ------------------------------------------------------------------------

struct Replica {
  std::uint64_t number{};
  ipld::Cid sealed_cid;
  std::filesystem::path cache;
  std::filesystem::path sealed;
};

/// Proves the challenged replicas (challenge order). 12 CPU s for a sector of 2 KiB.
Result<std::vector<PostProof>> generate_winning_post(std::int64_t post_proof,
                                                     const Randomness& randomness,
                                                     types::ActorId miner,
                                                     std::span<const Replica> replicas);

struct WindowPost {
  std::vector<PostProof> proofs;              // empty when there are faulty sectors
  std::vector<std::uint64_t> faulty_sectors;  ///< their data could not be read or proven
};

/// Proves all partitions of `replicas` (one PostProof with the partitions' SNARKs one after
/// another). When replicas are faulty it proves nothing and names them: drop those and call again,
/// declaring them as skipped, as Lotus does.
Result<WindowPost> generate_window_post(std::int64_t post_proof, const Randomness& randomness,
                                        types::ActorId miner, std::span<const Replica> replicas);

/// How many partitions a WindowPoSt over that many sectors has.
Result<std::uint64_t> window_post_partitions(std::int64_t post_proof, std::uint64_t sectors);

struct PartitionProof {
  PostProof proof;
  std::vector<std::uint64_t> faulty_sectors;
};

/// One partition's SNARK: `partition` counts from 0 in the order of `replicas`.
Result<PartitionProof> generate_window_post_partition(std::int64_t post_proof,
                                                      const Randomness& randomness,
                                                      types::ActorId miner,
                                                      std::span<const Replica> replicas,
                                                      std::uint64_t partition);

/// Joins all partitions' proofs, in order, into the one for the chain.
Result<PostProof> merge_window_post_partitions(std::int64_t post_proof,
                                               std::span<const PostProof> partitions);

// ---- parameters ---------------------------------------------------------------------------------

enum class ParameterKind : std::uint8_t { WinningPost, WindowPost, Porep };

/// The parameter folder in use by this process.
std::filesystem::path parameter_folder();

/// The name, without .params/.vk/.meta, under which a set is looked up. Sizes: 2 KiB to 64 GiB.
Result<std::string> parameter_name(ParameterKind kind, std::uint64_t sector_size);

/// True if all three files of the set are in `folder` and not empty.
Result<bool> parameters_present(ParameterKind kind, std::uint64_t sector_size,
                                const std::filesystem::path& folder);

/// True if the set's verifying key alone is in `folder`: enough to verify, and to execute messages.
Result<bool> verifying_key_present(ParameterKind kind, std::uint64_t sector_size,
                                   const std::filesystem::path& folder);

/// Told of each finished step; false stops the generation with ErrorCode cancelled.
using ParameterProgress = std::function<bool(double fraction, const std::string& step)>;

/// Makes a random Groth16 set for small sectors (2 KiB; larger ones are refused) and writes its
/// files into `folder`, complete or not at all. For devnets only: whoever runs this could forge
/// proofs, and all nodes of the network must share the resulting .vk files.
Result<void> generate_parameters(ParameterKind kind, std::uint64_t sector_size,
                                 const std::filesystem::path& folder,
                                 const ParameterProgress& progress);

}  // namespace venus::bridge
