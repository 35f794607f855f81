// SPDX-License-Identifier: MIT OR Apache-2.0
// Sectors, pieces and the proof types that name their sizes (numbers of go-state-types,
// abi/sector.go).
#pragma once

#include "types/enum_codec.hpp"
#include "types/ids.hpp"

#include <optional>
#include <string>

namespace venus::types {

/// Bytes of a sector or piece with its bit padding; a power of two.
using PaddedSize = base::Strong<struct PaddedSizeTag, std::uint64_t>;
/// Bytes of user data; 127/128 of the padded size.
using UnpaddedSize = base::Strong<struct UnpaddedSizeTag, std::uint64_t>;
/// Bytes of a sector.
using SectorSize = base::Strong<struct SectorSizeTag, std::uint64_t>;

/// Whole data that fills `size`.
constexpr UnpaddedSize unpadded(PaddedSize size) {
  return UnpaddedSize(size.value() - size.value() / 128);
}
constexpr PaddedSize padded(UnpaddedSize size) {
  return PaddedSize(size.value() + size.value() / 127);
}
/// Whether it is a power of two of at least 128.
bool is_valid(PaddedSize size) noexcept;
/// Whether it is 127 times a power of two.
bool is_valid(UnpaddedSize size) noexcept;

/// How a sector is sealed. Five sizes (2 KiB, 8 MiB, 512 MiB, 32 GiB, 64 GiB) of each version, in
/// that order.
enum class RegisteredSealProof : std::int64_t {
  StackedDrg2KiBV1 = 0,
  StackedDrg8MiBV1,
  StackedDrg512MiBV1,
  StackedDrg32GiBV1,
  StackedDrg64GiBV1,
  StackedDrg2KiBV1_1,
  StackedDrg8MiBV1_1,
  StackedDrg512MiBV1_1,
  StackedDrg32GiBV1_1,
  StackedDrg64GiBV1_1,
  StackedDrg2KiBV1_1Synthetic,
  StackedDrg8MiBV1_1Synthetic,
  StackedDrg512MiBV1_1Synthetic,
  StackedDrg32GiBV1_1Synthetic,
  StackedDrg64GiBV1_1Synthetic,
  StackedDrg2KiBV1_2NonInteractive,
  StackedDrg8MiBV1_2NonInteractive,
  StackedDrg512MiBV1_2NonInteractive,
  StackedDrg32GiBV1_2NonInteractive,
  StackedDrg64GiBV1_2NonInteractive,
};

enum class RegisteredPostProof : std::int64_t {
  Winning2KiBV1 = 0,
  Winning8MiBV1,
  Winning512MiBV1,
  Winning32GiBV1,
  Winning64GiBV1,
  Window2KiBV1,
  Window8MiBV1,
  Window512MiBV1,
  Window32GiBV1,
  Window64GiBV1,
  Window2KiBV1_1,
  Window8MiBV1_1,
  Window512MiBV1_1,
  Window32GiBV1_1,
  Window64GiBV1_1,
};

enum class RegisteredUpdateProof : std::int64_t {
  StackedDrg2KiBV1 = 0,
  StackedDrg8MiBV1,
  StackedDrg512MiBV1,
  StackedDrg32GiBV1,
  StackedDrg64GiBV1,
};

enum class RegisteredAggregationProof : std::int64_t { SnarkPackV1 = 0, SnarkPackV2 = 1 };

/// All of these give Unsupported for numbers that are none of the above.
Result<SectorSize> sector_size(RegisteredSealProof proof);
Result<SectorSize> sector_size(RegisteredPostProof proof);
/// "2KiB", "32GiB", ... for names of files and logs.
std::string short_string(SectorSize size);
/// The proof a block's winner makes for sectors sealed so.
Result<RegisteredPostProof> winning_post_proof(RegisteredSealProof proof);
/// The proof its deadline asks for: V1 up to nv18, V1_1 from nv19 on.
Result<RegisteredPostProof> window_post_proof(RegisteredSealProof proof, NetworkVersion version);
Result<RegisteredUpdateProof> update_proof(RegisteredSealProof proof);
/// Which seal proof precommits use at a network version for a sector size: V1 up to nv6, V1_1 then,
/// synthetic from nv21 on when `synthetic`. Unsupported for other sizes.
Result<RegisteredSealProof> seal_proof_for(SectorSize size, NetworkVersion version,
                                           bool synthetic = false);
/// How many sectors one WindowPoSt partition holds: 2 for the test sizes, 2349 and 2300.
Result<std::uint64_t> partition_sectors(RegisteredPostProof window_proof);
/// Bytes of one seal proof.
Result<std::uint64_t> proof_size(RegisteredSealProof proof);
constexpr bool is_synthetic(RegisteredSealProof proof) noexcept {
  return proof >= RegisteredSealProof::StackedDrg2KiBV1_1Synthetic &&
         proof <= RegisteredSealProof::StackedDrg64GiBV1_1Synthetic;
}
constexpr bool is_non_interactive(RegisteredSealProof proof) noexcept {
  return proof >= RegisteredSealProof::StackedDrg2KiBV1_2NonInteractive &&
         proof <= RegisteredSealProof::StackedDrg64GiBV1_2NonInteractive;
}

struct SectorId {
  ActorId miner;
  SectorNumber number;
  auto operator<=>(const SectorId&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Miner", &SectorId::miner),
                           base::field("Number", &SectorId::number));
  }
};

