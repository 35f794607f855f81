// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/proofs_convert.hpp"

#include <algorithm>

namespace venus::bridge {

using detail::guarded;
using detail::list;
using detail::slice;

namespace detail {

namespace {

Result<Commitment> digest_of(const Cid& cid, ipld::Codec codec, ipld::Multihash hash) {
  if (!cid.defined() || cid.version() != 1 || cid.codec() != codec || cid.hash() != hash ||
      cid.digest().size() != 32) {
    return fail(ErrorCode::InvalidArgument, "CID {} is not a commitment of that kind", cid);
  }
  return base::to_array<32>(cid.digest());
}

}  // namespace

Result<Commitment> sealed_commitment(const Cid& cid) {
  return digest_of(cid, ipld::Codec::FilCommitmentSealed, ipld::Multihash::PoseidonBls12_381A2Fc1);
}

Result<Commitment> unsealed_commitment(const Cid& cid) {
  return digest_of(cid, ipld::Codec::FilCommitmentUnsealed,
                   ipld::Multihash::Sha2_256Trunc254Padded);
}

}  // namespace detail

namespace {

Cid commitment_cid(ipld::Codec codec, ipld::Multihash hash, const Commitment& commitment) {
  // A digest of 32 bytes is never refused.
  return Cid::make(codec, hash, commitment).value_or(Cid());
}

Result<std::vector<native::PublicSector>> sectors_in(std::span<const SectorInfo> sectors) {
  std::vector<native::PublicSector> out;
  out.reserve(sectors.size());
  for (const auto& sector : sectors) {
    TRY(const auto comm_r, detail::sealed_commitment(sector.sealed_cid));
    out.push_back({sector.seal_proof, sector.number, comm_r});
  }
  return out;
}

std::vector<native::PostBytes> proofs_in(std::span<const PostProof> proofs) {
  std::vector<native::PostBytes> out;
  out.reserve(proofs.size());
  for (const auto& proof : proofs)
    out.push_back({proof.post_proof, slice(proof.bytes)});
  return out;
}

}  // namespace

Cid unsealed_commitment_cid(const Commitment& commitment) {
  return commitment_cid(ipld::Codec::FilCommitmentUnsealed, ipld::Multihash::Sha2_256Trunc254Padded,
                        commitment);
}

Cid sealed_commitment_cid(const Commitment& commitment) {
  return commitment_cid(ipld::Codec::FilCommitmentSealed, ipld::Multihash::PoseidonBls12_381A2Fc1,
                        commitment);
}

Result<bool> verify_seal(const SealVerifyInfo& info) {
  TRY(const auto comm_r, detail::sealed_commitment(info.sealed_cid));
  TRY(const auto comm_d, detail::unsealed_commitment(info.unsealed_cid));
  const native::SealCheck check{
      info.seal_proof, info.miner.value(), info.sector_number, comm_r,
      comm_d,          info.ticket,        info.seed,          slice(info.proof)};
  return guarded([&] { return native::verify_seal(check); });
}

Result<bool> verify_aggregate_seals(std::int64_t seal_proof, std::int64_t aggregate_proof,
                                    types::ActorId miner, std::span<const AggregateSealInfo> infos,
                                    BytesView proof) {
  std::vector<native::AggregateCheck> checks;
  checks.reserve(infos.size());
  for (const auto& info : infos) {
    TRY(const auto comm_r, detail::sealed_commitment(info.sealed_cid));
    TRY(const auto comm_d, detail::unsealed_commitment(info.unsealed_cid));
    checks.push_back({info.sector_number, comm_r, comm_d, info.ticket, info.seed});
  }
  return guarded([&] {
    return native::verify_aggregate_seals(seal_proof, aggregate_proof, miner.value(), list(checks),
                                          slice(proof));
  });
}

Result<std::vector<std::uint64_t>> winning_post_sector_challenge(std::int64_t post_proof,
                                                                 const Randomness& randomness,
                                                                 types::ActorId miner,
                                                                 std::uint64_t eligible_sectors) {
  TRY(const auto indexes, guarded([&] {
        return native::winning_post_challenge(post_proof, randomness, miner.value(),
                                              eligible_sectors);
      }));
  return std::vector<std::uint64_t>(indexes.begin(), indexes.end());
}

Result<bool> verify_winning_post(const Randomness& randomness, std::span<const PostProof> proofs,
                                 std::span<const SectorInfo> sectors, types::ActorId miner) {
  TRY(const auto checked, sectors_in(sectors));
  const auto bytes = proofs_in(proofs);
  return guarded([&] {
    return native::verify_winning_post(randomness, list(bytes), list(checked), miner.value());
  });
}

Result<bool> verify_window_post(const Randomness& randomness, std::span<const PostProof> proofs,
                                std::span<const SectorInfo> sectors, types::ActorId miner) {
  TRY(const auto checked, sectors_in(sectors));
  const auto bytes = proofs_in(proofs);
  return guarded([&] {
    return native::verify_window_post(randomness, list(bytes), list(checked), miner.value());
  });
}

}  // namespace venus::bridge
