// SPDX-License-Identifier: MIT OR Apache-2.0
// Full validation of a block (protocol.md section 5).
#pragma once

#include <atomic>
#include <chrono>

#include "base/clock.hpp"
#include "consensus/eligibility.hpp"
#include "consensus/rules.hpp"
#include "consensus/signatures.hpp"
#include "consensus/state_manager.hpp"

namespace venus::consensus {

/// A header with its messages.
struct FullBlock {
  types::BlockHeader header;
  Cid cid;
  chainstore::MessagesPtr messages;
};

/// Thread time validation took, by kind; in sum over all blocks.
struct ValidationTimes {
  std::chrono::nanoseconds signatures{};  ///< block, VRFs, beacon, messages
  std::chrono::nanoseconds proofs{};      ///< WinningPoSt
  std::chrono::nanoseconds messages{};    ///< message checks without signatures
  std::chrono::nanoseconds state{};       ///< waiting for or executing the parents
  std::chrono::nanoseconds other{};
};

struct ValidateOptions {
  std::size_t threads = 1;  ///< how many checks may run at once
  bool proofs = true;       ///< verify the WinningPoSt
};

/// Thread-safe.
class BlockValidator {
 public:
  /// All references must outlive the validator.
  BlockValidator(StateManager& states, MessageVerifier& signatures, const base::Clock& clock);

  /// Runs all checks, whatever fails, and tells every rule that was broken. Parents and messages must
  /// be in the chain store; executes the parents if nobody did.
  ValidationReport validate(const FullBlock& block, const ValidateOptions& options);
  /// Loads the block and validates it; remembers good blocks, and bad ones with the reason. A block
  /// already known is not validated again.
  Result<ValidationReport> validate_known(const Cid& block, const ValidateOptions& options);

  /// What can be told of a gossiped header at once: known miner, its key's signature, a claimed win
  /// (protocol.md section 5, "Pubsub pre-validation"). Judged by the head.
  ValidationReport validate_header(const types::BlockHeader& header);

  [[nodiscard]] MinerStates& miner_states() noexcept { return miners_; }
  [[nodiscard]] ValidationTimes times() const;

 private:
  struct Context;
  using Check = void (BlockValidator::*)(Context&, ValidationReport&);
  bool prepare(Context& context, ValidationReport& report);
  void check_weight(Context& context, ValidationReport& report);
  void check_winner(Context& context, ValidationReport& report);
  void check_worker_signatures(Context& context, ValidationReport& report);
  void check_beacon(Context& context, ValidationReport& report);
  void check_winning_post(Context& context, ValidationReport& report);
  void check_base_fee(Context& context, ValidationReport& report);
  void check_parent_state(Context& context, ValidationReport& report);
  void check_message_semantics(Context& context, ValidationReport& report);
  void check_bls_aggregate(Context& context, ValidationReport& report);
  void check_message_signatures(Context& context, ValidationReport& report);
  void check_message_root(Context& context, ValidationReport& report);

  StateManager& states_;
  MessageVerifier& signatures_;
  const base::Clock& clock_;
  MinerStates miners_;
  struct Slots {
    std::atomic<std::int64_t> signatures{0}, proofs{0}, messages{0}, state{0}, other{0};
  };
  Slots slots_;
};

}  // namespace venus::consensus
