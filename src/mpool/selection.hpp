// SPDX-License-Identifier: MIT OR Apache-2.0
// Which pending messages go into a block, or into several blocks of one height at once.
#pragma once

#include <span>
#include <vector>

#include "mpool/message_chain.hpp"

namespace venus::mpool {

/// What a block made now could choose from.
struct SelectionInput {
  std::vector<SenderMessages> senders;
  TokenAmount base_fee;
  /// Senders (as in `senders`) whose messages come first, in this order.
  std::vector<Address> priority;
  /// Seed of the random choice that fills a block's tail; equal seeds choose alike.
  std::uint64_t seed = 0;
};

using Selected = std::vector<MessagePtr>;

/// Messages for one block whose ticket has this quality (in [0, 1]), in the order they must have in
/// the block. Earns the most when the block comes early; when it is likely to come late, prefers what
/// earlier blocks will probably not have taken (rules of Lotus's optimal selection).
Selected select_messages(SelectionInput input, double ticket_quality);

/// Messages for several blocks of one height. No sender is in two lists, since each block's nonces must
/// follow from the parent state alone; senders are shared out so that the premium of all blocks together
/// is as high as we can make it, not first come, first served. Lists are in the order of `qualities`.
std::vector<Selected> select_messages_for_many(SelectionInput input, std::span<const double> qualities);

/// Sum over messages of effective premium times gas limit, attoFIL; what a selection is worth.
double selection_reward(const Selected& selected, const TokenAmount& base_fee);

}  // namespace venus::mpool
