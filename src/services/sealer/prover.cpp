// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/sealer/prover.hpp"

#include "bridge/proofs.hpp"
#include "services/sealer/child_process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <iterator>

namespace venus::sealer {

ProveReplica replica_of(const SealerSector& sector) {
  return {sector.number, sector.seal_proof, sector.sealed_cid, sector.cache_path,
          sector.replica_path};
}

Result<ProveAnswer> ChildProver::run(ProveRequest request) {
  if (stopped_) return fail(ErrorCode::Cancelled, "the sealer stops");
  if (request.wanted && !request.wanted()) {
    return fail(ErrorCode::Cancelled, "a proof for a later epoch was asked for");
  }
  request.parameters = options_.parameters.string();
  request.nice = request.window ? 10 : 0;
  request.parent = ::getpid();
  ChildCommand command;
  command.program = options_.program;
  command.arguments = {"prove"};
  command.time_limit = request.window ? options_.window_limit : options_.winning_limit;
  TRY(const auto text, run_child(command, base::write_json(base::to_json(request)), stopped_));
  TRY(const auto json, with_context(base::parse_json(text), "the prover's answer"));
  TRY(auto answer, base::from_json<ProveAnswer>(json));
  if (!answer.error.empty()) return fail(ErrorCode::FailedValidation, "{}", answer.error);
  return answer;
}

Task<ProveAnswer> ChildProver::prove(ProveRequest request) {
  auto& pool = request.window ? window_ : winning_;
  co_return co_await on(pool, [this, request = std::move(request)] { return run(request); });
}

namespace {

Result<ProveAnswer> verified(const ProveRequest& request, const bridge::Randomness& randomness,
                             const std::vector<bridge::PostProof>& proofs) {
  std::vector<bridge::SectorInfo> infos;
  for (const auto& r : request.replicas)
    infos.push_back({r.seal_proof, r.number.value(), r.sealed_cid});
  TRY(const bool right,
      request.window ? bridge::verify_window_post(randomness, proofs, infos, request.miner)
                     : bridge::verify_winning_post(randomness, proofs, infos, request.miner));
  if (!right)
    return fail(ErrorCode::FailedValidation,
                "the proof just made does not verify: damaged replica or parameters");
  ProveAnswer out;
  for (const auto& proof : proofs)
    out.proofs.push_back({proof.post_proof, proof.bytes});
  return out;
}

Result<ProveAnswer> compute(const ProveRequest& request) {
  // The library reads the folder's name when it first needs it.
  if (::setenv("FIL_PROOFS_PARAMETER_CACHE", request.parameters.c_str(), 1) != 0) {
    return fail(ErrorCode::Internal, "can't set the parameter folder");
  }
  TRY(const auto randomness, base::to_array<32>(request.randomness));
  std::vector<bridge::Replica> replicas;
  for (const auto& r : request.replicas)
    replicas.push_back({r.number.value(), r.sealed_cid, r.cache, r.sealed});
  if (replicas.empty()) return fail(ErrorCode::InvalidArgument, "there are no sectors to prove");
  if (!request.window) {
    TRY(const auto proofs,
        bridge::generate_winning_post(request.post_proof, randomness, request.miner, replicas));
    return verified(request, randomness, proofs);
  }
  TRY(auto post,
      bridge::generate_window_post(request.post_proof, randomness, request.miner, replicas));
  if (!post.faulty_sectors.empty()) return ProveAnswer{{}, std::move(post.faulty_sectors), ""};
  return verified(request, randomness, post.proofs);
}

Result<ProveAnswer> answer_to(const std::string& text) {
  TRY(const auto json, base::parse_json(text));
  TRY(const auto request, base::from_json<ProveRequest>(json));
  follow_parent(static_cast<int>(request.parent));
  if (request.nice != 0) ::setpriority(PRIO_PROCESS, 0, static_cast<int>(request.nice));
  return compute(request);
}

}  // namespace

int prove_main() {
  // Whatever proof code prints must not mix with the answer.
  const int out = ::dup(STDOUT_FILENO);
  if (out < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return 1;
  const std::string text((std::istreambuf_iterator<char>(std::cin)),
                         std::istreambuf_iterator<char>());
  auto answer = answer_to(text);
  if (!answer) answer = ProveAnswer{{}, {}, answer.error().message};
  const auto json = base::write_json(base::to_json(*answer));
  std::size_t written = 0;
  while (written < json.size()) {
    const auto count = ::write(out, json.data() + written, json.size() - written);
    if (count <= 0) return 1;
    written += static_cast<std::size_t>(count);
  }
  return 0;
}

}  // namespace venus::sealer
