// SPDX-License-Identifier: MIT OR Apache-2.0
// Replay as a pipeline: one thread executes tipsets in order, others validate the blocks above what is
// executed, and the caller's thread moves the head along what proved good.
#include <algorithm>
#include <thread>

#include "base/parallel.hpp"
#include "consensus/chain_import.hpp"

namespace venus::consensus {
namespace {

using SteadyClock = std::chrono::steady_clock;

// The tipsets to replay, oldest first; the first is the parent of the work (the head so far).
Result<std::vector<TipsetPtr>> tipsets_to_replay(const chainstore::ChainStore& chain, const TipsetPtr& target) {
  std::vector<TipsetPtr> out{target};
  const auto head = chain.head();
  if (!head) return fail(ErrorCode::NotFound, "the chain has no genesis yet");
  while (out.back()->height() > ChainEpoch(0)) {
    if (out.back()->key() == head->key()) break;
    TRY(auto parent, chain.parent(*out.back()));
    out.push_back(std::move(parent));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

// Messages that run: those of several blocks count once.
std::uint64_t count_messages(const chainstore::ChainStore& chain, const types::Tipset& tipset) {
  const auto messages = chain.block_messages(tipset);
  if (!messages) return 0;
  const auto selected = chain.executed_messages(tipset, *messages);
  if (!selected) return 0;
  std::uint64_t out = 0;
  for (const auto& block : *selected) out += block.size();
  return out;
}

// What even the quickest replay compares of a block with what its parents give.
ValidationReport compare_header(StateManager& states, const types::BlockHeader& header, const TipsetPtr& base) {
  ValidationReport report;
  const auto differs = [&](Rule rule, const auto& said, const auto& computed) {
    report.violations.push_back({rule, fmt::format("block says {}, computed {}", said, computed)});
  };
  const auto epochs = static_cast<std::uint64_t>(header.height - base->height());
  const auto due = base->min_timestamp() + states.params().block_delay_seconds * epochs;
  if (header.timestamp != due) differs(Rule::Timestamp, header.timestamp, due);
  const auto unable = [&](const Error& error) { report.violations.push_back({Rule::Unable, error.message}); };
  const auto state = states.state(base);
  if (!state) return unable(state.error()), report;
  const auto fee = states.base_fee_after(base);
  if (!fee) return unable(fee.error()), report;
  const auto weight = states.weight(base);
  if (!weight) return unable(weight.error()), report;
  if (header.parent_weight != *weight) differs(Rule::ParentWeight, header.parent_weight, *weight);
  if (header.parent_base_fee != *fee) differs(Rule::BaseFee, header.parent_base_fee, *fee);
  if (header.parent_state_root != state->state_root) {
    differs(Rule::ParentStateRoot, header.parent_state_root, state->state_root);
  }
  if (header.parent_message_receipts != state->receipts_root) {
    differs(Rule::ParentReceipts, header.parent_message_receipts, state->receipts_root);
  }
  return report;
}

class Replay {
 public:
  Replay(ChainRuntime& runtime, const ReplayOptions& options, std::vector<TipsetPtr> tipsets)
      : runtime_(runtime), options_(options), tipsets_(std::move(tipsets)), verdicts_(tipsets_.size()) {}

  Result<ReplayReport> run();

 private:
  void execute_all();
  void validate_all();
  void prefetch_all();
  Result<void> validate(std::size_t index);
  Result<void> commit(std::size_t index, ReplayReport& report);

  ChainRuntime& runtime_;
  const ReplayOptions& options_;
  const std::vector<TipsetPtr> tipsets_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t executed_ = 0;   // tipsets_[0 .. executed_) have a state
  std::size_t committed_ = 0;  // the head is tipsets_[committed_]
  std::size_t next_ = 1;       // next tipset to validate
  bool stopped_ = false;
  std::vector<std::optional<Result<void>>> verdicts_;  // by tipset
  std::optional<Error> execution_error_;
  SteadyClock::time_point start_ = SteadyClock::now();
};

void Replay::execute_all() {
  for (std::size_t i = 0; i < tipsets_.size(); ++i) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopped_ || i <= committed_ + options_.window; });
      if (stopped_) return;
    }
    auto state = runtime_.states.state(tipsets_[i]);
    std::lock_guard lock(mutex_);
    if (!state) {
      execution_error_ = state.error().context(fmt::format("epoch {}", tipsets_[i]->height()));
      changed_.notify_all();
      return;
    }
    executed_ = i + 1;
    changed_.notify_all();
  }
}

