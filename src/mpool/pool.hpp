// SPDX-License-Identifier: MIT OR Apache-2.0
// The message pool (protocol.md section 6). Safe to call from any thread; calls may read the chain, so
// make them from a pool of workers.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <unordered_map>

#include "base/clock.hpp"
#include "mpool/chain_view.hpp"
#include "mpool/config.hpp"
#include "mpool/selection.hpp"
#include "mpool/sender_set.hpp"

namespace venus::mpool {

/// A change of the pool, for MpoolSub.
struct Update {
  enum class Kind : std::uint8_t { Added = 0, Removed = 1 };
  Kind kind = Kind::Added;
  MessagePtr message;
};

/// What happened to a message that was accepted.
struct Added {
  Cid cid;
  /// False for a local message whose fee cap is too low to be relayed now; it is kept and tried again.
  bool publish = true;
};

class Pool {
 public:
  /// The view, the store and the clock must outlive the pool.
  Pool(ChainView& chain, MessageStore& store, const base::Clock& clock, Config config)
      : chain_(chain), store_(store), clock_(clock), config_(std::move(config)) {}

  /// Sets the tipset that is built upon and loads the local messages kept by the store; those that the
  /// chain has meanwhile overtaken are forgotten.
  Result<void> start(TipsetPtr head);

  /// Checks a message by all rules and adds it. Errors: FailedValidation and TooLarge mean "never"
  /// (gossip: reject); Temporal, AlreadyExists and NotFound mean "not now" (gossip: ignore).
  Result<Added> add(types::SignedMessage message, Origin origin);

  /// The nonce the address's next message should have.
  Result<Nonce> next_nonce(const Address& address);
  /// All pending messages by sender and nonce.
  [[nodiscard]] std::vector<types::SignedMessage> pending() const;
  [[nodiscard]] std::vector<types::SignedMessage> pending_of(const Address& key) const;
  [[nodiscard]] MessagePtr find(const Cid& cid) const;
  [[nodiscard]] std::size_t size() const;

  /// Moves to a new head: messages of reverted tipsets (newest first) return, those of applied ones
  /// (oldest first) leave.
  Result<void> head_change(TipsetPtr new_head, std::span<const TipsetPtr> revert, std::span<const TipsetPtr> apply);

  /// Messages for a block on `base` (selection.hpp).
  Result<Selected> select(const TipsetPtr& base, double ticket_quality);
  /// Messages for several blocks of one height on `base`.
  Result<std::vector<Selected>> select_many(const TipsetPtr& base, std::span<const double> qualities);

  /// Local messages worth telling the network again: up to a block's gas, best first.
  Result<std::vector<types::SignedMessage>> to_republish();
  /// Drops the least valuable messages when the pool is over its limit (not local, not priority).
  Result<void> prune_if_needed();
  /// Empties the pool; local messages too when asked.
  Result<void> clear(bool local_too);
  /// Takes a message out as if it had never come.
  Result<void> remove(const Address& key, Nonce nonce);

  [[nodiscard]] Config config() const;
  Result<void> set_config(Config config);

  /// Calls `listener` after each change, outside the lock, until the returned number is unsubscribed.
  std::uint64_t subscribe(std::function<void(const Update&)> listener);
  void unsubscribe(std::uint64_t subscription);

 private:
  using Senders = std::map<Address, SenderSet>;
  struct Checked {
    SenderState sender;
    Gas min_gas;
    bool publish = true;
  };
  Result<Checked> check_alone(const types::SignedMessage& message, Origin origin, const TipsetPtr& head);
  Result<SelectionInput> selection_input(const TipsetPtr& base);
  Result<void> apply_tipset(Senders& senders, const TipsetPtr& tipset, std::vector<Update>* updates);
  Result<void> revert_tipset(Senders& senders, const TipsetPtr& tipset, std::vector<Update>* updates);
  SenderSet& sender_set(Senders& senders, const SenderState& state);
  void remember_signature(const types::SignedMessage& message);
  void forget_if_local(const Cid& cid);
  void notify(std::span<const Update> updates);
  [[nodiscard]] TipsetPtr head() const;

  ChainView& chain_;
  MessageStore& store_;
  const base::Clock& clock_;

  mutable std::mutex mutex_;
  Config config_;
  TipsetPtr head_;
  Senders senders_;
  std::size_t size_ = 0;
  std::unordered_map<Cid, MessagePtr> by_cid_;
  std::set<Cid> local_;
  std::set<Address> local_senders_;
  std::int64_t last_prune_millis_ = 0;

  /// Signatures of BLS messages, which blocks do not carry, oldest first in `signature_order_`.
  std::unordered_map<Cid, types::Signature> signatures_;
  std::list<Cid> signature_order_;

  std::mutex listeners_mutex_;
  std::map<std::uint64_t, std::function<void(const Update&)>> listeners_;
  std::uint64_t next_listener_ = 1;
};

}  // namespace venus::mpool
