// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/sector.hpp"

#include "base/json.hpp"

#include <array>
#include <bit>

namespace venus::types {
namespace {

constexpr std::array<std::uint64_t, 5> kSizes = {2ULL << 10U, 8ULL << 20U, 512ULL << 20U,
                                                 32ULL << 30U, 64ULL << 30U};

/// Position of a proof's sector size in kSizes; its version is number / 5.
template <class Proof>
Result<std::size_t> size_index(Proof proof, std::int64_t count) {
  const auto number = std::to_underlying(proof);
  if (number < 0 || number >= count) {
    return fail(ErrorCode::Unsupported, "unknown proof type {}", number);
  }
  return static_cast<std::size_t>(number % 5);
}
Result<std::size_t> size_index(RegisteredSealProof proof) { return size_index(proof, 20); }
Result<std::size_t> size_index(RegisteredPostProof proof) { return size_index(proof, 15); }

template <class Proof>
Proof at(std::size_t size_index, int version) {
  return static_cast<Proof>(static_cast<std::int64_t>(size_index) + 5 * version);
}

}  // namespace

bool is_valid(PaddedSize size) noexcept {
  return size.value() >= 128 && std::has_single_bit(size.value());
}

bool is_valid(UnpaddedSize size) noexcept {
  return size.value() >= 127 && size.value() >> std::countr_zero(size.value()) == 127;
}

Result<SectorSize> sector_size(RegisteredSealProof proof) {
  TRY(const auto index, size_index(proof));
  return SectorSize(kSizes[index]);
}

Result<SectorSize> sector_size(RegisteredPostProof proof) {
  TRY(const auto index, size_index(proof));
  return SectorSize(kSizes[index]);
}

std::string short_string(SectorSize size) {
  constexpr std::array<std::string_view, 7> kUnits = {"B",   "KiB", "MiB", "GiB",
                                                      "TiB", "PiB", "EiB"};
  auto value = size.value();
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit)
    value /= 1024;
  return fmt::format("{}{}", value, kUnits[unit]);
}

Result<RegisteredPostProof> winning_post_proof(RegisteredSealProof proof) {
  TRY(const auto index, size_index(proof));
  return at<RegisteredPostProof>(index, 0);
}

Result<RegisteredPostProof> window_post_proof(RegisteredSealProof proof, NetworkVersion version) {
  TRY(const auto index, size_index(proof));
  return at<RegisteredPostProof>(index, version >= NetworkVersion(19) ? 2 : 1);
}

Result<RegisteredUpdateProof> update_proof(RegisteredSealProof proof) {
  TRY(const auto index, size_index(proof));
  return at<RegisteredUpdateProof>(index, 0);
}

Result<RegisteredSealProof> seal_proof_for(SectorSize size, NetworkVersion version,
                                           bool synthetic) {
  const auto* found = std::ranges::find(kSizes, size.value());
  if (found == kSizes.end()) {
    return fail(ErrorCode::Unsupported, "no sectors of {} bytes", size);
  }
  const int generation = version < NetworkVersion(7)                  ? 0
                         : synthetic && version >= NetworkVersion(21) ? 2
                                                                      : 1;
  return at<RegisteredSealProof>(static_cast<std::size_t>(found - kSizes.begin()), generation);
}

Result<std::uint64_t> partition_sectors(RegisteredPostProof window_proof) {
  constexpr std::array<std::uint64_t, 5> kSectors = {2, 2, 2, 2349, 2300};
  TRY(const auto index, size_index(window_proof));
  return kSectors[index];
}

Result<std::uint64_t> proof_size(RegisteredSealProof proof) {
  TRY(const auto index, size_index(proof));
  const bool large = index >= 3;
  if (is_non_interactive(proof)) return large ? 23092 : 14164;
  return large ? 1920 : 192;
}

}  // namespace venus::types

namespace venus::base {

boost::json::value JsonCodec<types::RegisteredSealProof>::encode(
    const types::RegisteredSealProof& v) {
  return std::to_underlying(v);
}
Result<types::RegisteredSealProof> JsonCodec<types::RegisteredSealProof>::decode(
    const boost::json::value& v) {
  TRY(const auto number, from_json<std::int64_t>(v));
  return static_cast<types::RegisteredSealProof>(number);
}
boost::json::value JsonCodec<types::RegisteredPostProof>::encode(
    const types::RegisteredPostProof& v) {
  return std::to_underlying(v);
}
Result<types::RegisteredPostProof> JsonCodec<types::RegisteredPostProof>::decode(
    const boost::json::value& v) {
  TRY(const auto number, from_json<std::int64_t>(v));
  return static_cast<types::RegisteredPostProof>(number);
}
boost::json::value JsonCodec<types::RegisteredUpdateProof>::encode(
    const types::RegisteredUpdateProof& v) {
  return std::to_underlying(v);
}
Result<types::RegisteredUpdateProof> JsonCodec<types::RegisteredUpdateProof>::decode(
    const boost::json::value& v) {
  TRY(const auto number, from_json<std::int64_t>(v));
  return static_cast<types::RegisteredUpdateProof>(number);
}
boost::json::value JsonCodec<types::RegisteredAggregationProof>::encode(
    const types::RegisteredAggregationProof& v) {
  return std::to_underlying(v);
}
Result<types::RegisteredAggregationProof> JsonCodec<types::RegisteredAggregationProof>::decode(
    const boost::json::value& v) {
  TRY(const auto number, from_json<std::int64_t>(v));
  return static_cast<types::RegisteredAggregationProof>(number);
}

}  // namespace venus::base
