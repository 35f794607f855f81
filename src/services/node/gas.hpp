// SPDX-License-Identifier: MIT OR Apache-2.0
// Gas estimates with the rules of Lotus (protocol.md section 6): what a message will use, what to offer.
#pragma once

#include "api/node/chain_types.hpp"
#include "services/node/node.hpp"

namespace venus::node {

/// All calls execute messages or read the chain: run them on the node's workers.
class GasEstimator {
 public:
  explicit GasEstimator(Node& node) : node_(node) {}

  /// Gas the message uses on the head's state after the sender's pending messages; `prior` (signed or
  /// not) run before it. FailedValidation with exit code and reason when it would fail.
  Result<Gas> gas_limit(const types::Message& message, const TipsetPtr& tipset,
                        const std::vector<types::SignedMessage>& prior);
  /// Premium for inclusion within `blocks` tipsets, attoFIL a unit of gas; never 0.
  Result<TokenAmount> premium(std::uint64_t blocks, const TipsetPtr& tipset);
  /// Fee cap that still pays after `blocks` full tipsets. Adds the message's premium.
  [[nodiscard]] TokenAmount fee_cap(const types::Message& message, std::int64_t blocks, const TipsetPtr& tipset) const;
  /// Fills what is 0 of the message.
  Result<types::Message> fill(types::Message message, const std::optional<api::MessageSendSpec>& spec,
                              const TipsetPtr& tipset, const std::vector<types::SignedMessage>& prior);
  /// Fills messages of one sender in a row, each executed after the ones before it.
  std::vector<api::EstimateResult> fill_batch(const std::vector<api::EstimateMessage>& messages, Nonce first,
                                              const TipsetPtr& tipset);

 private:
  /// The sender's messages that are pending and will come first.
  Result<std::vector<types::SignedMessage>> pending_of(const Address& sender, const TipsetPtr& tipset) const;
  Node& node_;
};

}  // namespace venus::node
