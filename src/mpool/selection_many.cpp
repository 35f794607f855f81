// SPDX-License-Identifier: MIT OR Apache-2.0
// Several blocks of one height. Each sender goes to one block, so this is a knapsack of many bins whose
// items (a sender's chains, best first) may be cut. Chains are placed best first into the emptiest block;
// then senders that were cut for lack of room change places while that earns more.
#include <numeric>

#include "mpool/block_space.hpp"
#include "mpool/selection.hpp"

namespace venus::mpool {
namespace {

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
// Rounds of improvement; each looks at every cut sender once.
constexpr int kRounds = 4;

// One message of a sender in the order it must be taken: cumulative sums let a cut be priced at once.
struct SenderPlan {
  /// Shared by the copies that different starts work on; not changed once made.
  std::shared_ptr<const SenderChains> chains;
  std::vector<MessagePtr> messages;
  std::vector<std::int64_t> gas_after;
  std::vector<double> reward_after;
  bool bls = false;
  bool priority = false;
  std::size_t block = kNowhere;
  std::size_t taken = 0;

  [[nodiscard]] std::int64_t gas(std::size_t count) const { return count == 0 ? 0 : gas_after[count - 1]; }
  [[nodiscard]] double reward(std::size_t count) const { return count == 0 ? 0 : reward_after[count - 1]; }
};

struct Room {
  std::int64_t gas = limits::kBlockGas;
  std::size_t bls = limits::kBlockMessagesPerKind;
  std::size_t secp = limits::kBlockMessagesPerKind;
  std::size_t messages = limits::kBlockMessages;

  [[nodiscard]] std::size_t count_for(bool is_bls) const { return std::min(is_bls ? bls : secp, messages); }
  void change(const SenderPlan& plan, std::size_t count, int sign) {
    gas -= sign * plan.gas(count);
    auto& kind = plan.bls ? bls : secp;
    if (sign > 0) {
      kind -= count;
      messages -= count;
    } else {
      kind += count;
      messages += count;
    }
  }
};

SenderPlan make_plan(const SenderMessages& sender, const TokenAmount& base_fee) {
  SenderPlan plan;
  plan.chains = std::make_shared<const SenderChains>(make_chains(sender, base_fee));
  std::int64_t gas = 0;
  double reward = 0;
  for (const auto& chain : *plan.chains) {
    // Chains only get worse: from the first that loses money on, nothing is wanted.
    if (chain->performance < 0) break;
    plan.bls = plan.chains->front()->is_bls();
    for (std::size_t i = 0; i < chain->messages.size(); ++i) {
      plan.messages.push_back(chain->messages[i]);
      plan.gas_after.push_back(gas += chain->messages[i]->message.gas_limit.value());
      plan.reward_after.push_back(reward += chain->rewards[i]);
    }
  }
  return plan;
}

// The most rewarding number of the sender's first messages that fits.
std::size_t best_count(const SenderPlan& plan, const Room& room) {
  std::size_t best = 0;
  const auto most = std::min(plan.messages.size(), room.count_for(plan.bls));
  for (std::size_t count = 1; count <= most && plan.gas(count) <= room.gas; ++count) {
    if (plan.reward(count) >= plan.reward(best)) best = count;
  }
  return best;
}

class Sharing {
 public:
  Sharing(std::vector<SenderPlan> plans, std::size_t blocks) : plans_(std::move(plans)), rooms_(blocks) {}

  /// Every chain, best first, into the emptiest block (or where its sender is already).
  void spread();
  /// One block after the other, each from what is left; balances badly but wastes little.
  void fill_in_turn();
  void improve();
  [[nodiscard]] double reward() const;
  [[nodiscard]] std::vector<Selected> lists(const TokenAmount& base_fee) const;