/// What a proof of spacetime needs of a sector.
struct SectorInfo {
  RegisteredSealProof seal_proof{};
  SectorNumber sector_number;
  Cid sealed_cid;
  bool operator==(const SectorInfo&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("SealProof", &SectorInfo::seal_proof),
                           field("SectorNumber", &SectorInfo::sector_number),
                           field("SealedCID", &SectorInfo::sealed_cid));
  }
};

/// The same with the key of the empty sector when it was updated (snap).
struct ExtendedSectorInfo {
  RegisteredSealProof seal_proof{};
  SectorNumber sector_number;
  std::optional<Cid> sector_key;
  Cid sealed_cid;
  bool operator==(const ExtendedSectorInfo&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("SealProof", &ExtendedSectorInfo::seal_proof),
                           field("SectorNumber", &ExtendedSectorInfo::sector_number),
                           field("SectorKey", &ExtendedSectorInfo::sector_key),
                           field("SealedCID", &ExtendedSectorInfo::sealed_cid));
  }
};

struct PieceInfo {
  PaddedSize size;
  Cid piece_cid;
  bool operator==(const PieceInfo&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Size", &PieceInfo::size),
                           base::field("PieceCID", &PieceInfo::piece_cid));
  }
};

}  // namespace venus::types

namespace venus {
using types::PaddedSize;
using types::RegisteredPostProof;
using types::RegisteredSealProof;
using types::SectorSize;
using types::UnpaddedSize;
}  // namespace venus

template <>
struct venus::ipld::CborCodec<venus::types::RegisteredSealProof>
    : venus::types::EnumCbor<venus::types::RegisteredSealProof> {};
template <>
struct venus::ipld::CborCodec<venus::types::RegisteredPostProof>
    : venus::types::EnumCbor<venus::types::RegisteredPostProof> {};
template <>
struct venus::ipld::CborCodec<venus::types::RegisteredUpdateProof>
    : venus::types::EnumCbor<venus::types::RegisteredUpdateProof> {};
template <>
struct venus::ipld::CborCodec<venus::types::RegisteredAggregationProof>
    : venus::types::EnumCbor<venus::types::RegisteredAggregationProof> {};
/// JSON: the numbers.
template <>
struct venus::base::JsonCodec<venus::types::RegisteredSealProof> {
  static boost::json::value encode(const types::RegisteredSealProof& v);
  static Result<types::RegisteredSealProof> decode(const boost::json::value& v);
};
template <>
struct venus::base::JsonCodec<venus::types::RegisteredPostProof> {
  static boost::json::value encode(const types::RegisteredPostProof& v);
  static Result<types::RegisteredPostProof> decode(const boost::json::value& v);
};
template <>
struct venus::base::JsonCodec<venus::types::RegisteredUpdateProof> {
  static boost::json::value encode(const types::RegisteredUpdateProof& v);
  static Result<types::RegisteredUpdateProof> decode(const boost::json::value& v);
};
template <>
struct venus::base::JsonCodec<venus::types::RegisteredAggregationProof> {
  static boost::json::value encode(const types::RegisteredAggregationProof& v);
  static Result<types::RegisteredAggregationProof> decode(const boost::json::value& v);
};
