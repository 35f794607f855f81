// SPDX-License-Identifier: MIT OR Apache-2.0
// The checks of the header. Those of the messages are in block_messages_check.cpp.
#include "consensus/block_validator.hpp"

#include <algorithm>
#include <array>

#include "base/parallel.hpp"
#include "types/election.hpp"
#include "consensus/validation_context.hpp"
#include "types/policy.hpp"

namespace venus::consensus {
namespace {

// Missing data says nothing of a block; everything else is the block's fault.
Rule blame(Rule rule, const Error& error) {
  switch (error.code) {
    case ErrorCode::FailedValidation:
    case ErrorCode::Malformed:
    case ErrorCode::InvalidArgument:
    case ErrorCode::TooLarge:
      return rule;
    default:
      return Rule::Unable;
  }
}

}  // namespace

void report_error(ValidationReport& report, Rule rule, const Error& error) {
  report.violations.push_back({blame(rule, error), error.message});
}

BlockValidator::BlockValidator(StateManager& states, MessageVerifier& signatures, const base::Clock& clock)
    : states_(states), signatures_(signatures), clock_(clock), miners_(states.store()) {}

// What every check needs; false when nothing more can be said of the block.
bool BlockValidator::prepare(Context& context, ValidationReport& report) {
  const auto& header = context.block.header;
  const auto broken = [&](std::string reason) { report.violations.push_back({Rule::Sanity, std::move(reason)}); };
  if (!header.election_proof) broken("no election proof");
  if (!header.ticket) broken("no ticket");
  if (!header.block_sig) broken("no block signature");
  if (!header.bls_aggregate) broken("no BLS aggregate");
  if (!header.miner.is_id()) broken("the miner is not an id address");
  if (header.parents.empty()) broken("no parents");
  if (!report.valid()) return false;
  context.miner = header.miner.actor_id().value_or(ActorId(0));

  auto base = states_.chain().tipset(TipsetKey(header.parents));
  if (!base) return report_error(report, Rule::Sanity, base.error().context("parents")), false;
  context.base = *std::move(base);
  if (header.height <= context.base->height()) {
    report.violations.push_back({Rule::Height, fmt::format("height {} over parents of height {}", header.height,
                                                           context.base->height())});
    return false;
  }
  const auto& params = states_.params();
  const auto epochs = static_cast<std::uint64_t>(header.height - context.base->height());
  const auto due = context.base->min_timestamp() + params.block_delay_seconds * epochs;
  if (header.timestamp != due) {
    report.violations.push_back({Rule::Timestamp, fmt::format("timestamp {}, want {}", header.timestamp, due)});
  }
  const auto now = static_cast<std::uint64_t>(std::max<std::int64_t>(0, clock_.unix_seconds()));
  if (header.timestamp > now + types::policy::kAllowableClockDriftSeconds) {
    report.violations.push_back({Rule::FromTheFuture, fmt::format("timestamp {}, now {}", header.timestamp, now)});
  }
  auto lookback = lookback_for_round(params, states_.chain(), context.base, header.height);
  if (!lookback) return report_error(report, Rule::Height, lookback.error().context("lookback")), false;
  context.lookback = *std::move(lookback);
  auto beacon = latest_beacon_entry(states_.chain(), context.base);
  if (!beacon) return report_error(report, Rule::Unable, beacon.error()), false;
  context.previous_beacon = *std::move(beacon);
  context.beacon = effective_beacon(header, context.previous_beacon);
  auto worker = miners_.worker_key(context.lookback.state, context.miner);
  if (!worker) {
    // A miner that was not there at the lookback cannot have won.
    const auto rule = worker.error().code == ErrorCode::NotFound ? Rule::MinerClaim : Rule::Unable;
    report.violations.push_back({rule, worker.error().context("worker key").message});
    return false;
  }
  context.worker = *worker;
  return true;
}

void BlockValidator::check_weight(Context& context, ValidationReport& report) {
  const auto weight = states_.weight(context.base);
  if (!weight) return report_error(report, Rule::ParentWeight, weight.error());
  if (*weight == context.block.header.parent_weight) return;
  report.violations.push_back(
      {Rule::ParentWeight, fmt::format("parent weight {}, computed {}", context.block.header.parent_weight, *weight)});
}

void BlockValidator::check_winner(Context& context, ValidationReport& report) {
  const auto& header = context.block.header;
  const auto& claimed = header.election_proof->win_count;
  if (claimed < 1) {
    report.violations.push_back({Rule::NotAWinner, fmt::format("claims {} wins", claimed)});
  }
  const auto& base_state = context.base->parent_state_root();
  const auto claim = miners_.power(base_state, context.miner);
  if (!claim) return report_error(report, Rule::MinerClaim, claim.error());
  if (!*claim) {
    report.violations.push_back({Rule::MinerClaim, fmt::format("{} has no power claim", header.miner)});
  }
  const auto min_power = miners_.has_min_power(context.lookback.tipset->parent_state_root(), context.miner,
                                               states_.params().consensus_miner_min_power);
  if (!min_power) return report_error(report, Rule::Ineligible, min_power.error());
  const auto eligible = miners_.eligible_at(base_state, context.base->height(), context.miner);
  if (!eligible) return report_error(report, Rule::Ineligible, eligible.error());
  if (!*min_power || !*eligible) {
    report.violations.push_back({Rule::Ineligible, fmt::format("{} {}", header.miner,
                                                               *min_power ? "has no power, debt or a fault"
                                                                          : "is below the minimum power")});
  }
  const auto power = miners_.power(context.lookback.state, context.miner);
  if (!power) return report_error(report, Rule::WinCount, power.error());
  const auto wins = *power ? types::win_count(header.election_proof->vrf_proof, (*power)->claim.quality_adj_power,
                                       (*power)->total_quality_adjusted)
                           : 0;
  if (wins == claimed) return;
  report.violations.push_back({Rule::WinCount, fmt::format("claims {} wins, computed {}", claimed, wins)});
}

// Election proof, ticket and block signature are all the worker's, so they are verified together; only
// when that fails is it worth knowing which of them is bad.
void BlockValidator::check_worker_signatures(Context& context, ValidationReport& report) {
  const auto& header = context.block.header;
  const auto election = election_input(context.beacon.data, header.height, header.miner);
  const auto ticket = ticket_input(context.beacon.data, header.height, header.miner,
                                   context.base->min_ticket().vrf_proof,
                                   states_.params().has(Feature::TicketEntropyFromParent, header.height));
  if (header.block_sig->type == types::SignatureType::Bls) {
    const std::array<WorkerSignature, 3> all{{{base::to_bytes(election), header.election_proof->vrf_proof},
                                              {base::to_bytes(ticket), header.ticket->vrf_proof},
                                              {header.signing_bytes(), header.block_sig->data}}};
    if (verify_worker_signatures(context.worker, all)) return;
  }
  if (const auto ok = verify_vrf(context.worker, election, header.election_proof->vrf_proof); !ok) {
    report_error(report, Rule::ElectionProof, ok.error());
  }
  if (const auto ok = verify_vrf(context.worker, ticket, header.ticket->vrf_proof); !ok) {
    report_error(report, Rule::TicketProof, ok.error());
  }
  if (const auto ok = verify_block_signature(header, context.worker); !ok) {
    report_error(report, Rule::BlockSignature, ok.error());
  }
}

void BlockValidator::check_beacon(Context& context, ValidationReport& report) {
  const auto& header = context.block.header;
  const auto verdict =
      states_.beacons().validate_entries(states_.params().network_version(header.height), header.height,
                                         header.beacon_entries, context.base->height(), context.previous_beacon);
  if (!verdict) report_error(report, Rule::BeaconEntries, verdict.error());
}

void BlockValidator::check_winning_post(Context& context, ValidationReport& report) {
  const auto& header = context.block.header;
  const auto randomness = winning_post_input(context.beacon.data, header.height, header.miner);
  const auto sectors = miners_.winning_post_sectors(context.lookback.state, context.miner, randomness);
  if (!sectors) return report_error(report, Rule::WinningPost, sectors.error());
  std::vector<bridge::SectorInfo> challenged;
  for (const auto& sector : *sectors) {
    challenged.push_back({static_cast<std::int64_t>(sector.seal_proof), sector.sector_number.value(), sector.sealed_cid});
  }
  std::vector<bridge::PostProof> proofs;
  for (const auto& proof : header.winning_post_proof) proofs.push_back({proof.post_proof, proof.proof_bytes});
  const auto verdict = bridge::verify_winning_post(randomness, proofs, challenged, context.miner);
  if (!verdict) {
    // The library errs on points off the curve and the like; only a missing key is our own lack.
    const bool lacking = verdict.error().code == ErrorCode::NotFound;
    report.violations.push_back({lacking ? Rule::Unable : Rule::WinningPost, verdict.error().message});
    return;
  }
  if (!*verdict) report.violations.push_back({Rule::WinningPost, "the proof does not verify"});
}

void BlockValidator::check_base_fee(Context& context, ValidationReport& report) {
  const auto fee = states_.base_fee_after(context.base);
  if (!fee) return report_error(report, Rule::Unable, fee.error());
  if (*fee == context.block.header.parent_base_fee) return;
  report.violations.push_back(
      {Rule::BaseFee, fmt::format("base fee {}, computed {}", context.block.header.parent_base_fee, *fee)});
}

void BlockValidator::check_parent_state(Context& context, ValidationReport& report) {
  const auto& header = context.block.header;
  const auto state = states_.state(context.base);
  if (!state) return report_error(report, Rule::ParentStateRoot, state.error());
  if (state->state_root != header.parent_state_root) {
    report.violations.push_back({Rule::ParentStateRoot, fmt::format("parent state {}, computed {}",
                                                                    header.parent_state_root, state->state_root)});
  }
  if (state->receipts_root != header.parent_message_receipts) {
    report.violations.push_back({Rule::ParentReceipts, fmt::format("parent receipts {}, computed {}",
                                                                   header.parent_message_receipts,
                                                                   state->receipts_root)});
  }
}

ValidationReport BlockValidator::validate(const FullBlock& block, const ValidateOptions& options) {
  Context context{block, options.threads, {}, {}, {}, {}, {}, {}};
  ValidationReport report;
  if (!prepare(context, report)) return report;

  struct Timed {
    Check check;
    std::atomic<std::int64_t>* slot;
  };
  std::vector<Timed> checks{
      {&BlockValidator::check_winning_post, &slots_.proofs},
      {&BlockValidator::check_worker_signatures, &slots_.signatures},
      {&BlockValidator::check_beacon, &slots_.signatures},
      {&BlockValidator::check_parent_state, &slots_.state},
      {&BlockValidator::check_message_signatures, &slots_.signatures},
      {&BlockValidator::check_bls_aggregate, &slots_.signatures},
      {&BlockValidator::check_message_semantics, &slots_.messages},
      {&BlockValidator::check_message_root, &slots_.messages},
      {&BlockValidator::check_weight, &slots_.other},
      {&BlockValidator::check_winner, &slots_.other},
      {&BlockValidator::check_base_fee, &slots_.other},
  };
  if (!options.proofs) checks.erase(checks.begin());
  const auto& whitelist = states_.params().whitelisted_blocks;
  if (std::find(whitelist.begin(), whitelist.end(), block.cid) != whitelist.end()) {
    std::erase_if(checks, [](const Timed& timed) {
      return timed.check == &BlockValidator::check_message_signatures ||
             timed.check == &BlockValidator::check_bls_aggregate ||
             timed.check == &BlockValidator::check_message_semantics ||
             timed.check == &BlockValidator::check_message_root;
    });
  }
  std::vector<ValidationReport> parts(checks.size());
  base::parallel_for(checks.size(), options.threads, [&](std::size_t i) {
    const auto start = std::chrono::steady_clock::now();
    (this->*checks[i].check)(context, parts[i]);
    *checks[i].slot += (std::chrono::steady_clock::now() - start).count();
  });
  for (auto& part : parts) {
    for (auto& violation : part.violations) report.violations.push_back(std::move(violation));
  }
  std::stable_sort(report.violations.begin(), report.violations.end(),
                   [](const auto& a, const auto& b) { return a.rule < b.rule; });
  return report;
}

Result<ValidationReport> BlockValidator::validate_known(const Cid& cid, const ValidateOptions& options) {
  auto& chain = states_.chain();
  if (auto reason = chain.bad_reason(cid)) return ValidationReport{{{Rule::Sanity, "known bad: " + *reason}}};
  if (chain.is_validated(cid)) return ValidationReport{};
  TRY(auto header, chain.block(cid));
  TRY(auto messages, chain.messages(header));
  const FullBlock block{std::move(header), cid, std::move(messages)};
  auto report = validate(block, options);
  if (report.valid()) {
    TRY_VOID(chain.set_validated(cid));
  } else if (report.bad()) {
    chain.mark_bad(cid, report.text());
  }
  return report;
}

ValidationReport BlockValidator::validate_header(const types::BlockHeader& header) {
  ValidationReport report;
  const auto head = states_.chain().head();
  const auto miner = header.miner.actor_id();
  if (!head || !miner || !header.election_proof || !header.block_sig) {
    report.violations.push_back({head ? Rule::Sanity : Rule::Unable, "no head, or the header lacks a part"});
    return report;
  }
  const auto lookback = lookback_for_round(states_.params(), states_.chain(), head, header.height);
  if (!lookback) return report_error(report, Rule::Unable, lookback.error()), report;
  const auto worker = miners_.worker_key(lookback->state, *miner);
  if (!worker) {
    report.violations.push_back({Rule::Unable, worker.error().context("worker key").message});
    return report;
  }
  const auto min_power = miners_.has_min_power(lookback->tipset->parent_state_root(), *miner,
                                               states_.params().consensus_miner_min_power);
  const auto eligible = miners_.eligible_at(head->parent_state_root(), head->height(), *miner);
  if (!min_power || !eligible) {
    report.violations.push_back({Rule::Unable, "cannot tell whether the miner is eligible"});
  } else if (!*min_power || !*eligible) {
    report.violations.push_back({Rule::Ineligible, fmt::format("{} may not win", header.miner)});
  }
  if (header.election_proof->win_count < 1) report.violations.push_back({Rule::NotAWinner, "claims no win"});
  const auto verdict = verify_block_signature(header, *worker);
  if (!verdict) report_error(report, Rule::BlockSignature, verdict.error());
  return report;
}

ValidationTimes BlockValidator::times() const {
  using std::chrono::nanoseconds;
  return {nanoseconds(slots_.signatures), nanoseconds(slots_.proofs), nanoseconds(slots_.messages),
          nanoseconds(slots_.state), nanoseconds(slots_.other)};
}

}  // namespace venus::consensus
