// SPDX-License-Identifier: MIT OR Apache-2.0
// The rules a block can break, and the report of those it broke.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace venus::consensus {

/// Why a block is refused (protocol.md section 5). The order is that of the checks.
enum class Rule : std::uint8_t {
  Sanity,            ///< a part is missing or of the wrong kind
  Height,            ///< not above the parents
  Timestamp,         ///< not the parents' time plus the epochs between
  FromTheFuture,     ///< later than our clock allows: may become valid
  MinerClaim,        ///< the miner has no power claim
  ParentWeight,      ///< the weight is not that of the parents
  NotAWinner,        ///< claims no win
  Ineligible,        ///< below the minimum power, in debt, or faulted
  ElectionProof,     ///< the election VRF does not verify
  WinCount,          ///< claims another number of wins than its power gives
  TicketProof,       ///< the ticket VRF does not verify
  BlockSignature,    ///< not signed by the miner's worker
  BeaconEntries,     ///< wrong rounds or bad drand signatures
  WinningPost,       ///< the proof of storage does not verify
  BlsAggregate,      ///< the aggregate does not cover the BLS messages
  MessageSyntax,     ///< a message that may stand in no block
  BlockGasLimit,     ///< messages ask for more gas than a block has
  MessageSender,     ///< a sender that is no account
  MessageNonce,      ///< a message whose nonce is not the sender's next
  MessageSignature,  ///< a message whose own signature does not verify
  MessageRoot,       ///< the messages are not those the header names
  BaseFee,           ///< not the base fee that follows from the parents
  ParentStateRoot,   ///< our execution of the parents gives another state
  ParentReceipts,    ///< our execution of the parents gives other receipts
  Unable,            ///< this node lacks what it needs to judge; says nothing of the block
};

/// "win_count", "ticket_proof", ...: stable, for logs, metrics and JSON.
std::string_view to_string(Rule rule) noexcept;

struct Violation {
  Rule rule{};
  std::string reason;
  bool operator==(const Violation&) const = default;
};

/// All rules a block broke; none if it is valid.
struct ValidationReport {
  std::vector<Violation> violations;

  [[nodiscard]] bool valid() const noexcept { return violations.empty(); }
  [[nodiscard]] bool broke(Rule rule) const noexcept;
  /// Whether the block is bad for good: it broke a rule that neither time nor more data changes.
  [[nodiscard]] bool bad() const noexcept;
  /// One line for each violation: "rule: reason".
  [[nodiscard]] std::string text() const;
  /// Success, or FailedValidation (Temporal, Unavailable when not bad for good) with text().
  [[nodiscard]] Result<void> result() const;
};

}  // namespace venus::consensus
