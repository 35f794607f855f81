// SPDX-License-Identifier: MIT OR Apache-2.0
#include "mpool/block_space.hpp"

#include <ranges>

namespace venus::mpool {

void BlockSpace::take(MessageChain& chain) {
  (chain.is_bls() ? bls_left_ : secp_left_) -= chain.messages.size();
  gas_ -= chain.gas_limit;
  messages_.insert(messages_.end(), chain.messages.begin(), chain.messages.end());
  chain.merged = true;
}

bool BlockSpace::take_with_predecessors(MessageChain& chain) {
  std::vector<MessageChain*> needed;
  std::int64_t gas_before = 0;
  std::size_t messages_before = 0;
  for (auto* earlier = chain.previous; earlier != nullptr && !earlier->merged; earlier = earlier->previous) {
    needed.push_back(earlier);
    gas_before += earlier->gas_limit;
    messages_before += earlier->messages.size();
  }
  const auto room = messages_left(chain.is_bls());
  if (gas_before + chain.gas_limit > gas_ || messages_before + chain.messages.size() > room) {
    if (gas_before > gas_ || messages_before >= room) {
      chain.invalidate();
    } else {
      chain.trim(gas_ - gas_before, room - messages_before);
    }
    return false;
  }
  for (auto* earlier : needed | std::views::reverse) take(*earlier);
  take(chain);
  return true;
}

void BlockSpace::trim_to_room(MessageChain& chain) const {
  if (!fits(chain)) chain.trim(gas_, messages_left(chain.is_bls()));
}

}  // namespace venus::mpool
