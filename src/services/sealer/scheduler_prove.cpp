// SPDX-License-Identifier: MIT OR Apache-2.0
// The scheduler's proofs: what to prove, what to leave out.
#include "platform/log.hpp"
#include "services/sealer/scheduler.hpp"
#include "services/sealer/sector_files.hpp"

#include <charconv>

namespace venus::sealer {

using platform::kv;

namespace {

/// More sectors than three partitions have on any network.
constexpr std::uint64_t kMaxSectors = 25'000;
constexpr int kMaxRounds = 5;

platform::Log log() { return platform::Log("post"); }

Result<std::vector<std::uint64_t>> split(std::string_view text) {
  std::vector<std::uint64_t> out;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    std::uint64_t number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc{})
      return fail(ErrorCode::Corrupt, "'{}' is no list of partitions", text);
    out.push_back(number);
    at = next == end ? end : next + 1;
  }
  return out;
}

std::uint64_t count_skipped(const std::vector<PostPartition>& partitions) {
  std::uint64_t out = 0;
  for (const auto& partition : partitions)
    out += partition.skipped.count();
  return out;
}

}  // namespace

Task<> Scheduler::prove_in_background(SealerPost post, types::TipsetPtr head) {
  const auto self = shared_from_this();
  const Key key{post.open, post.batch, post.attempt};
  auto done = co_await prove(post, head);
  // A stop is no failure of the proof: it is made again after the start.
  if (!done && !stopped_ && done.error().code != ErrorCode::Cancelled) {
    done = co_await note(post, done.error().message);
  }
  const std::lock_guard lock(mutex_);
  proving_.erase(key);
  co_return done;
}

/// No message went out, so the row stays as it is and the next step tries again.
Task<> Scheduler::note(SealerPost post, std::string error) {
  if (post.error != error) {
    log().warn("WindowPoSt can't be made yet", kv("deadline", post.deadline), kv("open", post.open),
               kv("error", error));
  }
  post.error = std::move(error);
  co_return co_await change(SealerPostState::Proving, std::move(post));
}

Task<> Scheduler::prove(SealerPost post, types::TipsetPtr head) {
  const auto start = std::chrono::steady_clock::now();
  CO_TRY(post.randomness, co_await challenge_randomness(post.challenge, head->key()));
  CO_TRY(auto work, co_await gather(post, head));
  CO_TRY(const auto info,
         co_await peers_.node->call<api::StateMinerApi::Info>(miner_, head->key()));
  SubmitPostParams params;
  params.deadline = post.deadline;
  for (int round = 0;; ++round) {
    if (work.replicas.empty())
      co_return fail(ErrorCode::NotFound, "no sector of the partitions can be proven");
    ProveRequest request;
    request.window = true;
    request.post_proof = info.window_post_proof_type;
    request.miner = settings_.miner;
    request.randomness = post.randomness;
    request.replicas = work.replicas;
    CO_TRY(auto answer, co_await prover_.prove(std::move(request)));
    if (answer.faulty.empty()) {
      params.proofs = std::move(answer.proofs);
      break;
    }
    if (round == kMaxRounds)
      co_return fail(ErrorCode::FailedValidation, "ever more sectors turn out faulty");
    const auto faulty = BitField::from_bits(answer.faulty);
    CO_TRY(const auto bad, faulty);
    log().warn("sectors can't be proven and are skipped", kv("deadline", post.deadline),
               kv("sectors", answer.faulty.size()));
    for (auto& partition : work.partitions) {
      partition.skipped = partition.skipped | (bad & work.to_prove[partition.index]);
    }
    std::erase_if(work.replicas, [&](const ProveReplica& r) { return bad.test(r.number.value()); });
  }
  // A partition of which nothing is left can't stand in the message.
  std::erase_if(work.partitions,
                [&](const PostPartition& p) { return work.to_prove[p.index] == p.skipped; });
  post.skipped = count_skipped(work.partitions);
  params.partitions = std::move(work.partitions);
  post.params = ipld::encode(params);
  post.error.clear();
  const auto before = std::exchange(post.state, SealerPostState::Proven);
  const auto seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  log().info("WindowPoSt made", kv("deadline", post.deadline), kv("open", post.open),
             kv("sectors", work.replicas.size()), kv("skipped", post.skipped),
             kv("seconds", seconds));
  co_return co_await change(before, std::move(post));
}

Task<Scheduler::Work> Scheduler::gather(const SealerPost& post, types::TipsetPtr head) {
  CO_TRY(const auto numbers, split(post.partitions));
  CO_TRY(const auto states, co_await partitions(post.deadline, head->key()));
  Work out;
  BitField all;
  for (const auto number : numbers) {
    if (number >= states.size())
      co_return fail(ErrorCode::NotFound, "partition {} is gone", number);
    const auto to_prove = states[number].to_prove();
    if (to_prove.empty()) continue;
    all = all | to_prove;
    out.to_prove[number] = to_prove;
    out.partitions.push_back({number, {}});
  }
  if (all.count() > kMaxSectors)
    co_return fail(ErrorCode::TooLarge, "{} sectors in one message", all.count());
  CO_TRY(const auto json, co_await peers_.node->call<api::StateMinerApi::Sectors>(
                              miner_, std::optional(base::to_json(all)), head->key()));
  CO_TRY(const auto on_chain, base::from_json<std::vector<api::SectorOnChain>>(json));
  BitField bad = all;
  for (const auto& sector : on_chain) {
    if (!all.test(sector.sector_number.value())) continue;
    ProveReplica replica;
    CO_TRY(const auto error, co_await in_database([&] {
             return files_error(sector.sector_number, &sector.sealed_cid, &replica);
           }));
    if (!error.empty()) {
      log().error("sector is skipped", kv("sector", sector.sector_number), kv("error", error));
      continue;
    }
    out.replicas.push_back(std::move(replica));
    bad.unset(sector.sector_number.value());
  }
  for (auto& partition : out.partitions)
    partition.skipped = bad & out.to_prove[partition.index];
  co_return out;
}

/// Empty: the sector can be proven. `sealed_cid`: what the chain has.
Result<std::string> Scheduler::files_error(SectorNumber number, const Cid* sealed_cid,
                                           ProveReplica* replica) {
  TRY(const auto sector, store_.sector(settings_.miner, number));
  if (!sector) return "the sector is not kept here";
  if (sealed_cid != nullptr && sector->sealed_cid != *sealed_cid)
    return "the chain has another replica of it";
  const auto files = check_files(*sector);
  const std::string error = files ? "" : files.error().message;
  if (error != sector->error) TRY_VOID(store_.note_files(settings_.miner, number, error));
  if (replica != nullptr) *replica = replica_of(*sector);
  return error;
}

}  // namespace venus::sealer
