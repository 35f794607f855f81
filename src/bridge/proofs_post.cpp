// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/proofs_convert.hpp"

namespace venus::bridge {

using detail::guarded;
using detail::list;
using detail::slice;
using detail::to_bytes;

namespace {

Result<std::vector<native::ReplicaIn>> replicas_in(std::span<const Replica> replicas) {
  std::vector<native::ReplicaIn> out;
  out.reserve(replicas.size());
  for (const auto& replica : replicas) {
    TRY(const auto comm_r, detail::sealed_commitment(replica.sealed_cid));
    out.push_back({replica.number, comm_r, slice(replica.cache), slice(replica.sealed)});
  }
  return out;
}

std::vector<PostProof> proofs_out(const rust::Vec<native::PostOut>& proofs) {
  std::vector<PostProof> out;
  for (const auto& proof : proofs)
    out.push_back({proof.post_proof, to_bytes(proof.bytes)});
  return out;
}

}  // namespace

Result<std::vector<PostProof>> generate_winning_post(std::int64_t post_proof,
                                                     const Randomness& randomness,
                                                     types::ActorId miner,
                                                     std::span<const Replica> replicas) {
  TRY(const auto in, replicas_in(replicas));
  return guarded([&] {
    return proofs_out(
        native::generate_winning_post(post_proof, randomness, miner.value(), list(in)));
  });
}

Result<WindowPost> generate_window_post(std::int64_t post_proof, const Randomness& randomness,
                                        types::ActorId miner, std::span<const Replica> replicas) {
  TRY(const auto in, replicas_in(replicas));
  TRY(const auto out, guarded([&] {
        return native::generate_window_post(post_proof, randomness, miner.value(), list(in));
      }));
  return WindowPost{proofs_out(out.proofs), {out.faulty.begin(), out.faulty.end()}};
}

Result<std::uint64_t> window_post_partitions(std::int64_t post_proof, std::uint64_t sectors) {
  return guarded([&] { return native::window_post_partitions(post_proof, sectors); });
}

Result<PartitionProof> generate_window_post_partition(std::int64_t post_proof,
                                                      const Randomness& randomness,
                                                      types::ActorId miner,
                                                      std::span<const Replica> replicas,
                                                      std::uint64_t partition) {
  TRY(const auto in, replicas_in(replicas));
  TRY(const auto out, guarded([&] {
        return native::generate_window_post_partition(post_proof, randomness, miner.value(),
                                                      list(in), partition);
      }));
  PartitionProof result;
  result.faulty_sectors.assign(out.faulty.begin(), out.faulty.end());
  if (!out.proofs.empty()) result.proof = proofs_out(out.proofs).front();
  return result;
}

Result<PostProof> merge_window_post_partitions(std::int64_t post_proof,
                                               std::span<const PostProof> partitions) {
  std::vector<native::PostBytes> in;
  in.reserve(partitions.size());
  for (const auto& part : partitions)
    in.push_back({part.post_proof, slice(part.bytes)});
  return guarded([&] {
    return PostProof{post_proof,
                     to_bytes(native::merge_window_post_partitions(post_proof, list(in)))};
  });
}

}  // namespace venus::bridge