 private:
  [[nodiscard]] std::size_t emptiest() const {
    const auto most = std::ranges::max_element(rooms_, {}, &Room::gas);
    return static_cast<std::size_t>(most - rooms_.begin());
  }
  void set(SenderPlan& plan, std::size_t block, std::size_t count) {
    if (plan.block != kNowhere) rooms_[plan.block].change(plan, plan.taken, -1);
    plan.block = block;
    plan.taken = count;
    rooms_[block].change(plan, count, +1);
  }
  /// That a sender's first `goal` messages be taken, for the worth of the last of them.
  struct Wish {
    double performance;
    std::size_t sender;
    std::size_t goal;
    bool priority;
    static bool worse(const Wish& a, const Wish& b) {
      if (a.priority != b.priority) return b.priority;
      return a.performance < b.performance;
    }
  };
  [[nodiscard]] std::vector<Wish> wishes() const;
  void grant(std::vector<Wish> wishes, std::size_t only_block);
  bool move_to_better_room(SenderPlan& plan);
  bool push_out_lesser(SenderPlan& plan);

  std::vector<SenderPlan> plans_;
  std::vector<Room> rooms_;
};

std::vector<Sharing::Wish> Sharing::wishes() const {
  std::vector<Wish> out;
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    std::size_t goal = 0;
    for (const auto& chain : *plans_[i].chains) {
      if (chain->performance < 0) break;
      out.push_back({chain->performance, i, goal += chain->messages.size(), plans_[i].priority});
    }
  }
  return out;
}

// Grants wishes, best first. What does not fit is cut to what does and wished for again at the worth it
// then has, so that better chains of other senders go first.
void Sharing::grant(std::vector<Wish> wishes, std::size_t only_block) {
  std::ranges::make_heap(wishes, Wish::worse);
  while (!wishes.empty()) {
    std::ranges::pop_heap(wishes, Wish::worse);
    auto wish = wishes.back();
    wishes.pop_back();
    auto& plan = plans_[wish.sender];
    if (plan.taken >= wish.goal) continue;
    auto block = plan.block;
    if (block == kNowhere) block = only_block == kNowhere ? emptiest() : only_block;
    if (only_block != kNowhere && block != only_block) continue;
    auto room = rooms_[block];
    if (plan.block != kNowhere) room.change(plan, plan.taken, -1);
    const auto count = std::min(wish.goal, best_count(plan, room));
    if (count == wish.goal) {
      set(plan, block, count);
    } else if (count > plan.taken) {
      wish.performance = (plan.reward(count) - plan.reward(plan.taken)) /
                         static_cast<double>(plan.gas(count) - plan.gas(plan.taken));
      wish.goal = count;
      wishes.push_back(wish);
      std::ranges::push_heap(wishes, Wish::worse);
    }
  }
}

void Sharing::spread() { grant(wishes(), kNowhere); }

void Sharing::fill_in_turn() {
  const auto all = wishes();
  for (std::size_t block = 0; block < rooms_.size(); ++block) grant(all, block);
}

double Sharing::reward() const {
  double sum = 0;
  for (const auto& plan : plans_) sum += plan.reward(plan.taken);
  return sum;
}

bool Sharing::move_to_better_room(SenderPlan& plan) {
  auto best_block = plan.block;
  auto best = plan.taken;
  for (std::size_t block = 0; block < rooms_.size(); ++block) {
    if (block == plan.block) continue;
    const auto count = best_count(plan, rooms_[block]);
    if (plan.reward(count) > plan.reward(best)) {
      best = count;
      best_block = block;
    }
  }
  if (best_block == plan.block) return false;
  set(plan, best_block, best);
  return true;
}

// In each block: would the sender earn more than the least valuable ones it would push out?
bool Sharing::push_out_lesser(SenderPlan& plan) {
  for (std::size_t block = 0; block < rooms_.size(); ++block) {
    std::vector<SenderPlan*> cheap;
    for (auto& other : plans_) {
      if (other.block == block && other.taken > 0 && !other.priority && &other != &plan) cheap.push_back(&other);
    }
    std::ranges::sort(cheap, {}, [](const SenderPlan* p) {
      return p->reward(p->taken) / static_cast<double>(p->gas(p->taken));
    });
    auto room = rooms_[block];
    if (plan.block == block) room.change(plan, plan.taken, -1);
    double lost = plan.reward(plan.taken);
    std::size_t out = 0;
    std::size_t count = 0;
    const double most = plan.reward(plan.messages.size());
    for (; out <= cheap.size() && lost < most; ++out) {
      count = best_count(plan, room);
      if (plan.reward(count) > lost * (1 + 1e-12)) break;
      if (out == cheap.size()) break;
      room.change(*cheap[out], cheap[out]->taken, -1);
      lost += cheap[out]->reward(cheap[out]->taken);
    }
    if (plan.reward(count) <= lost * (1 + 1e-12)) continue;
    for (std::size_t i = 0; i < out; ++i) set(*cheap[i], block, 0);
    set(plan, block, count);
    for (std::size_t i = 0; i < out; ++i) move_to_better_room(*cheap[i]);
    return true;
  }
  return false;
}

void Sharing::improve() {
  for (int round = 0; round < kRounds; ++round) {
    bool changed = false;
    std::vector<SenderPlan*> cut;
    for (auto& plan : plans_) {
      if (plan.taken < plan.messages.size()) cut.push_back(&plan);
    }
    std::ranges::sort(cut, std::greater{}, [](const SenderPlan* p) {
      return p->reward(p->messages.size()) - p->reward(p->taken);
    });
    // The largest losses are worth the search; the long tail of cheap senders is not.
    if (cut.size() > 64) cut.resize(64);
    for (auto* plan : cut) {
      if (plan->block == kNowhere) plan->block = 0;
      changed |= move_to_better_room(*plan) || push_out_lesser(*plan);
    }
    if (!changed) return;
  }
}

std::vector<Selected> Sharing::lists(const TokenAmount& base_fee) const {
  std::vector<std::vector<const SenderPlan*>> by_block(rooms_.size());
  for (const auto& plan : plans_) {
    if (plan.taken > 0) by_block[plan.block].push_back(&plan);
  }
  std::vector<Selected> out(rooms_.size());
  for (std::size_t block = 0; block < rooms_.size(); ++block) {
    std::ranges::stable_sort(by_block[block], std::greater{}, [](const SenderPlan* p) {
      return p->reward(p->taken) / static_cast<double>(p->gas(p->taken));
    });
    for (const auto* plan : by_block[block]) {
      out[block].insert(out[block].end(), plan->messages.begin(),
                        plan->messages.begin() + static_cast<std::ptrdiff_t>(plan->taken));
    }
  }
  // The most valuable list goes first; the caller gives it to the best ticket.
  std::ranges::stable_sort(out, std::greater{}, [&](const Selected& s) { return selection_reward(s, base_fee); });
  return out;
}

}  // namespace

