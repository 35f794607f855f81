// SPDX-License-Identifier: MIT OR Apache-2.0
// Faults and recoveries for deadlines ahead. Both must be on chain 70 epochs before the window
// opens.
#include "crypto/hash.hpp"
#include "platform/log.hpp"
#include "services/sealer/scheduler.hpp"

namespace venus::sealer {

using platform::kv;

namespace {

/// Files are looked at that often, in epochs: a large miner has thousands in a deadline.
constexpr std::int64_t kLookEvery = 5;
/// A declaration needs a few epochs to get on chain.
constexpr std::int64_t kCutoffMargin = 2;
constexpr int kMaxAttempts = 5;
constexpr std::uint64_t kMaxSectors = 100'000;

platform::Log log() { return platform::Log("post"); }

}  // namespace

Task<> Scheduler::declare(api::DeadlineInfo now, types::TipsetPtr head) {
  const auto height = head->height();
  std::erase_if(looked_, [&](const auto& entry) { return entry.first < height; });
  int done = 0;
  for (std::uint64_t steps = 1; steps <= 4 && done < 2; ++steps) {
    const auto deadline = deadline_ahead(now, steps);
    if (height + kCutoffMargin >= deadline.fault_cutoff) continue;
    ++done;
    const auto looked = looked_.find(deadline.open);
    if (looked != looked_.end() && height < looked->second + kLookEvery) continue;
    CO_TRY_VOID(co_await declare_for(deadline, head));
    looked_[deadline.open] = height;
  }
  co_return Result<void>{};
}

Task<> Scheduler::declare_for(Deadline deadline, types::TipsetPtr head) {
  CO_TRY(const auto states, co_await partitions(deadline.index, head->key()));
  DeclarationParams faults, recoveries;
  for (std::size_t index = 0; index < states.size(); ++index) {
    const auto& state = states[index];
    CO_TRY(const auto live, state.live.bits(kMaxSectors));
    BitField missing, found;
    for (const auto number : live) {
      const bool declared = state.faulty.test(number) && !state.recovering.test(number);
      CO_TRY(const auto known, co_await in_database([&] {
               return store_.sector(settings_.miner, SectorNumber(number));
             }));
      // What this sealer never had may be kept by another one: nothing to declare.
      if (!known) continue;
      CO_TRY(const auto error, co_await in_database([&] {
               return files_error(SectorNumber(number), nullptr, nullptr);
             }));
      if (!error.empty() && !declared) CO_TRY_VOID(missing.set(number));
      if (error.empty() && declared) CO_TRY_VOID(found.set(number));
    }
    if (!missing.empty()) faults.declarations.push_back({deadline.index, index, missing});
    if (!found.empty()) recoveries.declarations.push_back({deadline.index, index, found});
  }
  CO_TRY_VOID(co_await send_declaration(kDeclareFaults, deadline, std::move(faults), head));
  co_return co_await send_declaration(kDeclareFaultsRecovered, deadline, std::move(recoveries),
                                      head);
}

Task<> Scheduler::send_declaration(MethodNum method, Deadline deadline, DeclarationParams params,
                                   types::TipsetPtr head) {
  if (params.declarations.empty()) co_return Result<void>{};
  const auto bytes = ipld::encode(params);
  const auto what = method == kDeclareFaults ? "faults" : "recoveries";
  // The same declaration has the same id, so that it is sent once.
  const auto name = fmt::format("{}/t0{}/{}/{}/{}", what, settings_.miner, deadline.index,
                                deadline.open, base::to_hex(crypto::blake2b_32(bytes)));
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const auto id = attempt == 0 ? name : fmt::format("{}.{}", name, attempt);
    CO_TRY(auto known, co_await in_database([&] { return store_.declaration(id); }));
    if (!known) {
      CO_TRY(const auto from, co_await sender(head->key()));
      DeclarationRow row{id,
                         settings_.miner,
                         method,
                         deadline.index,
                         deadline.open,
                         bytes,
                         from,
                         SealerPostState::Submitted,
                         ""};
      CO_TRY_VOID(co_await in_database([&] { return store_.add_declaration(row); }));
      log().warn("sectors are declared", kv("what", what), kv("deadline", deadline.index),
                 kv("message", id));
      co_return co_await hand_over(id, method, from, bytes, deadline.fault_cutoff);
    }
    if (known->state == SealerPostState::Failed) continue;
    if (known->state == SealerPostState::Landed) co_return Result<void>{};
    const auto message = co_await peers_.messager->call<api::MessagerApi::Get>(id);
    if (!message && message.error().code == ErrorCode::NotFound) {
      co_return co_await hand_over(id, method, known->sender, known->params, deadline.fault_cutoff);
    }
    if (!message) co_return std::unexpected(message.error());
    const bool executed =
        message->state == api::MessageState::OnChain && message->receipt.has_value();
    const bool success = executed && message->receipt->exit_code == ExitCode(0);
    const bool lost = message->state == api::MessageState::Failed ||
                      message->state == api::MessageState::NonceConflict;
    if (!executed && !lost) co_return Result<void>{};
    const auto error = executed ? fmt::format("exit code {}", message->receipt->exit_code)
                                : message->error_message;
    CO_TRY_VOID(co_await in_database([&] {
      return store_.set_declaration(id, success ? SealerPostState::Landed : SealerPostState::Failed,
                                    success ? "" : error);
    }));
    if (success) co_return Result<void>{};
  }
  co_return fail(ErrorCode::FailedValidation, "{} of deadline {} were refused {} times", what,
                 deadline.index, kMaxAttempts);
}

}  // namespace venus::sealer
