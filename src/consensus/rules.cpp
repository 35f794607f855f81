// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/rules.hpp"

#include <algorithm>

namespace venus::consensus {

std::string_view to_string(Rule rule) noexcept {
  switch (rule) {
    case Rule::Sanity: return "sanity";
    case Rule::Height: return "height";
    case Rule::Timestamp: return "timestamp";
    case Rule::FromTheFuture: return "from_the_future";
    case Rule::MinerClaim: return "miner_claim";
    case Rule::ParentWeight: return "parent_weight";
    case Rule::NotAWinner: return "not_a_winner";
    case Rule::Ineligible: return "ineligible";
    case Rule::ElectionProof: return "election_proof";
    case Rule::WinCount: return "win_count";
    case Rule::TicketProof: return "ticket_proof";
    case Rule::BlockSignature: return "block_signature";
    case Rule::BeaconEntries: return "beacon_entries";
    case Rule::WinningPost: return "winning_post";
    case Rule::BlsAggregate: return "bls_aggregate";
    case Rule::MessageSyntax: return "message_syntax";
    case Rule::BlockGasLimit: return "block_gas_limit";
    case Rule::MessageSender: return "message_sender";
    case Rule::MessageNonce: return "message_nonce";
    case Rule::MessageSignature: return "message_signature";
    case Rule::MessageRoot: return "message_root";
    case Rule::BaseFee: return "base_fee";
    case Rule::ParentStateRoot: return "parent_state_root";
    case Rule::ParentReceipts: return "parent_receipts";
    case Rule::Unable: return "unable";
  }
  return "unknown";
}

bool ValidationReport::broke(Rule rule) const noexcept {
  return std::any_of(violations.begin(), violations.end(), [&](const auto& v) { return v.rule == rule; });
}

bool ValidationReport::bad() const noexcept {
  return std::any_of(violations.begin(), violations.end(), [](const auto& v) {
    return v.rule != Rule::FromTheFuture && v.rule != Rule::Unable;
  });
}

std::string ValidationReport::text() const {
  std::string out;
  for (const auto& violation : violations) {
    if (!out.empty()) out += '\n';
    out += fmt::format("{}: {}", to_string(violation.rule), violation.reason);
  }
  return out;
}

Result<void> ValidationReport::result() const {
  if (valid()) return {};
  auto code = ErrorCode::FailedValidation;
  if (!bad()) code = broke(Rule::Unable) ? ErrorCode::Unavailable : ErrorCode::Temporal;
  return std::unexpected(Error{code, text()});
}

}  // namespace venus::consensus
