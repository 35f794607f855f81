// SPDX-License-Identifier: MIT OR Apache-2.0
// Replay: a pipeline executes and judges the tipsets, and the caller's thread moves the head along what
// proved good.
#include <algorithm>

#include "base/parallel.hpp"
#include "consensus/chain_import.hpp"
#include "consensus/tipset_pipeline.hpp"

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

Result<void> validate(ChainRuntime& runtime, const ReplayOptions& options, const TipsetPtr& parent,
                      const types::Tipset& tipset) {
  for (std::size_t i = 0; i < tipset.blocks().size(); ++i) {
    const auto& cid = tipset.cids()[i];
    ValidationReport report;
    if (options.full_validation) {
      ValidateOptions how;
      how.proofs = options.proofs;
      TRY(report, runtime.validator.validate_known(cid, how));
    } else {
      report = compare_header(runtime.states, tipset.blocks()[i], parent);
    }
    if (report.valid()) continue;
    if (report.bad()) runtime.states.chain().mark_bad(cid, report.text());
    return with_context(report.result(), fmt::format("block {} of epoch {} is refused", cid, tipset.height()));
  }
  return {};
}

PipelineSteps steps_of(ChainRuntime& runtime, const ReplayOptions& options) {
  PipelineSteps out;
  out.execute = [&runtime](const TipsetPtr& tipset) -> Result<void> {
    TRY_VOID(runtime.states.state(tipset));
    return {};
  };
  out.validate = [&runtime, &options](const TipsetPtr& parent, const TipsetPtr& tipset) {
    return validate(runtime, options, parent, *tipset);
  };
  // Reads and decodes messages, so that the executing thread finds them ready.
  out.prefetch = [&runtime](const TipsetPtr& tipset) {
    static_cast<void>(runtime.states.chain().block_messages(*tipset));
  };
  return out;
}

Result<void> report_progress(const ReplayOptions& options, const ReplayReport& report, ChainEpoch last,
                             SteadyClock::duration elapsed) {
  if (!options.progress) return {};
  const ReplayProgress now{report.last_epoch, last, report.tipsets, report.messages, elapsed};
  if (options.progress(now)) return {};
  return fail(ErrorCode::Cancelled, "stopped at epoch {}", report.last_epoch);
}

Result<ReplayReport> replay(ChainRuntime& runtime, const ReplayOptions& options,
                            const std::vector<TipsetPtr>& tipsets) {
  const auto start = SteadyClock::now();
  auto& chain = runtime.states.chain();
  ReplayReport report;
  if (tipsets.size() > 1) report.first_epoch = tipsets[1]->height();
  report.last_epoch = tipsets.front()->height();
  PipelineOptions how;
  how.validators = options.threads == 0 ? base::compute_threads() : options.threads;
  if (!options.full_validation) how.validators = 1;
  how.window = options.window;
  TipsetPipeline pipeline(tipsets.front(), steps_of(runtime, options), how);
  for (std::size_t i = 1; i < tipsets.size(); ++i) pipeline.push(tipsets[i]);
  for (std::size_t i = 1; i < tipsets.size(); ++i) {
    TRY(const auto tipset, pipeline.next());
    const auto moving = SteadyClock::now();
    TRY_VOID(chain.set_head(tipset));
    report.head += SteadyClock::now() - moving;
    ++report.tipsets;
    report.messages += count_messages(chain, *tipset);
    report.last_epoch = tipset->height();
    TRY_VOID(report_progress(options, report, tipsets.back()->height(), SteadyClock::now() - start));
  }
  pipeline.stop();
  report.elapsed = SteadyClock::now() - start;
  report.execution = runtime.states.times();
  report.validation = runtime.validator.times();
  return report;
}

}  // namespace

Result<ReplayReport> replay_chain(ChainRuntime& runtime, const TipsetPtr& target, const ReplayOptions& options) {
  TRY(auto tipsets, tipsets_to_replay(runtime.states.chain(), target));
  return replay(runtime, options, tipsets);
}

}  // namespace venus::consensus