// Reads and decodes messages a little ahead, so that the executing thread finds them ready.
void Replay::prefetch_all() {
  for (std::size_t i = 1; i < tipsets_.size(); ++i) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopped_ || i <= executed_ + 16; });
      if (stopped_) return;
    }
    static_cast<void>(runtime_.states.chain().block_messages(*tipsets_[i]));
  }
}

Result<void> Replay::validate(std::size_t index) {
  const auto& tipset = *tipsets_[index];
  auto& chain = runtime_.states.chain();
  for (std::size_t i = 0; i < tipset.blocks().size(); ++i) {
    const auto& header = tipset.blocks()[i];
    const auto& cid = tipset.cids()[i];
    ValidationReport report;
    if (options_.full_validation) {
      ValidateOptions how;
      how.proofs = options_.proofs;
      TRY(report, runtime_.validator.validate_known(cid, how));
    } else {
      report = compare_header(runtime_.states, header, tipsets_[index - 1]);
    }
    if (report.valid()) continue;
    if (report.bad()) chain.mark_bad(cid, report.text());
    return with_context(report.result(), fmt::format("block {} of epoch {} is refused", cid, tipset.height()));
  }
  return {};
}

void Replay::validate_all() {
  for (;;) {
    std::size_t mine = 0;
    {
      std::unique_lock lock(mutex_);
      if (next_ >= tipsets_.size()) return;
      mine = next_++;
      // The parents' state is needed; ahead of execution there is nothing to do.
      changed_.wait(lock, [&] { return stopped_ || executed_ >= mine || execution_error_; });
      if (stopped_ || executed_ < mine) return;
    }
    auto verdict = validate(mine);
    std::lock_guard lock(mutex_);
    verdicts_[mine] = std::move(verdict);
    changed_.notify_all();
  }
}

Result<void> Replay::commit(std::size_t index, ReplayReport& report) {
  const auto& tipset = tipsets_[index];
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return (verdicts_[index] && (executed_ > index || !*verdicts_[index])) ||
             (execution_error_ && executed_ <= index && (verdicts_[index] || executed_ < index));
    });
    if (verdicts_[index] && !*verdicts_[index]) return *verdicts_[index];
    if (executed_ <= index) return std::unexpected(*execution_error_);
  }
  const auto start = SteadyClock::now();
  TRY_VOID(runtime_.states.chain().set_head(tipset));
  report.head += SteadyClock::now() - start;
  {
    std::lock_guard lock(mutex_);
    committed_ = index;
  }
  changed_.notify_all();
  ++report.tipsets;
  report.messages += count_messages(runtime_.states.chain(), *tipset);
  report.last_epoch = tipset->height();
  if (!options_.progress) return {};
  const ReplayProgress now{tipset->height(), tipsets_.back()->height(), report.tipsets, report.messages,
                           SteadyClock::now() - start_};
  if (!options_.progress(now)) return fail(ErrorCode::Cancelled, "stopped at epoch {}", tipset->height());
  return {};
}

Result<ReplayReport> Replay::run() {
  ReplayReport report;
  if (tipsets_.size() > 1) report.first_epoch = tipsets_[1]->height();
  report.last_epoch = tipsets_.front()->height();
  Result<void> outcome;
  {
    std::vector<std::jthread> threads;
    threads.emplace_back([this] { execute_all(); });
    threads.emplace_back([this] { prefetch_all(); });
    const auto validators = options_.threads == 0 ? base::compute_threads() : options_.threads;
    for (std::size_t i = 0; i < (options_.full_validation ? validators : 1); ++i) {
      threads.emplace_back([this] { validate_all(); });
    }
    for (std::size_t i = 1; i < tipsets_.size() && outcome; ++i) outcome = commit(i, report);
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
  }
  if (!outcome) return std::unexpected(outcome.error());
  report.elapsed = SteadyClock::now() - start_;
  report.execution = runtime_.states.times();
  report.validation = runtime_.validator.times();
  return report;
}

}  // namespace

Result<ReplayReport> replay_chain(ChainRuntime& runtime, const TipsetPtr& target, const ReplayOptions& options) {
  TRY(auto tipsets, tipsets_to_replay(runtime.states.chain(), target));
  return Replay(runtime, options, std::move(tipsets)).run();
}

}  // namespace venus::consensus