std::vector<Selected> select_messages_for_many(SelectionInput input, std::span<const double> qualities) {
  std::vector<Selected> out(qualities.size());
  if (qualities.empty()) return out;
  if (qualities.size() == 1) {
    out.front() = select_messages(std::move(input), qualities.front());
    return out;
  }
  std::vector<SenderPlan> plans;
  for (const auto& sender : input.senders) {
    auto plan = make_plan(sender, input.base_fee);
    plan.priority = std::ranges::find(input.priority, sender.sender) != input.priority.end();
    if (!plan.messages.empty()) plans.push_back(std::move(plan));
  }
  // Neither start is better for every pool: improve both and keep the one that earns more. An even
  // spread wins ties, since it shares the income of the pool's miners out more evenly.
  Sharing spread(plans, qualities.size());
  spread.spread();
  spread.improve();
  Sharing in_turn(std::move(plans), qualities.size());
  in_turn.fill_in_turn();
  in_turn.improve();
  const bool turn_wins = in_turn.reward() > spread.reward() * (1 + 1e-9);
  auto lists = (turn_wins ? in_turn : spread).lists(input.base_fee);

  std::vector<std::size_t> best_ticket_first(qualities.size());
  std::iota(best_ticket_first.begin(), best_ticket_first.end(), 0U);
  std::ranges::stable_sort(best_ticket_first, std::greater{}, [&](std::size_t i) { return qualities[i]; });
  for (std::size_t i = 0; i < lists.size(); ++i) out[best_ticket_first[i]] = std::move(lists[i]);
  return out;
}

}  // namespace venus::mpool
