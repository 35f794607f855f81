// SPDX-License-Identifier: MIT OR Apache-2.0
#include "mpool/selection.hpp"

#include <random>

#include "mpool/block_probability.hpp"
#include "mpool/block_space.hpp"

namespace venus::mpool {
namespace {

using Order = bool (MessageChain::*)(const MessageChain&) const;

// Owns the chains of all senders; `order` is the working list.
struct Chains {
  std::vector<SenderChains> owned;
  std::vector<MessageChain*> order;

  void add(SenderChains chains) {
    for (auto& chain : chains) order.push_back(chain.get());
    owned.push_back(std::move(chains));
  }
  void sort(Order before) {
    std::ranges::stable_sort(order, [before](auto* a, auto* b) { return (a->*before)(*b); });
  }
};

// After trimming, a chain pays less per gas than it did: let it sink to where it belongs.
void push_down(std::vector<MessageChain*>& order, std::size_t at, Order before) {
  for (auto i = at; i + 1 < order.size() && !(order[i]->*before)(*order[i + 1]); ++i) {
    std::swap(order[i], order[i + 1]);
  }
}

// Fills the block with chains in order of performance; the one at the edge is cut to fit.
void fill_greedily(Chains& chains, BlockSpace& block) {
  chains.sort(&MessageChain::before);
  auto& order = chains.order;
  for (std::size_t i = 0; i < order.size() && !block.full();) {
    auto* chain = order[i];
    if (!chain->valid || chain->merged) {
      ++i;
      continue;
    }
    if (chain->performance < 0) return;
    // A chain is taken after its predecessors by itself: they perform better, so they stand before it.
    if (block.fits(*chain)) {
      block.take(*chain);
      ++i;
      continue;
    }
    block.trim_to_room(*chain);
    if (chain->valid) push_down(order, i, &MessageChain::before);
    else ++i;
  }
}

// Chains in order of performance fall into the blocks other producers would make of them; a chain is
// worth its performance times the chance that our block is the one at that place.
void weigh_by_place(Chains& chains, double ticket_quality) {
  const auto probability = block_probabilities(ticket_quality);
  std::size_t place = 0;
  std::int64_t gas = limits::kBlockGas;
  std::size_t messages = limits::kBlockMessages;
  for (auto* chain : chains.order) {
    chain->set_block_probability(place < probability.size() ? probability[place] : 0);
    gas -= chain->gas_limit;
    messages -= std::min(messages, chain->messages.size());
    if (gas < limits::kMinMessageGas || messages == 0) {
      ++place;
      gas = limits::kBlockGas;
      messages = limits::kBlockMessages;
    }
  }
}

// Taking a chain frees its followers from carrying it: each is worth more by itself now.
void raise_followers(MessageChain& taken) {
  auto* next = taken.next;
  if (next == nullptr || next->effective_performance <= 0) return;
  next->raise_by_parent_offset();
  for (next = next->next; next != nullptr && next->effective_performance > 0; next = next->next) {
    next->update_effective_performance();
  }
}

struct Candidate {
  MessageChain* chain;
  double effective_performance;

  // What was queued under a worth that has changed since is queued again under the new one.
  [[nodiscard]] bool stale() const {
    return chain->merged || effective_performance != chain->effective_performance;
  }
};
struct WorseCandidate {
  bool operator()(const Candidate& a, const Candidate& b) const { return b.chain->before_effective(*a.chain); }
};

// Takes whole chains, best first, while they fit; then leaves in `order` those not taken, best first.
void take_whole_chains(std::vector<MessageChain*>& order, BlockSpace& block) {
  std::vector<Candidate> heap;
  for (auto* chain : order) heap.push_back({chain, chain->effective_performance});
  const auto queue_again = [&heap](MessageChain* chain) {
    heap.push_back({chain, chain->effective_performance});
    std::ranges::push_heap(heap, WorseCandidate{});
  };
  std::ranges::make_heap(heap, WorseCandidate{});
  while (!heap.empty()) {
    std::ranges::pop_heap(heap, WorseCandidate{});
    const auto best = heap.back();
    heap.pop_back();
    if (best.stale()) continue;
    if (best.chain->performance < 0 || !block.take_with_predecessors(*best.chain)) break;
    raise_followers(*best.chain);
    for (auto* next = best.chain->next; next != nullptr; next = next->next) queue_again(next);
  }
  std::erase_if(order, [](const MessageChain* chain) { return chain->merged || !chain->valid; });
  std::ranges::stable_sort(order, [](auto* a, auto* b) { return a->before_effective(*b); });
}

// At the edge of the block: trim what does not fit and go on with the best of what is left.
void pack_tail(std::vector<MessageChain*>& order, BlockSpace& block) {
  std::size_t from = 0;
  while (from < order.size() && !block.full()) {
    auto* chain = order[from];
    if (chain->merged || !chain->valid) {
      ++from;
      continue;
    }
    if (chain->performance < 0) return;
    if (block.take_with_predecessors(*chain)) {
      ++from;
    } else if (chain->valid) {
      push_down(order, from, &MessageChain::before_effective);
      // A chain that was cut to fit and is still the best is taken on the next turn; one that can't be
      // taken even so would come round for ever.
      if (order[from] == chain && !block.take_with_predecessors(*chain)) ++from;
    }
  }
}

// Room to spare: random chains, so that producers in the same position do not all choose alike.
void fill_randomly(std::vector<MessageChain*>& order, BlockSpace& block, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::ranges::shuffle(order, random);
  for (auto* chain : order) {
    if (block.full()) return;
    if (chain->merged || !chain->valid || chain->performance < 0) continue;
    if (!block.take_with_predecessors(*chain) && chain->valid) block.take_with_predecessors(*chain);
  }
}

void fill_optimally(Chains& chains, BlockSpace& block, double ticket_quality, std::uint64_t seed) {
  chains.sort(&MessageChain::before);
  if (chains.order.empty() || chains.order.front()->performance < 0) return;
  weigh_by_place(chains, ticket_quality);
  chains.sort(&MessageChain::before_effective);
  take_whole_chains(chains.order, block);
  pack_tail(chains.order, block);
  fill_randomly(chains.order, block, seed);
}

// Moves the priority senders' messages out of the input into the block.
void take_priority(SelectionInput& input, BlockSpace& block) {
  Chains chains;
  for (const auto& address : input.priority) {
    const auto found = std::ranges::find(input.senders, address, &SenderMessages::sender);
    if (found == input.senders.end()) continue;
    chains.add(make_chains(*found, input.base_fee));
    input.senders.erase(found);
  }
  fill_greedily(chains, block);
}

}  // namespace

Selected select_messages(SelectionInput input, double ticket_quality) {
  BlockSpace block;
  take_priority(input, block);
  if (!block.full()) {
    Chains chains;
    for (std::size_t i = 0; i < input.senders.size(); ++i) {
      auto made = make_chains(input.senders[i], input.base_fee);
      for (auto& chain : made) chain->owner = i;
      chains.add(std::move(made));
    }
    if (ticket_quality > limits::kGreedyTicketQuality) fill_greedily(chains, block);
    else fill_optimally(chains, block, ticket_quality, input.seed);
  }
  return std::move(block).release();
}

double selection_reward(const Selected& selected, const TokenAmount& base_fee) {
  double sum = 0;
  for (const auto& message : selected) sum += message_reward(message->message, base_fee);
  return sum;
}

}  // namespace venus::mpool
